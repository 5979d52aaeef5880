//! 抽查比例 and 抽查频次 cells of a 随机抽查事项清单 to bounds. Source: the cells of one published list, with how often each
//! occurs (`regulation.md` §2.5).
//!
//! A cell is read clause by clause, and a clause only if every word of it is understood: `不低于3%或按专项计划确定` gives a
//! least share of 3 % and a note. What is left over is kept as the note; where it holds a number, where a bound is said of
//! one 层级 only and the office's own is not given, or where nothing at all was read, a person must decide.

mod words;

use serde::{Deserialize, Serialize};

use words::{Word, words};

/// 层级 of an office.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    /// 省级.
    #[serde(rename = "省级")]
    Province,
    /// 市级.
    #[serde(rename = "市级")]
    City,
    /// 县级, 区级.
    #[serde(rename = "县级")]
    County,
    /// 所级.
    #[serde(rename = "所级")]
    Station,
}

/// What a cell says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bounds {
    /// Least share of the frame that one draw takes, 0 ..= 1.
    pub min: Option<f64>,
    /// Greatest share of the frame that one draw takes, 0 ..= 1.
    pub max: Option<f64>,
    /// Least share of the frame in a year, all draws together.
    pub year_min: Option<f64>,
    /// Greatest share of the frame in a year, all draws together.
    pub year_max: Option<f64>,
    /// Least times a year; 0.5 is once in two years.
    pub per_year_min: Option<f64>,
    /// Most times a year. Where the cell gives a longer window, what follows from it for any one year is at least this.
    pub per_year_max: Option<f64>,
    /// Whether the times count draws that an office organises, and not visits to one object.
    pub of_draws: bool,
    /// Years the times are counted over; none where that is unknown, as the validity of a licence is.
    pub window_years: Option<u32>,
    /// What was not read as a bound.
    pub note: Option<String>,
    /// Whether a person must decide what the cell means.
    pub needs_person: bool,
}

/// Reads a 抽查比例 cell for an office of `level`.
///
/// ```
/// use choucha::registers::parse_ratio;
/// let bounds = parse_ratio("根据实际需要，一般不超过10%/年", None);
/// assert_eq!((bounds.min, bounds.max, bounds.year_max), (None, Some(0.1), Some(0.1)));
/// assert_eq!(bounds.note.as_deref(), Some("根据实际需要"));
/// ```
#[must_use]
pub fn parse_ratio(text: &str, level: Option<Level>) -> Bounds {
    parse(text, level, shares_of)
}

/// Reads a 抽查频次 cell for an office of `level`.
///
/// ```
/// use choucha::registers::parse_frequency;
/// let bounds = parse_frequency("对同一单位每2年抽查不超过1次", None);
/// assert_eq!((bounds.per_year_max, bounds.window_years), (Some(0.5), Some(2)));
/// ```
#[must_use]
pub fn parse_frequency(text: &str, level: Option<Level>) -> Bounds {
    parse(text, level, times_of)
}

fn parse(text: &str, level: Option<Level>, read: impl Fn(&[Word]) -> Option<Bounds>) -> Bounds {
    let mut bounds: Option<Bounds> = None;
    let (mut notes, mut needs_person) = (Vec::new(), false);
    for clause in clauses(&folded(text)) {
        let said = words(&clause.bare).and_then(|words| read(&words));
        if let Some(said) = said.filter(|_| clause.is_for(level)) {
            bounds = Some(match bounds {
                Some(bounds) => bounds.with(&said, clause.is_alternative),
                None => said,
            });
        } else {
            needs_person |= clause.is_open(level);
            notes.push(clause.text);
        }
    }
    let is_read = bounds.is_some();
    let bounds = bounds.unwrap_or_default();
    Bounds {
        needs_person: bounds.needs_person || needs_person || !is_read,
        note: (!notes.is_empty()).then(|| notes.join("；")),
        ..bounds
    }
}

/// One clause, with the levels it is about.
struct Clause {
    text: String,
    /// Without its levels.
    bare: String,
    levels: Vec<Level>,
    /// Whether it begins with 或.
    is_alternative: bool,
}

impl Clause {
    fn is_for(&self, level: Option<Level>) -> bool {
        self.levels.is_empty() || level.is_some_and(|level| self.levels.contains(&level))
    }

    /// Whether a clause that was not read holds a number that may be ours.
    fn is_open(&self, level: Option<Level>) -> bool {
        let may_be_ours = self.levels.is_empty() || level.is_none() || self.is_for(level);
        may_be_ours && self.text.contains(|c: char| c.is_ascii_digit())
    }
}

/// Half-width, without blanks, with one sign for a range.
fn folded(text: &str) -> String {
    let letter = |c: char| match c {
        '\u{ff01}'..='\u{ff5d}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '—' | '–' | '−' | '~' | '～' => '-',
        '﹪' => '%',
        c => c,
    };
    let kept = text.chars().filter(|c| !c.is_whitespace());
    kept.map(letter).collect::<String>().replace("--", "-")
}

fn clauses(text: &str) -> Vec<Clause> {
    let mut clauses = Vec::new();
    for segment in text.split([';', '。']) {
        let mut levels: Vec<Level> = Vec::new();
        for part in segment.split(',') {
            for (index, text) in part.split('或').enumerate() {
                let text = text
                    .strip_prefix('者')
                    .filter(|_| index > 0)
                    .unwrap_or(text);
                if text.is_empty() {
                    continue;
                }
                let (named, bare) = without_levels(text);
                if !named.is_empty() {
                    levels = named;
                }
                clauses.push(Clause {
                    text: text.to_owned(),
                    bare,
                    levels: levels.clone(),
                    is_alternative: index > 0,
                });
            }
        }
    }
    clauses
}

