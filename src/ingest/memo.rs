//! Functions of the texts of a column, asked once where rows share one stored text.
//!
//! A column that was read from a dictionary holds each distinct text once and points to it from every row; two pointers that
//! are equal bit for bit are one text. Columns of distinct texts cost a look into a small table more.

use polars::prelude::*;

/// Pointers remembered at a time.
const SLOTS: usize = 1_024;
/// Spreads pointers over the slots (the golden ratio in 64 bits).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Answers by the pointer of a text, the latest of each slot.
struct Memo<T> {
    slots: Vec<Option<(u128, T)>>,
}

impl<T: Clone> Memo<T> {
    fn new() -> Self {
        Self {
            slots: vec![None; SLOTS],
        }
    }

    fn of(&mut self, pointer: u128, ask: impl FnOnce() -> T) -> T {
        let slot = &mut self.slots[slot(pointer)];
        match slot {
            Some((known, answer)) if *known == pointer => answer.clone(),
            _ => slot.insert((pointer, ask())).1.clone(),
        }
    }
}

/// The slot of a pointer.
#[allow(
    clippy::cast_possible_truncation,
    reason = "both halves are kept, and ten bits are left"
)]
fn slot(pointer: u128) -> usize {
    let halves = pointer as u64 ^ (pointer >> 64) as u64;
    (halves.wrapping_mul(SPREAD) >> 54) as usize
}

/// What `ask` says of every text; null stays null.
pub(super) fn each<'a, T: Clone>(
    texts: &'a StringChunked,
    ask: impl Fn(&'a str) -> T + 'a,
) -> Vec<Option<T>> {
    let mut answers = Vec::with_capacity(texts.len());
    visit(texts, ask, |answer| {
        answers.push(answer);
        true
    });
    answers
}

/// Whether `holds` of every text that is not null.
pub(super) fn all<'a>(texts: &'a StringChunked, holds: impl Fn(&'a str) -> bool) -> bool {
    visit(texts, holds, |held| held != Some(false))
}

/// The rows of which `holds`.
pub(super) fn rows<'a>(
    texts: &'a StringChunked,
    holds: impl Fn(&'a str) -> bool,
    mut note: impl FnMut(usize),
) {
    let mut row = 0;
    visit(texts, holds, |held| {
        if held == Some(true) {
            note(row);
        }
        row += 1;
        true
    });
}

/// Hands `take` the answer of every row until it says to stop; returns whether it never did.
fn visit<'a, T: Clone>(
    texts: &'a StringChunked,
    ask: impl Fn(&'a str) -> T,
    mut take: impl FnMut(Option<T>) -> bool,
) -> bool {
    for chunk in texts.downcast_iter() {
        let mut memo = Memo::new(); // pointers mean something within one chunk only
        for (text, view) in chunk.iter().zip(chunk.views().iter()) {
            let answer = text.map(|text| memo.of(view.as_u128(), || ask(text)));
            if !take(answer) {
                return false;
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use polars::prelude::*;

    use super::{all, each, rows};

    fn texts(chunks: &[&[Option<&str>]]) -> StringChunked {
        let mut all = StringChunked::new("a".into(), chunks[0]);
        for chunk in &chunks[1..] {
            all.append(&StringChunked::new("a".into(), *chunk)).unwrap();
        }
        all
    }

    #[test]
    fn every_row_gets_the_answer_of_its_own_text() {
        let long = |n: usize| format!("馆陶县第{n:05}号商贸有限公司");
        let names: Vec<String> = (0..5_000).map(long).collect();
        let first: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
        let second: Vec<Option<&str>> = first.iter().rev().copied().chain([None]).collect();
        let texts = texts(&[&first, &second]);
        let doubled = each(&texts, |text| text.repeat(2));
        let expected: Vec<Option<String>> = texts
            .iter()
            .map(|text| text.map(|text| text.repeat(2)))
            .collect();
        assert_eq!(doubled, expected);
        let mut found = Vec::new();
        rows(&texts, |text| text.contains("00007"), |row| found.push(row));
        assert_eq!(found, [7, 9_992]);
        assert!(all(&texts, |text| text.starts_with("馆陶")));
        assert!(!all(&texts, |text| !text.contains("04999")));
    }

    #[test]
    fn a_text_that_rows_share_is_asked_once() {
        let one = StringChunked::new("a".into(), ["食品、烟草制品零售（凭许可证经营）"]);
        let shared = one.new_from_index(0, 1_000);
        let asked = Cell::new(0);
        let answers = each(&shared, |text| {
            asked.set(asked.get() + 1);
            text.len()
        });
        assert_eq!((answers.len(), asked.get()), (1_000, 1));
    }
}
