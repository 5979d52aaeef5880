//! The three lines of a round: raw, under a fixed mix, and the market.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::change::{Change, Resampled, change};
use super::{MixShare, OverTime, OverTimeParams, RoundResults, RoundUnit, TrendPoint};
use crate::evaluate::cell::{prevalence_of, raw_rate};
use crate::evaluate::design::{Respondent, collapse, effective_size};
use crate::evaluate::estimates::{Figure, Method, Support};
use crate::evaluate::interval::{clopper_pearson, logit_t};
use crate::evaluate::number::{count, real, real_len, share};
use crate::evaluate::{Answer, Error, Note, NoteKind};

/// A round made ready: visited units by key, with probabilities to be drawn and to respond.
pub(super) struct Round<'a> {
    pub(super) results: &'a RoundResults,
    pub(super) visited: Vec<Respondent>,
    /// Place of the group of every visited unit.
    pub(super) group: Vec<usize>,
    n_drawn: u64,
    pi_min: Option<f64>,
}

/// Valid results of a group.
#[derive(Clone, Copy, Default)]
struct Tally {
    n: f64,
    hits: f64,
    pi: f64,
}

pub(super) fn over_time(
    params: OverTimeParams,
    rounds: &[RoundResults],
    seed: &[u8; 32],
) -> Result<Option<OverTime>, Error> {
    let mut sorted: Vec<&RoundResults> = rounds.iter().collect();
    sorted.sort_by(|a, b| (a.drawn_on, &a.id).cmp(&(b.drawn_on, &b.id)));
    check(&sorted)?;
    let ready: Vec<Round> = sorted.into_iter().map(Round::new).collect();
    let Some(last) = ready.last() else {
        return Ok(None);
    };
    let mix = mix(last.results);
    Ok(Some(OverTime {
        mix_of: last.results.id.clone(),
        points: ready
            .iter()
            .map(|round| round.point(params.minimum, &mix))
            .collect(),
        changes: changes(params, &ready, seed),
        mix,
    }))
}

/// Each round against the one before it; the replicates of two rounds are held at a time.
fn changes(params: OverTimeParams, rounds: &[Round], seed: &[u8; 32]) -> Vec<Change> {
    let groups = rounds.iter().flat_map(|round| &round.results.groups);
    let mut labels: Vec<String> = groups.map(|group| group.label.clone()).collect();
    labels.sort();
    labels.dedup();
    let mut before: Option<Resampled> = None;
    let mut changes = Vec::new();
    for round in rounds {
        let after = Resampled::new(params, round, &labels, seed);
        changes.extend(before.map(|before| change(params, &labels, &before, &after)));
        before = Some(after);
    }
    changes
}

fn check(rounds: &[&RoundResults]) -> Result<(), Error> {
    let mut ids = BTreeSet::new();
    for round in rounds {
        let error = |rule: String| Error::Round {
            round: round.id.clone(),
            rule,
        };
        if !ids.insert(&round.id) {
            return Err(error("stands twice among the past rounds".to_owned()));
        }
        let mut keys = BTreeSet::new();
        for unit in &round.units {
            if !keys.insert(unit.key) {
                return Err(error(format!("object {} is drawn twice", unit.key)));
            }
            if !(unit.pi > 0.0 && unit.pi <= 1.0) {
                return Err(error(format!(
                    "object {} has inclusion probability {}, which must lie in (0, 1]",
                    unit.key, unit.pi
                )));
            }
            if place(unit) >= round.groups.len() {
                return Err(error(format!(
                    "object {} lies in group {}, which the round does not have",
                    unit.key, unit.group
                )));
            }
            if let Some(inspected_on) = unit.inspected_on.filter(|day| *day < round.drawn_on) {
                return Err(Error::BeforeDraw {
                    object: unit.key.to_string(),
                    inspected_on,
                    drawn_on: round.drawn_on,
                });
            }
        }
    }
    Ok(())
}

fn place(unit: &RoundUnit) -> usize {
    usize::try_from(unit.group).unwrap_or(usize::MAX)
}

