//! The declared scorecard: a TOML card of bins, values and direct judgements, checked with every problem at once.
//!
//! An object's points are the card's base, plus what each factor gives for the value of its indicator, group by group
//! up to the group's limit, clipped to the card's range. Higher points mean higher risk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::params::POINTS_LIMIT;
use super::sql;
use crate::indicators::{Indicator, IndicatorKind};
use crate::units::{Digest, HashName, Problem};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CardFile {
    version: u32,
    /// Path of a card whose groups, factors and direct judgements come before these, relative to the current folder.
    extends: Option<String>,
    name: String,
    zh: String,
    en: String,
    base: i64,
    points_min: i64,
    points_max: i64,
    #[serde(default)]
    group: Vec<GroupLine>,
    #[serde(default)]
    factor: Vec<FactorLine>,
    #[serde(default)]
    veto: Vec<VetoLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupLine {
    code: String,
    zh: String,
    en: String,
    points_max: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactorLine {
    name: String,
    indicator: String,
    zh: String,
    en: String,
    group: String,
    bins: Option<Vec<BinLine>>,
    values: Option<BTreeMap<String, i64>>,
    other: Option<i64>,
    missing: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BinLine {
    below: Option<f64>,
    points: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VetoLine {
    name: String,
    when: String,
    class: String,
    points: i64,
    zh: String,
    en: String,
}

/// A checked scorecard.
#[derive(Clone, Debug)]
pub(super) struct Card {
    path: String,
    pub(super) name: String,
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) digest: Digest,
    pub(super) base: i64,
    pub(super) points_min: i64,
    pub(super) points_max: i64,
    pub(super) groups: Vec<Group>,
    pub(super) factors: Vec<Factor>,
    pub(super) vetoes: Vec<Veto>,
}

/// Factors whose points together have a limit.
#[derive(Clone, Debug)]
pub(super) struct Group {
    code: String,
    /// Most points the group's factors give together.
    pub(super) points_max: Option<i64>,
}

/// One factor (评分指标).
#[derive(Clone, Debug)]
pub(super) struct Factor {
    pub(super) name: String,
    pub(super) indicator: String,
    pub(super) zh: String,
    /// Index into the card's groups.
    pub(super) group: usize,
    pub(super) scale: Scale,
    /// Points of an object without a value.
    pub(super) missing: i64,
}

/// How a value becomes points.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scale {
    /// The first bin whose bound the value lies below, or `rest`.
    Bins { below: Vec<(f64, i64)>, rest: i64 },
    /// The text's own points, or `other`.
    Values {
        points: BTreeMap<String, i64>,
        other: i64,
    },
}

/// 直接判定: a condition that by itself puts an object into a class.
#[derive(Clone, Debug)]
pub(super) struct Veto {
    pub(super) name: String,
    pub(super) when: String,
    /// Index of the class, lowest risk first.
    pub(super) class: usize,
    /// Fewest points, on the card's range.
    pub(super) points: i64,
    pub(super) zh: String,
}

impl Factor {
    /// The fewest points this factor can give.
    pub(super) fn points_min(&self) -> i64 {
        let least = match &self.scale {
            Scale::Bins { below, rest } => below.iter().map(|bin| bin.1).fold(*rest, i64::min),
            Scale::Values { points, other } => points.values().copied().fold(*other, i64::min),
        };
        least.min(self.missing)
    }
}

impl Card {
    /// Reads and checks the card at `path` against the class codes of the job, lowest risk first.
    pub(super) fn read(path: &Path, classes: &[&str]) -> Result<Self, Vec<Problem>> {
        let written = path.display().to_string();
        let in_card = |mut problem: Problem| {
            problem.file.clone_from(&written);
            problem
        };
        let (mut file, mut texts) = CardFile::read(path)?;
        if let Some(general) = file.extends.take() {
            let (base, text) = CardFile::read(Path::new(&general))?;
            if base.extends.is_some() {
                let rule = "must be a card that extends none itself";
                return Err(vec![in_card(Problem::new("extends", general, rule))]);
            }
            file.come_after(base);
            texts.extend(text);
        }
        let problems = file.problems(classes);
        if problems.is_empty() {
            let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
            Ok(file.checked(&written, classes, digest_of(&texts)))
        } else {
            Err(problems.into_iter().map(in_card).collect())
        }
    }

    /// Problems of the card with a catalogue of indicators.
    pub(super) fn check_indicators(&self, indicators: &[Indicator]) -> Vec<Problem> {
        let factors = self
            .factors
            .iter()
            .filter_map(|factor| factor.misfit(indicators));
        let vetoes = self.vetoes.iter().filter_map(|veto| {
            let reason = sql::condition(&veto.when, indicators).err()?;
            let rule = format!("must be an SQL condition over the indicators: {reason}");
            Some(Problem::new(
                format!("veto.{}.when", veto.name),
                &veto.when,
                rule,
            ))
        });
        let in_card = |problem: Problem| Problem {
            file: self.path.clone(),
            ..problem
        };
        factors.chain(vetoes).map(in_card).collect()
    }
}

impl Factor {
    fn misfit(&self, indicators: &[Indicator]) -> Option<Problem> {
        let key = |end: &str| format!("factor.{}.{end}", self.name);
        let Some(indicator) = indicators
            .iter()
            .find(|indicator| indicator.name == self.indicator)
        else {
            return Some(Problem::new(
                key("indicator"),
                &self.indicator,
                "no indicator has this name",
            ));
        };
        match (&self.scale, indicator.kind) {
            (Scale::Bins { .. }, IndicatorKind::Text) => Some(Problem::new(
                key("bins"),
                &self.indicator,
                "a text indicator needs values, not bins",
            )),
            (Scale::Values { .. }, IndicatorKind::Number) => Some(Problem::new(
                key("values"),
                &self.indicator,
                "a number needs bins, not values",
            )),
            _ => None,
        }
    }
}

impl CardFile {
    /// The card as written, and its text.
    fn read(path: &Path) -> Result<(Self, Vec<String>), Vec<Problem>> {
        let written = path.display().to_string();
        let refused = |rule: String| {
            let mut problem = Problem::new("scorecard", &written, rule);
            problem.file.clone_from(&written);
            vec![problem]
        };
        let text = std::fs::read_to_string(path).map_err(|error| {
            let rule = format!("cannot be read: {error}");
            vec![Problem::new("scorecard", &written, rule)]
        })?;
        let file =
            toml::from_str(&text).map_err(|error| refused(error.to_string().trim().to_owned()))?;
        Ok((file, vec![text]))
    }

    /// Puts the groups, factors and direct judgements of `base` before these.
    fn come_after(&mut self, base: Self) {
        self.group.splice(..0, base.group);
        self.factor.splice(..0, base.factor);
        self.veto.splice(..0, base.veto);
    }

    fn problems(&self, classes: &[&str]) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.version != 1 {
            problems.push(Problem::new(
                "version",
                self.version,
                "this release reads version 1",
            ));
        }
        if !(1 <= self.points_min
            && self.points_min < self.points_max
            && self.points_max <= POINTS_LIMIT)
        {
            let rule = format!("1 <= points_min < points_max <= {POINTS_LIMIT} must hold");
            problems.push(Problem::new(
                "points_min",
                format!("{} (points_max = {})", self.points_min, self.points_max),
                rule,
            ));
        }
        if self.factor.is_empty() {
            problems.push(Problem::new(
                "factor",
                "absent",
                "a card needs at least one factor",
            ));
        }
        repeated(
            "group",
            self.group.iter().map(|group| &group.code),
            &mut problems,
        );
        repeated(
            "factor",
            self.factor.iter().map(|factor| &factor.name),
            &mut problems,
        );
        repeated(
            "veto",
            self.veto.iter().map(|veto| &veto.name),
            &mut problems,
        );
        check_points("base", self.base, &mut problems);
        for group in &self.group {
            group.check(&mut problems);
        }
        for factor in &self.factor {
            factor.check(&self.group, &mut problems);
        }
        for veto in &self.veto {
            veto.check(self.points_min..=self.points_max, classes, &mut problems);
        }
        problems
    }

    fn checked(self, path: &str, classes: &[&str], digest: Digest) -> Card {
        let groups: Vec<Group> = self
            .group
            .into_iter()
            .map(|group| Group {
                code: group.code,
                points_max: group.points_max,
            })
            .collect();
        let vetoes = self
            .veto
            .into_iter()
            .map(|veto| veto.checked(classes))
            .collect();
        Card {
            path: path.to_owned(),
            name: self.name,
            zh: self.zh,
            en: self.en,
            digest,
            base: self.base,
            points_min: self.points_min,
            points_max: self.points_max,
            factors: self
                .factor
                .into_iter()
                .map(|factor| factor.checked(&groups))
                .collect(),
            groups,
            vetoes,
        }
    }
}

/// Digest of a card's text; of several, digest of their digests.
fn digest_of(texts: &[&[u8]]) -> Digest {
    let each: Vec<Digest> = texts
        .iter()
        .map(|text| HashName::Sha256.digest(&[text]))
        .collect();
    if let [one] = each[..] {
        return one;
    }
    let parts: Vec<_> = each.iter().map(|digest| digest.0).collect();
    HashName::Sha256.tagged("choucha/cards/v1", &parts.concat())
}

impl GroupLine {
    fn check(&self, problems: &mut Vec<Problem>) {
        let key = |end: &str| format!("group.{}.{end}", self.code);
        check_text(&key("zh"), &self.zh, problems);
        check_text(&key("en"), &self.en, problems);
        if let Some(points) = self.points_max {
            check_points(&key("points_max"), points, problems);
        }
    }
}

impl FactorLine {
    fn check(&self, groups: &[GroupLine], problems: &mut Vec<Problem>) {
        let key = |end: &str| format!("factor.{}.{end}", self.name);
        check_text(&key("zh"), &self.zh, problems);
        check_text(&key("en"), &self.en, problems);
        check_points(&key("missing"), self.missing, problems);
        if !groups.iter().any(|group| group.code == self.group) {
            problems.push(Problem::new(
                key("group"),
                &self.group,
                "no group has this code",
            ));
        }
        match (&self.bins, &self.values) {
            (Some(bins), None) => check_bins(&key("bins"), bins, problems),
            (None, Some(values)) => self.check_values(values, problems),
            _ => problems.push(Problem::new(
                key("bins"),
                "absent or double",
                "a factor has either bins or values",
            )),
        }
        if self.bins.is_some() && self.other.is_some() {
            problems.push(Problem::new(
                key("other"),
                "present",
                "bins have an open last bin instead",
            ));
        }
    }

    fn check_values(&self, values: &BTreeMap<String, i64>, problems: &mut Vec<Problem>) {
        let key = |end: &str| format!("factor.{}.{end}", self.name);
        for (value, points) in values {
            check_points(&format!("{}.{value}", key("values")), *points, problems);
        }
        match self.other {
            Some(points) => check_points(&key("other"), points, problems),
            None => problems.push(Problem::new(
                key("other"),
                "absent",
                "values need points for every other text",
            )),
        }
    }

    fn checked(self, groups: &[Group]) -> Factor {
        let scale = match (self.bins, self.values) {
            (Some(bins), _) => Scale::Bins {
                rest: bins.last().map_or(0, |bin| bin.points),
                below: bins
                    .iter()
                    .filter_map(|bin| Some((bin.below?, bin.points)))
                    .collect(),
            },
            (None, values) => Scale::Values {
                points: values.unwrap_or_default(),
                other: self.other.unwrap_or_default(),
            },
        };
        let group = groups.iter().position(|group| group.code == self.group);
        Factor {
            name: self.name,
            indicator: self.indicator,
            zh: self.zh,
            group: group.expect("a checked factor names a group of its card"),
            scale,
            missing: self.missing,
        }
    }
}

impl VetoLine {
    fn check(
        &self,
        range: std::ops::RangeInclusive<i64>,
        classes: &[&str],
        problems: &mut Vec<Problem>,
    ) {
        let key = |end: &str| format!("veto.{}.{end}", self.name);
        check_text(&key("zh"), &self.zh, problems);
        check_text(&key("en"), &self.en, problems);
        if !classes.contains(&self.class.as_str()) {
            problems.push(Problem::new(
                key("class"),
                &self.class,
                "no class of the job has this code",
            ));
        }
        if !range.contains(&self.points) {
            problems.push(Problem::new(
                key("points"),
                self.points,
                "must lie within points_min ..= points_max",
            ));
        }
        if let Err(reason) = sql::parse(&self.when) {
            problems.push(Problem::new(
                key("when"),
                &self.when,
                format!("must be an SQL condition: {reason}"),
            ));
        }
    }

    fn checked(self, classes: &[&str]) -> Veto {
        let class = classes.iter().position(|code| *code == self.class);
        Veto {
            name: self.name,
            when: self.when,
            class: class.expect("a checked direct judgement names a class of the job"),
            points: self.points,
            zh: self.zh,
        }
    }
}

fn check_bins(key: &str, bins: &[BinLine], problems: &mut Vec<Problem>) {
    let bounds: Vec<f64> = bins.iter().filter_map(|bin| bin.below).collect();
    let open = bins.iter().position(|bin| bin.below.is_none());
    if open.is_none_or(|open| open + 1 != bins.len()) {
        problems.push(Problem::new(
            key,
            format!("{bounds:?}"),
            "the last bin, and no other, must be open (no below)",
        ));
    }
    if bounds.iter().any(|bound| !bound.is_finite())
        || bounds.windows(2).any(|pair| pair[0] >= pair[1])
    {
        problems.push(Problem::new(
            key,
            format!("{bounds:?}"),
            "the bounds must be numbers and strictly ascend",
        ));
    }
    for (i, bin) in bins.iter().enumerate() {
        check_points(&format!("{key}.{i}.points"), bin.points, problems);
    }
}

fn check_points(key: &str, points: i64, problems: &mut Vec<Problem>) {
    if !(-POINTS_LIMIT..=POINTS_LIMIT).contains(&points) {
        problems.push(Problem::new(
            key,
            points,
            format!("points must lie in -{POINTS_LIMIT} ..= {POINTS_LIMIT}"),
        ));
    }
}

fn check_text(key: &str, text: &str, problems: &mut Vec<Problem>) {
    if text.trim().is_empty() {
        problems.push(Problem::new(key, "\"\"", "must not be empty"));
    }
}

fn repeated<'a>(what: &str, names: impl Iterator<Item = &'a String>, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            problems.push(Problem::new(what, name, "names must differ"));
        }
    }
}
