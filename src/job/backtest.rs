//! What a back-test reads of a job file: its data, its registers, its indicators and `[backtest]`; other sections are left
//! alone, so that a file may hold nothing but these.

use std::path::Path;

use super::{Job, Overrides, Spec, Table, in_file, settings_bytes, table_of, with_files};
use crate::units::{Digest, HashName, Problem};
use crate::{backtest, indicators, ingest, registers, report};

/// Sections a back-test reads.
const READ: [&str; 10] = [
    "version",
    "name",
    "title",
    "synthetic",
    "data",
    "run",
    "ingest",
    "registers",
    "report",
    "backtest",
];

/// A checked job, as far as a back-test goes.
#[derive(Clone, Debug)]
pub struct BacktestJob {
    /// Short name; the result folder is `runs/<name>-backtest`.
    pub name: String,
    /// Title on pages.
    pub title: String,
    /// Whether the data are synthetic, as every page must then say.
    pub synthetic: bool,
    /// Hash partitions to work through; the result does not depend on it.
    pub partitions: usize,
    /// Files and columns.
    pub ingest: ingest::ValidParams,
    /// The frame.
    pub registers: registers::ValidParams,
    /// What the models learn from.
    pub indicators: indicators::ValidParams,
    /// The back-test.
    pub backtest: backtest::ValidParams,
    /// Who signs.
    pub report: report::ValidParams,
    /// Digest of these settings and of the catalogues.
    pub digest: Digest,
}

impl BacktestJob {
    /// Reads and checks the sections of the job file at `path` that a back-test needs.
    ///
    /// # Errors
    /// Every problem of them at once, each with file, key, value and rule.
    pub fn read(path: &Path, overrides: &Overrides) -> Result<Self, Vec<Problem>> {
        let mut table = table_of(path)?;
        let own_catalogues = table.get("backtest").is_some_and(|section| {
            let section = section.as_table();
            section.is_some_and(|section| section.contains_key("catalogues"))
        });
        table.retain(|key, _| READ.contains(&key) || (key == "indicators" && !own_catalogues));
        let settings = settings_bytes(&table);
        Spec::new(table, overrides)
            .check_backtest(overrides, &settings)
            .map_err(in_file(path))
    }

    /// Whether the file at `path` is a back-test and nothing more: it has the section, and no plan.
    #[must_use]
    pub fn is_alone(path: &Path) -> bool {
        let table = table_of(path);
        table.is_ok_and(|table| table.contains_key("backtest") && !table.contains_key("plan"))
    }
}

/// Whether a job has a back-test with a window.
pub(super) fn has_window(table: &Table) -> bool {
    let section = table.get("backtest").and_then(|section| section.as_table());
    section.is_some_and(|section| section.contains_key("window"))
}

impl Job {
    /// The same job with the back-test of its file, whose catalogues are then part of its digest.
    pub(super) fn with_backtest(
        mut self,
        path: &Path,
        overrides: &Overrides,
    ) -> Result<Self, Vec<Problem>> {
        let backtest = BacktestJob::read(path, overrides)?;
        self.digest = with_files(self.digest, std::iter::once(backtest.indicators.digest()));
        self.backtest = Some(Box::new(backtest));
        Ok(self)
    }
}

impl Spec {
    fn check_backtest(
        mut self,
        overrides: &Overrides,
        settings: &[u8],
    ) -> Result<BacktestJob, Vec<Problem>> {
        self.check_version();
        let name = self.name();
        let title: Option<String> = self.required("title");
        let synthetic: Option<bool> = self.optional("synthetic");
        let _: Option<String> = self.optional("data");
        let partitions = self.partitions(overrides);
        let ingest = self.section("ingest", ingest::Params::check);
        let registers = self.section("registers", registers::Params::check);
        let report: report::Params = self.optional("report").unwrap_or_default();
        let report = self.checked("report", report.check());
        let written: Option<backtest::Params> = self.required("backtest");
        let backtest = written
            .as_ref()
            .and_then(|written| self.checked("backtest", written.check()));
        let indicators = self.catalogues(written.as_ref());
        self.refuse_unknown_keys();
        if let (Some(ingest), Some(indicators)) = (&ingest, &indicators) {
            let is_read = |table: &str| ingest.table(table).is_some();
            self.problems.extend(indicators.missing_tables(is_read));
        }
        let job = (|| {
            let (indicators, backtest) = (indicators?, backtest?);
            let settings = HashName::Sha256.tagged("choucha/settings/v1", settings);
            Some(BacktestJob {
                name: name?,
                title: title?,
                synthetic: synthetic.unwrap_or(false),
                partitions,
                ingest: ingest?,
                registers: registers?,
                digest: with_files(settings, std::iter::once(indicators.digest())),
                indicators: indicators.with_words_of(backtest.labels()),
                backtest,
                report: report?,
            })
        })();
        match job {
            Some(job) if self.problems.is_empty() => Ok(job),
            _ => Err(self.problems),
        }
    }

    /// The catalogues of the back-test, or those of the job.
    fn catalogues(
        &mut self,
        written: Option<&backtest::Params>,
    ) -> Option<indicators::ValidParams> {
        match written.and_then(|written| written.catalogues.clone()) {
            Some(catalogues) => {
                let own = indicators::Params { catalogues };
                self.checked("backtest", own.check())
            }
            None => self.section("indicators", indicators::Params::check),
        }
    }
}
