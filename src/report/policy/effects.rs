//! What was planted and what was estimated, as plain values: the whole of `policy.json` of such a world.

use serde::{Deserialize, Serialize};

use crate::evaluate::{Column, Refusal, Table};

/// Form of the value.
pub const PLANTED_FORMAT: u32 = 1;

/// What is looked at after a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlantedOutcome {
    /// Seen for every object.
    Everyone,
    /// Found at those that a later measurement stream draws.
    Revisit,
}

/// What must come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlantedExpect {
    /// Intervals cover the truth as often as they say.
    Coverage,
    /// No interval at all: too few results.
    Refusal,
    /// With no effect there, no more claims than the level of the test.
    FalseClaims,
}

/// What `choucha simulate policy` found in a world of planted effects.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlantedReport {
    /// Form of this value.
    pub format: u32,
    /// Name of the world.
    pub name: String,
    /// Its title in Chinese and English.
    pub title: [String; 2],
    /// Digest of its settings.
    pub digest: String,
    /// Cases, in the order declared.
    pub cases: Vec<PlantedCase>,
}

/// One effect, planted many times.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlantedCase {
    /// As the world file names it.
    pub name: String,
    /// In Chinese and English.
    pub title: [String; 2],
    /// What is looked at.
    pub outcome: PlantedOutcome,
    /// What must come out.
    pub expect: PlantedExpect,
    /// Objects of the frame.
    pub objects: u32,
    /// Rounds.
    pub rounds: u32,
    /// Replicates.
    pub replicates: u32,
    /// Relative change of the probability of those drawn.
    pub effect: f64,
    /// Mean of the true differences.
    pub truth: f64,
    /// Mean of the estimates.
    pub estimate: Option<f64>,
    /// Mean of estimate less truth.
    pub bias: Option<f64>,
    /// Standard deviation of estimate less truth.
    pub spread: Option<f64>,
    /// Mean of the standard errors that were estimated.
    pub mean_error: Option<f64>,
    /// Mean effective size of the smaller arm.
    pub n_eff: f64,
    /// Share of replicates without an interval.
    pub refused: f64,
    /// Why, each once.
    pub refusals: Vec<Refusal>,
    /// Share of intervals that hold the truth.
    pub coverage: Option<f64>,
    /// Its Monte-Carlo error at .95.
    pub coverage_error: Option<f64>,
    /// Share of replicates called significant.
    pub claims: Option<f64>,
    /// Its Monte-Carlo error at .05.
    pub claims_error: Option<f64>,
    /// Share of tests by re-drawing with p < .05.
    pub rejected: Option<f64>,
    /// Whether it came out as it must.
    pub holds: bool,
    /// The first replicates.
    pub estimates: Vec<PlantedEstimate>,
}

/// One replicate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PlantedEstimate {
    /// True mean difference.
    pub truth: f64,
    /// Estimate; none below the support gate.
    pub value: Option<f64>,
    /// Its standard error.
    pub se: Option<f64>,
    /// Lower end, 95 %.
    pub low: Option<f64>,
    /// Upper end, 95 %.
    pub high: Option<f64>,
}

impl PlantedEstimate {
    /// Whether the interval holds the truth.
    #[must_use]
    pub fn covers(&self) -> Option<bool> {
        Some((self.low?..=self.high?).contains(&self.truth))
    }
}

impl PlantedReport {
    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("plain values serialise");
        json.push(b'\n');
        json
    }

    /// The flat table of the cases.
    #[must_use]
    pub fn tables(&self) -> Vec<Table> {
        let cases = &self.cases;
        let number = |name: &str, of: fn(&PlantedCase) -> Option<f64>| {
            (
                name.to_owned(),
                Column::Number(cases.iter().map(of).collect()),
            )
        };
        let names = cases.iter().map(|case| case.name.clone());
        vec![Table {
            name: "planted_cases".to_owned(),
            columns: vec![
                ("case".to_owned(), Column::Text(names.collect())),
                number("truth", |case| Some(case.truth)),
                number("estimate", |case| case.estimate),
                number("bias", |case| case.bias),
                number("spread", |case| case.spread),
                number("mean_error", |case| case.mean_error),
                number("n_eff", |case| Some(case.n_eff)),
                number("refused", |case| Some(case.refused)),
                number("coverage", |case| case.coverage),
                number("coverage_error", |case| case.coverage_error),
                number("claims", |case| case.claims),
                number("claims_error", |case| case.claims_error),
                number("rejected", |case| case.rejected),
            ],
        }]
    }

    /// The flat table of the replicates that are shown.
    #[must_use]
    pub fn replicates(&self) -> Table {
        let cases = self.cases.iter();
        let rows: Vec<(&str, &PlantedEstimate)> = cases
            .flat_map(|case| case.estimates.iter().map(|one| (case.name.as_str(), one)))
            .collect();
        let number = |name: &str, of: fn(&PlantedEstimate) -> Option<f64>| {
            let values = rows.iter().map(|(_, one)| of(one)).collect();
            (name.to_owned(), Column::Number(values))
        };
        let names = rows.iter().map(|(name, _)| (*name).to_owned());
        Table {
            name: "planted_estimates".to_owned(),
            columns: vec![
                ("case".to_owned(), Column::Text(names.collect())),
                number("truth", |one| Some(one.truth)),
                number("estimate", |one| one.value),
                number("error", |one| one.se),
                number("low", |one| one.low),
                number("high", |one| one.high),
            ],
        }
    }
}
