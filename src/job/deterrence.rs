//! `[deterrence]` of a job file, and the tables it needs.

use super::Spec;
use crate::evaluate::{DeterrenceSection, ValidDeterrence};
use crate::ingest;
use crate::units::Problem;

/// Tables whose rows the section compares.
const NEEDED: [(&str, &str); 2] = [("draws", "历次抽取"), ("credit_events", "信用事件")];

impl Spec {
    /// The section, if the job has one and reads what it needs; a workspace (`of_record`) has its own draws.
    pub(super) fn deterrence(
        &mut self,
        ingest: Option<&ingest::ValidParams>,
        of_record: bool,
    ) -> Option<ValidDeterrence> {
        let written: DeterrenceSection = self.optional("deterrence")?;
        if let Some(ingest) = ingest {
            let absent = |(table, _): &&(&str, &str)| {
                let is_recorded = of_record && *table == "draws";
                ingest.table(table).is_none() && !is_recorded
            };
            for (table, header) in NEEDED.iter().filter(absent) {
                let rule = format!("[deterrence] needs the table {table} ({header})");
                let key = format!("ingest.{table}");
                self.problems.push(Problem::new(key, "(absent)", rule));
            }
        }
        self.checked("deterrence", written.check())
    }
}
