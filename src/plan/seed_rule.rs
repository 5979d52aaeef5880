//! 种子规则: which public event will give the seed, not before when, and the one way its outcome is written down.
//!
//! A bureau that may choose among few outcomes could grind its own key until each of them suits it, so a rule has at least
//! 2^32 outcomes; and a text that may be spelt in two ways is two seeds, so a rule has one spelling per outcome.

mod spelling;
mod unfit;
mod written;

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use unicode_normalization::UnicodeNormalization;

pub use unfit::Unfit;

use crate::units::{Digest, HashName, Moment, Problem};
use spelling::{check_numbers, check_values, same_count};
use written::{check_groups, check_offices, check_separator, check_text};

/// Fewest outcomes a rule may have.
const OUTCOMES_MIN: u128 = 1 << 32;
/// Largest number a group may hold, and most numbers of one group.
const NUMBER_MAX: u32 = 1_000_000;
const CHOOSE_MAX: u32 = 10_000;
/// Hexadecimal digits an office's value must and may have.
const VALUE_DIGITS: std::ops::RangeInclusive<usize> = 32..=256;
/// Most hexadecimal digits of a seed.
const HEX_DIGITS_MAX: u32 = 1024;

/// The rule that a seal commits and that the seed must fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedRule {
    /// Who or what gives the outcome, for example `中国福利彩票双色球`.
    pub source: String,
    /// The numbers of the events; one text or a list. The groups of a rule of numbers are written once per event.
    #[serde(deserialize_with = "one_or_more")]
    pub event: Vec<String>,
    /// Earliest moment the outcome can be known. The seal must be published before it.
    pub not_before: Moment,
    /// How the outcome is written down, for people.
    pub written: String,
    /// How the outcome is written down, exactly.
    pub form: SeedForm,
}

/// The one spelling of an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SeedForm {
    /// Numbers joined by one space, in groups joined by `separator`.
    Numbers {
        /// The groups of one event, in the order they are written.
        groups: Vec<Group>,
        /// Stands between two groups. Default: ` + `.
        #[serde(default = "plus")]
        separator: String,
    },
    /// Lower-case hexadecimal digits, for example of a randomness beacon.
    Hex {
        /// How many, 8 ..= 1024.
        digits: u32,
    },
    /// `office=value` joined by `;` in the order of the offices; every value opens its commitment.
    CommitReveal {
        /// At least two offices.
        offices: Vec<Office>,
    },
}

/// Numbers that are drawn together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its name, for people, for example `红球`.
    pub name: String,
    /// How many numbers are drawn, 1 ..= 10000.
    pub choose: u32,
    /// From how many, 2 ..= 1000000: `first` and those that follow it.
    pub from: u32,
    /// The smallest number. Default: 1.
    #[serde(default = "one")]
    pub first: u32,
    /// Whether a number may occur twice.
    pub repeat: bool,
    /// Whether the order of drawing is kept; otherwise the numbers are written ascending.
    pub ordered: bool,
    /// Digits of every number, filled with zeros. Default: 0, no leading zeros.
    #[serde(default)]
    pub width: u32,
}

/// An office that has committed itself to a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// Its name.
    pub name: String,
    /// H('choucha/commit/v1' ‖ 00 ‖ name ‖ 00 ‖ value), H the round's hash.
    pub commitment: Digest,
}

fn plus() -> String {
    " + ".to_owned()
}

fn one() -> u32 {
    1
}

impl SeedRule {
    /// Checks every rule.
    ///
    /// # Errors
    /// All broken rules at once, keys relative to the seed rule.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        check_text("source", &self.source, &mut problems);
        check_text("written", &self.written, &mut problems);
        self.check_events(&mut problems);
        match &self.form {
            SeedForm::Numbers { groups, separator } => {
                check_groups(groups, &mut problems);
                check_separator(separator, &mut problems);
            }
            SeedForm::Hex { digits } if !(1..=HEX_DIGITS_MAX).contains(digits) => {
                let rule = "the number of hexadecimal digits must lie in 8 ..= 1024";
                problems.push(Problem::new("form.digits", digits, rule));
            }
            SeedForm::Hex { .. } => {}
            SeedForm::CommitReveal { offices } => check_offices(offices, &mut problems),
        }
        let outcomes = self.outcomes();
        if problems.is_empty() && outcomes < OUTCOMES_MIN {
            problems.push(Problem::new(
                "form",
                format!("{outcomes} outcomes"),
                "a seed rule must have at least 2^32 = 4294967296 outcomes: throw 13 dice, or take two or more numbered events together",
            ));
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }

