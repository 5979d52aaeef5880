//! The classified objects on disk, a partition at a time.

use std::fs::File;
use std::path::{Path, PathBuf};

use polars::prelude::{
    DataFrame, LazyFrame, ParquetWriter, PlRefPath, PolarsResult, ScanArgsParquet,
    SortMultipleOptions, UnionArgs, col, concat, lit,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Error;
use super::learned::LearnedFit;
use super::logistic::Fit;
use crate::units::Digest;

/// Rows per row group of the merged file, about; depends on the number of objects alone.
const GROUP_ROWS: u64 = 250_000;

/// 信用风险分类结果: points, class, scores and reasons of every object.
#[derive(Debug)]
pub struct RiskTable {
    pub(super) dir: PathBuf,
    pub(super) n_parts: usize,
    pub(super) classes: Vec<ClassCount>,
    pub(super) models: Vec<ModelSummary>,
    /// Models with a score, the chosen one first.
    pub(super) scored: Vec<String>,
}

/// A class and the objects in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCount {
    /// Code in tables.
    pub code: String,
    /// Name in reports.
    pub name: String,
    /// Objects in the class, eligible or not.
    pub n: u64,
    /// Those of them that only a direct judgement put there.
    pub n_judged: u64,
    /// Smallest points of the class; `None` for objects without a class.
    pub points_from: Option<u32>,
}

/// A declared model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelSummary {
    /// Name in `score_<name>`.
    pub name: String,
    /// Whether it sets points and class.
    pub chosen: bool,
    /// Name and digest of the declared scorecard.
    pub card: Option<CardSummary>,
    /// What the plain logistic model learnt.
    pub fit: Option<Fit>,
    /// What a learned model learnt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned: Option<LearnedFit>,
    /// Why a model beside the chosen one has no score.
    pub refused: Option<String>,
}

/// Which scorecard was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardSummary {
    /// Short name.
    pub name: String,
    /// Chinese title.
    pub zh: String,
    /// English title.
    pub en: String,
    /// SHA-256 of the file.
    pub digest: Digest,
}

/// One partition as plain columns, sorted by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RiskPart {
    /// Object keys, ascending.
    pub keys: Vec<u64>,
    /// 规模度量: integer risk points, at least 1.
    pub points: Vec<u32>,
    /// Index into [`RiskTable::classes`].
    pub class: Vec<u16>,
    /// Model name and its score per object; higher is riskier. Chosen model first.
    pub scores: Vec<(String, Vec<f64>)>,
    /// Calibrated probability of a finding, where the chosen model is one of the learned ones; else empty.
    pub probability: Vec<RiskProbability>,
    /// Learned models beside the chosen one, each with its calibrated probability per object.
    pub calibrated: Vec<(String, Vec<f64>)>,
    /// Reasons, Chinese, joined by `；`; empty where there is none.
    pub reasons: Vec<String>,
}

/// A calibrated probability of a finding by the chosen model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RiskProbability {
    /// The probability, 0 to 1.
    pub value: f64,
    /// Ends of its interval, where the job asks for one.
    pub interval: Option<(f64, f64)>,
}

/// What the plan needs of one partition, sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RiskPoints {
    /// Object keys, ascending.
    pub keys: Vec<u64>,
    /// 规模度量: integer risk points, at least 1.
    pub points: Vec<u32>,
    /// Index into [`RiskTable::classes`].
    pub class: Vec<u16>,
}

impl RiskTable {
    /// Number of partitions.
    pub fn n_parts(&self) -> usize {
        self.n_parts
    }

    /// Classes, lowest risk first, objects without a class last.
    pub fn classes(&self) -> &[ClassCount] {
        &self.classes
    }

    /// Declared models, the chosen one first.
    pub fn models(&self) -> &[ModelSummary] {
        &self.models
    }

    /// What a reader of the manifest should know of the learned models: how visits were weighted.
    pub fn notes(&self) -> Vec<String> {
        let learned = self.models.iter();
        let weights = learned.filter_map(|model| model.learned.as_ref()?.note(&model.name));
        weights.collect()
    }

    /// Reads partition `part`.
    ///
    /// # Errors
    /// When the partition cannot be read or holds a class that is not declared.
    pub fn part(&self, part: usize) -> Result<RiskPart, Error> {
        let path = self.path(part);
        let frame = scan(&path)?.collect()?;
        let class = frame
            .column("class")?
            .str()?
            .iter()
            .map(|code| self.class_index(code, &path));
        let class = class.collect::<Result<_, _>>()?;
        let numbers = |(model, column): (&String, String)| -> PolarsResult<(String, Vec<f64>)> {
            let values = frame.column(&column)?.f64()?.into_no_null_iter();
            Ok((model.clone(), values.collect()))
        };
        let scores = self.scored.iter().map(|model| (model, table_column(model)));
        let beside = self.beside().map(|model| (model, table_calibrated(model)));
        Ok(RiskPart {
            keys: frame
                .column("object_key")?
                .u64()?
                .into_no_null_iter()
                .collect(),
            points: frame.column("points")?.u32()?.into_no_null_iter().collect(),
            class,
            scores: scores.map(numbers).collect::<PolarsResult<_>>()?,
            probability: probabilities(&frame)?,
            calibrated: beside.map(numbers).collect::<PolarsResult<_>>()?,
            reasons: frame
                .column("reasons")?
                .str()?
                .iter()
                .map(|text| text.unwrap_or_default().to_owned())
                .collect(),
        })
    }

