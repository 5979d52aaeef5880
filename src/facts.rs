//! What the walk found, put into the plain values that `evaluate` measures and `report` shows.

mod around;
mod card;
mod draw_audit;
mod groups;
mod mechanism;
mod models;
mod past;
mod profile;
mod round;
mod strictness;

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use crate::corridor::{Drawn, Scored};
use crate::error::Error;
use crate::evaluate::{
    self, ClassFacts, Count, Facts, FrameFacts, Named, PointsCount, SeedFacts, StratumFacts,
    TableFacts,
};
use crate::ingest;
use crate::job::Job;
use crate::risk::RiskTable;

pub use around::around;
pub use card::card;
pub use draw_audit::audit_groups;
pub use groups::{attribute_header, attributes};
pub use mechanism::mechanism;
pub use past::{
    Acts, BesideLedger, Engine, Past, People, Recorded, RoundClasses, Sources, past,
    recorded_items, recorded_results,
};
pub use profile::profile;
pub use round::round;
pub use strictness::strictness;

/// A drawn or reserve object with what an inspector's office and an evaluator need to know of it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Place in the plan's strata.
    pub stratum: usize,
    /// Whether it is drawn, or a reserve.
    pub is_drawn: bool,
    /// Place among the drawn or the reserve of its stratum, from 1.
    pub place: usize,
    /// Normalised object id.
    pub id: String,
    /// Internal key.
    pub key: u64,
    /// Columns of [`LISTED_COLUMNS`], in that order.
    pub texts: Vec<String>,
    /// Index into the risk table's classes.
    pub class: u16,
    /// Risk points.
    pub points: u32,
    /// Score of the chosen model.
    pub score: f64,
    /// Probability of a finding: calibrated by the chosen learned model, else by the plain logistic model.
    pub probability: Option<f64>,
    /// Why the points are what they are, in Chinese.
    pub reasons: String,
    /// Target inclusion probability.
    pub pi: f64,
    /// 必查.
    pub take_all: bool,
}

/// The model beside the chosen one whose scores are probabilities.
const LEARNED: &str = "logistic";

/// Register columns of a drawn list.
pub const LISTED_COLUMNS: [&str; 3] = ["name", "address", "office"];

/// The frame by class, and the drawn and reserve objects with their particulars.
#[derive(Clone, Debug)]
pub struct Roll {
    /// Eligible objects per class and points.
    pub points: Vec<BTreeMap<u32, u64>>,
    /// Drawn objects, then reserves, by stratum and place.
    pub listed: Vec<Listed>,
}

/// Looks every drawn and reserve object up, as many partitions at a time as there are threads.
///
/// # Errors
/// When a partition cannot be read.
pub fn roll(scored: &Scored, drawn: &Drawn) -> Result<Roll, Error> {
    let wanted = wanted(drawn);
    let mut roll = Roll {
        points: vec![BTreeMap::new(); scored.risk.classes().len()],
        listed: Vec::new(),
    };
    let parts: Vec<usize> = (0..scored.registers.n_parts()).collect();
    for wave in parts.chunks(rayon::current_num_threads()) {
        let found = wave
            .par_iter()
            .map(|&part| roll_part(scored, &wanted, part));
        for found in found.collect::<Result<Vec<Roll>, Error>>()? {
            roll.listed.extend(found.listed);
            for (all, more) in roll.points.iter_mut().zip(found.points) {
                for (points, n) in more {
                    *all.entry(points).or_default() += n;
                }
            }
        }
    }
    roll.listed
        .sort_by_key(|one| (!one.is_drawn, one.stratum, one.place));
    Ok(roll)
}

