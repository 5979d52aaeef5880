//! The classes that are tuned, with their sizes; and what the settings say of each.

use std::collections::BTreeMap;

use super::number::real;
use super::params::{Denominator, FloorParams, ValidParams};
use crate::units::{Problem, Ratio, Rounding};

/// A class as the solver sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct MixClass {
    /// Code in tables.
    pub code: String,
    /// Name on pages.
    pub name: String,
    /// Eligible objects.
    pub n: u64,
    /// Whether it stands in the order of risk.
    pub is_ranked: bool,
    /// Share with a finding, 0 < p < 1, where it is known.
    pub hit_rate: Option<f64>,
    /// Eligible objects of its strata, each drawn apart at the class's ratio; empty where the class is one stratum.
    pub strata: Vec<u64>,
}

/// How a ratio becomes whole objects of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    /// How the ratio of a stratum is rounded.
    pub rounding: Rounding,
    /// Whether a stratum that has objects is drawn from at least once.
    pub floor_of_one: bool,
}

impl Whole {
    /// Objects that `ratio` draws of a stratum of `n`.
    #[must_use]
    pub fn of_stratum(self, ratio: f64, n: u64) -> u64 {
        let exact = Ratio::from_f64(super::number::rounded(ratio.clamp(0.0, 1.0), 6));
        let drawn = exact.map_or(0, |ratio| ratio.of(n, self.rounding));
        drawn.max(u64::from(self.floor_of_one && n > 0))
    }

    /// Objects that `ratio` draws of a class of `n` in these strata.
    #[must_use]
    pub fn of_class(self, ratio: f64, n: u64, strata: &[u64]) -> u64 {
        if strata.is_empty() {
            return self.of_stratum(ratio, n);
        }
        strata.iter().map(|&n| self.of_stratum(ratio, n)).sum()
    }
}

/// 分类结构: the classes of a frame, lowest risk first.
#[derive(Clone, Debug, PartialEq)]
pub struct Mix {
    /// Classes, lowest risk first, those outside the order last.
    pub classes: Vec<MixClass>,
    /// Objects of the 检查对象名录库.
    pub n_register: u64,
    /// How a ratio becomes whole objects.
    pub whole: Whole,
    /// Ratios to try; none where nobody proposed any.
    pub proposal: Option<Vec<f64>>,
    /// Coverage floors.
    pub floors: Vec<FloorParams>,
}

impl Mix {
    /// The mix a job file states by itself, without a register.
    ///
    /// # Errors
    /// A profile for another number of classes, a class without a ratio, a key that names no class.
    pub fn stated(params: &ValidParams) -> Result<Self, Vec<Problem>> {
        let class = |class: &super::params::ClassParams| MixClass {
            code: class.code.clone(),
            name: class.name.clone(),
            n: class.n,
            is_ranked: !class.unclassified,
            hit_rate: class.hit_rate,
            strata: Vec::new(),
        };
        let classes = params.written.class.iter().map(class).collect();
        Self::new(params, classes, params.written.n_register, None)
    }

    /// A mix of counted classes; `plan` gives rounding, ratios and floor where `[tune]` says nothing.
    ///
    /// # Errors
    /// As [`Mix::stated`].
    pub fn new(
        params: &ValidParams,
        classes: Vec<MixClass>,
        n_register: Option<u64>,
        plan: Option<&crate::plan::ValidParams>,
    ) -> Result<Self, Vec<Problem>> {
        let problems = unknown_classes(params, &classes);
        if !problems.is_empty() {
            return Err(problems);
        }
        let floor = || FloorParams {
            share: plan.map_or(0.05, crate::plan::ValidParams::coverage_floor),
            of: Denominator::Frame,
            basis: None,
        };
        let floors = match params.written.floor.as_slice() {
            [] => vec![floor()],
            floors => floors.to_vec(),
        };
        let n = classes.iter().map(|class| class.n).sum();
        Ok(Self {
            proposal: proposal(params, &classes, plan)?,
            n_register: n_register.unwrap_or(n).max(n),
            whole: Whole {
                rounding: params
                    .written
                    .rounding
                    .or(plan.map(crate::plan::ValidParams::rounding))
                    .unwrap_or(Rounding::HalfUp),
                floor_of_one: plan.is_some_and(crate::plan::ValidParams::floor_of_one),
            },
            classes,
            floors,
        })
    }

    /// Eligible objects.
    #[must_use]
    pub fn n_frame(&self) -> u64 {
        self.classes.iter().map(|class| class.n).sum()
    }

