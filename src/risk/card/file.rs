//! A card as its file writes it, and every rule it may break.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::{Card, Factor, Group, Scale, Veto};
use crate::risk::params::POINTS_LIMIT;
use crate::risk::sql;
use crate::units::{Digest, HashName, Problem};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CardFile {
    version: u32,
    /// Path of a card whose groups, factors and direct judgements come before these, relative to the current folder.
    pub(super) extends: Option<String>,
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

impl CardFile {
    /// The card as written, and its text.
    pub(super) fn read(path: &Path) -> Result<(Self, Vec<String>), Vec<Problem>> {
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
    pub(super) fn come_after(&mut self, base: Self) {
        self.group.splice(..0, base.group);
        self.factor.splice(..0, base.factor);
        self.veto.splice(..0, base.veto);
    }

    pub(super) fn problems(&self, classes: &[&str]) -> Vec<Problem> {
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

    pub(super) fn checked(self, path: &str, classes: &[&str], digest: Digest) -> Card {
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
pub(super) fn digest_of(texts: &[&[u8]]) -> Digest {
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