/// The levels a clause names before its first number, and what is left of it.
fn without_levels(text: &str) -> (Vec<Level>, String) {
    let (mut levels, mut bare) = (Vec::new(), String::new());
    let letters: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        let follows = letters.get(at + 1).copied().unwrap_or(' ');
        let level = level_of(letters[at]).filter(|_| "级局、县区和及…".contains(follows));
        let Some(level) = level else {
            bare.push(letters[at]);
            at += 1;
            continue;
        };
        levels.push(level);
        at += 1;
        while letters.get(at).is_some_and(|c| "级局、和及…".contains(*c)) {
            at += 1;
        }
    }
    (levels, bare)
}

fn level_of(letter: char) -> Option<Level> {
    match letter {
        '省' => Some(Level::Province),
        '市' => Some(Level::City),
        '县' | '区' => Some(Level::County),
        '所' => Some(Level::Station),
        _ => None,
    }
}

/// A number with the side it bounds.
type Sides = (Option<f64>, Option<f64>);

/// The share of a clause and how often it is taken.
fn shares_of(words: &[Word]) -> Option<Bounds> {
    let (low, high) = sides(words, |word| match word {
        Word::Share(low, high) => Some((low, high)),
        _ => None,
    })?;
    let is_yearly = words.contains(&Word::PeriodsPerYear(1));
    let is_other_period = words.iter().any(|word| {
        matches!(
            word,
            Word::PeriodsPerYear(2..) | Word::Years(_) | Word::Licence
        )
    });
    if is_other_period {
        return None;
    }
    let times = words.iter().find_map(|word| match word {
        Word::Times(low, high) if low == high => Some(f64::from(*low)),
        _ => None,
    });
    let draw = Bounds {
        min: low,
        max: high,
        ..Bounds::default()
    };
    if !is_yearly {
        return times.is_none().then_some(draw);
    }
    let year = |draw: Bounds, low, high| Bounds {
        year_min: low,
        year_max: high,
        window_years: Some(1),
        of_draws: times.is_some(),
        per_year_min: times,
        per_year_max: times,
        ..draw
    };
    match times {
        _ if words.contains(&Word::InParts) => Some(year(Bounds { min: None, ..draw }, low, high))
            .map(|bounds| Bounds {
                of_draws: true,
                per_year_min: Some(1.0),
                per_year_max: None,
                ..bounds
            }),
        None => Some(year(Bounds { min: None, ..draw }, low, high)),
        Some(n) if words.contains(&Word::Each) => {
            let all = |share: Option<f64>| share.map(|share| n * share);
            Some(year(draw, all(low), all(high)))
        }
        Some(n) => (n <= 1.0).then(|| year(draw, low, high)),
    }
}

/// How often a clause says, and over which window.
fn times_of(words: &[Word]) -> Option<Bounds> {
    let (low, high) = sides(words, |word| match word {
        Word::Times(low, high) => Some((f64::from(low), f64::from(high))),
        _ => None,
    })?;
    let window = words.iter().find_map(|word| match word {
        Word::PeriodsPerYear(n) => Some((f64::from(*n), Some(1))),
        Word::Years(years) => Some((1.0 / f64::from(*years), Some(*years))),
        Word::Licence => Some((1.0, None)),
        _ => None,
    });
    let (a_year, window_years) = window?;
    let is_known = window_years.is_some();
    Some(Bounds {
        per_year_min: low.filter(|_| is_known).map(|low| low * a_year),
        per_year_max: high.map(|high| high * a_year),
        of_draws: words.contains(&Word::Organised) && !words.contains(&Word::SameObject),
        window_years,
        needs_person: !is_known,
        ..Bounds::default()
    })
}

/// Both sides of the numbers of one kind: `不低于3%` is a lower one, `10%以内` an upper one, `5%` both.
fn sides(words: &[Word], number: impl Fn(Word) -> Option<(f64, f64)>) -> Option<Sides> {
    let (mut low, mut high) = (None, None);
    let mut before = None;
    for (place, word) in words.iter().enumerate() {
        match word {
            Word::Least | Word::Most => before = Some(*word),
            _ => {}
        }
        let Some((from, to)) = number(*word) else {
            continue;
        };
        match before.take().or(words.get(place + 1).copied()) {
            Some(Word::Least | Word::AtLeast) => low = Some(from),
            Some(Word::Most | Word::AtMost) => high = Some(to),
            _ => (low, high) = (Some(from), Some(to)),
        }
    }
    (low.is_some() || high.is_some()).then_some((low, high))
}

impl Bounds {
    /// Both clauses hold, or either of them does.
    fn with(self, other: &Self, is_alternative: bool) -> Self {
        let (lower, upper): (Join, Join) = if is_alternative {
            (|a, b| Some(a?.min(b?)), |a, b| Some(a?.max(b?)))
        } else {
            (
                |a, b| tighter(a, b, f64::max),
                |a, b| tighter(a, b, f64::min),
            )
        };
        Self {
            min: lower(self.min, other.min),
            max: upper(self.max, other.max),
            year_min: lower(self.year_min, other.year_min),
            year_max: upper(self.year_max, other.year_max),
            per_year_min: lower(self.per_year_min, other.per_year_min),
            per_year_max: upper(self.per_year_max, other.per_year_max),
            of_draws: self.of_draws || other.of_draws,
            window_years: self.window_years.max(other.window_years),
            note: None,
            needs_person: self.needs_person || other.needs_person,
        }
    }
}

type Join = fn(Option<f64>, Option<f64>) -> Option<f64>;

fn tighter(a: Option<f64>, b: Option<f64>, of: fn(f64, f64) -> f64) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(of(a, b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests;