    /// What a floor is a share of.
    #[must_use]
    pub fn denominator(&self, of: Denominator) -> u64 {
        match of {
            Denominator::Register => self.n_register,
            Denominator::Frame => self.n_frame(),
            Denominator::Classified => {
                let ranked = self.classes.iter().filter(|class| class.is_ranked);
                ranked.map(|class| class.n).sum()
            }
        }
    }

    /// Whole objects that `ratios` draw of every class.
    #[must_use]
    pub fn drawn(&self, ratios: &[f64]) -> Vec<u64> {
        let of =
            |(class, &ratio): (&MixClass, &f64)| self.whole.of_class(ratio, class.n, &class.strata);
        self.classes.iter().zip(ratios).map(of).collect()
    }

    /// The same settings over other class sizes.
    pub(super) fn over(&self, classes: Vec<MixClass>) -> Self {
        Self {
            classes,
            ..self.clone()
        }
    }

    /// Sizes as numbers.
    pub(super) fn sizes(&self) -> Vec<f64> {
        self.classes.iter().map(|class| real(class.n)).collect()
    }
}

/// The value of a class in a table by class, else that of `*`.
pub(super) fn of_class<T: Copy>(table: &BTreeMap<String, T>, code: &str) -> Option<T> {
    table.get(code).or_else(|| table.get("*")).copied()
}

fn unknown_classes(params: &ValidParams, classes: &[MixClass]) -> Vec<Problem> {
    let written = &params.written;
    let days = written.days.as_ref().map(|days| days.per_visit.keys());
    let items = written.item.iter().flat_map(|item| item.n.keys());
    let named = [&written.ratio, &written.ratio_min, &written.ratio_max];
    let named = named.into_iter().flat_map(BTreeMap::keys);
    let bounds = written
        .boundary
        .iter()
        .flat_map(|one| one.points_from.keys());
    let all = named
        .chain(written.at_cap.keys())
        .chain(items)
        .chain(bounds);
    let all = all.chain(days.into_iter().flatten());
    let is_known = |code: &str| code == "*" || classes.iter().any(|class| class.code == code);
    let unknown = all.filter(|code| !is_known(code));
    unknown
        .map(|code| Problem::new("tune", code, "no class has this code"))
        .collect()
}

fn proposal(
    params: &ValidParams,
    classes: &[MixClass],
    plan: Option<&crate::plan::ValidParams>,
) -> Result<Option<Vec<f64>>, Vec<Problem>> {
    if !params.written.ratio.is_empty() {
        let ratio = |class: &MixClass| of_class(&params.written.ratio, &class.code);
        return complete(classes, "ratio", ratio).map(Some);
    }
    if let Some(profile) = params.profile {
        fits(profile, classes)?;
        return Ok(proposed_by(profile, classes));
    }
    let Some(plan) = plan else { return Ok(None) };
    let ratio = |class: &MixClass| plan.ratio_of(&class.code).or_else(|| plan.ratio_of("*"));
    complete(classes, "ratio", ratio).map(Some)
}

/// Objects outside the order of risk get the ratio of the lowest class.
fn proposed_by(profile: &super::profiles::Profile, classes: &[MixClass]) -> Option<Vec<f64>> {
    let lowest = profile.ratios.first()?;
    let mut ratios = profile.ratios.iter();
    let ratio = |class: &MixClass| {
        let own = if class.is_ranked { ratios.next() } else { None };
        *own.unwrap_or(lowest)
    };
    Some(classes.iter().map(ratio).collect())
}

fn fits(profile: &super::profiles::Profile, classes: &[MixClass]) -> Result<(), Vec<Problem>> {
    let n_profile = profile.ratios.len().max(profile.least.len());
    let n_ranked = classes.iter().filter(|class| class.is_ranked).count();
    if n_profile == n_ranked {
        return Ok(());
    }
    let rule = format!("this profile has {n_profile} classes, the mix has {n_ranked}");
    Err(vec![Problem::new("tune.profile", profile.name, rule)])
}

fn complete(
    classes: &[MixClass],
    table: &str,
    ratio: impl Fn(&MixClass) -> Option<f64>,
) -> Result<Vec<f64>, Vec<Problem>> {
    let rule = "what is tuned is a ratio per class: every class must have one";
    let one = |class: &MixClass| {
        ratio(class)
            .ok_or_else(|| Problem::new(format!("tune.{table}.{}", class.code), "(absent)", rule))
    };
    let (found, problems): (Vec<_>, Vec<_>) = classes.iter().map(one).partition(Result::is_ok);
    if problems.is_empty() {
        Ok(found.into_iter().flatten().collect())
    } else {
        Err(problems.into_iter().filter_map(Result::err).collect())
    }
}
