//! What must hold for any bytes; shared by the fuzz targets and by the replay of their corpus.

use choucha::ingest::{TextTable, read_texts};
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

/// Any bytes are a table or are refused; every row is a record or is kept as none, once, in order.
pub(crate) fn decode_text(bytes: &[u8]) {
    let tables = decoded(bytes);
    let n_lines = 1 + bytes.iter().filter(|byte| b"\r\n".contains(byte)).count();
    let n_rows = |table: &TextTable| table.rows.len() + table.unread.len();
    assert!(tables.iter().map(n_rows).sum::<usize>() <= n_lines);
}

/// The same for the XML of spreadsheets, which is also tried behind its first lines.
pub(crate) fn decode_xml(bytes: &[u8]) {
    decoded(bytes);
    decoded(
        &[
            b"<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?>",
            bytes,
        ]
        .concat(),
    );
}

/// The same for pages.
pub(crate) fn decode_html(bytes: &[u8]) {
    decoded(bytes);
    decoded(&[b"<html>", bytes].concat());
}

/// A title above a text of UTF-8 moves its rows down by a line and changes nothing else, unless nothing in it is known.
pub(crate) fn decode_header(bytes: &[u8]) {
    let (plain, titled) = (
        decoded(bytes),
        decoded(&["标题\n".as_bytes(), bytes].concat()),
    );
    if let ([plain], [titled]) = (&plain[..], &titled[..])
        && plain.headers == titled.headers
    {
        let lines = |table: &TextTable| table.rows.iter().map(|row| row.line).collect::<Vec<_>>();
        let moved: Vec<u64> = lines(plain).iter().map(|line| line + 1).collect();
        assert_eq!(moved, lines(titled));
    }
}

fn decoded(bytes: &[u8]) -> Vec<TextTable> {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let path = folder.path().join("any");
    std::fs::write(&path, bytes).expect("a temporary file");
    let path = path.display().to_string();
    let tables = read_texts("path", &path, |_| true).unwrap_or_default();
    for table in &tables {
        assert!(
            table
                .rows
                .iter()
                .all(|row| row.cells.len() == table.headers.len())
        );
        let mut lines: Vec<u64> = table.rows.iter().map(|row| row.line).collect();
        assert!(lines.is_sorted());
        lines.extend(table.unread.iter().map(|row| row.line));
        lines.sort_unstable();
        assert!(lines.windows(2).all(|two| two[0] < two[1]));
    }
    let again = read_texts("path", &path, |_| true).unwrap_or_default();
    assert!(
        tables
            .iter()
            .zip(&again)
            .all(|(one, two)| one.rows == two.rows)
    );
    tables
}
