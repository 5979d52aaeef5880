//! Texts as cells of a CSV that people open in a spreadsheet program: never run as a formula, never turned into a number.
//!
//! A cell that starts with `=`, `+`, `-`, `@`, a tab or a carriage return may be run (CSV injection, OWASP); it gets a `'`
//! in front. A text of digits that a spreadsheet program would shorten (`9.14E+17`) or strip of its zeros gets a tab
//! behind, which makes it text in Excel and WPS and which every reader of this program trims away.

use std::borrow::Cow;

/// What a cell that may be run starts with; full-width signs are run too where the input method makes them plain.
const RUN: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
/// From this many digits on, a spreadsheet program shows a number in scientific notation.
const DIGITS_SHOWN: usize = 11;

/// `text` as a cell that is not run: unchanged, or with `'` in front. Plain signed numbers stay.
///
/// ```
/// use choucha::units::inert;
/// assert_eq!(inert("=1+1"), "'=1+1");
/// assert_eq!(inert("-12.5"), "-12.5");
/// assert_eq!(inert("馆陶县"), "馆陶县");
/// ```
#[must_use]
pub fn inert(text: &str) -> Cow<'_, str> {
    if text.starts_with(RUN) && !is_signed_number(text) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// `text` as a cell of text: inert, and with a tab behind where a spreadsheet program would make another number of it.
///
/// ```
/// use choucha::units::text_cell;
/// assert_eq!(text_cell("130433000012345"), "130433000012345\t");
/// assert_eq!(text_cell("0510"), "0510\t");
/// assert_eq!(text_cell("510"), "510");
/// ```
#[must_use]
pub fn text_cell(text: &str) -> Cow<'_, str> {
    if is_altered_number(text) {
        Cow::Owned(format!("{text}\t"))
    } else {
        inert(text)
    }
}

fn is_signed_number(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    text.len() - digits.len() == 1
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || ['.', ','].contains(&c))
}

/// Digits that would lose zeros in front or be shown as 1.3E+14, and what reads as scientific notation (`12E5`).
fn is_altered_number(text: &str) -> bool {
    let n_digits = text.chars().take_while(char::is_ascii_digit).count();
    if n_digits == text.len() {
        return n_digits > DIGITS_SHOWN || (n_digits > 1 && text.starts_with('0'));
    }
    let rest = &text[n_digits..];
    let power = rest.strip_prefix(['E', 'e']).unwrap_or_default();
    n_digits > 0 && !power.is_empty() && power.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{inert, text_cell};

    #[test]
    fn nothing_that_could_run_stays_in_front() {
        for text in [
            "=A1",
            "+cmd|' /C calc'!A0",
            "-1+1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "--1",
            "-",
        ] {
            assert_eq!(inert(text), format!("'{text}"), "{text:?}");
        }
        for text in ["", "甲=乙", "-1", "+8613800000000", "-1,234.5", "'=1"] {
            assert_eq!(inert(text), text);
        }
    }

    #[test]
    fn only_texts_that_would_become_other_numbers_are_held_as_text() {
        for text in ["914400000000000000", "007", "12E5", "130433000012345"] {
            assert_eq!(text_cell(text), format!("{text}\t"));
        }
        for text in [
            "0",
            "12",
            "2025-01-01",
            "91130433MA0XXXXX1A",
            "E5",
            "0.5",
            "12E",
        ] {
            assert_eq!(text_cell(text), text);
        }
        assert_eq!(text_cell("=007"), "'=007");
    }
}
