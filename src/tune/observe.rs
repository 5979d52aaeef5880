//! What a scored frame and a draw whose results are known say to whoever tunes: counts by points, and past visits.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::number::real;
use super::past::PastFacts;
use super::places::{Names, industry_division, industry_name, region_name};
use crate::corridor::Scored;
use crate::error::Error;
use crate::evaluate::{self, Answer, DrawnUnit};
use crate::plan::{MeasureOfSize, ValidParams};
use crate::units::ProbabilitySum;

/// The column of strata that stands for the class.
const CLASS: &str = "risk_class";
/// The model beside the chosen one whose scores are probabilities.
const LEARNED: &str = "logistic";

/// A class as it was given to objects.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenClass {
    /// Code in tables.
    pub code: String,
    /// Name on pages.
    pub name: String,
    /// Smallest points; none for a class outside the order of risk.
    pub points_from: Option<u32>,
}

/// A cell of the frame: objects that no boundary tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellKey {
    /// Index into [`Observed::strata`], their number for one that today's frame does not have; 0 where classes are the strata.
    pub stratum: usize,
    /// The class a direct judgement or a policy holds them in at least, 0 for none.
    pub held: usize,
    /// Risk points.
    pub points: u32,
}

/// What is counted of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// Objects.
    pub n: u64,
    /// Sum of the model's probabilities of a finding.
    pub model: ProbabilitySum,
    /// Objects by region.
    pub regions: BTreeMap<usize, u64>,
    /// Objects by industry.
    pub industries: BTreeMap<usize, u64>,
}

/// A visit whose result is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Visit {
    /// Its object's cell.
    pub cell: CellKey,
    /// Probability with which it was drawn and answered.
    pub pi: f64,
    /// Objects of today's frame that one object of the frame it was drawn from stands for.
    pub weight: f64,
    /// Whether something was found.
    pub hit: bool,
    /// False for 无效对象: a visit without a finding, outside the hit rate.
    pub valid: bool,
    /// The model's probability, 0 where there is no model.
    pub model: f64,
}

/// The frame and the past as whoever tunes sees them.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// Classes, lowest risk first, those outside the order last.
    pub classes: Vec<GivenClass>,
    /// Objects of the register that live.
    pub n_register: u64,
    /// Objects that have had all the visits of the year and cannot be drawn: id and class, ascending by id. No cell has them.
    pub at_cap: Vec<(String, usize)>,
    /// Columns that split every class into strata, and the values the frame has, ascending; none where classes are the strata.
    pub strata: (Vec<String>, Vec<String>),
    /// Cells of the frame.
    pub cells: BTreeMap<CellKey, Cell>,
    /// Names of regions.
    pub regions: Vec<String>,
    /// Names of industries.
    pub industries: Vec<String>,
    /// Visits whose result is known, by round, then in the order of their objects' keys.
    pub visits: Vec<Visit>,
    /// Where they come from; none where no visits are known.
    pub past: Option<PastFacts>,
    /// Whether a learned model gives probabilities.
    pub has_model: bool,
    /// Whether sizes within a class are points.
    pub by_points: bool,
}

impl Observed {
    /// Objects of the frame by region and by industry, in the order of their names.
    #[must_use]
    pub fn places(&self) -> (Vec<u64>, Vec<u64>) {
        let (mut regions, mut industries) =
            (vec![0; self.regions.len()], vec![0; self.industries.len()]);
        for cell in self.cells.values() {
            cell.regions
                .iter()
                .for_each(|(&place, n)| regions[place] += n);
            cell.industries
                .iter()
                .for_each(|(&place, n)| industries[place] += n);
        }
        (regions, industries)
    }

