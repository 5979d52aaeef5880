//! One register and one design: what fair draws from it look like, and how a list compares.

use std::sync::Arc;

use super::crosstab::groups;
use super::error::Error;
use super::fair::{Contrast, Fair, Side};
use super::family::{Draft, Family, Finding, Test, Withheld};
use super::input::{AuditInput, Register};
use super::lineup::column;
use super::look::{Look, add};
use super::panel::{Panel, Sizes, district};
use super::params::{Pairing, ValidParams};
use super::ratios;
use super::reach::Reached;
use super::teams::{self, Teams};
use super::words::{self, Words};

/// Fair draws from one register, of one size by round and stratum; a list of these sizes is measured against it.
#[derive(Debug)]
pub struct Yardstick {
    pub(super) design: ValidParams,
    pub(super) seed: [u8; 32],
    pub(super) register: Arc<Register>,
    pub(super) sizes: Sizes,
    pub(super) panel: Panel,
    /// Absent where the design says too little, or fixes everything.
    pub(super) fair: Option<Fair>,
}

/// What one list came to.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) tests: Vec<Finding>,
    pub(super) withheld: Vec<Withheld>,
    pub(super) districts: Vec<Reached>,
    pub(super) n_short: usize,
}

impl Yardstick {
    /// Makes the fair draws that lists of the sizes of `input` are compared with.
    ///
    /// # Errors
    /// A column of the design that the register does not have; a list without objects.
    pub fn of(input: &AuditInput, design: &ValidParams, seed: [u8; 32]) -> Result<Self, Error> {
        let register = input.register.clone();
        if input.rounds.iter().all(|round| round.visits.is_empty()) {
            return Err(Error::Empty { table: "--drawn" });
        }
        for (key, name) in design.named_columns() {
            column(&register, name).ok_or_else(|| absent(key, name))?;
        }
        let (n_strata, stratum_of) = strata(&register, design);
        let sizes = Sizes::new(input, stratum_of, n_strata);
        let panel = Panel::new(input, &sizes, design);
        let fair = (!design.is_blind() && sizes.is_open())
            .then(|| panel.simulate(&sizes, &seed, design.params.replicates));
        Ok(Self {
            design: design.clone(),
            seed,
            register,
            sizes,
            panel,
            fair,
        })
    }

    /// Measures a list over the same register.
    pub(super) fn measure(&self, input: &AuditInput) -> Result<Measured, Error> {
        self.fits(input)?;
        let drawn = input.drawn();
        let observed = self.panel.observe(&drawn);
        let mut family = Family::default();
        let look = Look {
            yardstick: self,
            drawn: &drawn,
            observed: &observed,
        };
        look.at_order(&mut family);
        look.at_place(&mut family);
        look.at_groups(&mut family);
        look.at_shut_out(&mut family);
        self.ratios(input, &mut family);
        look.at_repeats(&mut family);
        let n_short = self.teams(input, &mut family);
        let (tests, withheld) = family.conclude(self.design.params.level);
        Ok(Measured {
            districts: look.districts(&tests),
            tests,
            withheld,
            n_short,
        })
    }

    fn fits(&self, input: &AuditInput) -> Result<(), Error> {
        let is_same =
            Arc::ptr_eq(&input.register, &self.register) || input.register == self.register;
        if !is_same || input.rounds.len() != self.sizes.n.len() {
            return Err(Error::OtherRegister);
        }
        let found = self.sizes.of(input);
        for (round, (found, wanted)) in found.iter().zip(&self.sizes.n).enumerate() {
            if let Some(stratum) =
                (0..found.len()).find(|&stratum| found[stratum] != wanted[stratum])
            {
                return Err(Error::OtherSizes {
                    round: round + 1,
                    stratum: stratum + 1,
                    found: found[stratum],
                    wanted: wanted[stratum],
                });
            }
        }
        Ok(())
    }