/// Shares of the groups of a frame, ascending by label.
fn mix(round: &RoundResults) -> Vec<MixShare> {
    let all: u64 = round.groups.iter().map(|group| group.n_frame).sum();
    let mut mix: Vec<MixShare> = round
        .groups
        .iter()
        .filter_map(|group| {
            Some(MixShare {
                label: group.label.clone(),
                share: share(real(group.n_frame), real(all))?,
            })
        })
        .collect();
    mix.sort_by(|a, b| a.label.cmp(&b.label));
    mix
}

impl<'a> Round<'a> {
    /// Non-response is adjusted by group; strata with fewer than two take-some results are merged.
    fn new(results: &'a RoundResults) -> Self {
        let mut units: Vec<&RoundUnit> = results.units.iter().collect();
        units.sort_by_key(|unit| unit.key);
        let mut seen = vec![(0_u64, 0_u64); results.groups.len()];
        for unit in &units {
            let (drawn, visited) = &mut seen[place(unit)];
            *drawn += 1;
            *visited += u64::from(unit.answer != Answer::Unvisited);
        }
        let visited: Vec<&RoundUnit> = units
            .iter()
            .copied()
            .filter(|unit| unit.answer != Answer::Unvisited)
            .collect();
        let pi = |unit: &RoundUnit| {
            let (drawn, visited) = seen[place(unit)];
            unit.pi * real(visited) / real(drawn)
        };
        let stratum = strata(&visited, pi);
        let respondent = |unit: &&RoundUnit| Respondent {
            y: f64::from(u8::from(unit.answer == Answer::Hit)),
            in_domain: f64::from(u8::from(unit.answer != Answer::Void)),
            pi: pi(unit),
            stratum: stratum[&unit.stratum],
        };
        Self {
            results,
            visited: visited.iter().map(respondent).collect(),
            group: visited.iter().map(|unit| place(unit)).collect(),
            n_drawn: count(units.len()),
            pi_min: units.iter().map(|unit| unit.pi).min_by(f64::total_cmp),
        }
    }

    pub(super) fn n_valid(&self) -> u64 {
        count(
            self.visited
                .iter()
                .filter(|unit| unit.in_domain > 0.0)
                .count(),
        )
    }

    fn point(&self, minimum: u64, mix: &[MixShare]) -> TrendPoint {
        let valid = || self.visited.iter().filter(|unit| unit.in_domain > 0.0);
        let n = self.n_valid();
        let hits = count(valid().filter(|unit| unit.y > 0.0).count());
        let n_frame = self.results.groups.iter().map(|group| group.n_frame).sum();
        let mut notes = self.left_out();
        let (mut raw, mut standardised, mut prevalence) =
            (Figure::NONE, Figure::NONE, Figure::NONE);
        if n < minimum {
            notes.push(note(NoteKind::TooFew, "", n));
        } else {
            let fraction = valid().map(|unit| unit.pi).sum::<f64>() / real(n);
            raw = raw_rate(real(hits), real(n), fraction);
            prevalence = prevalence_of(&self.visited, self.degrees_of_freedom());
            standardised = self.standardised(mix, &mut notes);
        }
        TrendPoint {
            id: self.results.id.clone(),
            drawn_on: self.results.drawn_on,
            n_frame,
            n_drawn: self.n_drawn,
            n_visited: count(self.visited.len()),
            n,
            hits,
            support: self.support(n_frame),
            raw,
            standardised,
            prevalence,
            notes,
        }
    }

    fn left_out(&self) -> Vec<Note> {
        let all = [
            (NoteKind::ResultsWithoutDraw, self.results.n_without_draw),
            (NoteKind::OtherChannel, self.results.n_other_channel),
        ];
        let counted = all.into_iter().filter(|(_, n)| *n > 0);
        let mut notes: Vec<Note> = counted.map(|(kind, n)| note(kind, "", n)).collect();
        if self.n_drawn > 0 && self.visited.is_empty() {
            notes.push(note(NoteKind::NoResults, "", self.n_drawn));
        }
        if self.n_drawn > 0 && self.results.units.iter().all(|unit| unit.pi >= 1.0) {
            notes.push(note(NoteKind::EverythingDrawn, "", self.n_drawn));
        }
        notes
    }

