//! Selective-labels replay: past visits as a fully labelled population, rounds as they came, each policy learning only from
//! the visits it would have made itself. Source: `evaluation.md` §2.
//!
//! The first round is an equal-probability draw for everybody. Tickets depend on replicate and visit alone, so policies are
//! paired; a label is learnt from in the rounds after the one in which it became known.

mod params;
mod policy;

use rayon::prelude::*;

use super::Error;
use crate::draw::{Ticketer, unit_interval};
use crate::evaluate::{
    Course, PolicyFacts, PolicyKind, Selective, SelectiveFacts, SelectiveRound, selective,
};
use crate::indicators::{EachVisit, Panel, PanelRows, VisitRows};
use crate::risk::Codes;
use crate::risk::learn::{
    self, Column, Design as Columns, Labels, LogisticParams, Model, PrepareParams, Recipe,
    importance, probability,
};
use crate::units::{Day, HashName, Problem};
use policy::{Bounds, Seen, Visited, count, visited, whole};

pub use params::{DrawDesign, Prepared, SelectiveParams, Training};

/// No weight 1/π above this multiple of the median.
const WEIGHT_CAP: f64 = 20.0;
/// Newton steps that are enough for any fit here.
const ITERATIONS: u32 = 200;

impl SelectiveParams {
    /// The rows a panel must have.
    pub(super) fn each(&self, until: Day) -> EachVisit {
        EachVisit {
            from: self.from,
            until: self.until.unwrap_or(until).min(until),
            columns: self.columns.clone(),
        }
    }

    fn round_of(&self, day: Day) -> i64 {
        let months = i64::from(day.year()) * 12 + i64::from(day.month()) - 1;
        months.div_euclid(i64::from(self.round_months))
    }

    fn recipe(&self, rows: usize) -> Recipe {
        let prepare = match self.prepare {
            Prepared::Usual => PrepareParams {
                cap_quantile: 0.995,
                known_rows_min: 20,
                category_rows_min: 20,
                missing_flag_share: 0.01,
                log_above: 5.0,
            },
            Prepared::None => PrepareParams {
                cap_quantile: 1.0,
                known_rows_min: 1,
                category_rows_min: 1,
                missing_flag_share: 0.5,
                log_above: f64::MAX,
            },
        };
        Recipe::Logistic(LogisticParams {
            penalty: self.ridge / count(rows),
            absolute_share: 0.0,
            max_iterations: ITERATIONS,
            prepare,
        })
    }
}

/// The population, its rounds and what is asked.
struct Stage<'a> {
    params: &'a SelectiveParams,
    columns: Columns,
    found: Vec<bool>,
    visit_id: Vec<String>,
    /// The round in which each label became known.
    known: Vec<i64>,
    rounds: Vec<Frame>,
}

/// The visits of a round.
struct Frame {
    round: i64,
    first: Day,
    places: Vec<usize>,
    columns: Columns,
    found: Vec<bool>,
    base: f64,
}

/// Visits made so far: place in the population, probability.
type Made = Vec<(usize, f64)>;

/// Replays the policies.
///
/// # Errors
/// Unknown indicators, fewer than two rounds, a model that cannot be fitted, probabilities that cannot be calibrated.
pub(super) fn replayed(params: &SelectiveParams, panel: &Panel) -> Result<Selective, Error> {
    let rows = panel.each()?;
    let stage = Stage::new(params, panel, rows)?;
    let course = |policy: &PolicyFacts| -> Result<Course, Error> {
        let replicates = (0..params.replicates).into_par_iter();
        let replicates = replicates.map(|replicate| stage.played(*policy, replicate));
        Ok(Course {
            policy: *policy,
            replicates: replicates.collect::<Result<_, Error>>()?,
        })
    };
    let policies = params.policies();
    let courses: Vec<Course> = policies.iter().map(course).collect::<Result<_, Error>>()?;
    Ok(selective(stage.facts(), &courses))
}

impl<'a> Stage<'a> {
    fn new(params: &'a SelectiveParams, panel: &Panel, rows: VisitRows) -> Result<Self, Error> {
        let VisitRows {
            mut rows,
            visit_id,
            known_on,
            numbers,
        } = rows;
        let of_row: Vec<i64> = rows.as_of.iter().map(|day| params.round_of(*day)).collect();
        let found = std::mem::take(&mut rows.found);
        let columns = columns(params, panel, &mut rows, numbers)?;
        let first = rows.as_of.first().copied();
        let first = first.ok_or_else(|| Error::Selective {
            rule: "no visits in its days".to_owned(),
        })?;
        let columns = Columns::new(columns).map_err(refused("design", first))?;
        let mut rounds: Vec<Frame> = Vec::new();
        let places: Vec<usize> = (0..of_row.len()).collect();
        for places in places.chunk_by(|a, b| of_row[*a] == of_row[*b]) {
            let own: Vec<bool> = places.iter().map(|&place| found[place]).collect();
            let hits = own.iter().filter(|found| **found).count();
            rounds.push(Frame {
                round: of_row[places[0]],
                first: rows.as_of[places[0]],
                base: count(hits) / count(places.len()),
                columns: columns.take(places),
                found: own,
                places: places.to_vec(),
            });
        }
        if rounds.len() < 2 {
            let rule = format!("{} rounds of visits, at least 2 are needed", rounds.len());
            return Err(Error::Selective { rule });
        }
        Ok(Self {
            params,
            columns,
            found,
            visit_id,
            known: known_on.iter().map(|day| params.round_of(*day)).collect(),
            rounds,
        })
    }

