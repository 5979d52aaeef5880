//! `risk.parquet` of a finished run or round, read again: all of it as plain columns, or some rows whole.

use std::path::{Path, PathBuf};

use polars::prelude::{BooleanChunked, DataFrame, LazyFrame, PolarsResult, col, lit};

use super::Error;
use super::table::{RiskProbability, probabilities, scan};

/// A file that [`RiskTable::save`](super::RiskTable::save) wrote.
#[derive(Clone, Debug)]
pub struct RiskFile {
    path: PathBuf,
    models: Vec<String>,
}

/// One object of it.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskRow {
    /// Key.
    pub key: u64,
    /// Risk points.
    pub points: u32,
    /// Code of the class; empty for none.
    pub class: String,
    /// Model and score, chosen model first.
    pub scores: Vec<(String, f64)>,
    /// Calibrated probability of a finding, where the chosen model is one of the learned ones.
    pub probability: Option<RiskProbability>,
    /// Reasons, Chinese.
    pub reasons: Vec<String>,
}

/// Every object of it, ascending by key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RiskColumns {
    /// Keys.
    pub keys: Vec<u64>,
    /// Risk points.
    pub points: Vec<u32>,
    /// Index into the codes asked for; as many as there are for a code that is not among them.
    pub class: Vec<u16>,
}

impl RiskFile {
    /// Opens the file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let schema = scan(path)?.collect_schema()?;
        let models = schema
            .iter_names()
            .filter_map(|name| name.strip_prefix("score_"));
        Ok(Self {
            path: path.to_owned(),
            models: models.map(str::to_owned).collect(),
        })
    }

    /// Points and class of every object, as indices into `codes`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn columns(&self, codes: &[String]) -> Result<RiskColumns, Error> {
        let wanted = ["object_key", "points", "class"].map(col);
        let frame = scan(&self.path)?.select(wanted).collect()?;
        let index = |code: Option<&str>| {
            let at = codes.iter().position(|known| Some(known.as_str()) == code);
            u16::try_from(at.unwrap_or(codes.len())).unwrap_or(u16::MAX)
        };
        Ok(RiskColumns {
            keys: frame
                .column("object_key")?
                .u64()?
                .into_no_null_iter()
                .collect(),
            points: frame.column("points")?.u32()?.into_no_null_iter().collect(),
            class: frame.column("class")?.str()?.iter().map(index).collect(),
        })
    }

    /// The objects with these keys, in the order of the file; one that is not there is passed over.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn rows(&self, keys: &[u64]) -> Result<Vec<RiskRow>, Error> {
        let file = scan(&self.path)?;
        let found = match keys {
            [key] => file.filter(col("object_key").eq(lit(*key))).collect()?,
            keys => among(file, keys)?,
        };
        Ok(self.read(&found)?)
    }

    fn read(&self, frame: &DataFrame) -> PolarsResult<Vec<RiskRow>> {
        let (keys, points) = (
            frame.column("object_key")?.u64()?,
            frame.column("points")?.u32()?,
        );
        let (class, reasons) = (
            frame.column("class")?.str()?,
            frame.column("reasons")?.str()?,
        );
        let scores = self
            .models
            .iter()
            .map(|model| frame.column(&format!("score_{model}"))?.f64());
        let scores = scores.collect::<PolarsResult<Vec<_>>>()?;
        let probability = probabilities(frame)?;
        let row = |row: usize| RiskRow {
            key: keys.get(row).unwrap_or_default(),
            points: points.get(row).unwrap_or_default(),
            class: class.get(row).unwrap_or_default().to_owned(),
            scores: self
                .models
                .iter()
                .zip(&scores)
                .filter_map(|(model, values)| Some((model.clone(), values.get(row)?)))
                .collect(),
            probability: probability.get(row).copied(),
            reasons: reason_list(reasons.get(row).unwrap_or_default()),
        };
        Ok((0..frame.height()).map(row).collect())
    }
}

/// The reasons of one object, which the risk table joins with `；`.
#[must_use]
pub fn reason_list(reasons: &str) -> Vec<String> {
    let parts = reasons.split('；').filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

fn among(file: LazyFrame, keys: &[u64]) -> PolarsResult<DataFrame> {
    let frame = file.collect()?;
    let mut sorted = keys.to_vec();
    sorted.sort_unstable();
    let wanted = frame.column("object_key")?.u64()?.iter();
    let mask = wanted.map(|key| key.is_some_and(|key| sorted.binary_search(&key).is_ok()));
    let mask: BooleanChunked = mask.map(Some).collect();
    frame.filter(&mask)
}