    fn check_events(&self, problems: &mut Vec<Problem>) {
        let mut seen = BTreeSet::new();
        for event in &self.event {
            check_text("event", event, problems);
            if !seen.insert(event) {
                problems.push(Problem::new("event", event, "an event must be named once"));
            }
        }
        let is_numbers = matches!(self.form, SeedForm::Numbers { .. });
        let rule = match self.event.len() {
            0 => "a seed rule must name its event",
            1 => return,
            _ if is_numbers => return,
            _ => "only a rule of numbers may take several events together",
        };
        problems.push(Problem::new("event", self.event.join(", "), rule));
    }

    /// How many outcomes the event has, all equally likely; `u128::MAX` where there are more than can be counted.
    #[must_use]
    pub fn outcomes(&self) -> u128 {
        match &self.form {
            SeedForm::Numbers { groups, .. } => {
                let once = product(groups.iter().map(Group::outcomes));
                product(self.event.iter().map(|_| once))
            }
            SeedForm::Hex { digits } => product((0..*digits).map(|_| 16)),
            SeedForm::CommitReveal { .. } => u128::MAX, // 32 hexadecimal digits and more
        }
    }

    /// The beacon: `text` in NFKC, trimmed, once it has exactly the one spelling of the form. `hash` is the round's and opens
    /// commitments.
    ///
    /// # Errors
    /// [`Unfit`] names the rule and the value that breaks it.
    pub fn beacon(&self, hash: HashName, text: &str) -> Result<String, Unfit> {
        let text = normalised(text);
        self.check_characters(&text)?;
        match &self.form {
            SeedForm::Numbers { groups, separator } => {
                let all = self.event.iter().flat_map(|_| groups);
                check_numbers(all, separator, &text)?;
            }
            SeedForm::Hex { digits } => {
                same_count(&text, "hexadecimal digits", *digits as usize, text.len())?;
            }
            SeedForm::CommitReveal { offices } => check_values(offices, hash, &text)?,
        }
        Ok(text)
    }

    fn check_characters(&self, text: &str) -> Result<(), Unfit> {
        let (extra, allowed) = match &self.form {
            SeedForm::Numbers { separator, .. } => (
                format!(" {separator}"),
                format!("digits, spaces and {separator:?}"),
            ),
            SeedForm::Hex { .. } => ("abcdef".to_owned(), "0-9 and a-f".to_owned()),
            SeedForm::CommitReveal { offices } => {
                let names: String = offices.iter().map(|office| office.name.as_str()).collect();
                let allowed = "the names of the offices, \"=\", \";\", 0-9 and a-f".to_owned();
                (format!("{names}=;abcdef"), allowed)
            }
        };
        let odd = text
            .chars()
            .enumerate()
            .find(|&(_, c)| !c.is_ascii_digit() && !extra.contains(c));
        odd.map_or(Ok(()), |(place, character)| {
            Err(Unfit::Character {
                text: text.to_owned(),
                character,
                place: place + 1,
                allowed,
            })
        })
    }

    /// Whether a seal that was published then was published before the outcome could be known.
    ///
    /// # Errors
    /// [`Unfit::PublishedLate`].
    pub fn check_published(&self, published_at: Moment) -> Result<(), Unfit> {
        if published_at < self.not_before {
            return Ok(());
        }
        Err(Unfit::PublishedLate {
            published_at,
            not_before: self.not_before,
        })
    }

