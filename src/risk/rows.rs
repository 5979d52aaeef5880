//! Rows as what models learn from: numbers as they are, days since something as such, texts as codes, visits weighted 1/π.

use super::learn::{Column, ColumnKind, Design, Encoding, Error, Importance, Labels, importance};
use super::recipes::Nuisance;
use crate::indicators::{Indicator, PanelColumn};
use crate::units::Day;

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

/// The design with what explains labels but not objects, of the training rows only, since it is averaged out when scoring:
/// who led each row's visit, and the season of its day.
pub(crate) fn with_nuisances(
    design: &Design,
    nuisances: &[Nuisance],
    inspectors: &[Option<String>],
    visited: &[Day],
) -> Result<Design, Error> {
    let values = |nuisance: Nuisance| match nuisance {
        Nuisance::Inspector => {
            let named = inspectors.iter().flatten().map(String::as_str);
            coded(inspectors, Some(&Encoding::learn(named, 1)))
        }
        Nuisance::Month => visited.iter().map(|day| f64::from(day.month())).collect(),
        Nuisance::Quarter => {
            let quarter = |day: &Day| f64::from(day.month().div_ceil(3));
            visited.iter().map(quarter).collect()
        }
    };
    let more = nuisances.iter().map(|&nuisance| {
        Column::new(nuisance.name(), ColumnKind::Category, values(nuisance)).nuisance()
    });
    let columns = design.columns().iter().cloned().chain(more);
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

#[cfg(test)]
mod tests {
    use super::{Nuisance, with_nuisances};
    use crate::risk::learn::{Column, Design, Labels, Logistic, LogisticParams, PrepareParams};
    use crate::units::Day;

    #[test]
    fn a_season_is_the_month_or_quarter_of_the_visit() {
        let bare = Design::new(vec![Column::number("x", vec![0.0; 3])]).unwrap();
        let days = ["2024-01-31", "2024-02-01", "2024-12-31"].map(|day| day.parse().unwrap());
        let season = |nuisance: Nuisance| {
            let design = with_nuisances(&bare, &[nuisance], &[None, None, None], &days).unwrap();
            design.columns()[1].values.clone()
        };
        assert_eq!(season(Nuisance::Month), [1.0, 2.0, 12.0]);
        assert_eq!(season(Nuisance::Quarter), [1.0, 1.0, 4.0]);
    }

    #[test]
    fn what_is_seen_more_in_a_season_of_findings_is_not_taken_for_their_cause() {
        let mut state = 12_345_u64;
        let mut next = || {
            state = (state * 1_103_515_245 + 12_345) % (1 << 31);
            f64::from(u32::try_from(state).unwrap()) / f64::from(1_u32 << 31)
        };
        let (mut values, mut found, mut days) = (Vec::new(), Vec::new(), Vec::new());
        for row in 0..3_000 {
            let day = Day::from_days(19_000 + row % 730);
            let summer = f64::from(u8::from((5..9).contains(&day.month())));
            values.push(next() + summer);
            found.push(next() < 0.1 + 0.4 * summer);
            days.push(day);
        }
        let plain = Design::new(vec![Column::number("x", values)]).unwrap();
        let who = vec![None; 3_000];
        let seasonal = with_nuisances(&plain, &[Nuisance::Month], &who, &days).unwrap();
        let params = LogisticParams {
            penalty: 0.0,
            absolute_share: 0.0,
            max_iterations: 100,
            prepare: PrepareParams {
                cap_quantile: 1.0,
                known_rows_min: 1,
                category_rows_min: 20,
                missing_flag_share: 0.01,
                log_above: 5.0,
            },
        };
        let labels = Labels::unweighted(found).unwrap();
        let fit = |design: &Design| Logistic::fit(&params, design, &labels).unwrap();
        let weight = |model: &Logistic| model.terms()[0].weight;
        let (naive, fair) = (fit(&plain), fit(&seasonal));
        assert!(weight(&naive) > 0.5, "{}", weight(&naive));
        assert!(weight(&fair).abs() < 0.25, "{}", weight(&fair));
        let mean = |model: &Logistic| {
            let odds = model.log_odds(&plain).unwrap();
            let all = odds.iter().map(|odds| 1.0 / (1.0 + (-odds).exp()));
            all.sum::<f64>() / 3_000.0
        };
        assert!(
            (mean(&fair) - labels.base_rate()).abs() < 0.02,
            "averaged over the year"
        );
    }
}
