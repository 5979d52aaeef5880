//! Waves stacked into the rows of one outcome: who is in the comparison, with what weights, in which strata.

use super::result::{ArmSupport, Outcome};
use super::wave::{Revisit, Wave, WaveUnit};
use crate::evaluate::number::{count, real, real_len};

/// Least expected rows of each arm in a group of strata, outcomes seen for everyone.
const EXPECTED_MIN: f64 = 5.0;
/// The same for revisits, whose numbers vary.
const EXPECTED_REVISITS_MIN: f64 = 30.0;

/// One row per object × wave with 0 < π < 1 and a known outcome, waves in order, objects in order.
#[derive(Debug)]
pub(super) struct Rows {
    /// Which outcome.
    pub(super) outcome: Outcome,
    /// Place of the object in its wave.
    pub(super) unit: Vec<u32>,
    /// Rows of wave w are `wave_start[w]..wave_start[w + 1]`.
    pub(super) wave_start: Vec<usize>,
    /// Group of strata.
    pub(super) group: Vec<u32>,
    /// Cluster.
    pub(super) cell: Vec<u32>,
    /// `1/(π·π²)`.
    pub(super) w1: Vec<f64>,
    /// `1/((1-π)·π²)`.
    pub(super) w0: Vec<f64>,
    /// Outcome.
    pub(super) y: Vec<f64>,
    /// As it was drawn.
    pub(super) drawn: Vec<bool>,
    /// Share of the frame (0 < π < 1) in each group.
    pub(super) weight: Vec<f64>,
    /// The wave of each group, where it lies in one.
    pub(super) wave_of_group: Vec<Option<usize>>,
    /// Object × wave with 0 < π < 1, whether the outcome is known or not.
    pub(super) n_frame: f64,
    /// Strata merged away.
    pub(super) n_merged: u64,
    /// Rows with π = 1.
    pub(super) n_certain: u64,
    /// Rows without outcome: of those drawn, of the others.
    pub(super) n_missing: [u64; 2],
}

impl Rows {
    pub(super) fn of(waves: &[Wave], outcome: Outcome) -> Self {
        let mut rows = Self::empty(outcome);
        let strata = groups(waves, outcome);
        for (wave, groups) in waves.iter().zip(&strata.group) {
            for (place, unit) in wave.units.iter().enumerate() {
                rows.push(place, unit, groups[unit.stratum as usize]);
            }
            rows.wave_start.push(rows.y.len());
        }
        rows.n_merged = strata.n_merged;
        rows.n_frame = strata.frame.iter().sum();
        let all = rows.n_frame.max(1.0);
        rows.weight = strata.frame.iter().map(|n| n / all).collect();
        rows.wave_of_group = strata.wave;
        rows
    }

    fn empty(outcome: Outcome) -> Self {
        Self {
            outcome,
            unit: Vec::new(),
            wave_start: vec![0],
            group: Vec::new(),
            cell: Vec::new(),
            w1: Vec::new(),
            w0: Vec::new(),
            y: Vec::new(),
            drawn: Vec::new(),
            weight: Vec::new(),
            wave_of_group: Vec::new(),
            n_frame: 0.0,
            n_merged: 0,
            n_certain: 0,
            n_missing: [0; 2],
        }
    }

    fn push(&mut self, place: usize, unit: &WaveUnit, group: u32) {
        if unit.pi >= 1.0 {
            self.n_certain += 1;
            return;
        }
        let Some((y, pi2)) = value(unit, self.outcome) else {
            self.n_missing[usize::from(!unit.drawn)] += 1;
            return;
        };
        self.unit
            .push(u32::try_from(place).expect("frames stay below 2^32 objects"));
        self.group.push(group);
        self.cell.push(unit.cell);
        self.w1.push(1.0 / (unit.pi * pi2));
        self.w0.push(1.0 / ((1.0 - unit.pi) * pi2));
        self.y.push(y);
        self.drawn.push(unit.drawn);
    }

    pub(super) fn len(&self) -> usize {
        self.y.len()
    }

