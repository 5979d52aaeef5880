//! What must hold for any bytes; shared by the fuzz targets and by the replay of their corpus.

use choucha::plan::SealedPlan;
use choucha::units::{ObjectId, format_hex, parse_hex};

/// A plan that is read is written back to the same value, and checking it never panics.
pub(crate) fn plan_json(bytes: &[u8]) {
    if let Ok(plan) = SealedPlan::from_json(bytes) {
        let again = SealedPlan::from_json(&plan.to_json());
        assert!(again.is_ok_and(|again| again.to_json() == plan.to_json()));
        let _ = plan.check();
    }
}

/// A float has one spelling.
pub(crate) fn hex_float(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Some(value) = parse_hex(text)
    {
        assert_eq!(format_hex(value), text);
    }
}

/// Normalising twice changes nothing, and an id is never long or unprintable.
pub(crate) fn object_id(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(id) = ObjectId::normalise("uscc", text)
    {
        assert!(id.as_str().len() <= 64 && !id.as_str().contains(char::is_control));
        let again = ObjectId::normalise("uscc", id.as_str());
        assert_eq!(again.as_ref().map(ObjectId::as_str), Ok(id.as_str()));
    }
}
