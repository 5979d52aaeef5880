//! Mode B: firms know the probabilities and look ahead. For each cost the classes are a decision problem, solved by value
//! iteration: keep the rules or not, in every class, so that discounted costs and fines are least.

use super::checked::Moves;
use super::number::{floor_index, real_len};

/// Sweeps without settling after which the values stand as they are.
const SWEEPS_MAX: u32 = 100_000;
/// Largest relative error of a value.
const ERROR: f64 = 1e-9;

/// The decision problem of all costs of a grid.
pub(super) struct Foresight {
    discount: f64,
    detection: f64,
    fines: Vec<f64>,
    moves: Moves,
    /// Ascending costs.
    grid: Vec<f64>,
    /// Least discounted cost, per cost and state.
    values: Vec<f64>,
    /// What breaking the rules costs more than keeping them, per cost and state.
    advantage: Vec<f64>,
    /// The probabilities last solved for.
    solved: Vec<f64>,
}

/// Where a firm's cost lies between two of the grid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    low: u32,
    weight: f32,
}

impl Foresight {
    /// The problem of firms with these costs, on a grid of at most `size` of their quantiles, ends included.
    pub(super) fn new(
        (discount, detection): (f64, f64),
        fines: Vec<f64>,
        moves: Moves,
        costs: &[f64],
        size: usize,
    ) -> Self {
        let mut sorted = costs.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        let size = size.min(sorted.len()).max(1);
        let step = real_len(last) / real_len(size.saturating_sub(1).max(1));
        let quantile = |i: usize| sorted[floor_index((real_len(i) * step).round()).min(last)];
        let mut grid: Vec<f64> = (0..size).map(quantile).collect();
        grid.dedup_by(|a, b| a.total_cmp(b).is_eq());
        let mut own = Self {
            discount,
            detection,
            fines,
            moves,
            grid,
            values: Vec::new(),
            advantage: Vec::new(),
            solved: Vec::new(),
        };
        let n = own.grid.len() * own.n_states();
        (own.values, own.advantage) = (vec![0.0; n], vec![0.0; n]);
        own
    }

    /// Periods without a visit that a state tells apart.
    fn waits(&self) -> usize {
        let unvisited = self.moves.unvisited.as_ref();
        unvisited.map_or(1, |(after, _)| usize::from(*after))
    }

    fn n_states(&self) -> usize {
        self.fines.len() * self.waits()
    }

