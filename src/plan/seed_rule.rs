//! 种子规则: which public event will give the seed, not before when, and the one way its outcome is written down.
//!
//! A bureau that may choose among few outcomes could grind its own key until each of them suits it, so a rule has at least
//! 2^32 outcomes; and a text that may be spelt in two ways is two seeds, so a rule has one spelling per outcome.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

use crate::units::{Digest, HashName, Kind, Moment, Problem};

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

/// Why a seed does not fit its rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unfit {
    /// A character that no outcome has.
    #[error(
        "the seed text {text:?} has {character:?} (U+{code:04X}) as character {place}; this seed rule is written with {allowed} only",
        code = u32::from(*.character)
    )]
    Character {
        /// The normalised text.
        text: String,
        /// The character.
        character: char,
        /// Its place, from 1.
        place: usize,
        /// The characters of the form.
        allowed: String,
    },
    /// Too few or too many numbers, digits or offices.
    #[error("the seed text {text:?} has {found} {what}, the seed rule says {expected}")]
    Count {
        /// The normalised text.
        text: String,
        /// What is counted.
        what: &'static str,
        /// How many the rule says.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A number the group does not have.
    #[error("{number} is no number of {group:?}: the seed rule says {first} ..= {last}")]
    Number {
        /// The group.
        group: String,
        /// The number as written.
        number: String,
        /// Smallest.
        first: u32,
        /// Largest.
        last: u32,
    },
    /// A number twice where the rule says each at most once.
    #[error("{group:?} has {number} twice: the seed rule says each number at most once")]
    Twice {
        /// The group.
        group: String,
        /// The number.
        number: u32,
    },
    /// Numbers that do not ascend.
    #[error("{group:?} has {number} after {before}: the seed rule says ascending")]
    Order {
        /// The group.
        group: String,
        /// The number before.
        before: u32,
        /// The number.
        number: u32,
    },
    /// The outcome is right and its spelling is not.
    #[error(
        "the seed text {text:?} is another spelling: this outcome must be written {expected:?}"
    )]
    Spelling {
        /// The normalised text.
        text: String,
        /// The one spelling.
        expected: String,
    },
    /// Another office than the rule names at this place.
    #[error(
        "part {place} of the seed text must begin with \"{expected}=\", the office the seed rule names there; found {found:?}"
    )]
    OtherOffice {
        /// Place, from 1.
        place: usize,
        /// The office of the rule.
        expected: String,
        /// The part found.
        found: String,
    },
    /// A value that is too short, too long or not hexadecimal.
    #[error("the value {value:?} of {office} must be 32 to 256 lower-case hexadecimal digits")]
    Value {
        /// The office.
        office: String,
        /// The value.
        value: String,
    },
    /// A value other than the committed one.
    #[error(
        "the value {value} of {office} does not open its commitment: expected {expected}, found {found}"
    )]
    Commitment {
        /// The office.
        office: String,
        /// The value.
        value: String,
        /// The commitment of the rule.
        expected: Digest,
        /// The commitment of this value.
        found: Digest,
    },
    /// Published when the outcome could already be known.
    #[error(
        "the seal was published at {published_at}, and must be published before the event of the seed rule (not_before = {not_before})"
    )]
    PublishedLate {
        /// When it was published.
        published_at: Moment,
        /// Earliest moment of the event.
        not_before: Moment,
    },
    /// Used before the outcome can be known.
    #[error("it is {now}, and the event of the seed rule is not before {not_before}")]
    TooEarly {
        /// The moment of the draw.
        now: Moment,
        /// Earliest moment of the event.
        not_before: Moment,
    },
}

impl Unfit {
    /// The kind of failure, for the exit code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::Usage
    }
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

fn check_text(key: &str, text: &str, problems: &mut Vec<Problem>) {
    let rule = if text.trim().is_empty() {
        "must not be empty"
    } else if text.chars().any(char::is_control) {
        "must not contain control characters"
    } else {
        return;
    };
    problems.push(Problem::new(key, format!("{text:?}"), rule));
}

fn check_groups(groups: &[Group], problems: &mut Vec<Problem>) {
    if groups.is_empty() {
        let rule = "a rule of numbers needs at least one group";
        problems.push(Problem::new("form.groups", "[]", rule));
    }
    for (place, group) in groups.iter().enumerate() {
        group.check(place, problems);
    }
}