fn roll_part(
    scored: &Scored,
    wanted: &HashMap<String, Listed>,
    part: usize,
) -> Result<Roll, Error> {
    let objects = scored.registers.frame_part(part, &[])?;
    let risk = scored.risk.part(part)?;
    let score = risk.scores.first().map(|(_, scores)| scores.as_slice());
    let learned = risk.scores.iter().find(|(model, _)| model == LEARNED);
    let learned = learned.filter(|_| is_plain(scored));
    let learned = learned.map(|(_, scores)| scores.as_slice());
    let calibrated = |at: usize| risk.probability.get(at).map(|own| own.value);
    let probability = |at: usize| calibrated(at).or(learned.map(|scores| scores[at]));
    let mut points = vec![BTreeMap::new(); scored.risk.classes().len()];
    let mut listed = Vec::new();
    for (row, key) in objects.keys.iter().enumerate() {
        let Ok(at) = risk.keys.binary_search(key) else {
            continue;
        };
        *points[usize::from(risk.class[at])]
            .entry(risk.points[at])
            .or_default() += 1;
        if let Some(one) = wanted.get(objects.ids.get(row)) {
            listed.push(Listed {
                key: *key,
                class: risk.class[at],
                points: risk.points[at],
                score: score.map_or(0.0, |score| score[at]),
                probability: probability(at),
                reasons: risk.reasons[at].clone(),
                ..one.clone()
            });
        }
    }
    let keys: Vec<u64> = listed.iter().map(|one| one.key).collect();
    let texts = scored.registers.texts(part, &keys, &LISTED_COLUMNS)?;
    for (one, texts) in listed.iter_mut().zip(texts) {
        one.texts = texts;
    }
    Ok(Roll { points, listed })
}

/// Whether the model of that name is the plain one.
fn is_plain(scored: &Scored) -> bool {
    let mut models = scored.risk.models().iter();
    models.any(|model| model.name == LEARNED && model.learned.is_none())
}

/// What the sample says of each drawn and reserve object, by id.
fn wanted(drawn: &Drawn) -> HashMap<String, Listed> {
    let mut wanted = HashMap::new();
    for (stratum, (plan, sample)) in drawn
        .sealed
        .strata
        .iter()
        .zip(&drawn.sample.strata)
        .enumerate()
    {
        let placed = sample.drawn().map(|unit| (unit, true)).enumerate();
        let placed = placed.chain(sample.reserve.iter().map(|unit| (unit, false)).enumerate());
        for (place, (unit, is_drawn)) in placed {
            let listed = Listed {
                stratum,
                is_drawn,
                place: place + 1,
                id: unit.id.clone(),
                key: 0,
                texts: Vec::new(),
                class: 0,
                points: 0,
                score: 0.0,
                probability: None,
                reasons: String::new(),
                pi: plan.level(unit.size).map_or(0.0, |level| level.target),
                take_all: unit.take_all,
            };
            wanted.insert(unit.id.clone(), listed);
        }
    }
    wanted
}

impl Roll {
    /// The drawn objects, without the reserve list.
    pub fn drawn(&self) -> impl Iterator<Item = &Listed> {
        self.listed.iter().filter(|one| one.is_drawn)
    }

    /// The drawn objects with their outcomes, as `evaluate` takes them.
    #[must_use]
    pub fn units(&self, outcomes: &[ingest::Outcome]) -> Vec<evaluate::DrawnUnit> {
        let by_key: HashMap<u64, &ingest::Outcome> = outcomes
            .iter()
            .map(|outcome| (outcome.object_key, outcome))
            .collect();
        self.drawn()
            .map(|one| evaluate::DrawnUnit {
                object_id: one.id.clone(),
                object_key: one.key,
                stratum: u32::try_from(one.stratum).unwrap_or(u32::MAX),
                class: one.class,
                points: one.points,
                score: one.score,
                probability: one.probability,
                pi: one.pi,
                take_all: one.take_all,
                outcome: by_key.get(&one.key).copied().cloned(),
            })
            .collect()
    }
}

