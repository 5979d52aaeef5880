//! Rows as what models learn from: numbers as they are, days since something as such, texts as codes, visits weighted 1/π.

use super::learn::{Column, ColumnKind, Design, Encoding, Error, Importance, Labels, importance};
use super::recipes::INSPECTOR;
use crate::indicators::{Indicator, PanelColumn};

/// Unit of indicators that count days: no value means longer ago than any.
const DAYS: &str = "days";

/// How the texts of the training rows become codes, by indicator; none for numbers.
#[derive(Clone, Debug)]
pub(crate) struct Codes(Vec<Option<Encoding>>);

impl Codes {
    /// The codes of these rows' texts, in the order of the texts.
    pub(crate) fn learn(columns: &[PanelColumn]) -> Self {
        let of = |column: &PanelColumn| match column {
            PanelColumn::Number(_) => None,
            PanelColumn::Text(texts) => Some(Encoding::learn(
                texts.iter().flatten().map(String::as_str),
                1,
            )),
        };
        Self(columns.iter().map(of).collect())
    }

    /// The indicators of rows as a design.
    pub(crate) fn design(
        &self,
        columns: Vec<PanelColumn>,
        indicators: &[Indicator],
    ) -> Result<Design, Error> {
        let codes = indicators.iter().zip(&self.0);
        let columns = columns
            .into_iter()
            .zip(codes)
            .map(|(column, (indicator, codes))| {
                let (kind, values) = match (column, codes) {
                    (PanelColumn::Number(values), _) if indicator.unit == DAYS => {
                        (ColumnKind::Since, values)
                    }
                    (PanelColumn::Number(values), _) => (ColumnKind::Number, values),
                    (PanelColumn::Text(texts), codes) => {
                        (ColumnKind::Category, coded(&texts, codes.as_ref()))
                    }
                };
                Column::new(&indicator.name, kind, values)
            });
        Design::new(columns.collect())
    }
}

fn coded(texts: &[Option<String>], codes: Option<&Encoding>) -> Vec<f64> {
    let code = |text: &Option<String>| codes.map_or(f64::NAN, |codes| codes.code(text.as_deref()));
    texts.iter().map(code).collect()
}

/// The design with the inspectors of its rows as a nuisance; of the training rows only, since it is averaged out when scoring.
pub(crate) fn with_inspectors(
    design: &Design,
    inspectors: &[Option<String>],
) -> Result<Design, Error> {
    let named = inspectors.iter().flatten().map(String::as_str);
    let codes = Encoding::learn(named, 1);
    let values = coded(inspectors, Some(&codes));
    let column = Column::new(INSPECTOR, ColumnKind::Category, values).nuisance();
    let columns = design.columns().iter().cloned().chain([column]);
    Design::new(columns.collect())
}

/// Labels, weighted 1/π (capped, mean 1) where probabilities are known; a visit without one counts 1.
pub(crate) fn labels(
    found: Vec<bool>,
    pi: &[Option<f64>],
    cap: f64,
) -> Result<(Labels, Option<Importance>), Error> {
    let drawn: Vec<usize> = (0..pi.len()).filter(|&row| pi[row].is_some()).collect();
    if drawn.is_empty() {
        return Ok((Labels::unweighted(found)?, None));
    }
    let known: Vec<f64> = drawn.iter().filter_map(|&row| pi[row]).collect();
    let importance = importance(&known, cap)?;
    let mut weight = vec![1.0; found.len()];
    for (&row, &own) in drawn.iter().zip(&importance.weight) {
        weight[row] = own;
    }
    Ok((Labels::new(found, weight)?, Some(importance)))
}