    /// Whether the outcome can be known by now.
    ///
    /// # Errors
    /// [`Unfit::TooEarly`].
    pub fn check_known(&self, now: Moment) -> Result<(), Unfit> {
        if self.not_before <= now {
            return Ok(());
        }
        Err(Unfit::TooEarly {
            now,
            not_before: self.not_before,
        })
    }
}

impl Group {
    /// Largest number.
    fn last(&self) -> u32 {
        self.first.saturating_add(self.from.saturating_sub(1))
    }

    fn outcomes(&self) -> u128 {
        let from = u128::from(self.from);
        if self.repeat {
            return product((0..self.choose).map(|_| from));
        }
        let falling = (0..self.choose).map(|i| from.saturating_sub(u128::from(i)));
        if self.ordered {
            product(falling)
        } else {
            binomial(from, u128::from(self.choose))
        }
    }

    fn write(&self, numbers: &[u32]) -> String {
        let width = self.width as usize;
        let written: Vec<String> = numbers.iter().map(|n| format!("{n:0width$}")).collect();
        written.join(" ")
    }

    fn check(&self, place: usize, problems: &mut Vec<Problem>) {
        let key = |name: &str| format!("form.groups[{place}].{name}");
        let mut refuse = |name: &str, value: u32, rule: &str| {
            problems.push(Problem::new(key(name), value, rule));
        };
        if !(1..=CHOOSE_MAX).contains(&self.choose) {
            refuse("choose", self.choose, "choose must lie in 1 ..= 10000");
        }
        if !(2..=NUMBER_MAX).contains(&self.from) {
            refuse("from", self.from, "from must lie in 2 ..= 1000000");
        }
        if self.first > NUMBER_MAX {
            refuse("first", self.first, "first must lie in 0 ..= 1000000");
        }
        if !self.repeat && self.choose > self.from {
            let rule = "without repeat, choose must not exceed from";
            refuse("choose", self.choose, rule);
        }
        let digits = u32::try_from(self.last().to_string().len()).unwrap_or(u32::MAX);
        if self.width != 0 && !(digits..=9).contains(&self.width) {
            let rule = "width must be 0, or hold the largest number and be at most 9";
            refuse("width", self.width, rule);
        }
        if self.repeat && !self.ordered {
            let rule =
                "numbers that may repeat must be ordered: sorted throws are not equally likely";
            problems.push(Problem::new(key("ordered"), self.ordered, rule));
        }
        check_text(&key("name"), &self.name, problems);
    }
}

impl Office {
    /// The commitment of an office to a value: H('choucha/commit/v1' ‖ 00 ‖ office ‖ 00 ‖ value).
    ///
    /// ```
    /// use choucha::plan::Office;
    /// use choucha::units::HashName;
    /// let commitment = Office::commit(HashName::Sha256, "纪委监委", "00112233445566778899aabbccddeeff");
    /// assert!(commitment.to_string().starts_with("f1cdff4a"));
    /// ```
    #[must_use]
    pub fn commit(hash: HashName, office: &str, value: &str) -> Digest {
        let bytes = [office.as_bytes(), &[0], value.as_bytes()].concat();
        hash.tagged("choucha/commit/v1", &bytes)
    }
}

fn normalised(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_owned()
}

fn product(factors: impl Iterator<Item = u128>) -> u128 {
    factors.fold(1, u128::saturating_mul)
}

/// C(n, k); `u128::MAX` from the first product that is too large.
fn binomial(n: u128, k: u128) -> u128 {
    let k = k.min(n.saturating_sub(k));
    let mut ways: u128 = 1;
    for i in 0..k {
        match ways.checked_mul(n - i) {
            Some(product) => ways = product / (i + 1),
            None => return u128::MAX,
        }
    }
    ways
}

/// A text or a list of texts.
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Texts;
    impl<'de> Visitor<'de> for Texts {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or a list of texts")
        }

        fn visit_str<E>(self, text: &str) -> Result<Vec<String>, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<String>, A::Error> {
            let mut texts = Vec::new();
            while let Some(text) = seq.next_element()? {
                texts.push(text);
            }
            Ok(texts)
        }
    }
    deserializer.deserialize_any(Texts)
}

#[cfg(test)]
mod tests;
