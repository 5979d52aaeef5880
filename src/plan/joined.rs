//! The frame as plan and draw read it: eligible objects of the register with their points and class, by partition.

use std::collections::BTreeSet;

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
        };
        let labels = collect_waves(frame.n_parts(), |part| {
            let labels = frame.labels(part);
            labels.map_err(|source| Error::Unreadable { part, source })
        });
        frame.strata = labels?
            .into_iter()
            .flatten()
            .collect::<BTreeSet<String>>()
            .into_iter()
            .collect();
        Ok(frame)
    }

    fn labels(&self, part: usize) -> Result<BTreeSet<String>, Unreadable> {
        let mut labels = BTreeSet::new();
        self.rows(part, |row| {
            if !labels.contains(row.label) {
                labels.insert(row.label.to_owned());
            }
        })?;
        Ok(labels)
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
                label.push_str(if column[row].is_empty() {
                    "未填"
                } else {
                    &column[row]
                });
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
            let stratum = self
                .strata
                .partition_point(|label| label.as_str() < row.label);
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