    /// Points and class of partition `part`, without scores and reasons.
    ///
    /// # Errors
    /// When the partition cannot be read or holds a class that is not declared.
    pub fn points(&self, part: usize) -> Result<RiskPoints, Error> {
        let path = self.path(part);
        let frame = scan(&path)?
            .select([col("object_key"), col("points"), col("class")])
            .collect()?;
        let class = frame
            .column("class")?
            .str()?
            .iter()
            .map(|code| self.class_index(code, &path));
        Ok(RiskPoints {
            class: class.collect::<Result<_, _>>()?,
            keys: frame
                .column("object_key")?
                .u64()?
                .into_no_null_iter()
                .collect(),
            points: frame.column("points")?.u32()?.into_no_null_iter().collect(),
        })
    }

    /// Writes all partitions as one file sorted by key; its bytes do not depend on the number of partitions.
    ///
    /// # Errors
    /// When a partition cannot be read or `to` cannot be written; `to` is then as it was.
    pub fn save(&self, to: &Path) -> Result<(), Error> {
        let n: u64 = self.classes.iter().map(|class| class.n).sum();
        let n_ranges = n.div_ceil(GROUP_ROWS).max(1);
        let ranges: Vec<u64> = (0..n_ranges).collect();
        let schema = scan(&self.path(0))?.collect_schema()?;
        write_whole(to, |file| {
            let writer = ParquetWriter::new(file);
            let mut batches = writer.batched(&schema)?;
            for wave in ranges.chunks(rayon::current_num_threads()) {
                let frames = wave.par_iter().map(|&range| self.range(range, n_ranges));
                for frame in frames.collect::<Result<Vec<_>, Error>>()? {
                    batches.write_batch(&frame)?;
                }
            }
            batches.finish()?;
            Ok(())
        })
    }

    /// Rows of one of `n_ranges` equal ranges of keys, from every partition.
    fn range(&self, range: u64, n_ranges: u64) -> Result<DataFrame, Error> {
        let start = |range: u64| u64::try_from((u128::from(range) << 64) / u128::from(n_ranges));
        let from = col("object_key").gt_eq(lit(start(range).unwrap_or(u64::MAX)));
        let rows = (0..self.n_parts).map(|part| Ok(scan(&self.path(part))?.filter(from.clone())));
        let mut rows = concat(
            rows.collect::<Result<Vec<_>, Error>>()?,
            UnionArgs::default(),
        )?;
        if let Ok(end) = start(range + 1) {
            rows = rows.filter(col("object_key").lt(lit(end)));
        }
        let mut frame = rows
            .sort(["object_key"], SortMultipleOptions::default())
            .collect()?;
        frame.rechunk_mut();
        Ok(frame)
    }

    /// Learned models with a score beside the chosen one.
    fn beside(&self) -> impl Iterator<Item = &String> {
        let own = self.models.iter();
        let own = own.filter(|model| model.learned.is_some() && !model.chosen);
        own.map(|model| &model.name)
    }

    fn class_index(&self, code: Option<&str>, path: &Path) -> Result<u16, Error> {
        let position = self
            .classes
            .iter()
            .position(|class| Some(class.code.as_str()) == code);
        position
            .and_then(|index| u16::try_from(index).ok())
            .ok_or_else(|| Error::UnknownClass {
                path: path.to_owned(),
                code: code.unwrap_or_default().to_owned(),
            })
    }

    fn path(&self, part: usize) -> PathBuf {
        part_path(&self.dir, part)
    }
}

/// Columns of the chosen model's probability and its interval.
pub(super) const TABLE_PROBABILITY: [&str; 3] =
    ["probability", "probability_low", "probability_high"];

/// The probabilities of a table's rows; empty where it has none.
pub(super) fn probabilities(frame: &DataFrame) -> PolarsResult<Vec<RiskProbability>> {
    let [value, low, high] = TABLE_PROBABILITY.map(|name| frame.column(name).ok());
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    let value = value.f64()?.into_no_null_iter();
    let (Some(low), Some(high)) = (low, high) else {
        let one = |value| RiskProbability {
            value,
            interval: None,
        };
        return Ok(value.map(one).collect());
    };
    let (low, high) = (
        low.f64()?.into_no_null_iter(),
        high.f64()?.into_no_null_iter(),
    );
    let all = value.zip(low.zip(high));
    let one = |(value, interval)| RiskProbability {
        value,
        interval: Some(interval),
    };
    Ok(all.map(one).collect())
}

/// Column of a model's score.
pub(super) fn table_column(model: &str) -> String {
    format!("score_{model}")
}

/// Column of the calibrated probability of a learned model beside the chosen one.
pub(super) fn table_calibrated(model: &str) -> String {
    format!("calibrated_{model}")
}

/// Path of a partition below the room's folder.
pub(super) fn part_path(dir: &Path, part: usize) -> PathBuf {
    dir.join(format!("part-{part:03}.parquet"))
}

/// Writes one partition.
pub(super) fn write_part(path: &Path, frame: &mut DataFrame) -> Result<(), Error> {
    write_whole(path, |file| {
        ParquetWriter::new(file).finish(frame)?;
        Ok(())
    })
}

/// Writes beside `to`, syncs, renames: the file is whole or absent.
fn write_whole(to: &Path, write: impl FnOnce(&mut File) -> Result<(), Error>) -> Result<(), Error> {
    let failed = |source| Error::Write {
        path: to.to_owned(),
        source,
    };
    let mut beside = to.as_os_str().to_owned();
    beside.push(".part");
    let mut file = File::create(&beside).map_err(failed)?;
    write(&mut file)?;
    file.sync_all().map_err(failed)?;
    drop(file);
    std::fs::rename(&beside, to).map_err(failed)
}

pub(super) fn scan(path: &Path) -> Result<LazyFrame, Error> {
    let args = ScanArgsParquet {
        glob: false,
        ..Default::default()
    };
    Ok(LazyFrame::scan_parquet(
        PlRefPath::new(path.to_string_lossy().as_ref()),
        args,
    )?)
}