    /// Every round of one replicate but the first.
    fn played(&self, policy: PolicyFacts, replicate: u32) -> Result<Vec<SelectiveRound>, Error> {
        let ticketer = ticketer(replicate);
        let mut made = Made::new();
        let mut rounds = Vec::new();
        for (index, frame) in self.rounds.iter().enumerate() {
            let tickets: Vec<f64> = frame
                .places
                .iter()
                .map(|&place| unit_interval(&ticketer.ticket(self.visit_id[place].as_bytes())))
                .collect();
            let risk = match index {
                0 => vec![0.5; frame.places.len()],
                _ => self.risk(policy, frame, &made)?,
            };
            let share = self.params.budget * count(frame.places.len());
            let seen = Seen {
                risk: &risk,
                tickets: &tickets,
                budget: whole(share).clamp(1, frame.places.len()),
            };
            let kind = if index == 0 {
                PolicyKind::Equal
            } else {
                policy.kind
            };
            let own = visited(kind, &seen, self.bounds()).map_err(|unsettled| {
                let rule = format!(
                    "a Pareto draw misses its probabilities by {:e}",
                    unsettled.0
                );
                Error::Selective { rule }
            })?;
            if index > 0 && frame.base > 0.0 {
                rounds.push(of_round(frame, &risk, &own));
            }
            made.extend(own.drawn.iter().map(|&(at, pi)| (frame.places[at], pi)));
        }
        Ok(rounds)
    }

    fn bounds(&self) -> Bounds {
        Bounds {
            floor: self.params.floor,
            cap: self.params.cap,
            design: self.params.design,
        }
    }

    /// Probabilities of a frame by a model of the labels seen and known by then; ½ for all where there are none.
    fn risk(&self, policy: PolicyFacts, frame: &Frame, made: &Made) -> Result<Vec<f64>, Error> {
        let known = made
            .iter()
            .filter(|(place, _)| self.known[*place] < frame.round);
        let (places, pi): (Vec<usize>, Vec<f64>) = known.copied().unzip();
        if places.is_empty() {
            return Ok(vec![0.5; frame.places.len()]);
        }
        let found: Vec<bool> = places.iter().map(|&place| self.found[place]).collect();
        let fitted = || -> Result<Vec<f64>, learn::Error> {
            let labels = if policy.weighted {
                Labels::new(found, importance(&pi, WEIGHT_CAP)?.weight)?
            } else {
                Labels::unweighted(found)?
            };
            let recipe = self.params.recipe(places.len());
            let model: Model = recipe.fit_or_base(&self.columns.take(&places), &labels)?;
            let odds = model.log_odds(&frame.columns)?;
            Ok(odds.into_iter().map(probability).collect())
        };
        let risk = fitted().map_err(refused("selective", frame.first))?;
        // a risk of exactly 0 would have no probability at all
        Ok(risk.into_iter().map(|risk| risk.max(1e-12)).collect())
    }

    fn facts(&self) -> SelectiveFacts {
        let positives = self.found.iter().filter(|found| **found).count();
        let features = self.columns.columns().iter();
        SelectiveFacts {
            n: self.found.len() as u64,
            positives: positives as u64,
            rounds: self
                .rounds
                .iter()
                .map(|own| own.places.len() as u64)
                .collect(),
            round_months: self.params.round_months,
            budget: self.params.budget,
            floor: self.params.floor,
            cap: self.params.cap,
            design: self.params.design.name().to_owned(),
            features: features.map(|column| column.name.clone()).collect(),
            replicates: self.params.replicates,
        }
    }
}

fn of_round(frame: &Frame, risk: &[f64], own: &Visited) -> SelectiveRound {
    let hits = own.drawn.iter().filter(|(at, _)| frame.found[*at]).count();
    SelectiveRound {
        base: frame.base,
        model_mean: risk.iter().sum::<f64>() / count(risk.len()),
        visits: own.drawn.len() as u64,
        hits: hits as u64,
        estimate: own.estimate(&frame.found),
    }
}

/// The tickets of a replicate.
fn ticketer(replicate: u32) -> Ticketer {
    let hash = HashName::Sha256;
    let sub_seed = hash.tagged("choucha/selective/v1", &replicate.to_be_bytes());
    Ticketer::new(hash, &sub_seed.0)
}

fn refused(model: &'static str, cutoff: Day) -> impl FnOnce(learn::Error) -> Error {
    move |source| Error::Fit {
        cutoff,
        model: model.to_owned(),
        source,
    }
}

/// The columns models learn from: the named indicators, and the visits' own numbers.
fn columns(
    params: &SelectiveParams,
    panel: &Panel,
    rows: &mut PanelRows,
    numbers: Vec<Vec<f64>>,
) -> Result<Vec<Column>, Error> {
    let indicators = panel.indicators();
    let is_asked = |name: &str| match &params.indicators {
        Some(named) => named.iter().any(|one| one == name),
        None => params.columns.is_empty(),
    };
    let named = params.indicators.iter().flatten();
    let unknown = named.filter(|name| indicators.iter().all(|own| own.name != **name));
    let rule = "must be an indicator of the catalogues";
    let unknown: Vec<Problem> = unknown
        .map(|name| Problem::new("backtest.selective.indicators", name, rule))
        .collect();
    if !unknown.is_empty() {
        return Err(Error::Settings(unknown));
    }
    let columns = std::mem::take(&mut rows.columns);
    let design = Codes::learn(&columns).design(columns, indicators);
    let first = rows.as_of.first().copied().unwrap_or(Day::from_days(0));
    let design = design.map_err(refused("design", first))?;
    let own = design.columns().iter().filter(|own| is_asked(&own.name));
    let of_visits = params.columns.iter().zip(numbers);
    let of_visits = of_visits.map(|(name, values)| Column::number(name, values));
    let all = own.cloned().chain(of_visits);
    Ok(match params.prepare {
        Prepared::Usual => all.collect(),
        Prepared::None => all.map(Column::standardised_whole).collect(),
    })
}
