//! Rounds in an order of their own, whatever the partitions were, each checked against itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::object::{SetAside, TIMES};
use super::part::{NO_CLASS, Part, Round, SeenAgain};
use super::patterns::Patterns;
use super::people;
use super::{Engine, Past, Sources};
use crate::evaluate::{
    self, Answer, Count, InspectorVisit, PastRound, PastRounds, Revisit, RoundGroup, RoundResults,
    RoundUnit, ValidDeterrence, Wave, WaveUnit,
};
use crate::units::Day;

impl Part {
    /// Everything in an order of its own, whatever the partitions were.
    pub(super) fn finished(
        mut self,
        section: &ValidDeterrence,
        sources: &Sources,
        classes: &HashMap<String, u16>,
        seed: &[u8; 32],
    ) -> Result<Past, evaluate::Error> {
        let (strata, cells) = (self.strata.sorted(), self.cells.sorted().1);
        let industries = self.industries.sorted().1;
        let mut past = Past {
            waves: Vec::new(),
            engines: Vec::new(),
            account: PastRounds {
                rounds: Vec::new(),
                set_aside: counts(&self.set_aside, &self.rounds),
                kinds_without_events: self.kinds_without_events(section),
                ..PastRounds::default()
            },
            rounds: Vec::new(),
            inspectors: Vec::new(),
            visits: Vec::new(),
        };
        let strictness = self.settle_visits();
        let mut rounds = Vec::new();
        for (name, round) in std::mem::take(&mut self.rounds) {
            rounds.push((said_once(&name, &round.named)?, name, round));
        }
        rounds.sort_by(|a, b| (a.0.0, &a.1).cmp(&(b.0.0, &b.1)));
        for (said, name, mut round) in rounds {
            for unit in &mut round.units {
                unit.cell = cells[unit.cell as usize];
                unit.industry = industries[unit.industry as usize];
            }
            let labels = by_label(&mut round, &strata);
            let groups = groups(&mut round, &labels, &self.classes.texts);
            let mut wave = wave(name, said.0, section, labels, round.units);
            let revisit: Later = |unit| unit.revisit.as_mut();
            judge(&mut wave, &round.seen_again, &strictness, revisit);
            let remeasured: Later = |unit| unit.remeasured.as_mut();
            judge(&mut wave, &round.remeasured, &strictness, remeasured);
            let wave = with_classes(wave, &self.classes.texts, classes);
            let wave = with_history(wave, self.first_known, &mut self.patterns);
            past.engines.push(match sources.recorded {
                None => Engine::new(&wave, said.2, seed)?,
                Some(recorded) => recorded.engine(&wave, seed)?,
            });
            past.account
                .rounds
                .push(round_of(&wave, said, &round.drawn));
            past.rounds
                .push(results(&wave, said.0, groups, round.drawn));
            past.waves.push(wave);
        }
        past.inspectors = self.inspectors.texts;
        past.visits = self.visits.into_iter().map(|(_, visit)| visit).collect();
        Ok(past)
    }

    fn kinds_without_events(&self, section: &ValidDeterrence) -> Vec<String> {
        let kinds = super::kinds(section).into_iter().enumerate();
        let unseen = kinds.filter(|(place, _)| !self.kinds_seen.contains(place));
        unseen.map(|(_, kind)| kind).collect()
    }

    /// Puts visits and inspectors in order; returns how strict those were who went to an object because of a draw.
    fn settle_visits(&mut self) -> Strictness {
        let names = people::settle(&self.inspectors, &self.blocks, &mut self.visits);
        let visits: Vec<InspectorVisit> = self.visits.iter().map(|(_, v)| v.clone()).collect();
        let strictness = evaluate::leave_one_out(names.len(), &visits);
        self.inspectors.texts = names;
        let known = self.visits.iter().zip(strictness);
        let known = known
            .filter_map(|((draw, visit), strictness)| Some(((visit.object, *draw), strictness?)));
        known.collect()
    }
}

/// How strict those were who went to an object because of a draw.
type Strictness = HashMap<(u64, u32), f64>;
/// One of the later visits of an object.
type Later = fn(&mut WaveUnit) -> Option<&mut Revisit>;