    /// Weight of a row in the arm it is in.
    pub(super) fn arm_weight(&self, row: usize) -> f64 {
        if self.drawn[row] {
            self.w1[row]
        } else {
            self.w0[row]
        }
    }

    /// Whether every outcome is the same.
    pub(super) fn is_flat(&self) -> bool {
        self.y
            .windows(2)
            .all(|pair| pair[0].total_cmp(&pair[1]).is_eq())
    }

    /// The drawn and the others, as they were.
    pub(super) fn support(&self, waves: &[Wave]) -> ArmSupport {
        let mut support = ArmSupport {
            n_certain: self.n_certain,
            n_missing: self.n_missing.iter().sum(),
            n_merged: self.n_merged,
            ..ArmSupport::default()
        };
        let mut arms = [(0.0, 0.0, 0.0_f64); 2];
        for row in 0..self.len() {
            let arm = &mut arms[usize::from(!self.drawn[row])];
            let weight = self.arm_weight(row);
            *arm = (arm.0 + weight, arm.1 + weight * weight, arm.2.max(weight));
        }
        let effective = |(sum, squares, _): (f64, f64, f64)| {
            if squares > 0.0 {
                sum * sum / squares
            } else {
                0.0
            }
        };
        let largest = |(sum, _, most): (f64, f64, f64)| if sum > 0.0 { most / sum } else { 0.0 };
        support.n_drawn = count(self.drawn.iter().filter(|drawn| **drawn).count());
        support.n_not_drawn = count(self.len()) - support.n_drawn;
        support.n_eff_drawn = effective(arms[0]);
        support.n_eff_not_drawn = effective(arms[1]);
        support.weight_share_max = largest(arms[0]).max(largest(arms[1]));
        support.n_visited = count(
            self.units(waves)
                .zip(&self.drawn)
                .filter(|(unit, drawn)| **drawn && unit.visited)
                .count(),
        );
        support
    }

    /// The object of every row.
    pub(super) fn units<'a>(&'a self, waves: &'a [Wave]) -> impl Iterator<Item = &'a WaveUnit> {
        let of_wave = |(w, wave): (usize, &'a Wave)| {
            let rows = self.wave_start[w]..self.wave_start[w + 1];
            self.unit[rows]
                .iter()
                .map(|&place| &wave.units[place as usize])
        };
        waves.iter().enumerate().flat_map(of_wave)
    }

    /// Whether outcomes are missing more often in one arm: by more than a point, and by more than three standard errors.
    pub(super) fn missing_by_arm(&self) -> bool {
        let n_drawn = real(count(self.drawn.iter().filter(|drawn| **drawn).count()));
        let known = [n_drawn, real_len(self.len()) - n_drawn];
        let missing = self.n_missing.map(real);
        let all = [known[0] + missing[0], known[1] + missing[1]];
        if all[0] < 1.0 || all[1] < 1.0 || missing[0] + missing[1] < 1.0 {
            return false;
        }
        let share = (missing[0] + missing[1]) / (all[0] + all[1]);
        let gap = (missing[0] / all[0] - missing[1] / all[1]).abs();
        let se = (share * (1.0 - share) * (1.0 / all[0] + 1.0 / all[1])).sqrt();
        gap > 0.01 && gap > 3.0 * se
    }
}

/// The outcome of an object with the probability that it was seen.
pub(super) fn value(unit: &WaveUnit, outcome: Outcome) -> Option<(f64, f64)> {
    let seen = |revisit: &Revisit| Some((f64::from(u8::from(revisit.found?)), revisit.pi2));
    match outcome {
        Outcome::SeenForEveryone => Some((unit.outcome?, 1.0)),
        Outcome::Before => Some((unit.before?, 1.0)),
        Outcome::PlaceboOutcome => Some((unit.placebo?, 1.0)),
        Outcome::RegistryExit => {
            let exited = f64::from(u8::from(unit.exited));
            unit.outcome.map(|_| (exited, 1.0))
        }
        Outcome::MeasureRevisits => unit.by_measure().and_then(seen),
        Outcome::AllRevisits => unit.revisit.as_ref().and_then(seen),
    }
}