    /// Why tests over fair draws cannot be made.
    pub(super) fn silence(&self) -> Words {
        if self.design.is_blind() {
            Words::new(
                "声明的抽法为差异化概率，但没有给出各对象的权重，无从得知随机抽取应是什么样",
                "the declared design is weighted and the weights are not given, so nobody can say what a random draw would look like",
            )
        } else {
            Words::new(
                "各层不是全抽就是不抽，没有随机可言",
                "every stratum is drawn whole or not at all, so nothing is random",
            )
        }
    }

    fn ratios(&self, input: &AuditInput, family: &mut Family) {
        let Some(announced) = &self.design.params.ratios else {
            let reason = Words::new(
                "没有声明公布的抽查比例（design 文件 ratios）",
                "no announced ratios are declared (ratios in the design file)",
            );
            return family.withhold(Test::Ratios, &reason);
        };
        let texts = column(&self.register, &announced.column).unwrap_or_default();
        let Some(ratio) = ratios::judge(input, texts, announced) else {
            let reason = Words::new(
                "名录中没有任何对象取声明了比例的值",
                "no object of the register has a value with an announced ratio",
            );
            return family.withhold(Test::Ratios, &reason);
        };
        let (drawn, expected) = (ratio.drawn(), ratio.expected());
        let value = ratio.drawn_float();
        family.drafts.push(Draft {
            test: Test::Ratios,
            value,
            expected,
            usual: None,
            p: ratio.p,
            told: words::ratios(
                &announced.column,
                &ratio.value,
                ratio.announced,
                drawn,
                (ratio.n_drawn, expected),
            ),
        });
    }

    /// The tests of the teams; the number of visits with fewer than two inspectors.
    fn teams(&self, input: &AuditInput, family: &mut Family) -> usize {
        let district = district(&self.register, &self.design)
            .filter(|_| self.design.params.pairing == Pairing::District)
            .map(|texts| groups(texts.iter().map(String::as_str)).1);
        let teams = Teams::new(input, district.as_deref());
        if teams.n() < teams::TEAMS_MIN {
            let reason = Words::new(
                "名单没有检查人员，或成对者太少",
                "the list names no inspectors, or too few pairs",
            );
            family.withhold(Test::Pairs, &reason);
            family.withhold(Test::Returns, &reason);
            return if input.inspectors.is_empty() {
                0
            } else {
                teams.n_short
            };
        }
        let (fair, together) = teams.simulate(&self.seed, self.design.params.replicates);
        let observed = teams.observe();
        let ((a, b), n) = teams.busiest();
        let name = |inspector: u32| input.inspectors[inspector as usize].as_str();
        let reused = upper(&[teams::REUSED, teams::MOST]);
        add(family, Test::Pairs, (&fair, &observed), &reused, |_| {
            (teams::MOST, words::pairs((name(a), name(b)), n, together))
        });
        if teams.has_returns() {
            let returned = upper(&[teams::RETURNED]);
            add(
                family,
                Test::Returns,
                (&fair, &observed),
                &returned,
                |best| {
                    let (n, expected) = (observed[best.measure], fair.mean(best.measure));
                    (best.measure, words::returns(n, expected))
                },
            );
        } else {
            let reason = Words::new("没有对象被检查两次", "no object was visited twice");
            family.withhold(Test::Returns, &reason);
        }
        teams.n_short
    }
}

fn absent(key: &str, name: &str) -> Error {
    Error::ColumnMissing {
        key: key.to_owned(),
        column: name.to_owned(),
        header: String::new(),
        file: "--register".to_owned(),
        present: String::new(),
    }
}

fn strata(register: &Register, design: &ValidParams) -> (usize, Vec<u32>) {
    let columns: Vec<&[String]> = design
        .strata()
        .filter_map(|name| column(register, name))
        .collect();
    let labels: Vec<String> = (0..register.n())
        .map(|object| {
            let parts = columns.iter().map(|texts| texts[object].as_str());
            parts.collect::<Vec<_>>().join("\u{1f}")
        })
        .collect();
    let (names, stratum_of) = groups(labels.iter().map(String::as_str));
    (names.len(), stratum_of)
}

fn upper(measures: &[usize]) -> Vec<Contrast> {
    let contrast = |&measure: &usize| Contrast {
        measure,
        side: Side::Upper,
    };
    measures.iter().map(contrast).collect()
}
