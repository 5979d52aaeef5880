//! Clauses that bind ratios: each a linear rule over the ratios of the classes, with the words of the rule it stands for.

use serde::Serialize;

use super::mix::{Mix, of_class};
use super::number::{percent, real};
use super::params::{Denominator, ValidParams};
use super::project::dot;
use super::simplex::Row;

/// Which side of its bound a clause keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Σ a·r ≥ bound.
    AtLeast,
    /// Σ a·r ≤ bound.
    AtMost,
}

/// A rule over the ratios.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// Name by which settings and programs know it.
    pub key: String,
    /// The rule in Chinese.
    pub zh: String,
    /// The rule in English.
    pub en: String,
    /// Coefficients, one per class.
    pub a: Vec<f64>,
    /// Which side.
    pub side: Side,
    /// The bound as it is stated.
    pub need: f64,
    /// The bound that whole objects must keep.
    pub bound: f64,
    /// Whether it speaks of whole objects together rather than of ratios.
    pub is_total: bool,
}

/// A clause and whether it is kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClauseFacts {
    /// Key.
    pub key: String,
    /// Words in Chinese.
    pub zh: String,
    /// Words in English.
    pub en: String,
    /// Coefficients on ratios, in the order of classes.
    pub a: Vec<f64>,
    /// Whether it is a least bound; else a greatest one.
    pub at_least: bool,
    /// The bound as stated.
    pub need: f64,
    /// The bound that whole objects must keep.
    pub bound: f64,
    /// Whether it counts whole objects.
    pub is_total: bool,
    /// What there is.
    pub have: f64,
    /// Whether it is kept.
    pub holds: bool,
}

impl Clause {
    /// Key and words, as a conflict names it.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}: {}", self.key, self.zh)
    }

    /// What `ratios` give, with whole objects where the clause counts objects.
    #[must_use]
    pub fn have(&self, mix: &Mix, ratios: &[f64]) -> f64 {
        if !self.is_total {
            return dot(&self.a, ratios);
        }
        let drawn = mix.drawn(ratios);
        let share = |(class, n): (&super::mix::MixClass, u64)| real(n) / real(class.n.max(1));
        let shares: Vec<f64> = mix.classes.iter().zip(drawn).map(share).collect();
        dot(&self.a, &shares)
    }

    /// Whether `ratios` keep it.
    #[must_use]
    pub fn holds(&self, mix: &Mix, ratios: &[f64]) -> bool {
        let have = self.have(mix, ratios);
        match self.side {
            Side::AtLeast => have >= self.bound - 1e-9,
            Side::AtMost => have <= self.bound + 1e-9,
        }
    }

    /// As a row of a linear programme.
    pub(super) fn row(&self) -> Row {
        match self.side {
            Side::AtMost => Row {
                a: self.a.clone(),
                bound: self.bound,
            },
            Side::AtLeast => Row {
                a: self.a.iter().map(|a| -a).collect(),
                bound: -self.bound,
            },
        }
    }
}

/// All clauses of a mix, those that are easiest to give up first.
#[must_use]
pub fn clauses(params: &ValidParams, mix: &Mix) -> Vec<Clause> {
    let mut clauses = class_bounds(params, mix);
    clauses.extend(monotone(params, mix));
    clauses.extend(items(params, mix));
    clauses.extend(days(params, mix));
    clauses.extend(caps(params, mix));
    clauses.extend(nobody_exempt(mix));
    clauses.extend(floors(mix));
    clauses
}

/// Every clause, and whether `tried` keeps it.
pub(super) fn clause_facts(params: &ValidParams, mix: &Mix, tried: &[f64]) -> Vec<ClauseFacts> {
    let fact = |clause: Clause| ClauseFacts {
        have: clause.have(mix, tried),
        holds: clause.holds(mix, tried),
        at_least: clause.side == Side::AtLeast,
        key: clause.key,
        zh: clause.zh,
        en: clause.en,
        a: clause.a,
        need: clause.need,
        bound: clause.bound,
        is_total: clause.is_total,
    };
    clauses(params, mix).into_iter().map(fact).collect()
}