/// The frame by class and stratum.
#[must_use]
pub fn frame_facts(scored: &Scored, drawn: &Drawn, roll: &Roll) -> FrameFacts {
    let strata = drawn.sealed.strata.iter().zip(&drawn.sample.strata);
    let strata: Vec<StratumFacts> = strata
        .map(|(plan, sample)| StratumFacts {
            label: plan.label.clone(),
            n_frame: plan.n_units,
            n_drawn: sample.drawn().count() as u64,
            n_take_all: plan.n_take_all(),
            n_levels: plan.levels.len() as u64,
            d: plan.spread(),
        })
        .collect();
    let classes = scored
        .risk
        .classes()
        .iter()
        .enumerate()
        .map(|(index, class)| {
            let n_frame = roll.points[index].values().sum();
            let n_drawn = roll
                .drawn()
                .filter(|one| usize::from(one.class) == index)
                .count() as u64;
            ClassFacts {
                code: class.code.clone(),
                name: class.name.clone(),
                is_ranked: class.points_from.is_some(),
                n_frame,
                n_drawn,
                ratio: drawn.sealed.settings.ratio_of(&class.code),
                points: roll.points[index]
                    .iter()
                    .map(|(&points, &n)| PointsCount { points, n })
                    .collect(),
            }
        });
    let classes = classes.collect();
    #[allow(
        clippy::cast_precision_loss,
        reason = "counts of a frame lie below 2^53"
    )]
    let sum_pi = drawn.sealed.n() as f64;
    FrameFacts {
        strata,
        classes,
        n_frame: drawn.sealed.n_units(),
        n_never: drawn
            .sealed
            .never_drawn()
            .map(|stratum| stratum.n_units)
            .sum(),
        sum_pi,
    }
}

/// Everything the page says of the run.
#[must_use]
pub fn facts(
    job: &Job,
    scored: &Scored,
    drawn: &Drawn,
    frame: &FrameFacts,
    refusals: Vec<Count>,
) -> Facts {
    let tables = scored.snapshot.counts().iter().map(|counts| TableFacts {
        table: counts.table.clone(),
        read: counts.read,
        accepted: counts.accepted,
        refused: counts.refused,
        later: counts.later,
    });
    let exclusions = scored.registers.exclusions().iter().map(|one| Count {
        label: one.reason.clone(),
        n: one.n,
    });
    let named = |name: &str, text: String| Named {
        name: name.to_owned(),
        text,
    };
    Facts {
        title: job.title.clone(),
        job: job.name.clone(),
        office: job.report.office().to_owned(),
        as_of: job.as_of,
        synthetic: job.synthetic,
        rehearsal: true,
        tables: tables.collect(),
        refusals,
        n_objects: scored.registers.n_objects(),
        n_frame: scored.registers.n_frame(),
        exclusions: exclusions.collect(),
        classes: frame.classes.clone(),
        strata: frame.strata.clone(),
        seed: Some(SeedFacts {
            text: drawn.seed.text().to_owned(),
            source: drawn.seed.source().to_owned(),
        }),
        digests: vec![
            named("plan", drawn.sealed.digest().to_string()),
            named("seal", drawn.sealed.seal_digest().to_string()),
            named("register", drawn.sealed.frame_digest.to_string()),
            named("seed", drawn.seed.digest().to_string()),
            named("settings", job.digest.to_string()),
        ],
        models: models::models(&scored.risk, &scored.indicators),
    }
}

/// Every model's score of the object of each visit, as of the job's day.
///
/// # Errors
/// A partition that cannot be read, or a visited object without a score.
pub fn visit_scores(
    risk: &RiskTable,
    visits: &[ingest::Visit],
) -> Result<BTreeMap<String, Vec<f64>>, Error> {
    let mut scores: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for part in 0..risk.n_parts() {
        let rows = risk.part(part)?;
        for (model, values) in &rows.scores {
            let scores = scores
                .entry(model.clone())
                .or_insert_with(|| vec![f64::NAN; visits.len()]);
            for (visit, score) in visits.iter().zip(scores) {
                if let Ok(at) = rows.keys.binary_search(&visit.object_key) {
                    *score = values[at];
                }
            }
        }
    }
    Ok(scores)
}