    /// Where a cost lies.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a weight between 0 and 1, a grid of at most 4096"
    )]
    pub(super) fn place(&self, cost: f64) -> Place {
        let above = self.grid.partition_point(|&c| c <= cost);
        let low = above
            .saturating_sub(1)
            .min(self.grid.len().saturating_sub(2));
        let weight = match (self.grid.get(low), self.grid.get(low + 1)) {
            (Some(a), Some(b)) if b > a => ((cost - a) / (b - a)) as f32,
            _ => 0.0,
        };
        let low = low as u32;
        Place { low, weight }
    }

    /// What breaking the rules costs a firm more than keeping them.
    pub(super) fn advantage(&self, place: Place, tier: u8, unseen: u16) -> f64 {
        let state = usize::from(tier) * self.waits() + usize::from(unseen);
        let low = place.low as usize;
        let at = |cost: usize| self.advantage[cost * self.n_states() + state];
        let weight = f64::from(place.weight);
        if low + 1 >= self.grid.len() {
            return at(low);
        }
        at(low) + weight * (at(low + 1) - at(low))
    }

    /// Solves the problem for these probabilities, beginning from the last solution.
    pub(super) fn solve(&mut self, pi: &[f64]) {
        let is_same = self.solved.len() == pi.len()
            && self
                .solved
                .iter()
                .zip(pi)
                .all(|(a, b)| (a - b).abs() < 1e-12);
        if is_same {
            return;
        }
        self.solved = pi.to_vec();
        let n = self.n_states();
        let (mut values, mut advantage) = (
            std::mem::take(&mut self.values),
            std::mem::take(&mut self.advantage),
        );
        let rows = values.chunks_mut(n).zip(advantage.chunks_mut(n));
        for (&cost, (values, advantage)) in self.grid.iter().zip(rows) {
            for _ in 0..SWEEPS_MAX {
                if self.sweep(cost, pi, values, advantage) {
                    break;
                }
            }
        }
        (self.values, self.advantage) = (values, advantage);
    }

    /// One sweep over the states of a cost; true when the values have settled.
    fn sweep(&self, cost: f64, pi: &[f64], values: &mut [f64], advantage: &mut [f64]) -> bool {
        let (waits, detection) = (self.waits(), self.detection);
        let (mut moved, mut largest) = (0.0_f64, 0.0_f64);
        for tier in 0..self.fines.len() {
            let after = |row: &[f64], values: &[f64]| -> f64 {
                row.iter()
                    .zip(values.iter().step_by(waits))
                    .map(|(p, v)| p * v)
                    .sum()
            };
            let found = after(&self.moves.found[tier], values);
            let clean = after(&self.moves.clean[tier], values);
            for wait in 0..waits {
                let state = tier * waits + wait;
                let unseen = match &self.moves.unvisited {
                    Some((_, to)) if wait + 1 == waits => after(&to[tier], values),
                    Some(_) => values[state + 1],
                    None => values[state],
                };
                let pi = pi[tier];
                let stay = (1.0 - pi) * unseen;
                let keeps = cost + self.discount * (pi * clean + stay);
                let seen = detection * found + (1.0 - detection) * clean;
                let fine = pi * detection * self.fines[tier];
                let breaks = fine + self.discount * (pi * seen + stay);
                advantage[state] = breaks - keeps;
                let value = keeps.min(breaks);
                moved = moved.max((value - values[state]).abs());
                largest = largest.max(value.abs());
                values[state] = value;
            }
        }
        moved <= ERROR * (1.0 - self.discount) * largest.max(1e-12)
    }

    /// Values of the lowest cost, per state.
    #[cfg(test)]
    fn first_values(&self) -> &[f64] {
        &self.values[..self.n_states()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Harrington's two groups: found in the first leads to the second, a clean visit leads back with probability `back`.
    fn two_groups(back: f64) -> Moves {
        Moves {
            found: vec![vec![0.0, 1.0], vec![0.0, 1.0]],
            clean: vec![vec![1.0, 0.0], vec![back, 1.0 - back]],
            unvisited: None,
        }
    }

    #[test]
    fn value_iteration_reaches_harringtons_closed_form() {
        // case 0 of harrington_two_group
        let costs = [100.0];
        let mut own = Foresight::new((0.97, 1.0), vec![0.0, 60.0], two_groups(0.9), &costs, 8);
        own.solve(&[0.05, 0.6]);
        let values = own.first_values();
        assert!((values[0] - 268.415_518_290_995_35).abs() < 1e-5);
        assert!((values[1] - 434.445_735_790_580_3).abs() < 1e-5);
        let place = own.place(100.0);
        assert!(own.advantage(place, 0, 0) < 0.0 && own.advantage(place, 1, 0) > 0.0);
    }

    #[test]
    fn the_largest_cost_at_which_the_second_group_keeps_the_rules_is_harringtons() {
        // c_max = 276.2140127388534, although the fine is 60
        let costs: Vec<f64> = (0..=600).map(f64::from).collect();
        let mut own = Foresight::new((0.97, 1.0), vec![0.0, 60.0], two_groups(0.9), &costs, 601);
        own.solve(&[0.05, 0.6]);
        let keeps = |cost: f64| own.advantage(own.place(cost), 1, 0) >= 0.0;
        assert!(keeps(276.0) && !keeps(277.0));
    }

    #[test]
    fn waiting_for_the_better_class_counts_in_the_value() {
        let waits = |after| Moves {
            unvisited: Some((after, vec![vec![1.0, 0.0], vec![1.0, 0.0]])),
            ..two_groups(0.0)
        };
        let value = |after: u16| {
            let mut own = Foresight::new((0.9, 1.0), vec![0.0, 60.0], waits(after), &[10.0], 1);
            own.solve(&[0.05, 0.6]);
            let waits = usize::from(after);
            own.first_values()[waits]
        };
        assert!(
            value(2) < value(12),
            "the second group is worse the longer it lasts"
        );
    }
}