    /// Counts the frame without the objects whose ids stand in `at_cap`. No visits are known yet.
    ///
    /// # Errors
    /// A partition that cannot be read, a column of the strata that objects do not have.
    pub fn of(
        scored: &Scored,
        plan: &ValidParams,
        at_cap: &BTreeSet<String>,
    ) -> Result<Self, Error> {
        let classes = scored.risk.classes().iter().map(|class| GivenClass {
            code: class.code.clone(),
            name: class.name.clone(),
            points_from: class.points_from,
        });
        let columns = plan.strata().iter().filter(|column| *column != CLASS);
        let mut observed = Self {
            classes: classes.collect(),
            n_register: scored.registers.n_objects(),
            at_cap: Vec::new(),
            strata: (columns.cloned().collect(), Vec::new()),
            cells: BTreeMap::new(),
            regions: Vec::new(),
            industries: Vec::new(),
            visits: Vec::new(),
            past: None,
            has_model: false,
            by_points: plan.measure_of_size() == MeasureOfSize::RiskPoints,
        };
        let mut names = (Names::default(), Names::default(), Names::default());
        for part in 0..scored.registers.n_parts() {
            observed.count(scored, part, at_cap, &mut names)?;
        }
        observed.at_cap.sort();
        let (regions, industries) = (names.0.kept(region_name), names.1.kept(industry_name));
        let (strata, place) = names.2.sorted();
        if !observed.strata.0.is_empty() {
            observed.strata.1 = strata;
        }
        let cells = std::mem::take(&mut observed.cells).into_iter();
        let cells = cells.map(|(key, cell)| {
            let stratum = place[key.stratum];
            let cell = Cell {
                regions: regions.gathered(&cell.regions),
                industries: industries.gathered(&cell.industries),
                ..cell
            };
            (CellKey { stratum, ..key }, cell)
        });
        observed.cells = cells.collect();
        (observed.regions, observed.industries) = (regions.names, industries.names);
        Ok(observed)
    }

    /// The same with the visits of a draw of today's frame: `units` are the drawn objects with their outcomes.
    ///
    /// # Errors
    /// A result code in no list, a partition that cannot be read.
    pub fn with_units(
        mut self,
        scored: &Scored,
        rule: &evaluate::ValidParams,
        units: &[DrawnUnit],
    ) -> Result<Self, Error> {
        let keys = units.iter().map(|unit| unit.object_key);
        let strata = self.strata_of(scored, keys)?;
        self.visits = self.visits(rule, units, &strata)?;
        self.past = Some(PastFacts {
            is_rehearsal: true,
            ..PastFacts::default()
        });
        Ok(self)
    }

    /// Whether the learned model was fixed before the visits were drawn, so that it may stand beside them in a claim.
    #[must_use]
    pub fn has_frozen_model(&self) -> bool {
        let is_rehearsal = |past: &PastFacts| past.is_rehearsal;
        self.has_model && self.past.as_ref().is_some_and(is_rehearsal)
    }

    /// Strata of the objects with these keys, where today's frame has them.
    pub(super) fn strata_of(
        &self,
        scored: &Scored,
        keys: impl Iterator<Item = u64>,
    ) -> Result<HashMap<u64, usize>, Error> {
        if self.strata.0.is_empty() {
            return Ok(keys.map(|key| (key, 0)).collect());
        }
        let wanted: HashSet<u64> = keys.collect();
        let mut found = HashMap::new();
        for part in 0..scored.registers.n_parts() {
            let objects = scored.registers.frame_part(part, &self.strata.0)?;
            for (row, key) in objects.keys.iter().enumerate() {
                if wanted.contains(key) {
                    let label = label(&objects.columns, row);
                    let place = self.strata.1.binary_search(&label);
                    found.insert(*key, place.unwrap_or(self.strata.1.len()));
                }
            }
        }
        Ok(found)
    }

    /// Class of a cell under `bounds`: smallest points of each class in the order of risk.
    #[must_use]
    pub fn class_of(&self, cell: CellKey, bounds: &[u32]) -> usize {
        if cell.held >= bounds.len() {
            return cell.held;
        }
        let by_points = bounds.iter().skip(1).filter(|&&bound| cell.points >= bound);
        by_points.count().max(cell.held)
    }

    /// The bounds by which classes were given.
    #[must_use]
    pub fn bounds(&self) -> Vec<u32> {
        let bounds = self.classes.iter().map_while(|class| class.points_from);
        bounds
            .enumerate()
            .map(|(i, bound)| if i == 0 { 0 } else { bound })
            .collect()
    }

    /// Id, present class and class under `bounds` of every object whose class changes, ascending by id.
    ///
    /// # Errors
    /// A partition that cannot be read.
    pub fn changes(
        &self,
        scored: &Scored,
        bounds: &[u32],
    ) -> Result<Vec<(String, usize, usize)>, Error> {
        let current = self.bounds();
        let mut changes = Vec::new();
        for part in 0..scored.registers.n_parts() {
            let objects = scored.registers.frame_part(part, &[])?;
            let risk = scored.risk.points(part)?;
            for (row, key) in objects.keys.iter().enumerate() {
                let Ok(at) = risk.keys.binary_search(key) else {
                    continue;
                };
                let from = usize::from(risk.class[at]);
                let cell = cell_of(from, risk.points[at], &current, 0);
                let to = self.class_of(cell, bounds);
                if from != to {
                    changes.push((objects.ids.get(row).to_owned(), from, to));
                }
            }
        }
        changes.sort();
        Ok(changes)
    }

