//! What a scored frame and a draw whose results are known say to whoever tunes: counts by points, and past visits.

use std::collections::{BTreeMap, HashMap};

use super::number::real;
use crate::codes;
use crate::corridor::Scored;
use crate::error::Error;
use crate::evaluate::{self, Answer, DrawnUnit};
use crate::plan::{MeasureOfSize, ValidParams};

/// Regions and industries shown by name; the rest are shown together.
const PLACES_MAX: usize = 12;
/// The rest, and what has no code.
const OTHER: &str = "其他";
/// Units of one in sums of probabilities.
const UNIT: f64 = 1_099_511_627_776.0;
/// The model whose scores are probabilities.
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
    /// Sum of the model's probabilities of a finding, in units of 2^-40: exact, whatever the partitions.
    pub model: u128,
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
    /// Cells of the frame.
    pub cells: BTreeMap<CellKey, Cell>,
    /// Names of regions.
    pub regions: Vec<String>,
    /// Names of industries.
    pub industries: Vec<String>,
    /// Visits whose result is known, in the order of their objects' keys.
    pub visits: Vec<Visit>,
    /// Whether a learned model gives probabilities.
    pub has_model: bool,
    /// Whether sizes within a class are points.
    pub by_points: bool,
}

impl Cell {
    /// Sum of the model's probabilities of a finding.
    #[must_use]
    pub fn findings(&self) -> f64 {
        #[allow(
            clippy::cast_precision_loss,
            reason = "an expectation is shown with fewer digits"
        )]
        let units = self.model as f64;
        units / UNIT
    }
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

    /// Counts the frame; `units` are the drawn objects with their outcomes, none where no outcome is known.
    ///
    /// # Errors
    /// A partition that cannot be read, a result code in no list.
    pub fn of(
        scored: &Scored,
        plan: &ValidParams,
        (rule, units): (&evaluate::ValidParams, &[DrawnUnit]),
    ) -> Result<Self, Error> {
        let classes = scored.risk.classes().iter().map(|class| GivenClass {
            code: class.code.clone(),
            name: class.name.clone(),
            points_from: class.points_from,
        });
        let mut observed = Self {
            classes: classes.collect(),
            n_register: scored.registers.n_objects(),
            cells: BTreeMap::new(),
            regions: Vec::new(),
            industries: Vec::new(),
            visits: Vec::new(),
            has_model: false,
            by_points: plan.measure_of_size() == MeasureOfSize::RiskPoints,
        };
        let mut names = (Names::default(), Names::default());
        for part in 0..scored.registers.n_parts() {
            observed.count(scored, part, &mut names)?;
        }
        let (regions, industries) = (names.0.kept(region_name), names.1.kept(industry_name));
        for cell in observed.cells.values_mut() {
            cell.regions = regions.gathered(&cell.regions);
            cell.industries = industries.gathered(&cell.industries);
        }
        (observed.regions, observed.industries) = (regions.names, industries.names);
        observed.visits = observed.visits(rule, units)?;
        Ok(observed)
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
                let cell = cell_of(from, risk.points[at], &current);
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
        names: &mut (Names, Names),
    ) -> Result<(), Error> {
        let columns = ["region_code".to_owned(), "industry_code".to_owned()];
        let objects = scored.registers.frame_part(part, &columns)?;
        let risk = scored.risk.part(part)?;
        let learned = risk.scores.iter().find(|(model, _)| model == LEARNED);
        self.has_model |= learned.is_some();
        let bounds = self.bounds();
        for (row, key) in objects.keys.iter().enumerate() {
            let Ok(at) = risk.keys.binary_search(key) else {
                continue;
            };
            let cell = cell_of(usize::from(risk.class[at]), risk.points[at], &bounds);
            let region = names.0.place(&objects.columns[0][row]);
            let industry = names.1.place(industry_division(&objects.columns[1][row]));
            let cell = self.cells.entry(cell).or_default();
            cell.n += 1;
            cell.model += learned.map_or(0, |(_, scores)| fixed(scores[at]));
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
            (*answer != Answer::Unvisited).then(|| Visit {
                cell: cell_of(usize::from(unit.class), unit.points, &bounds),
                pi: share * if unit.take_all { 1.0 } else { unit.pi },
                hit: *answer == Answer::Hit,
                valid: *answer != Answer::Void,
                model: unit.probability.unwrap_or(0.0),
            })
        };
        Ok(units.iter().zip(&answers).filter_map(visit).collect())
    }
}

/// A probability in units of 2^-40.
fn fixed(probability: f64) -> u128 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a probability lies in 0 ..= 1"
    )]
    let units = (probability.clamp(0.0, 1.0) * UNIT).round() as u128;
    units
}

/// An object whose class lies above what its points say was judged into it and stays there at least.
fn cell_of(class: usize, points: u32, bounds: &[u32]) -> CellKey {
    let by_points = bounds.iter().skip(1).filter(|&&bound| points >= bound);
    let held = if class > by_points.count() { class } else { 0 };
    CellKey { held, points }
}

/// Codes in the order they were met, with how many objects have each.
#[derive(Default)]
struct Names {
    places: HashMap<String, usize>,
    counts: Vec<u64>,
}

/// The names that are shown, and where each code went.
struct Kept {
    names: Vec<String>,
    to: Vec<usize>,
}

impl Names {
    fn place(&mut self, code: &str) -> usize {
        let place = self.places.get(code).copied().unwrap_or(self.counts.len());
        if place == self.counts.len() {
            self.places.insert(code.to_owned(), place);
            self.counts.push(0);
        }
        self.counts[place] += 1;
        place
    }

    /// The most frequent, in order of code.
    fn kept(self, name: fn(&str) -> String) -> Kept {
        let mut codes: Vec<(&String, usize)> = self
            .places
            .iter()
            .map(|(code, &place)| (code, place))
            .collect();
        codes.sort_by_key(|(code, place)| {
            (
                code.is_empty(),
                std::cmp::Reverse(self.counts[*place]),
                *code,
            )
        });
        codes.truncate(PLACES_MAX);
        codes.retain(|(code, _)| !code.is_empty());
        codes.sort();
        let rest = codes.len();
        let mut to = vec![rest; self.counts.len()];
        for (shown, (_, place)) in codes.iter().enumerate() {
            to[*place] = shown;
        }
        let mut names: Vec<String> = codes.iter().map(|(code, _)| name(code)).collect();
        if to.contains(&rest) {
            names.push(OTHER.to_owned());
        }
        Kept { names, to }
    }
}

impl Kept {
    fn gathered(&self, counts: &BTreeMap<usize, u64>) -> BTreeMap<usize, u64> {
        let mut gathered = BTreeMap::new();
        for (&place, n) in counts {
            *gathered.entry(self.to[place]).or_default() += n;
        }
        gathered
    }
}

fn industry_division(code: &str) -> &str {
    let end = code
        .char_indices()
        .nth(2)
        .map_or(code.len(), |(end, _)| end);
    &code[..end]
}

fn region_name(code: &str) -> String {
    codes::division(code).map_or_else(|| code.to_owned(), |division| division.name.to_owned())
}

fn industry_name(code: &str) -> String {
    codes::industry_of(code).map_or_else(|| code.to_owned(), |industry| industry.title.to_owned())
}
