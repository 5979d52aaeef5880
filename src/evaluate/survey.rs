//! 想象的与实际的抽查概率: what businesses say their chance of a visit is, held against the probability the plan gives them.
//!
//! A yearly survey of at least 400 random businesses of the frame asks for the chance of a visit in the next 12 months; a job
//! states the mean answer of each class. Without a standard deviation the interval is Wilson's for a mean in 0 ..= 1, whose
//! variance is never above m(1-m) (Bhatia and Davis 2000): it errs wide. The actual chance is no estimate: it follows from the
//! inclusion probability of every object of the class.

use serde::{Deserialize, Serialize};

use super::draw_audit::AuditGroup;
use super::estimates::{Figure, Method, N_MIN};
use super::interval::{Interval, Z, wilson};
use super::number::{real, share};
use crate::units::{Day, Problem};

/// Fewest respondents of a survey that speaks for the whole frame.
const RESPONDENTS_MIN: u64 = 400;

/// `[survey]` as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyParams {
    /// Day of the survey.
    pub asked_on: Day,
    /// Draws like that of the plan in the 12 months asked about, 1 to 12. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draws: Option<u32>,
    /// What each class answered, each class once.
    pub group: Vec<SurveyGroup>,
}

/// Answers of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyGroup {
    /// Code of the class.
    pub class: String,
    /// Respondents with an answer.
    pub n: u64,
    /// Mean of their answers, 0 ..= 1.
    pub stated: f64,
    /// Standard deviation of their answers. Default: not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sd: Option<f64>,
}

/// `[survey]` as checked.
#[derive(Clone, Debug, PartialEq)]
pub struct ValidSurvey {
    asked_on: Day,
    draws: u32,
    groups: Vec<SurveyGroup>,
}

impl ValidSurvey {
    /// The classes it names, each with its key.
    pub fn classes(&self) -> impl Iterator<Item = (String, &str)> {
        let groups = self.groups.iter().enumerate();
        groups.map(|(at, group)| (format!("group.{}.class", at + 1), group.class.as_str()))
    }
}

impl SurveyParams {
    /// Checks every setting.
    ///
    /// # Errors
    /// All broken rules at once.
    pub fn check(&self) -> Result<ValidSurvey, Vec<Problem>> {
        let mut problems = Vec::new();
        let draws = self.draws.unwrap_or(1);
        if !(1..=12).contains(&draws) {
            problems.push(Problem::new("draws", draws, "must lie in 1 ..= 12"));
        }
        if self.group.is_empty() {
            let rule = "must name the answers of at least one class";
            problems.push(Problem::new("group", "[]", rule));
        }
        for (at, group) in self.group.iter().enumerate() {
            let earlier = self.group[..at].iter();
            let twice = earlier.clone().any(|other| other.class == group.class);
            problems.extend(group.problems(at + 1, twice));
        }
        if problems.is_empty() {
            Ok(ValidSurvey {
                asked_on: self.asked_on,
                draws,
                groups: self.group.clone(),
            })
        } else {
            Err(problems)
        }
    }
}

impl SurveyGroup {
    fn problems(&self, at: usize, twice: bool) -> Vec<Problem> {
        let key = |name: &str| format!("group.{at}.{name}");
        let mut problems = Vec::new();
        if twice {
            let rule = "each class answers once";
            problems.push(Problem::new(key("class"), &self.class, rule));
        }
        if self.n == 0 {
            problems.push(Problem::new(key("n"), 0, "must be at least 1"));
        }
        if !(0.0..=1.0).contains(&self.stated) {
            let rule = "a probability lies in 0 ..= 1";
            problems.push(Problem::new(key("stated"), self.stated, rule));
        }
        if let Some(sd) = self.sd.filter(|sd| !(0.0..=self.sd_max()).contains(sd)) {
            let rule = format!(
                "answers in 0 ..= 1 with this mean have a standard deviation of at most {:.4}",
                self.sd_max()
            );
            problems.push(Problem::new(key("sd"), sd, rule));
        }
        problems
    }

    /// Largest standard deviation that answers in 0 ..= 1 can have, with room for a rounded figure.
    fn sd_max(&self) -> f64 {
        let less_one = real(self.n.max(2)) - 1.0;
        let largest = (self.stated * (1.0 - self.stated)).max(0.0) * (less_one + 1.0) / less_one;
        largest.sqrt() + 0.005
    }