/// Notes how strict those were who came again.
fn judge(wave: &mut Wave, again: &[SeenAgain], strictness: &Strictness, later: Later) {
    for one in again {
        let place = wave.units.binary_search_by_key(&one.key, |unit| unit.key);
        let revisit = place.ok().and_then(|at| later(&mut wave.units[at]));
        if let Some(revisit) = revisit {
            revisit.strictness = strictness.get(&(one.key, one.draw)).copied();
        }
    }
}

/// Day, stream and design of a draw, which all its rows must agree on.
fn said_once(
    draw_id: &str,
    named: &BTreeSet<(Day, bool, bool)>,
) -> Result<(Day, bool, bool), evaluate::Error> {
    let mut said = named.iter();
    match (said.next(), said.next()) {
        (Some(one), None) => Ok(*one),
        _ => Err(evaluate::Error::Round {
            round: draw_id.to_owned(),
            rule: format!(
                "its rows must name one day (抽取日期), one stream (抽样流) and one design (抽样设计); they name {}",
                named
                    .iter()
                    .copied()
                    .map(in_words)
                    .collect::<Vec<_>>()
                    .join(" and ")
            ),
        }),
    }
}

/// `2025-03-01, main, pareto`.
fn in_words((day, is_measure, is_poisson): (Day, bool, bool)) -> String {
    format!("{day}, {}, {}", stream(is_measure), design(is_poisson))
}

fn stream(is_measure: bool) -> &'static str {
    if is_measure { "measure" } else { "main" }
}

fn design(is_poisson: bool) -> &'static str {
    if is_poisson { "poisson" } else { "pareto" }
}

/// Strata of a round by their labels, in order; its units point there afterwards.
fn by_label(round: &mut Round, strata: &(Vec<String>, Vec<u32>)) -> Vec<String> {
    let place = |stratum: u32| strata.1[stratum as usize];
    let used: BTreeSet<u32> = round.units.iter().map(|unit| place(unit.stratum)).collect();
    let used: Vec<u32> = used.into_iter().collect();
    let at = |stratum: u32| {
        let at = used.binary_search(&place(stratum)).expect("it is used");
        u32::try_from(at).expect("strata are few")
    };
    for unit in &mut round.units {
        unit.stratum = at(unit.stratum);
    }
    for unit in &mut round.drawn {
        unit.stratum = at(unit.stratum);
    }
    let label = |at: &u32| strata.0[*at as usize].clone();
    used.iter().map(label).collect()
}

/// The groups whose mix a trend holds fixed, with their objects: the classes where everybody's is on record, else the strata.
fn groups(round: &mut Round, strata: &[String], classes: &[String]) -> Vec<RoundGroup> {
    let by_class = round.units.iter().all(|unit| unit.class.is_some());
    let (labels, of_unit): (&[String], fn(&WaveUnit) -> usize) = if by_class {
        (classes, |unit| unit.class.map_or(0, usize::from))
    } else {
        (strata, |unit| unit.stratum as usize)
    };
    let mut n_frame = vec![0_u64; labels.len()];
    for unit in &round.units {
        n_frame[of_unit(unit)] += 1;
    }
    let mut used: Vec<usize> = (0..labels.len()).filter(|&at| n_frame[at] > 0).collect();
    used.sort_unstable_by_key(|&at| &labels[at]);
    let mut places = vec![NO_CLASS; labels.len()];
    for (place, &at) in (0..).zip(&used) {
        places[at] = place;
    }
    for unit in &mut round.drawn {
        let label = if by_class { unit.group } else { unit.stratum };
        unit.group = places[label as usize];
    }
    let group = |&at: &usize| RoundGroup {
        label: labels[at].clone(),
        n_frame: n_frame[at],
    };
    used.iter().map(group).collect()
}

fn wave(
    id: String,
    drawn_on: Day,
    section: &ValidDeterrence,
    strata: Vec<String>,
    mut units: Vec<WaveUnit>,
) -> Wave {
    units.sort_unstable_by_key(|unit| unit.key);
    Wave {
        id,
        drawn_on,
        window_days: section.window_days,
        strata,
        series_times: TIMES.to_vec(),
        units,
    }
}

