//! What stands around a draw: its day, the frame by attributes, the model over the frame.

use super::super::{DrawnUnit, Error};
use crate::units::Day;

/// What [`hit_rates`](super::hit_rates) needs to know beside the draw itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Around {
    /// Day of the draw: a result dated before it is refused. Absent: not looked at.
    pub drawn_on: Option<Day>,
    /// The frame and the drawn by each attribute of `[evaluate] by`; `month` needs none, it is read off the results.
    pub groupings: Vec<Grouping>,
    /// The frame and the drawn by industry and district, for the map.
    pub crossing: Option<Crossing>,
    /// Σ of the model's probabilities of a finding over the frame, per class; empty without a learned model.
    pub model_by_class: Vec<f64>,
}

/// The frame by one attribute; an object may lie in several groups (departments, items) or in none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grouping {
    /// Name, as in `[evaluate] by`.
    pub name: String,
    /// Label of each group with its objects in the frame (0 where the frame is not split so, as by month).
    pub groups: Vec<(String, u64)>,
    /// Places of the groups of every drawn unit, parallel to the units.
    pub of_unit: Vec<Vec<usize>>,
}

/// The frame by two attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crossing {
    /// Labels of rows: industries.
    pub rows: Vec<String>,
    /// Labels of columns: districts.
    pub columns: Vec<String>,
    /// Objects of the frame, row by row.
    pub n_frame: Vec<u64>,
    /// Row and column of every drawn unit, parallel to the units.
    pub of_unit: Vec<Option<(usize, usize)>>,
}

impl Around {
    /// That every part speaks of the same units, and no result lies before the draw.
    pub(super) fn check(&self, units: &[DrawnUnit]) -> Result<(), Error> {
        let n = units.len();
        let lengths = self
            .groupings
            .iter()
            .map(|grouping| (grouping.name.as_str(), grouping.of_unit.len()));
        let crossed = self.crossing.iter().map(|of| ("map", of.of_unit.len()));
        if let Some((name, n_named)) = lengths.chain(crossed).find(|(_, named)| *named != n) {
            return Err(Error::Grouping {
                name: name.to_owned(),
                n_named,
                n_drawn: n,
            });
        }
        let Some(drawn_on) = self.drawn_on else {
            return Ok(());
        };
        for unit in units {
            let day = unit.outcome.as_ref().and_then(|one| one.inspected_on);
            if let Some(inspected_on) = day.filter(|day| *day < drawn_on) {
                return Err(Error::BeforeDraw {
                    object: unit.object_id.clone(),
                    inspected_on,
                    drawn_on,
                });
            }
        }
        Ok(())
    }

    /// Units by key, and everything parallel to them in the same order.
    pub(super) fn sorted<'a>(&self, units: &'a [DrawnUnit]) -> (Vec<&'a DrawnUnit>, Self) {
        let mut order: Vec<usize> = (0..units.len()).collect();
        let by = |at: &usize| (units[*at].object_key, units[*at].object_id.as_str());
        order.sort_by(|a, b| by(a).cmp(&by(b)));
        let mut around = self.clone();
        for (grouping, old) in around.groupings.iter_mut().zip(&self.groupings) {
            grouping.of_unit = order.iter().map(|&at| old.of_unit[at].clone()).collect();
        }
        if let (Some(crossing), Some(old)) = (&mut around.crossing, &self.crossing) {
            crossing.of_unit = order.iter().map(|&at| old.of_unit[at]).collect();
        }
        (order.iter().map(|&at| &units[at]).collect(), around)
    }

    /// The attribute that stands for districts: 区划, else office.
    pub(super) fn district(&self) -> Option<&Grouping> {
        let named = |name: &str| self.groupings.iter().find(|one| one.name == name);
        named("region").or_else(|| named("office"))
    }
}