    /// The mean answer with its interval; no number below 30 respondents.
    fn figure(&self) -> Figure {
        if self.n < N_MIN {
            return Figure::NONE;
        }
        let n = real(self.n);
        let (interval, method) = match self.sd {
            None => (wilson(self.stated * n, n), Method::Wilson),
            Some(sd) => {
                let half = Z * sd / n.sqrt();
                let interval = Interval {
                    low: (self.stated - half).max(0.0),
                    high: (self.stated + half).min(1.0),
                };
                (interval, Method::Normal)
            }
        };
        Figure::new(Some(self.stated), Some(interval), method)
    }
}

/// What was stated, and what is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// Day of the survey.
    pub asked_on: Day,
    /// Draws in the 12 months asked about.
    pub draws: u32,
    /// Respondents of all classes.
    pub n: u64,
    /// Whether there are at least 400 of them.
    pub is_enough: bool,
    /// Class by class, in the order of the job.
    pub groups: Vec<Stated>,
    /// All classes by their shares of the frame; absent where a class of the frame has no number.
    pub overall: Option<Stated>,
}

/// Stated against actual probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stated {
    /// Code of the class; `all` for all classes.
    pub class: String,
    /// Respondents.
    pub n: u64,
    /// Mean of the stated probability; absent below 30 respondents.
    pub stated: Figure,
    /// Mean probability of at least one visit that the plan gives the objects of the class; absent for a class without objects.
    pub actual: Option<f64>,
    /// Share of the class that was drawn this time.
    pub drawn: Option<f64>,
    /// Stated less actual, with the interval of what was stated.
    pub gap: Figure,
}

/// Holds a survey against the probabilities of the plan, class by class.
#[must_use]
pub fn survey(params: &ValidSurvey, groups: &[AuditGroup]) -> Survey {
    let of_class = |code: &str| {
        let mut classes = groups.iter().filter(|group| group.by == "class");
        classes.find(|group| group.label == code)
    };
    let stated = |group: &SurveyGroup| {
        let class = of_class(&group.class);
        let actual = class.and_then(|class| chance(&class.members, params.draws));
        let n_drawn = class.map(|class| real(class.n_drawn));
        let n_frame = class.map_or(0.0, size);
        Stated {
            class: group.class.clone(),
            n: group.n,
            stated: group.figure(),
            actual,
            drawn: n_drawn.and_then(|n| share(n, n_frame)),
            gap: gap(&group.figure(), actual),
        }
    };
    let all: Vec<Stated> = params.groups.iter().map(stated).collect();
    let n = params.groups.iter().map(|group| group.n).sum();
    Survey {
        asked_on: params.asked_on,
        draws: params.draws,
        n,
        is_enough: n >= RESPONDENTS_MIN,
        overall: overall(&all, groups),
        groups: all,
    }
}

fn size(group: &AuditGroup) -> f64 {
    real(group.members.iter().map(|members| members.n).sum())
}

/// Mean over objects of the chance to be drawn at least once in `draws` independent draws.
fn chance(members: &[super::AuditMembers], draws: u32) -> Option<f64> {
    let draws = i32::try_from(draws).unwrap_or(i32::MAX);
    let once = |pi: f64| 1.0 - (1.0 - pi).powi(draws);
    let sum: f64 = members.iter().map(|one| real(one.n) * once(one.pi)).sum();
    share(sum, real(members.iter().map(|one| one.n).sum()))
}

fn gap(stated: &Figure, actual: Option<f64>) -> Figure {
    let (Some(value), Some(actual)) = (stated.value, actual) else {
        return Figure::NONE;
    };
    let interval = stated.interval().map(|known| Interval {
        low: known.low - actual,
        high: known.high - actual,
    });
    Figure::new(Some(value - actual), interval, stated.method)
}

