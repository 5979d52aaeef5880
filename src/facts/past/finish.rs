//! Rounds in an order of their own, whatever the partitions were, each checked against itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::object::{SetAside, TIMES};
use super::part::{Part, Round};
use super::{Engine, Past, Sources};
use crate::evaluate::{
    self, Answer, Count, InspectorVisit, PastRound, PastRounds, RoundGroup, RoundResults,
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
            let mut wave = wave(name, said.0, section, labels, round.units);
            for (key, draw) in round.seen_again {
                let place = wave.units.binary_search_by_key(&key, |unit| unit.key);
                let revisit = place.ok().and_then(|at| wave.units[at].revisit.as_mut());
                if let Some(revisit) = revisit {
                    revisit.strictness = strictness.get(&(key, draw)).copied();
                }
            }
            let wave = with_history(with_classes(wave, classes), self.first_known);
            past.engines.push(match sources.recorded {
                None => Engine::new(&wave, said.2, seed)?,
                Some(recorded) => recorded.engine(&wave, seed)?,
            });
            past.account
                .rounds
                .push(round_of(&wave, said, &round.drawn));
            past.rounds.push(results(&wave, said.0, round.drawn));
            past.waves.push(wave);
        }
        past.inspectors = self.inspectors.texts;
        past.visits = self.visits.into_iter().map(|(_, visit)| visit).collect();
        Ok(past)
    }

    /// Puts visits and inspectors in order; returns how strict those were who went to an object because of a draw.
    fn settle_visits(&mut self) -> HashMap<(u64, u32), f64> {
        let (names, places) = self.inspectors.sorted();
        let blocks = self.blocks.sorted().1;
        for (_, visit) in &mut self.visits {
            for inspector in &mut visit.inspectors {
                *inspector = places[*inspector as usize];
            }
            visit.block = blocks[visit.block as usize];
        }
        self.visits.sort_by(|(_, a), (_, b)| {
            (a.block, a.object, &a.inspectors).cmp(&(b.block, b.object, &b.inspectors))
        });
        let visits: Vec<InspectorVisit> = self.visits.iter().map(|(_, v)| v.clone()).collect();
        let strictness = evaluate::leave_one_out(names.len(), &visits);
        self.inspectors.texts = names;
        let known = self.visits.iter().zip(strictness);
        let known = known
            .filter_map(|((draw, visit), strictness)| Some(((visit.object, *draw), strictness?)));
        known.collect()
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
            rule: "its rows must name one day (抽取日期), one stream (抽样流) and one design (抽样设计)".to_owned(),
        }),
    }
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
        unit.group = unit.stratum;
    }
    let label = |at: &u32| strata.0[*at as usize].clone();
    used.iter().map(label).collect()
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

/// Where the strata of a draw were classes, the class of an object at that draw is its stratum.
fn with_classes(mut wave: Wave, classes: &HashMap<String, u16>) -> Wave {
    let of: Vec<Option<u16>> = wave
        .strata
        .iter()
        .map(|label| classes.get(label).copied())
        .collect();
    for unit in &mut wave.units {
        unit.class = of[unit.stratum as usize];
    }
    wave
}

/// Takes out what windows say that begin before anything was recorded; all of it where nothing ever was.
fn with_history(mut wave: Wave, first_known: Option<Day>) -> Wave {
    let drawn_on = wave.drawn_on.days();
    let window = i32::try_from(wave.window_days).unwrap_or(i32::MAX);
    let is_known = |time: i32| {
        let from = drawn_on + time * window;
        first_known.is_some_and(|first| time >= 0 || first.days() <= from)
    };
    let known = TIMES.map(is_known);
    for unit in &mut wave.units {
        let series = unit.series.iter_mut().zip(known);
        series
            .filter(|(_, known)| !known)
            .for_each(|(value, _)| *value = None);
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
        stream: if said.1 { "measure" } else { "main" }.to_owned(),
        design: if said.2 { "poisson" } else { "pareto" }.to_owned(),
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

/// What came back, with the strata for groups.
fn results(wave: &Wave, drawn_on: Day, mut drawn: Vec<RoundUnit>) -> RoundResults {
    drawn.sort_unstable_by_key(|unit| unit.key);
    let mut groups: Vec<RoundGroup> = wave.strata.iter().map(|label| group(label)).collect();
    for unit in &wave.units {
        groups[unit.stratum as usize].n_frame += 1;
    }
    RoundResults {
        id: wave.id.clone(),
        drawn_on,
        groups,
        units: drawn,
        n_without_draw: 0,
        n_other_channel: 0,
    }
}

fn group(label: &str) -> RoundGroup {
    RoundGroup {
        label: label.to_owned(),
        n_frame: 0,
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