    fn support(&self, n_frame: u64) -> Support {
        let weights = || {
            let valid = self.visited.iter().filter(|unit| unit.in_domain > 0.0);
            valid.map(|unit| 1.0 / unit.pi)
        };
        let mut is_seen = vec![false; self.results.groups.len()];
        self.group.iter().for_each(|&group| is_seen[group] = true);
        let groups = self.results.groups.iter().zip(is_seen);
        let blind: u64 = groups
            .filter(|(_, seen)| !seen)
            .map(|(group, _)| group.n_frame)
            .sum();
        Support {
            n_eff: effective_size(weights()),
            weight_share_max: share(weights().fold(0.0, f64::max), weights().sum()),
            pi_min: self.pi_min,
            blind_share: share(real(blind), real(n_frame)).unwrap_or(0.0),
            sampling_fraction: share(real(self.n_drawn), real(n_frame)),
        }
    }

    fn degrees_of_freedom(&self) -> f64 {
        let some = self.visited.iter().filter(|unit| unit.pi < 1.0);
        let mut strata: Vec<usize> = some.map(|unit| unit.stratum).collect();
        let n = strata.len();
        strata.sort_unstable();
        strata.dedup();
        (real_len(n) - real_len(strata.len())).max(1.0)
    }

    /// `Σ W_h Ĥ_h` with its stratified variance; absent where a group of the mix has fewer than two valid results.
    fn standardised(&self, mix: &[MixShare], notes: &mut Vec<Note>) -> Figure {
        let tallies = self.tallies();
        let (mut rate, mut variance, mut per_n, mut n) = (0.0, 0.0, 0.0, 0.0);
        let before = notes.len();
        for group in mix.iter().filter(|group| group.share > 0.0) {
            let tally = tallies
                .get(group.label.as_str())
                .copied()
                .unwrap_or_default();
            if tally.n < 2.0 {
                notes.push(note(NoteKind::GroupWithoutResult, &group.label, 0));
                continue;
            }
            let (own, weight) = (tally.hits / tally.n, group.share * group.share);
            rate += group.share * own;
            variance += weight * (1.0 - tally.pi / tally.n) * own * (1.0 - own) / (tally.n - 1.0);
            per_n += weight / tally.n;
            n += tally.n;
        }
        if notes.len() > before || per_n <= 0.0 {
            return Figure::NONE;
        }
        if variance > 0.0 {
            let df = (n - real_len(mix.len())).max(1.0);
            let interval = logit_t(rate, variance, df);
            return Figure::new(Some(rate), Some(interval), Method::LogitT);
        }
        let n_eff = 1.0 / per_n;
        let interval = clopper_pearson(rate * n_eff, n_eff);
        Figure::new(Some(rate), Some(interval), Method::ClopperPearson)
    }

    fn tallies(&self) -> HashMap<&str, Tally> {
        let mut tallies: HashMap<&str, Tally> = HashMap::new();
        for (unit, &group) in self.visited.iter().zip(&self.group) {
            let tally = tallies
                .entry(self.results.groups[group].label.as_str())
                .or_default();
            tally.n += unit.in_domain;
            tally.hits += unit.in_domain * unit.y;
            tally.pi += unit.in_domain * unit.pi;
        }
        tallies
    }
}

/// The variance stratum of every stratum of the round.
fn strata(visited: &[&RoundUnit], pi: impl Fn(&RoundUnit) -> f64) -> BTreeMap<u32, usize> {
    let mut take_some: BTreeMap<u32, u64> = BTreeMap::new();
    for unit in visited {
        *take_some.entry(unit.stratum).or_default() += u64::from(pi(unit) < 1.0);
    }
    let counts: Vec<u64> = take_some.values().copied().collect();
    take_some.into_keys().zip(collapse(&counts)).collect()
}

pub(super) fn note(kind: NoteKind, about: &str, n: u64) -> Note {
    Note {
        kind,
        about: about.to_owned(),
        n,
    }
}