/// The classes weighed by their shares of the frame: the respondents of each speak for it alone.
fn overall(stated: &[Stated], groups: &[AuditGroup]) -> Option<Stated> {
    let classes: Vec<&AuditGroup> = groups.iter().filter(|group| group.by == "class").collect();
    let all: f64 = classes.iter().map(|class| size(class)).sum();
    let (mut value, mut variance, mut actual, mut drawn) = (0.0, 0.0, 0.0, 0.0);
    for class in &classes {
        let weight = share(size(class), all)?;
        let one = stated.iter().find(|one| one.class == class.label)?;
        let known = one.stated.interval()?;
        value += weight * one.stated.value?;
        actual += weight * one.actual?;
        drawn += weight * one.drawn?;
        variance += (weight * (known.high - known.low) / (2.0 * Z)).powi(2);
    }
    let half = Z * variance.sqrt();
    let interval = Interval {
        low: (value - half).max(0.0),
        high: (value + half).min(1.0),
    };
    let figure = Figure::new(Some(value), Some(interval), Method::Normal);
    (all > 0.0).then(|| Stated {
        class: "all".to_owned(),
        n: stated.iter().map(|one| one.n).sum(),
        stated: figure,
        actual: Some(actual),
        drawn: Some(drawn),
        gap: gap(&figure, Some(actual)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::AuditMembers;
    use super::*;

    fn written(groups: &str) -> SurveyParams {
        let json = format!(r#"{{"asked_on": "2025-03-01", "group": {groups}}}"#);
        serde_json::from_str(&json).unwrap()
    }

    fn class(label: &str, n_drawn: u64, members: &[(f64, u64)]) -> AuditGroup {
        let members = members
            .iter()
            .map(|&(pi, n)| AuditMembers { stratum: 0, pi, n });
        AuditGroup {
            by: "class".to_owned(),
            label: label.to_owned(),
            n_drawn,
            members: members.collect(),
        }
    }

    fn frame() -> Vec<AuditGroup> {
        vec![
            class("A", 30, &[(0.02, 500), (0.04, 500)]),
            class("D", 50, &[(0.5, 100)]),
        ]
    }

    const BOTH: &str = r#"[{"class": "A", "n": 300, "stated": 0.2}, {"class": "D", "n": 120, "stated": 0.4, "sd": 0.3}]"#;

    #[test]
    fn what_is_stated_stands_beside_what_the_plan_gives() {
        let found = survey(&written(BOTH).check().unwrap(), &frame());
        let [low, high] = [&found.groups[0], &found.groups[1]];
        assert!((low.actual.unwrap() - 0.03).abs() < 1e-12 && low.drawn == Some(0.03));
        let known = low.stated.interval().unwrap();
        assert_eq!(known, wilson(60.0, 300.0));
        assert!((low.gap.value.unwrap() - 0.17).abs() < 1e-12 && low.gap.low.unwrap() > 0.1);
        let half = Z * 0.3 / 120.0_f64.sqrt();
        assert!((high.stated.low.unwrap() - (0.4 - half)).abs() < 1e-12);
        assert!(high.gap.high.unwrap() < 0.0 && found.is_enough && found.n == 420);
        let all = found.overall.unwrap();
        assert!((all.stated.value.unwrap() - (1000.0 * 0.2 + 100.0 * 0.4) / 1100.0).abs() < 1e-12);
        assert!((all.actual.unwrap() - 80.0 / 1100.0).abs() < 1e-12);
    }

    #[test]
    fn two_draws_a_year_raise_the_chance_of_a_visit() {
        let params = SurveyParams {
            draws: Some(2),
            ..written(BOTH)
        };
        let found = survey(&params.check().unwrap(), &frame());
        assert!((found.groups[1].actual.unwrap() - 0.75).abs() < 1e-12);
    }

    #[test]
    fn too_few_respondents_and_a_class_nobody_asked_give_no_number() {
        let few = written(r#"[{"class": "A", "n": 29, "stated": 0.2}]"#);
        let found = survey(&few.check().unwrap(), &frame());
        assert_eq!(found.groups[0].stated, Figure::NONE);
        assert_eq!(
            (found.groups[0].gap, found.is_enough),
            (Figure::NONE, false)
        );
        assert!(found.overall.is_none());
        let empty = survey(&few.check().unwrap(), &[]);
        assert_eq!(empty.groups[0].actual, None);
    }

    #[test]
    fn every_broken_rule_is_named() {
        let broken = SurveyParams {
            draws: Some(0),
            ..written(
                r#"[{"class": "A", "n": 0, "stated": 1.2}, {"class": "A", "n": 50, "stated": 0.5, "sd": 0.6}]"#,
            )
        };
        let problems = broken.check().unwrap_err();
        let keys: Vec<&str> = problems
            .iter()
            .map(|problem| problem.key.as_str())
            .collect();
        assert_eq!(
            keys,
            [
                "draws",
                "group.1.n",
                "group.1.stated",
                "group.2.class",
                "group.2.sd"
            ]
        );
        assert!(written("[]").check().is_err());
    }
}