    fn count(
        &mut self,
        scored: &Scored,
        part: usize,
        at_cap: &BTreeSet<String>,
        names: &mut (Names, Names, Names),
    ) -> Result<(), Error> {
        let mut columns = vec!["region_code".to_owned(), "industry_code".to_owned()];
        columns.extend(self.strata.0.iter().cloned());
        let objects = scored.registers.frame_part(part, &columns)?;
        let risk = scored.risk.part(part)?;
        let mut models = scored.risk.models().iter();
        let is_plain = models.any(|model| model.name == LEARNED && model.learned.is_none());
        let learned = risk.scores.iter().find(|(model, _)| model == LEARNED);
        let learned = learned.filter(|_| is_plain).map(|(_, scores)| scores);
        let calibrated = |at: usize| risk.probability.get(at).map(|own| own.value);
        let probability = |at: usize| calibrated(at).or(learned.map(|scores| scores[at]));
        self.has_model |= learned.is_some() || !risk.probability.is_empty();
        let bounds = self.bounds();
        for (row, key) in objects.keys.iter().enumerate() {
            let Ok(at) = risk.keys.binary_search(key) else {
                continue;
            };
            let (id, class) = (objects.ids.get(row), usize::from(risk.class[at]));
            if at_cap.contains(id) {
                self.at_cap.push((id.to_owned(), class));
                continue;
            }
            let stratum = names.2.place(&label(&objects.columns[2..], row));
            let cell = cell_of(class, risk.points[at], &bounds, stratum);
            let region = names.0.place(&objects.columns[0][row]);
            let industry = names.1.place(industry_division(&objects.columns[1][row]));
            let cell = self.cells.entry(cell).or_default();
            cell.n += 1;
            if let Some(probability) = probability(at) {
                cell.model.add(probability);
            }
            *cell.regions.entry(region).or_default() += 1;
            *cell.industries.entry(industry).or_default() += 1;
        }
        Ok(())
    }

    /// Non-response is adjusted by class, as the evaluation does.
    fn visits(
        &self,
        rule: &evaluate::ValidParams,
        units: &[DrawnUnit],
        strata: &HashMap<u64, usize>,
    ) -> Result<Vec<Visit>, Error> {
        let mut units: Vec<&DrawnUnit> = units.iter().collect();
        units.sort_by_key(|unit| unit.object_key);
        let answers = units.iter().map(|unit| evaluate::answer(rule, unit));
        let answers: Vec<Answer> = answers.collect::<Result<_, _>>()?;
        let mut response = vec![(0_u64, 0_u64); self.classes.len()];
        for (unit, answer) in units.iter().zip(&answers) {
            let (drawn, answered) = &mut response[usize::from(unit.class)];
            *drawn += 1;
            *answered += u64::from(*answer != Answer::Unvisited);
        }
        let bounds = self.bounds();
        let visit = |(unit, answer): (&&DrawnUnit, &Answer)| {
            let (drawn, answered) = response[usize::from(unit.class)];
            let share = real(answered) / real(drawn.max(1));
            let stratum = strata.get(&unit.object_key).copied();
            let stratum = stratum.unwrap_or(self.strata.1.len());
            (*answer != Answer::Unvisited).then(|| Visit {
                cell: cell_of(usize::from(unit.class), unit.points, &bounds, stratum),
                weight: 1.0,
                pi: share * if unit.take_all { 1.0 } else { unit.pi },
                hit: *answer == Answer::Hit,
                valid: *answer != Answer::Void,
                model: unit.probability.unwrap_or(0.0),
            })
        };
        Ok(units.iter().zip(&answers).filter_map(visit).collect())
    }
}

/// An object whose class lies above what its points say was judged into it and stays there at least.
pub(super) fn cell_of(class: usize, points: u32, bounds: &[u32], stratum: usize) -> CellKey {
    let by_points = bounds.iter().skip(1).filter(|&&bound| points >= bound);
    let held = if class > by_points.count() { class } else { 0 };
    CellKey {
        stratum,
        held,
        points,
    }
}

/// Values of the columns of strata, joined.
fn label(columns: &[Vec<String>], row: usize) -> String {
    let values: Vec<&str> = columns.iter().map(|column| column[row].as_str()).collect();
    values.join("/")
}