/// A clause over the ratio of one class.
fn of_one(mix: &Mix, class: usize, key: &str, side: Side, bound: f64) -> Clause {
    let mut a = vec![0.0; mix.classes.len()];
    a[class] = 1.0;
    Clause {
        key: format!("{key}.{}", mix.classes[class].code),
        zh: String::new(),
        en: String::new(),
        a,
        side,
        need: bound,
        bound,
        is_total: false,
    }
}

fn class_bounds(params: &ValidParams, mix: &Mix) -> Vec<Clause> {
    let mut found = Vec::new();
    let mut rank = 0;
    for (i, class) in mix.classes.iter().enumerate() {
        let of_profile = |bounds: fn(&super::Profile) -> &'static [f64]| {
            let profile = params.profile.filter(|_| class.is_ranked)?;
            bounds(profile).get(rank).copied()
        };
        let (code, written) = (&class.code, &params.written);
        let least = of_class(&written.ratio_min, code).or_else(|| of_profile(|p| p.least));
        let most = of_class(&written.ratio_max, code).or_else(|| of_profile(|p| p.most));
        if let Some(least) = least.filter(|&least| least > 0.0) {
            found.push(Clause {
                zh: format!("{code}类抽查比例不低于{}", percent(least)),
                en: format!("class {code}: at least {}", percent(least)),
                ..of_one(mix, i, "ratio_min", Side::AtLeast, least)
            });
        }
        if let Some(most) = most.filter(|&most| most < 1.0) {
            found.push(Clause {
                zh: format!("{code}类抽查比例不高于{}", percent(most)),
                en: format!("class {code}: at most {}", percent(most)),
                ..of_one(mix, i, "ratio_max", Side::AtMost, most)
            });
        }
        rank += usize::from(class.is_ranked);
    }
    found
}

fn monotone(params: &ValidParams, mix: &Mix) -> Vec<Clause> {
    let ranked: Vec<usize> = (0..mix.classes.len())
        .filter(|&i| mix.classes[i].is_ranked)
        .collect();
    let pairs = ranked.windows(2).filter(|_| params.written.monotone);
    let clause = |pair: &[usize]| {
        let (lower, higher) = (&mix.classes[pair[0]].code, &mix.classes[pair[1]].code);
        let mut clause = of_one(mix, pair[0], "monotone", Side::AtMost, 0.0);
        clause.a[pair[1]] = -1.0;
        Clause {
            key: format!("monotone.{lower}.{higher}"),
            zh: format!("风险越高比例越高：{lower}类不高于{higher}类"),
            en: format!("the ratio of {lower} is at most that of {higher}"),
            ..clause
        }
    };
    pairs.map(clause).collect()
}

/// 一般检查事项 at most its ratio, every item at least its least ratio, both of the objects in its scope.
fn items(params: &ValidParams, mix: &Mix) -> Vec<Clause> {
    let mut found = Vec::new();
    for item in &params.written.item {
        let in_scope = |class: &super::mix::MixClass| {
            let n = if item.n.is_empty() {
                Some(class.n)
            } else {
                of_class(&item.n, &class.code)
            };
            real(n.unwrap_or(0).min(class.n))
        };
        let scope: Vec<f64> = mix.classes.iter().map(in_scope).collect();
        let n: f64 = scope.iter().sum();
        if n <= 0.0 {
            continue;
        }
        let bounds = [
            (
                item.ratio_min,
                Side::AtLeast,
                "ratio_min",
                "不低于",
                "at least",
            ),
            (
                item.ratio_max,
                Side::AtMost,
                "ratio_max",
                "不高于",
                "at most",
            ),
        ];
        for (bound, side, end, zh, en) in bounds {
            let Some(bound) = bound else { continue };
            found.push(Clause {
                key: format!("item.{}.{end}", item.id),
                zh: format!("事项{}抽查比例{zh}{}", item.id, percent(bound)),
                en: format!("item {}: {en} {}", item.id, percent(bound)),
                a: scope.iter().map(|part| part / n).collect(),
                side,
                need: bound,
                bound,
                is_total: true,
            });
        }
    }
    found
}

