//! Rounds of record taken in one at a time: what each found, who went, how it was drawn. A round's frame is in memory while it is
//! read; what stays of it are its visits, and its chances where a job asks for deterrence.

use std::collections::{BTreeMap, BTreeSet};

use super::lists;
use crate::error::Error;
use crate::evaluate::{self, Count, OverTimeParams, PastItem, PastRound, PastRounds, RoundResults};
use crate::facts::{self, Acts, People, Recorded, RoundClasses};
use crate::ingest::Snapshot;
use crate::ledger::{Ledger, RecordedRound, RecordedUnit};
use crate::publish;
use crate::risk::RiskFile;
use crate::units::ObjectKey;

/// The classes of a seal, below its folder.
const RISK: &str = "internal/risk.parquet";
/// The committed models, with the codes of the classes.
const MODEL: &str = "table-model";
/// The committed table of objects.
const OBJECTS: &str = "table-objects";

/// What rounds of record say.
pub(super) struct Told {
    /// What came back, round by round.
    pub(super) results: Vec<RoundResults>,
    /// The same item by item.
    items: BTreeMap<String, Vec<RoundResults>>,
    department_of: BTreeMap<String, String>,
    rounds: Vec<PastRound>,
    counts: [(&'static str, u64); 3],
    /// Objects to visit, round by round.
    pub(super) n_taken: Vec<u64>,
    /// Objects in the frame of the last round.
    pub(super) n_frame: u64,
    pub(super) people: People,
    pub(super) acts: Acts,
    /// Frames and chances, for a job that asks for deterrence.
    pub(super) recorded: Option<Recorded>,
}

impl Told {
    /// Reads the rounds `ids`; `snapshot` is that of a job which asks for deterrence.
    pub(super) fn read(
        ledger: &Ledger,
        ids: &[String],
        snapshot: Option<&Snapshot>,
    ) -> Result<Self, Error> {
        let mut told = Self {
            results: Vec::new(),
            items: BTreeMap::new(),
            department_of: BTreeMap::new(),
            rounds: Vec::new(),
            counts: [("unusable", 0), ("moved-up", 0), ("without-result", 0)],
            n_taken: Vec::new(),
            n_frame: 0,
            people: People::default(),
            acts: Acts::default(),
            recorded: snapshot.map(Recorded::new),
        };
        for id in ids {
            told.add(ledger, ledger.recorded(id)?, snapshot)?;
        }
        told.recorded = told.recorded.map(Recorded::sorted);
        Ok(told)
    }

    fn add(
        &mut self,
        ledger: &Ledger,
        round: RecordedRound,
        snapshot: Option<&Snapshot>,
    ) -> Result<(), Error> {
        let classes = classes(ledger, &round)?;
        let departments = departments(ledger, &round.id)?;
        self.results.push(facts::recorded_results(&round, &classes));
        for (item, results) in facts::recorded_items(&round, &classes) {
            self.items.entry(item).or_default().push(results);
        }
        self.rounds.push(round_of(&round));
        self.count(&round);
        self.people.add(&round, &offices(ledger, &round)?);
        self.acts.add(&round, &departments, classes.lead(&round));
        self.department_of.extend(departments);
        if let (Some(recorded), Some(snapshot)) = (&mut self.recorded, snapshot) {
            recorded.add(round, &classes, snapshot);
        }
        Ok(())
    }

    fn count(&mut self, round: &RecordedRound) {
        let sum = |of: fn(&RecordedUnit) -> bool| {
            let units = round.units.iter().filter(|unit| of(unit));
            units.count() as u64
        };
        let counts: [fn(&RecordedUnit) -> bool; 3] = [
            |unit| {
                unit.visit
                    .as_ref()
                    .is_some_and(|visit| visit.unusable.is_some())
            },
            |unit| unit.visit.as_ref().is_some_and(|visit| visit.moved_up),
            |unit| unit.is_taken() && unit.result().is_none() && !unit.is_unusable(),
        ];
        for ((_, n), of) in self.counts.iter_mut().zip(counts) {
            *n += sum(of);
        }
        self.n_taken.push(sum(RecordedUnit::is_taken));
        self.n_frame = round.units.len() as u64;
    }

    /// Round by round, and item by item where rounds have several; `n_again` rounds were drawn again.
    pub(super) fn account(
        &self,
        params: OverTimeParams,
        n_again: u64,
    ) -> Result<PastRounds, Error> {
        let several = self.items.len() > 1;
        let items = self.items.iter().filter(|_| several);
        let params = OverTimeParams {
            replicates: 0,
            ..params
        };
        let item = |(item, results): (&String, &Vec<RoundResults>)| {
            let found = evaluate::over_time(params, results, &[0; 32])?;
            Ok(PastItem {
                item: item.clone(),
                department: self.department_of.get(item).cloned().unwrap_or_default(),
                points: found.map(|found| found.points).unwrap_or_default(),
            })
        };
        let counts = self.counts.into_iter().chain([("drawn-again", n_again)]);
        let counts = counts.filter(|(_, n)| *n > 0);
        Ok(PastRounds {
            rounds: self.rounds.clone(),
            set_aside: counts
                .map(|(label, n)| Count {
                    label: label.to_owned(),
                    n,
                })
                .collect(),
            items: items.map(item).collect::<Result<_, Error>>()?,
            ..PastRounds::default()
        })
    }
}

fn round_of(round: &RecordedRound) -> PastRound {
    let count = |of: fn(&RecordedUnit) -> bool| {
        let units = round.units.iter().filter(|unit| of(unit));
        units.count() as u64
    };
    let pis = || round.units.iter().map(RecordedUnit::pi);
    let has_measure = round.draws.iter().any(|draw| draw.is_measure);
    let strata = round.draws.iter().map(|draw| draw.strata.len() as u64);
    let n_valid = count(|unit| unit.result().is_some());
    PastRound {
        draw_id: round.id.clone(),
        drawn_on: round.drawn_on,
        stream: if has_measure { "main+measure" } else { "main" }.to_owned(),
        design: "pareto".to_owned(),
        n_strata: strata.sum(),
        n_frame: round.units.len() as u64,
        sum_pi: pis().sum(),
        pi_min: pis().fold(1.0, f64::min),
        pi_max: pis().fold(0.0, f64::max),
        n_drawn: count(|unit| unit.drawn || unit.measured),
        n_visited: n_valid,
        n_valid,
        n_found: count(|unit| unit.result().is_some_and(|result| result.found)),
    }
}

/// 实施部门 of every item of a round, by its seal.
fn departments(ledger: &Ledger, round: &str) -> Result<BTreeMap<String, String>, Error> {
    let (seal, _) = publish::read_bulletin(&ledger.folder(round, "draw/public"))?;
    let draws = seal.draws.into_iter();
    Ok(draws.map(|draw| (draw.name, draw.department)).collect())
}

/// Class of every object at the seal; none in a copy of the workspace for the public.
fn classes(ledger: &Ledger, round: &RecordedRound) -> Result<RoundClasses, Error> {
    let file = ledger.folder(&round.id, "seal").join(RISK);
    let model = committed(ledger, &round.id, MODEL)?;
    let Some(model) = model.filter(|_| file.is_file()) else {
        return Ok(RoundClasses::default());
    };
    let model: serde_json::Value = lists::parse(MODEL, &model)?;
    let codes = model["classes"].as_array().into_iter().flatten();
    let codes = codes.filter_map(|class| class["code"].as_str());
    let codes: Vec<String> = codes.map(str::to_owned).collect();
    let columns = RiskFile::open(&file)?.columns(&codes)?;
    let mut of_key: Vec<(u64, u16)> = columns.keys.into_iter().zip(columns.class).collect();
    of_key.sort_unstable();
    let none = u16::try_from(codes.len()).unwrap_or(u16::MAX);
    let class = |unit: &RecordedUnit| {
        let key = ObjectKey::of(&unit.object_id).0;
        let found = of_key.binary_search_by_key(&key, |(key, _)| *key);
        found.map_or(none, |at| of_key[at].1)
    };
    let of_unit = round.units.iter().map(class).collect();
    Ok(RoundClasses::new(codes, of_unit))
}

/// 管辖单位 of everybody who was taken, as the seal committed it; none in a copy of the workspace for the public.
fn offices(ledger: &Ledger, round: &RecordedRound) -> Result<BTreeMap<String, String>, Error> {
    let Some(bytes) = committed(ledger, &round.id, OBJECTS)? else {
        return Ok(BTreeMap::new());
    };
    let taken = round.units.iter().filter(|unit| unit.is_taken());
    let wanted: BTreeSet<&str> = taken.map(|unit| unit.object_id.as_str()).collect();
    let objects = lists::objects_in(&bytes, &wanted)?.into_iter();
    Ok(objects.map(|(id, object)| (id, object.office)).collect())
}

/// A table that a seal committed; none where this workspace does not have it.
fn committed(ledger: &Ledger, round: &str, table: &str) -> Result<Option<Vec<u8>>, Error> {
    let sealed = ledger.state().round(round)?;
    let end = format!("/{table}");
    let files = sealed.seal.files.keys();
    let mut held = files.filter(|name| name.ends_with(&end) && ledger.dir().join(name).is_file());
    match held.next() {
        Some(_) => Ok(ledger.table(sealed.sequence, &sealed.seal.files, table)?),
        None => Ok(None),
    }
}
