//! The page with sliders: one file that works offline, from the tables that were computed before.

use std::collections::BTreeMap;

use serde::Serialize;

use super::number::{grouped, percent, rounded};
use super::profiles::PROFILES;
use super::words::words;
use super::{PastFacts, Tuning};
use crate::evaluate::off_policy::Gate;
use crate::registers;
use crate::report::Lang;
use crate::sheets;
use crate::simulate::Hold;

const TEMPLATE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");

#[derive(Serialize)]
struct Context<'a> {
    lang: &'a str,
    t: &'a Words,
    tuning: &'a Tuning,
    profile: Option<&'a str>,
    /// Whether anything is known of findings.
    has_rates: bool,
    /// Whether hit rates ascend with the classes in force.
    is_ascending: bool,
    conflicts: Vec<String>,
    relax: Vec<String>,
    repair: String,
    /// What the reader should know of frame and past.
    notes: Vec<String>,
    points_note: String,
    /// Whether the long run was played.
    has_long_run: bool,
    /// What the points are called that were played, in their order.
    played_names: Vec<&'a str>,
    /// How the long run was played.
    long_notes: Vec<String>,
    fragment: String,
    /// Tables and words as JSON that no markup can end.
    data: String,
    script: &'a str,
}

#[derive(Serialize)]
struct Data<'a> {
    lang: &'a str,
    t: &'a Words,
    tuning: &'a Tuning,
}

type Words = BTreeMap<&'static str, &'static str>;

/// The page of a tuning.
///
/// # Errors
/// When the template is wrong.
pub fn page(tuning: &Tuning, lang: Lang) -> Result<String, sheets::Error> {
    let t = words(lang);
    let code = match lang {
        Lang::Zh => "zh-CN",
        Lang::En => "en",
    };
    let data = Data {
        lang: code,
        t: &t,
        tuning,
    };
    let data = serde_json::to_string(&data).expect("plain values serialise");
    let writer = Writer {
        tuning,
        t: &t,
        lang,
    };
    let repair = tuning.repair.iter();
    let repair = repair.map(|(code, &ratio)| format!("{code} = {}", percent(ratio)));
    let context = Context {
        lang: code,
        tuning,
        profile: writer.profile(),
        has_rates: writer.has_rates(),
        is_ascending: tuning
            .variants
            .iter()
            .all(|one| !one.is_current || one.is_ascending),
        conflicts: writer.conflicts(),
        relax: writer.relaxed(),
        repair: repair.collect::<Vec<_>>().join(writer.comma()),
        notes: writer.notes(),
        points_note: writer.points_note(),
        has_long_run: tuning.long_run.is_some(),
        played_names: writer.played_names(),
        long_notes: writer.long_notes(),
        fragment: tuning.fragment(),
        data: data.replace('<', "\\u003c"),
        script: SCRIPT,
        t: &t,
    };
    sheets::page("tuning.html", TEMPLATE, &context)
}

/// Sentences of the page.
struct Writer<'a> {
    tuning: &'a Tuning,
    t: &'a Words,
    lang: Lang,
}