fn check_separator(separator: &str, problems: &mut Vec<Problem>) {
    let folded: String = separator.nfkc().collect();
    let odd = |c: char| c.is_numeric() || c.is_control();
    let rule = if separator.is_empty() {
        "a separator must not be empty"
    } else if separator.contains(odd) {
        "a separator must not contain digits or control characters"
    } else if folded != separator {
        "a separator must be written in its plain form (NFKC), since the seed text is read in it"
    } else {
        return;
    };
    let value = format!("{separator:?}");
    problems.push(Problem::new("form.separator", value, rule));
}

fn check_offices(offices: &[Office], problems: &mut Vec<Problem>) {
    if offices.len() < 2 {
        let rule =
            "a seed by commitments needs at least two offices, so that none decides it alone";
        problems.push(Problem::new("form.offices", offices.len(), rule));
    }
    let (mut names, mut commitments) = (BTreeSet::new(), BTreeSet::new());
    for (place, office) in offices.iter().enumerate() {
        let key = |name: &str| format!("form.offices[{place}].{name}");
        check_text(&key("name"), &office.name, problems);
        if normalised(&office.name) != office.name || office.name.contains(['=', ';']) {
            let rule = "the name of an office must be trimmed, in its plain form (NFKC), without \"=\" and \";\"";
            problems.push(Problem::new(
                key("name"),
                format!("{:?}", office.name),
                rule,
            ));
        }
        if !names.insert(&office.name) {
            let rule = "an office must be named once";
            problems.push(Problem::new(key("name"), &office.name, rule));
        }
        if !commitments.insert(office.commitment) {
            let rule = "two offices must not have the same commitment";
            problems.push(Problem::new(key("commitment"), office.commitment, rule));
        }
    }
}

/// Reads every number, checks it, writes it again: what differs then is spelling.
fn check_numbers<'a>(
    groups: impl Iterator<Item = &'a Group> + Clone,
    separator: &str,
    text: &str,
) -> Result<(), Unfit> {
    let runs: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty())
        .collect();
    let expected = groups.clone().map(|group| group.choose as usize).sum();
    same_count(text, "numbers", expected, runs.len())?;
    let (mut rest, mut written) = (runs.as_slice(), Vec::new());
    for group in groups {
        let (mine, others) = rest.split_at(group.choose as usize);
        written.push(group.write(&numbers_of(group, mine)?));
        rest = others;
    }
    let expected = written.join(separator);
    if expected != text {
        let text = text.to_owned();
        return Err(Unfit::Spelling { text, expected });
    }
    Ok(())
}

fn numbers_of(group: &Group, runs: &[&str]) -> Result<Vec<u32>, Unfit> {
    let mut numbers: Vec<u32> = Vec::with_capacity(runs.len());
    let mut seen = BTreeSet::new();
    for run in runs {
        let range = group.first..=group.last();
        let number = run.parse().ok().filter(|number| range.contains(number));
        let number = number.ok_or_else(|| Unfit::Number {
            group: group.name.clone(),
            number: (*run).to_owned(),
            first: group.first,
            last: group.last(),
        })?;
        if !seen.insert(number) && !group.repeat {
            let group = group.name.clone();
            return Err(Unfit::Twice { group, number });
        }
        let before = numbers.last().copied().filter(|_| !group.ordered);
        if let Some(before) = before.filter(|&before| number < before) {
            let group = group.name.clone();
            return Err(Unfit::Order {
                group,
                before,
                number,
            });
        }
        numbers.push(number);
    }
    Ok(numbers)
}

fn check_values(offices: &[Office], hash: HashName, text: &str) -> Result<(), Unfit> {
    let parts: Vec<&str> = text.split(';').collect();
    same_count(text, "parts joined by \";\"", offices.len(), parts.len())?;
    for (place, (office, part)) in offices.iter().zip(parts).enumerate() {
        let value = part
            .strip_prefix(office.name.as_str())
            .and_then(|rest| rest.strip_prefix('='));
        let value = value.ok_or_else(|| Unfit::OtherOffice {
            place: place + 1,
            expected: office.name.clone(),
            found: part.to_owned(),
        })?;
        check_value(office, hash, value)?;
    }
    Ok(())
}

fn check_value(office: &Office, hash: HashName, value: &str) -> Result<(), Unfit> {
    let is_hex = value
        .bytes()
        .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if !is_hex || !VALUE_DIGITS.contains(&value.len()) {
        return Err(Unfit::Value {
            office: office.name.clone(),
            value: value.to_owned(),
        });
    }
    let found = Office::commit(hash, &office.name, value);
    if found != office.commitment {
        return Err(Unfit::Commitment {
            office: office.name.clone(),
            value: value.to_owned(),
            expected: office.commitment,
            found,
        });
    }
    Ok(())
}