/// The class of an object at the draw as a place among `classes`: the one on record, else its stratum where that is a class.
fn with_classes(mut wave: Wave, recorded: &[String], classes: &HashMap<String, u16>) -> Wave {
    let known = |labels: &[String]| -> Vec<Option<u16>> {
        let of = labels.iter().map(|label| classes.get(label).copied());
        of.collect()
    };
    let (of_class, of_stratum) = (known(recorded), known(&wave.strata));
    for unit in &mut wave.units {
        unit.class = match unit.class {
            Some(class) => of_class[usize::from(class)],
            None => of_stratum[unit.stratum as usize],
        };
    }
    wave
}

/// Takes out what windows say that begin before anything was recorded; all of it where nothing ever was.
fn with_history(mut wave: Wave, first_known: Option<Day>, patterns: &mut Patterns) -> Wave {
    let drawn_on = wave.drawn_on.days();
    let window = i32::try_from(wave.window_days).unwrap_or(i32::MAX);
    let is_known = |time: i32| {
        let from = drawn_on + time * window;
        first_known.is_some_and(|first| time >= 0 || first.days() <= from)
    };
    let known = TIMES.map(is_known);
    for unit in &mut wave.units {
        let mut course = known.map(|_| None);
        let values = unit.series.iter().zip(known);
        for (kept, (value, known)) in course.iter_mut().zip(values) {
            *kept = value.filter(|_| known);
        }
        unit.series = patterns.of(course);
        unit.before = unit.before.filter(|_| is_known(-1));
        unit.outcome = unit.outcome.filter(|_| is_known(0));
    }
    wave
}

fn round_of(wave: &Wave, said: (Day, bool, bool), drawn: &[RoundUnit]) -> PastRound {
    let count =
        |is: fn(&WaveUnit) -> bool| wave.units.iter().filter(|unit| is(unit)).count() as u64;
    let came_back = |answers: &[Answer]| {
        let of = drawn.iter().filter(|unit| answers.contains(&unit.answer));
        of.count() as u64
    };
    let pis = || wave.units.iter().map(|unit| unit.pi);
    PastRound {
        draw_id: wave.id.clone(),
        drawn_on: said.0,
        stream: stream(said.1).to_owned(),
        design: design(said.2).to_owned(),
        n_strata: wave.strata.len() as u64,
        n_frame: wave.units.len() as u64,
        sum_pi: pis().sum(),
        pi_min: pis().fold(1.0, f64::min),
        pi_max: pis().fold(0.0, f64::max),
        n_drawn: count(|unit| unit.drawn),
        n_visited: count(|unit| unit.visited),
        n_valid: came_back(&[Answer::Hit, Answer::Clean]),
        n_found: came_back(&[Answer::Hit]),
    }
}

/// What came back, in its groups.
fn results(
    wave: &Wave,
    drawn_on: Day,
    groups: Vec<RoundGroup>,
    mut drawn: Vec<RoundUnit>,
) -> RoundResults {
    drawn.sort_unstable_by_key(|unit| unit.key);
    RoundResults {
        id: wave.id.clone(),
        drawn_on,
        groups,
        units: drawn,
        n_without_draw: 0,
        n_other_channel: 0,
    }
}

/// The reasons that set any visit aside.
fn counts(set_aside: &SetAside, rounds: &BTreeMap<String, Round>) -> Vec<Count> {
    let elsewhere = |is_known: bool| {
        let of = set_aside.elsewhere.iter();
        let of = of.filter(|(draw, _)| rounds.contains_key(*draw) == is_known);
        of.map(|(_, n)| n).sum::<u64>()
    };
    let all = [
        ("draw-unknown", elsewhere(false)),
        ("draw-not-named", set_aside.not_named),
        ("not-in-frame", elsewhere(true)),
        ("not-drawn", set_aside.not_drawn),
        ("before-draw", set_aside.before_draw),
        ("other-channel", set_aside.other_channel),
    ];
    let any = all.into_iter().filter(|(_, n)| *n > 0);
    any.map(|(label, n)| Count {
        label: label.to_owned(),
        n,
    })
    .collect()
}