fn days(params: &ValidParams, mix: &Mix) -> Option<Clause> {
    let days = params.written.days.as_ref()?;
    let per_visit = day_costs(params, mix)?;
    let a = mix
        .sizes()
        .into_iter()
        .zip(per_visit)
        .map(|(n, cost)| n * cost);
    Some(Clause {
        key: "days.available".to_owned(),
        zh: format!("检查人日不超过{}", days.available),
        en: format!("at most {} inspector days", days.available),
        a: a.collect(),
        side: Side::AtMost,
        need: days.available,
        bound: days.available,
        is_total: true,
    })
}

/// Inspector days that a visit takes, per class.
pub(super) fn day_costs(params: &ValidParams, mix: &Mix) -> Option<Vec<f64>> {
    let days = params.written.days.as_ref()?;
    let cost = |class: &super::mix::MixClass| of_class(&days.per_visit, &class.code).unwrap_or(0.0);
    Some(mix.classes.iter().map(cost).collect())
}

fn caps(params: &ValidParams, mix: &Mix) -> Vec<Clause> {
    let of = |i: usize| {
        let class = &mix.classes[i];
        let taken = of_class(&params.written.at_cap, &class.code)?.min(class.n);
        let most = 1.0 - real(taken) / real(class.n.max(1));
        (taken > 0).then(|| Clause {
            zh: format!(
                "年度检查频次上限（国办发〔2024〕54号）：{}类有{taken}户已达上限",
                class.code
            ),
            en: format!(
                "yearly cap: {taken} objects of class {} have had their visits",
                class.code
            ),
            is_total: true,
            ..of_one(mix, i, "at_cap", Side::AtMost, most)
        })
    };
    (0..mix.classes.len()).filter_map(of).collect()
}

fn nobody_exempt(mix: &Mix) -> Vec<Clause> {
    let occupied = (0..mix.classes.len()).filter(|&i| mix.classes[i].n > 0);
    let of = |i: usize| {
        let class = &mix.classes[i];
        Clause {
            zh: format!("不免抽：{}类至少抽一户", class.code),
            en: format!(
                "nobody is exempt: at least one object of class {}",
                class.code
            ),
            is_total: true,
            ..of_one(mix, i, "nobody_exempt", Side::AtLeast, 1.0 / real(class.n))
        }
    };
    occupied.map(of).collect()
}

fn floors(mix: &Mix) -> Vec<Clause> {
    let of = |(i, floor): (usize, &super::params::FloorParams)| {
        let n = real(mix.denominator(floor.of)).max(1.0);
        let counts =
            |class: &super::mix::MixClass| class.is_ranked || floor.of != Denominator::Classified;
        let part = |class: &super::mix::MixClass| {
            if counts(class) {
                real(class.n) / n
            } else {
                0.0
            }
        };
        let (zh, en) = match floor.of {
            Denominator::Register => ("占名录库", "of the register"),
            Denominator::Frame => ("占抽样框", "of the frame"),
            Denominator::Classified => ("占已分类", "of classified objects"),
        };
        let basis = floor.basis.as_deref().unwrap_or("部门年度随机抽查占比");
        Clause {
            key: if i == 0 {
                "coverage_floor".to_owned()
            } else {
                format!("coverage_floor.{}", i + 1)
            },
            zh: format!("{basis}达到{}以上（{zh}）", percent(floor.share)),
            en: format!("coverage of at least {} {en}", percent(floor.share)),
            a: mix.classes.iter().map(part).collect(),
            side: Side::AtLeast,
            need: floor.share,
            bound: (floor.share * n - 1e-9).ceil() / n,
            is_total: true,
        }
    };
    mix.floors.iter().enumerate().map(of).collect()
}
