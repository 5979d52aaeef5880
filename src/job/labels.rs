//! What counts as a label: `[risk.labels]`, and the probabilities that `[risk.learning]` asks for.

use super::Spec;
use crate::indicators::ValidLabels;
use crate::risk;
use crate::units::Problem;

impl Spec {
    /// The labels of the section, where a model is learned.
    pub(super) fn labels(&mut self, risk: Option<&risk::Params>) -> Option<ValidLabels> {
        let risk = risk?;
        let labels = risk.labels.as_ref()?.check();
        let labels = self.checked("risk.labels", labels)?;
        let learning = risk.learning.as_ref();
        let Some(text) = learning.and_then(|learning| learning.probability.as_ref()) else {
            return Some(labels);
        };
        let with = labels.with_probability(text);
        let with = with.map_err(|rule| vec![Problem::new("probability", text, rule)]);
        self.checked("risk.learning", with)
    }
}