fn same_count(text: &str, what: &'static str, expected: usize, found: usize) -> Result<(), Unfit> {
    if expected == found {
        return Ok(());
    }
    Err(Unfit::Count {
        text: text.to_owned(),
        what,
        expected,
        found,
    })
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
mod tests {
    use super::*;

    const SHA: HashName = HashName::Sha256;

    fn rule(event: &str, form: &str) -> SeedRule {
        let text = format!(
            "source = \"公证处\"\nevent = {event}\nnot_before = \"2025-07-01T21:15:00+08:00\"\nwritten = \"依次\"\nform = {form}"
        );
        toml::from_str(&text).unwrap()
    }

    fn dice(choose: u32) -> SeedRule {
        let form = format!(
            "{{ kind = \"numbers\", groups = [{{ name = \"骰子\", choose = {choose}, from = 6, repeat = true, ordered = true }}] }}"
        );
        rule("\"1\"", &form)
    }

    fn lottery(events: &str) -> SeedRule {
        rule(
            events,
            "{ kind = \"numbers\", groups = [{ name = \"红球\", choose = 6, from = 33, repeat = false, ordered = false, width = 2 }, \
             { name = \"蓝球\", choose = 1, from = 16, repeat = false, ordered = false, width = 2 }] }",
        )
    }

    fn commitments() -> (SeedRule, String) {
        let values = [
            ("纪委", "00112233445566778899aabbccddeeff"),
            ("市监局", "ffeeddccbbaa99887766554433221100"),
        ];
        let offices: Vec<String> = values
            .iter()
            .map(|(name, value)| {
                let commitment = Office::commit(SHA, name, value);
                format!("{{ name = \"{name}\", commitment = \"{commitment}\" }}")
            })
            .collect();
        let form = format!(
            "{{ kind = \"commit_reveal\", offices = [{}] }}",
            offices.join(", ")
        );
        let text = values.map(|(name, value)| format!("{name}={value}"));
        (rule("\"1\"", &form), text.join(";"))
    }

    fn refusals(rule: &SeedRule) -> Vec<String> {
        let problems = rule.check().unwrap_err();
        problems
            .iter()
            .map(|problem| format!("{} = {}: {}", problem.key, problem.value, problem.rule))
            .collect()
    }

    #[test]
    fn thirteen_dice_are_enough_and_twelve_are_not() {
        assert_eq!(dice(13).outcomes(), 6_u128.pow(13));
        assert_eq!(dice(13).check(), Ok(()));
        assert_eq!(
            refusals(&dice(12)),
            [
                "form = 2176782336 outcomes: a seed rule must have at least 2^32 = 4294967296 outcomes: throw 13 dice, or take two or more numbered events together"
            ]
        );
    }

    #[test]
    fn one_lottery_draw_is_refused_and_two_together_pass() {
        let one = lottery("\"2025076\"");
        assert_eq!(one.outcomes(), 1_107_568 * 16);
        assert!(refusals(&one)[0].starts_with("form = 17721088 outcomes"));
        let two = lottery("[\"2025076\", \"2025077\"]");
        assert_eq!(two.outcomes(), (1_107_568_u128 * 16).pow(2));
        assert_eq!(two.check(), Ok(()));
        let text = "01 02 03 04 05 33 + 16 + 07 08 09 10 11 12 + 01";
        assert_eq!(two.beacon(SHA, text).as_deref(), Ok(text));
    }

    #[test]
    fn outcomes_saturate() {
        assert_eq!(
            rule("\"1\"", "{ kind = \"hex\", digits = 64 }").outcomes(),
            u128::MAX
        );
        assert_eq!(
            rule("\"1\"", "{ kind = \"hex\", digits = 8 }").outcomes(),
            1 << 32
        );
        assert_eq!(dice(60).outcomes(), u128::MAX);
        assert_eq!(binomial(1_000_000, 500_000), u128::MAX);
        assert_eq!(binomial(80, 20), 3_535_316_142_212_174_320);
        assert_eq!(binomial(5, 5), 1);
    }

    #[test]
    fn a_rule_reads_what_it_writes() {
        for rule in [
            dice(13),
            lottery("[\"1\", \"2\"]"),
            commitments().0,
            rule("\"1\"", "{ kind = \"hex\", digits = 64 }"),
        ] {
            let json = serde_json::to_string(&rule).unwrap();
            assert_eq!(serde_json::from_str::<SeedRule>(&json).unwrap(), rule);
        }
        let json = serde_json::to_value(dice(13)).unwrap();
        assert_eq!(json["event"], serde_json::json!(["1"]));
        assert_eq!(json["not_before"], "2025-07-01T21:15:00+08:00");
    }

    #[test]
    fn unknown_keys_are_refused() {
        let json = serde_json::to_string(&dice(13)).unwrap();
        for (known, unknown) in [
            ("\"written\"", "\"extra\":1,\"written\""),
            ("\"separator\"", "\"extra\":1,\"separator\""),
            ("\"width\"", "\"extra\":1,\"width\""),
        ] {
            let json = json.replace(known, unknown);
            assert!(serde_json::from_str::<SeedRule>(&json).is_err(), "{json}");
        }
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let mut broken = dice(0);
        broken.source = " ".to_owned();
        broken.event = vec!["1".to_owned(), "1".to_owned()];
        let SeedForm::Numbers { groups, separator } = &mut broken.form else {
            unreachable!()
        };
        "＋".clone_into(separator);
        groups[0].ordered = false;
        groups[0].width = 12;
        assert_eq!(
            refusals(&broken),
            [
                "source = \" \": must not be empty",
                "event = 1: an event must be named once",
                "form.groups[0].choose = 0: choose must lie in 1 ..= 10000",
                "form.groups[0].width = 12: width must be 0, or hold the largest number and be at most 9",
                "form.groups[0].ordered = false: numbers that may repeat must be ordered: sorted throws are not equally likely",
                "form.separator = \"＋\": a separator must be written in its plain form (NFKC), since the seed text is read in it",
            ]
        );
    }

    #[test]
    fn a_seed_by_commitments_needs_two_offices_with_plain_names() {
        let (mut rule, _) = commitments();
        let SeedForm::CommitReveal { offices } = &mut rule.form else {
            unreachable!()
        };
        offices[1].name = " a=b".to_owned();
        offices[1].commitment = offices[0].commitment;
        let found = refusals(&rule);
        assert!(
            found[0].starts_with("form.offices[1].name = \" a=b\""),
            "{found:?}"
        );
        assert!(found[1].ends_with("two offices must not have the same commitment"));
        let SeedForm::CommitReveal { offices } = &mut rule.form else {
            unreachable!()
        };
        offices.truncate(1);
        assert!(refusals(&rule)[0].starts_with("form.offices = 1: "));
    }

    #[test]
    fn only_numbers_take_several_events_together() {
        let rule = rule("[\"1\", \"2\"]", "{ kind = \"hex\", digits = 64 }");
        assert_eq!(
            refusals(&rule),
            ["event = 1, 2: only a rule of numbers may take several events together"]
        );
    }

    #[test]
    fn other_spellings_of_one_throw_are_one_beacon() {
        let beacon = "1 2 3 4 5 6 1 2 3 4 5 6 6";
        for text in [
            beacon,
            "  1 2 3 4 5 6 1 2 3 4 5 6 6\r\n",
            "１ ２ ３ ４ ５ ６ １ ２ ３ ４ ５ ６ ６",
            "1\u{3000}2\u{3000}3 4 5 6 1 2 3 4 5 6 6\u{3000}",
            "1\u{a0}2\u{2003}3 4 5 6 1 2 3 4 5 6 6",
        ] {
            assert_eq!(
                dice(13).beacon(SHA, text).as_deref(),
                Ok(beacon),
                "{text:?}"
            );
        }
    }

    #[test]
    fn hidden_and_foreign_characters_are_named_by_code_point() {
        for (text, code) in [
            ("1 2\u{200b} 3", "U+200B"),
            ("\u{feff}1 2 3", "U+FEFF"),
            ("1 2 \u{0663}", "U+0663"),
            ("1 2 三", "U+4E09"),
            ("1\t2 3", "U+0009"),
            ("1, 2, 3", "U+002C"),
            ("1 2 \u{2212}3", "U+2212"),
        ] {
            let refusal = dice(13).beacon(SHA, text).unwrap_err().to_string();
            assert!(refusal.contains(code), "{refusal}");
        }
    }

    #[test]
    fn a_throw_that_breaks_the_rule_is_refused_with_rule_and_value() {
        let said = |text: &str| dice(13).beacon(SHA, text).unwrap_err().to_string();
        assert_eq!(
            said("1 2 3"),
            "the seed text \"1 2 3\" has 3 numbers, the seed rule says 13"
        );
        assert_eq!(
            said("1 2 3 4 5 6 1 2 3 4 5 6 7"),
            "7 is no number of \"骰子\": the seed rule says 1 ..= 6"
        );
        assert_eq!(
            said("1 2 3 4 5 6 1 2 3 4 5 6 4294967297"),
            "4294967297 is no number of \"骰子\": the seed rule says 1 ..= 6"
        );
        for other in ["01 2 3 4 5 6 1 2 3 4 5 6 6", "1  2 3 4 5 6 1 2 3 4 5 6 6"] {
            assert_eq!(
                said(other),
                format!(
                    "the seed text {other:?} is another spelling: this outcome must be written \"1 2 3 4 5 6 1 2 3 4 5 6 6\""
                )
            );
        }
        assert!(said("").contains("has 0 numbers"));
    }

    #[test]
    fn a_lottery_draw_is_written_ascending_padded_and_with_its_separator() {
        let rule = lottery("[\"1\", \"2\"]");
        let good = "01 02 03 04 05 33 + 16 + 07 08 09 10 11 12 + 01";
        assert!(rule.beacon(SHA, &good.replace('+', "＋")).is_ok());
        let said = |from: &str, to: &str| {
            let text = good.replacen(from, to, 1);
            rule.beacon(SHA, &text).unwrap_err()
        };
        assert_eq!(
            said("01 02", "02 01"),
            Unfit::Order {
                group: "红球".to_owned(),
                before: 2,
                number: 1
            }
        );
        assert!(matches!(
            said("04 05", "04 04"),
            Unfit::Twice { number: 4, .. }
        ));
        assert!(matches!(said("33 + 16", "33 + 17"), Unfit::Number { .. }));
        for (from, to) in [("01 02", "1 02"), (" + 16", "+16"), (" + 16", " 16")] {
            assert!(matches!(said(from, to), Unfit::Spelling { .. }), "{to}");
        }
    }

    #[test]
    fn a_hexadecimal_seed_has_its_length_and_lower_case() {
        let rule = rule("\"1\"", "{ kind = \"hex\", digits = 8 }");
        assert_eq!(rule.check(), Ok(()));
        assert_eq!(rule.beacon(SHA, " ００ff00ff ").as_deref(), Ok("00ff00ff"));
        let said = |text: &str| rule.beacon(SHA, text).unwrap_err().to_string();
        assert!(said("00FF00ff").contains("'F' (U+0046) as character 3"));
        assert!(said("00ff").contains("has 4 hexadecimal digits, the seed rule says 8"));
    }

    #[test]
    fn every_value_opens_its_commitment_in_the_order_of_the_rule() {
        let (rule, text) = commitments();
        assert_eq!(rule.check(), Ok(()));
        assert_eq!(rule.beacon(SHA, &text).as_deref(), Ok(text.as_str()));
        let refusal = |text: &str| rule.beacon(SHA, text).unwrap_err();
        let (first, second) = text.split_once(';').unwrap();
        assert!(matches!(
            refusal(&format!("{second};{first}")),
            Unfit::OtherOffice { place: 1, .. }
        ));
        assert!(matches!(refusal(first), Unfit::Count { found: 1, .. }));
        assert!(matches!(
            refusal(&format!("{first};{first}")),
            Unfit::OtherOffice { place: 2, .. }
        ));
        assert!(matches!(
            refusal(&format!("{text};")),
            Unfit::Count { found: 3, .. }
        ));
        assert!(matches!(
            refusal(&text.replacen("00112233", "10112233", 1)),
            Unfit::Commitment { .. }
        ));
        assert!(matches!(
            refusal(&text.replacen("00112233", "", 1)),
            Unfit::Value { .. }
        ));
        assert!(
            rule.beacon(HashName::Sm3, &text).is_err(),
            "the hash is the round's"
        );
    }

    #[test]
    fn a_seal_is_published_before_the_event_and_drawn_after_it() {
        let rule = dice(13);
        let at = |text: &str| text.parse::<Moment>().unwrap();
        assert_eq!(
            rule.check_published(at("2025-07-01T13:14:59Z")),
            Ok(()),
            "offsets are compared as moments"
        );
        let refusal = rule.check_published(rule.not_before).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "the seal was published at 2025-07-01T21:15:00+08:00, and must be published before the event of the seed rule (not_before = 2025-07-01T21:15:00+08:00)"
        );
        assert_eq!(rule.check_known(rule.not_before), Ok(()));
        assert!(rule.check_known(at("2025-07-01T21:14:59+08:00")).is_err());
    }
}