impl<'a> Writer<'a> {
    fn profile(&self) -> Option<&'a str> {
        let zh = self.tuning.profile.as_deref()?;
        let known = PROFILES.iter().find(|profile| profile.zh == zh);
        Some(match (self.lang, known) {
            (Lang::En, Some(profile)) => profile.en,
            _ => zh,
        })
    }

    fn has_rates(&self) -> bool {
        let occupied = self.tuning.classes.iter().filter(|class| class.n > 0);
        occupied.clone().count() > 0 && occupied.into_iter().all(|class| class.hit_rate.is_some())
    }

    fn comma(&self) -> &'static str {
        match self.lang {
            Lang::Zh => "，",
            Lang::En => ", ",
        }
    }

    /// Words of the clause that a conflict names by key and words.
    fn clause(&self, label: &'a str) -> &'a str {
        let of_key = |clause: &&super::ClauseFacts| {
            let rest = label.strip_prefix(clause.key.as_str());
            rest.is_some_and(|rest| rest.starts_with(':'))
        };
        match (self.tuning.clauses.iter().find(of_key), self.lang) {
            (Some(clause), Lang::Zh) => &clause.zh,
            (Some(clause), Lang::En) => &clause.en,
            (None, _) => label,
        }
    }

    fn conflicts(&self) -> Vec<String> {
        let one = |conflict: &'a super::Conflict| {
            let (need, have) = numbers(conflict.need, conflict.have);
            let (t, comma) = (self.t, self.comma());
            let clause = self.clause(&conflict.clause);
            format!("{clause}: {} {need}{comma}{} {have}", t["need"], t["have"])
        };
        self.tuning.conflicts.iter().map(one).collect()
    }

    fn relaxed(&self) -> Vec<String> {
        let one = |relaxed: &'a super::Relaxed| {
            let (from, to) = numbers(relaxed.from, relaxed.to);
            let clause = self.clause(&relaxed.clause);
            format!("{} {clause}: {from} {} {to}", self.t["relax"], self.t["to"])
        };
        self.tuning.relax.iter().map(one).collect()
    }

    fn notes(&self) -> Vec<String> {
        let past = self.tuning.past.as_ref().map(|past| self.past(past));
        let unplaced = self.tuning.past.as_ref().map_or(0, |past| past.n_unplaced);
        let unplaced = (unplaced > 0).then(|| self.pair("unplaced", &grouped(unplaced)));
        let each = |(code, n): (&String, &u64)| format!("{code} {}", grouped(*n));
        let capped: Vec<String> = self.tuning.at_cap.iter().map(each).collect();
        let capped = (!capped.is_empty()).then(|| self.pair("at_cap", &capped.join(self.comma())));
        let header = |column: &String| {
            let header = registers::column_header(column).filter(|_| self.lang == Lang::Zh);
            header.unwrap_or(column).to_owned()
        };
        let strata: Vec<String> = self.tuning.strata.iter().map(header).collect();
        let strata =
            (!strata.is_empty()).then(|| format!("{}{}", self.t["strata"], strata.join("、")));
        [past, unplaced, capped, strata]
            .into_iter()
            .flatten()
            .collect()
    }

    fn past(&self, past: &PastFacts) -> String {
        let n = grouped(self.tuning.n_visits);
        if past.is_rehearsal {
            return self.pair("past_rehearsal", &format!("{n}{}", self.t["each"]));
        }
        if past.rounds.is_empty() {
            return self.t["past_empty"].to_owned();
        }
        let round = |round: &super::RoundFacts| {
            let (t, comma) = (self.t, self.comma());
            let each = t["each"];
            format!(
                "{} {}{comma}{} {}{each}{comma}{} {}{each}",
                round.id,
                round.drawn_on,
                t["drawn"],
                grouped(round.n_drawn),
                t["answered"],
                grouped(round.n_answered)
            )
        };
        let rounds: Vec<String> = past.rounds.iter().map(round).collect();
        let between = match self.lang {
            Lang::Zh => "；",
            Lang::En => "; ",
        };
        self.pair("past_ledger", &rounds.join(between))
    }

    /// A word and what it is about.
    fn pair(&self, key: &str, value: &str) -> String {
        match self.lang {
            Lang::Zh => format!("{}：{value}", self.t[key]),
            Lang::En => format!("{}: {value}", self.t[key]),
        }
    }

    fn played_names(&self) -> Vec<&'a str> {
        let key = |name: &'a str| if name == "lawful" { "repaired" } else { name };
        let points = self.tuning.points.iter();
        let played = points.filter(|point| point.long_run.is_some());
        played.map(|point| self.t[key(&point.name)]).collect()
    }

    /// How the long run was played, and what its numbers are not; nothing where it was not.
    fn long_notes(&self) -> Vec<String> {
        let Some(run) = &self.tuning.long_run else {
            return Vec::new();
        };
        let years = run.from / run.periods_per_year;
        let world = [
            grouped(run.firms),
            run.replicates.to_string(),
            years.to_string(),
            run.behaviours.len().to_string(),
        ];
        let scaled = match run.prevalence {
            Some(share) => self.filled("long_anchored", &[percent(rounded(share, 3))]),
            None => self.t["long_declared"].to_owned(),
        };
        let hold = match run.hold {
            Hold::Visits => self.t["long_visits"],
            Hold::Ratios => self.t["long_ratios"],
        };
        let known = || run.calibration.iter().filter(|one| one.value.is_some());
        let counts = [known().filter(|one| one.is_met).count(), known().count()];
        let counts = counts.map(|n| n.to_string());
        vec![
            self.filled("long_world", &world) + &scaled + hold,
            self.filled("long_calibrated", &counts),
        ]
    }

    /// A sentence with its numbers.
    fn filled(&self, key: &str, values: &[String]) -> String {
        let numbered = values.iter().enumerate();
        numbered.fold(self.t[key].to_owned(), |text, (i, value)| {
            text.replace(&format!("{{{i}}}"), value)
        })
    }

    /// What the ready-made points are, and what bounds the boldest.
    fn points_note(&self) -> String {
        let bold = self.tuning.points.iter().find(|point| point.name == "bold");
        let bounded = bold.map_or("", |point| match point.outcome.gate {
            Some(gate) if gate != Gate::Green => self.t["bold_unsupported"],
            _ if point.lambda.is_some_and(|lambda| lambda < 1.0) => self.t["bold_bounded"],
            _ => "",
        });
        let end = match self.lang {
            Lang::Zh => "。",
            Lang::En => ".",
        };
        let least = percent(self.tuning.least);
        let space = if self.lang == Lang::En { " " } else { "" };
        format!("{}{space}{least}{bounded}{end}", self.t["points_note"])
    }
}

/// A bound and what there is, as percent where the bound is a share.
fn numbers(bound: f64, other: f64) -> (String, String) {
    if bound.abs() <= 1.0 {
        (percent(bound), percent(other))
    } else {
        (rounded(bound, 2).to_string(), rounded(other, 2).to_string())
    }
}
