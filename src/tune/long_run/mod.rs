//! 长期推演: how many firms break the rules in the long run under every candidate, on assumed firms that learn or look ahead.
//!
//! Every candidate is played forward on the same firms with the same numbers, under every way of behaving that the job states.
//! Fines are scaled, for each way by itself, until the plan in force has the violations of today. What counts is the change
//! against that plan, and whether it has one sign under every way of behaving (`evaluation.md` §4, §6): no number is a forecast.

mod params;
mod stage;

use serde::Serialize;

pub use params::{LongRunParams, ValidLongRun};

use super::params::ValidParams;
use super::points::Point;
use super::{ClassTable, Tuning};
use crate::error::Error;
use crate::report::{Target, WarningKind};
use crate::simulate::{Behaviour, Hold};
use crate::units::{Meter, Problem};
use stage::Stage;

/// The world candidates were played on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LongRun {
    /// Name of the world.
    pub world: String,
    /// Its title in Chinese and English.
    pub title: [String; 2],
    /// Its digest.
    pub digest: String,
    /// Firms.
    pub firms: u64,
    /// Periods; the long run is the mean from `from` on.
    pub periods: u32,
    /// First period of the long run.
    pub from: u32,
    /// Periods of a year.
    pub periods_per_year: u32,
    /// Replicates of every candidate and way of behaving.
    pub replicates: u32,
    /// What stays as planned when classes change their sizes.
    pub hold: Hold,
    /// Name of the point the others are held against.
    pub base: String,
    /// Share of firms that break the rules under it today; none where nothing is known and fines stand as declared.
    pub prevalence: Option<f64>,
    /// Ways of behaving.
    pub behaviours: Vec<Behaving>,
    /// Effects that were measured elsewhere, and what the scaled world makes of them under the first way of each mode.
    pub calibration: Vec<Target>,
}

/// A way of behaving, brought to the violations of today.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Behaving {
    /// The way.
    pub behaviour: Behaviour,
    /// Factor of the world's fines.
    pub fine_factor: f64,
    /// Whether the plan in force then has the violations of today; no where no factor brings them about, or none are known.
    pub is_anchored: bool,
}

/// What a candidate leads to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Played {
    /// Share of firms that break the rules: least and greatest over ways of behaving and replicates.
    pub violation: (f64, f64),
    /// Findings over visits, likewise; none without a visit.
    pub hit_rate: Option<(f64, f64)>,
    /// Violations less those of the plan in force: least and greatest over ways of behaving, each the mean of its replicates.
    pub change: (f64, f64),
    /// What can be said of that change.
    pub verdict: Verdict,
    /// Share of firms that are never drawn.
    pub blind: f64,
    /// What an office would read off its visits (Horvitz-Thompson), where firms that are never drawn blind it.
    pub reading: Option<(f64, f64)>,
    /// What the reader must know.
    pub warnings: Vec<WarningKind>,
    /// One per way of behaving.
    pub behaviours: Vec<PlayedOnce>,
}

/// What a candidate leads to under one way of behaving.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PlayedOnce {
    /// Share of firms that break the rules: mean, least and greatest replicate.
    pub violation: (f64, f64, f64),
    /// Findings over visits, mean; none without a visit.
    pub hit_rate: Option<f64>,
    /// Violations less those of the plan in force, replicate by replicate on the same numbers: mean and its Monte-Carlo error.
    pub change: (f64, f64),
}

/// What can be said of a change of violations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is the plan in force.
    Base,
    /// Fewer under every way of behaving, by more than three Monte-Carlo errors.
    Fewer,
    /// More under every way of behaving, likewise.
    More,
    /// It depends on how firms behave, or is too small to tell from chance.
    Open,
}

impl Tuning {
    /// The same with what every point and every γ leads to in the long run, where the job states a world.
    ///
    /// # Errors
    /// A world with other classes than the job, a draw of it that cannot be made.
    pub fn played(mut self, params: &ValidParams, meter: &Meter) -> Result<Self, Error> {
        let Some(settings) = &params.long_run else {
            return Ok(self);
        };
        let candidates = self.candidates();
        let (Some(base), Some(name)) = (candidates.first(), self.base()) else {
            return Ok(self);
        };
        let classes = self.played_classes(settings)?;
        let stage = Stage::set(settings, classes, base, self.prevalence(settings), meter);
        let stage = stage.map_err(refused)?;
        let played = stage.play(&candidates, meter).map_err(refused)?;
        let found = |ratios: &[f64]| {
            let at = candidates.iter().position(|one| one == ratios)?;
            Some(played[at].clone())
        };
        let codes: Vec<String> = self.codes().map(str::to_owned).collect();
        for point in &mut self.points {
            point.long_run = found(&ordered(&codes, &point.ratios));
        }
        for dial in &mut self.dial {
            dial.long_run = found(&ordered(&codes, &dial.ratios));
        }
        self.long_run = Some(stage.facts(name));
        Ok(self)
    }

