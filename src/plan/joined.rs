//! The frame as plan and draw read it: eligible objects of the register with their points and class, by partition.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::merge::{in_label, label, merge};
use super::{Error, MeasureOfSize, ValidParams};
use crate::registers::Registers;
use crate::risk::RiskTable;
use crate::units::{FramePart, FrameSource, Unreadable, collect_waves};

/// The column of the strata that stands for the class.
const CLASS: &str = "risk_class";

/// 抽样框: register and risk table side by side, without either being copied.
pub struct JoinedFrame<'a> {
    risk: &'a RiskTable,
    registers: &'a Registers,
    measure_of_size: MeasureOfSize,
    /// Strata columns that stand in the register.
    columns: Vec<String>,
    by_class: bool,
    strata: Vec<String>,
    /// Whether tiny strata are merged.
    to_merge: bool,
    /// The stratum a label was merged into, once that is known.
    merged: Option<HashMap<String, String>>,
}

impl<'a> JoinedFrame<'a> {
    /// Reads every partition once to learn which strata occur.
    ///
    /// # Errors
    /// A strata column the register does not have, a partition that cannot be read.
    pub fn new(
        params: &ValidParams,
        risk: &'a RiskTable,
        registers: &'a Registers,
    ) -> Result<Self, Error> {
        let by_class = params.strata().iter().any(|column| column == CLASS);
        let columns = params
            .strata()
            .iter()
            .filter(|column| *column != CLASS)
            .cloned()
            .collect();
        let measure_of_size = params.measure_of_size();
        let mut frame = Self {
            risk,
            registers,
            measure_of_size,
            columns,
            by_class,
            strata: Vec::new(),
            to_merge: params.tiny().is_some(),
            merged: None,
        };
        let found = collect_waves(frame.n_parts(), |part| {
            let labels = frame.labels(part);
            labels.map_err(|source| Error::Unreadable { part, source })
        });
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for (label, n) in found?.into_iter().flatten() {
            *counts.entry(label).or_default() += n;
        }
        if frame.to_merge {
            frame.merged = Some(merged(params, &counts));
        }
        let strata = counts.into_keys();
        let strata: BTreeSet<String> = strata
            .map(|label| frame.merged(&label).to_owned())
            .collect();
        frame.strata = strata.into_iter().collect();
        Ok(frame)
    }

    fn labels(&self, part: usize) -> Result<BTreeMap<String, u64>, Unreadable> {
        let mut labels = BTreeMap::new();
        self.rows(part, |row| match labels.get_mut(row.label) {
            Some(n) => *n += 1,
            None => drop(labels.insert(row.label.to_owned(), 1)),
        })?;
        Ok(labels)
    }

    /// The stratum a label was merged into.
    fn merged<'l>(&'l self, label: &'l str) -> &'l str {
        let merged = self.merged.as_ref().and_then(|merged| merged.get(label));
        merged.map_or(label, String::as_str)
    }

    /// Calls `each` for every eligible object of the partition, ascending by key.
    fn rows(&self, part: usize, mut each: impl FnMut(Row<'_>)) -> Result<(), Unreadable> {
        let objects = self.registers.frame_part(part, &self.columns)?;
        let points = self.risk.points(part)?;
        let (mut at, mut label) = (0, String::new());
        for (row, &key) in objects.keys.iter().enumerate() {
            while points.keys.get(at).is_some_and(|&other| other < key) {
                at += 1;
            }
            if points.keys.get(at) != Some(&key) {
                return Err(format!(
                    "object {:?} has no row in the risk table",
                    objects.ids.get(row)
                )
                .into());
            }
            label.clear();
            if self.by_class {
                label.push_str(&self.risk.classes()[usize::from(points.class[at])].code);
            }
            for column in &objects.columns {
                if !label.is_empty() {
                    label.push('/');
                }
                match column[row].as_str() {
                    "" => label.push_str("未填"),
                    value if self.to_merge => label.push_str(&in_label(value)),
                    value => label.push_str(value),
                }
            }
            if label.is_empty() {
                label.push('*');
            }
            each(Row {
                id: objects.ids.get(row),
                label: &label,
                points: points.points[at],
            });
        }
        Ok(())
    }
}

/// The stratum of every label; where strata are merged, no value holds a `/`.
fn merged(params: &ValidParams, counts: &BTreeMap<String, u64>) -> HashMap<String, String> {
    let values = |label: &String| label.split('/').map(str::to_owned).collect::<Vec<_>>();
    let sizes = counts
        .iter()
        .map(|(label, &n)| (values(label), n))
        .collect();
    let merged = merge(params.tiny(), params.strata(), &sizes).stratum_of;
    let pairs = merged.iter();
    pairs
        .map(|(values, stratum)| (label(values), label(stratum)))
        .collect()
}

struct Row<'a> {
    id: &'a str,
    label: &'a str,
    points: u32,
}

impl FrameSource for JoinedFrame<'_> {
    fn strata(&self) -> &[String] {
        &self.strata
    }

    fn n_parts(&self) -> usize {
        self.registers.n_parts()
    }

    fn part(&self, part: usize) -> Result<FramePart, Unreadable> {
        let mut rows = FramePart::default();
        self.rows(part, |row| {
            let merged = self.merged(row.label);
            let stratum = self.strata.partition_point(|label| label.as_str() < merged);
            rows.ids.push(row.id);
            rows.stratum
                .push(u32::try_from(stratum).unwrap_or(u32::MAX));
            rows.size.push(match self.measure_of_size {
                MeasureOfSize::RiskPoints => row.points,
                MeasureOfSize::Equal => 1,
            });
        })?;
        Ok(rows)
    }
}