/// Strata of all waves, merged where an arm has too few.
struct Groups {
    /// Group by wave and stratum.
    group: Vec<Vec<u32>>,
    /// Objects at risk of being drawn, by group.
    frame: Vec<f64>,
    /// Wave by group, where there is one.
    wave: Vec<Option<usize>>,
    n_merged: u64,
}

/// Merges strata in order until both arms expect enough known outcomes. What is expected, not what was drawn, decides:
/// groups must stay the same in every re-draw.
fn groups(waves: &[Wave], outcome: Outcome) -> Groups {
    let revisits = matches!(outcome, Outcome::MeasureRevisits | Outcome::AllRevisits);
    let least = if revisits {
        EXPECTED_REVISITS_MIN
    } else {
        EXPECTED_MIN
    };
    let mut groups = Groups {
        group: Vec::new(),
        frame: Vec::new(),
        wave: Vec::new(),
        n_merged: 0,
    };
    let mut open = Open::default();
    for (w, wave) in waves.iter().enumerate() {
        let strata = expected(wave, outcome);
        let first_of_wave = groups.frame.len();
        groups.group.push(vec![0; strata.len()]);
        for (stratum, expected) in strata.iter().enumerate() {
            open.add((w, stratum), expected);
            if open.arms[0] >= least && open.arms[1] >= least {
                groups.close(&mut open);
            }
        }
        if !open.members.is_empty() && groups.frame.len() > first_of_wave {
            groups.join_last(&mut open);
        }
    }
    if groups.frame.is_empty() {
        groups.close(&mut open);
    }
    groups.join_last(&mut open);
    groups
}

/// Expected rows of both arms, and objects at risk, of a stratum.
#[derive(Clone, Copy, Default)]
struct Expected {
    arms: [f64; 2],
    frame: f64,
}

/// Strata on their way to a group.
#[derive(Default)]
struct Open {
    members: Vec<(usize, usize)>,
    arms: [f64; 2],
    frame: f64,
}

impl Open {
    fn add(&mut self, stratum: (usize, usize), expected: &Expected) {
        if expected.frame > 0.0 {
            self.members.push(stratum);
            self.arms = [
                self.arms[0] + expected.arms[0],
                self.arms[1] + expected.arms[1],
            ];
            self.frame += expected.frame;
        }
    }
}

impl Groups {
    fn close(&mut self, open: &mut Open) {
        if open.members.is_empty() {
            return;
        }
        let wave = open.members[0].0;
        let same = open.members.iter().all(|member| member.0 == wave);
        self.frame.push(0.0);
        self.wave.push(same.then_some(wave));
        self.n_merged += count(open.members.len() - 1);
        self.take(open);
    }

    fn join_last(&mut self, open: &mut Open) {
        self.n_merged += count(open.members.len());
        let wave = self.wave.last().copied().flatten();
        if open.members.iter().any(|member| Some(member.0) != wave)
            && let Some(last) = self.wave.last_mut()
        {
            *last = None;
        }
        self.take(open);
    }

    fn take(&mut self, open: &mut Open) {
        let Open { members, frame, .. } = std::mem::take(open);
        if let Some(last) = self.frame.last_mut() {
            *last += frame;
        }
        let last = self.frame.len().saturating_sub(1);
        for (wave, stratum) in members {
            self.group[wave][stratum] = u32::try_from(last).expect("groups are few");
        }
    }
}

fn expected(wave: &Wave, outcome: Outcome) -> Vec<Expected> {
    let mut strata = vec![Expected::default(); wave.strata.len()];
    for unit in wave.units.iter().filter(|unit| unit.pi < 1.0) {
        let stratum = &mut strata[unit.stratum as usize];
        stratum.frame += 1.0;
        if value(unit, outcome).is_some() {
            stratum.arms[0] += unit.pi;
            stratum.arms[1] += 1.0 - unit.pi;
        }
    }
    strata
}