    /// The point others are held against: the plan that was tried, else the first lawful one.
    fn base(&self) -> Option<String> {
        let tried = self.points.iter().find(|point| point.name == "tried");
        let point = tried.or(self.points.first());
        point.map(|point| point.name.clone())
    }

    /// Ratios of every point and every γ, each once, those of the plan in force first; without any that draw nobody.
    fn candidates(&self) -> Vec<Vec<f64>> {
        let base = self.base();
        let (first, rest): (Vec<&Point>, Vec<&Point>) = self
            .points
            .iter()
            .partition(|point| Some(&point.name) == base.as_ref());
        let points = first.into_iter().chain(rest).map(|point| &point.ratios);
        let dial = self.dial.iter().map(|dial| &dial.ratios);
        let codes: Vec<String> = self.codes().map(str::to_owned).collect();
        let mut found: Vec<Vec<f64>> = Vec::new();
        for ratios in points.chain(dial).map(|ratios| ordered(&codes, ratios)) {
            let mut parts = self.classes.iter().zip(&ratios);
            let draws = parts.any(|(class, &ratio)| class.n > 0 && ratio > 0.0);
            if draws && !found.contains(&ratios) {
                found.push(ratios);
            }
        }
        found
    }

    fn codes(&self) -> impl Iterator<Item = &str> {
        self.classes.iter().map(|class| class.code.as_str())
    }

    /// Tables of the bounds in force.
    fn tables(&self) -> &[ClassTable] {
        let current = self.variants.iter().find(|variant| variant.is_current);
        current.map_or(&[], |variant| &variant.tables)
    }

    /// Classes with their shares of the frame; those in the order of risk must be the world's.
    fn played_classes(&self, settings: &ValidLongRun) -> Result<Vec<(String, f64)>, Error> {
        let tables = self.tables();
        let ranked = tables.iter().filter(|table| table.is_ranked);
        let ranked: Vec<&str> = ranked.map(|table| table.code.as_str()).collect();
        let own: Vec<&str> = settings.world.codes().collect();
        if ranked != own {
            let rule = format!(
                "the world must have the classes of the job in the order of risk: {}",
                ranked.join(", ")
            );
            let problem = Problem::new("tune.long_run.world", own.join(", "), rule);
            return Err(Error::Settings(vec![problem]));
        }
        let real = super::number::real;
        let all = real(tables.iter().map(|table| table.n).sum::<u64>().max(1));
        let class = |table: &ClassTable| (table.code.clone(), real(table.n) / all);
        Ok(tables.iter().map(class).collect())
    }

    /// Share of firms that break the rules today: as stated, else the hit rates over the frame and the world's detection.
    fn prevalence(&self, settings: &ValidLongRun) -> Option<f64> {
        let real = super::number::real;
        let occupied = || self.classes.iter().filter(|class| class.n > 0);
        let found = || -> Option<f64> {
            let parts = occupied().map(|class| Some(class.hit_rate? * real(class.n)));
            let sum: f64 = parts.sum::<Option<f64>>()?;
            Some(
                sum / real(occupied().map(|class| class.n).sum())
                    / settings.world.facts().detection,
            )
        };
        let share = settings.prevalence.or_else(found);
        share.filter(|&share| share > 0.0 && share < 1.0)
    }
}

fn ordered(codes: &[String], ratios: &std::collections::BTreeMap<String, f64>) -> Vec<f64> {
    let of = |code: &String| ratios.get(code).copied().unwrap_or(0.0);
    codes.iter().map(of).collect()
}

fn refused(error: crate::simulate::Error) -> Error {
    match error {
        crate::simulate::Error::World(_) => Error::Settings(params::below("tune.long_run", error)),
        other => Error::Simulate(other),
    }
}
