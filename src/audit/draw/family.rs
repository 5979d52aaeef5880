//! The family of tests: which are made, which are withheld and why, and what they say together (Holm 1979).

use serde::Serialize;

use super::words::{Told, Words};

/// A test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// 间隔法: gaps of one length.
    Interval,
    /// 盲尾: the end of the register an interval draw cannot reach.
    BlindTail,
    /// 疏密: bunched or evenly spread over the register.
    Spacing,
    /// 相邻: neighbours in the register drawn together.
    Neighbours,
    /// 远近: neighbours on the map drawn together.
    Distance,
    /// 辖区: numbers by district.
    District,
    /// 行业: numbers by industry.
    Industry,
    /// 漏抽辖区: districts from which nobody is drawn.
    ShutOut,
    /// 比例: announced sampling fractions.
    Ratios,
    /// 重复: objects drawn in several rounds.
    Repeats,
    /// 搭档: inspectors sent in the same pairs.
    Pairs,
    /// 回访: the same pair at the same object.
    Returns,
}

impl Test {
    /// Its name.
    #[must_use]
    pub fn name(self) -> Words {
        let (zh, en) = match self {
            Self::Interval => ("等间隔抽取", "fixed interval"),
            Self::BlindTail => ("名录末尾", "end of the register"),
            Self::Spacing => ("疏密", "spacing"),
            Self::Neighbours => ("名录相邻", "neighbours in the register"),
            Self::Distance => ("地理远近", "nearness on the map"),
            Self::District => ("辖区分布", "districts"),
            Self::Industry => ("行业分布", "industries"),
            Self::ShutOut => ("漏抽辖区", "districts left out"),
            Self::Ratios => ("抽查比例", "announced ratios"),
            Self::Repeats => ("批次间重复", "repeats between rounds"),
            Self::Pairs => ("检查人员搭档", "inspector pairs"),
            Self::Returns => ("同一搭档回访", "same pair, same object"),
        };
        Words::new(zh, en)
    }
}

/// What a test concludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The list departs from the declared design.
    Departure,
    /// Nothing that a draw of the declared design would not show.
    NoDeparture,
}

/// How large what was found is, in the words of the field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The size, in the unit.
    pub value: f64,
    /// The unit.
    pub unit: Words,
}

/// One test that was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The test.
    pub test: Test,
    /// Its name.
    pub name: Words,
    /// What its statistic is.
    pub statistic: Words,
    /// The statistic of the list.
    pub value: f64,
    /// Its mean over fair draws; for announced ratios the number to be drawn.
    pub expected: f64,
    /// 2.5 % and 97.5 % quantiles over fair draws; absent where p is exact.
    pub usual: Option<[f64; 2]>,
    /// How large the departure is.
    pub effect: Effect,
    /// Chance that a fair draw is as odd.
    pub p: f64,
    /// The same after Holm's correction for all tests made.
    pub p_adjusted: f64,
    /// What follows at the level of the audit.
    pub verdict: Verdict,
    /// One sentence for everybody.
    pub sentence: Words,
}

/// A test that was not made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Withheld {
    /// The test.
    pub test: Test,
    /// Its name.
    pub name: Words,
    /// Why not.
    pub reason: Words,
}

/// A test before the correction.
pub(super) struct Draft {
    pub(super) test: Test,
    pub(super) value: f64,
    pub(super) expected: f64,
    pub(super) usual: Option<[f64; 2]>,
    pub(super) p: f64,
    pub(super) told: Told,
}

/// Drafts and withheld tests as they come.
#[derive(Default)]
pub(super) struct Family {
    pub(super) drafts: Vec<Draft>,
    pub(super) withheld: Vec<Withheld>,
}

impl Family {
    pub(super) fn withhold(&mut self, test: Test, reason: &Words) {
        self.withheld.push(Withheld {
            test,
            name: test.name(),
            reason: reason.clone(),
        });
    }

    /// The findings, with the family-wise error held at `level`.
    pub(super) fn conclude(self, level: f64) -> (Vec<Finding>, Vec<Withheld>) {
        let p: Vec<f64> = self.drafts.iter().map(|draft| draft.p).collect();
        let adjusted = holm(&p);
        let finding = |(draft, p_adjusted): (Draft, f64)| {
            let (verdict, sentence) = if p_adjusted <= level {
                (Verdict::Departure, draft.told.departure)
            } else {
                (Verdict::NoDeparture, draft.told.none)
            };
            Finding {
                test: draft.test,
                name: draft.test.name(),
                statistic: draft.told.statistic,
                value: draft.value,
                expected: draft.expected,
                usual: draft.usual,
                effect: Effect {
                    value: draft.told.effect,
                    unit: draft.told.unit,
                },
                p: draft.p,
                p_adjusted,
                verdict,
                sentence,
            }
        };
        let findings = self.drafts.into_iter().zip(adjusted).map(finding);
        (findings.collect(), self.withheld)
    }
}

/// Adjusted p-values, in the order given.
fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut running = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        let rest = super::fair::real(p.len() - rank);
        running = running.max((rest * p[index]).min(1.0));
        adjusted[index] = running;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::holm;

    #[test]
    fn holm_adjusts_as_his_paper_does() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, wanted) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - wanted).abs() < 1e-12, "{adjusted:?}");
        }
    }
}
