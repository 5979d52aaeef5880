//! Who was sent with whom, against random teams in which everybody keeps the number of visits that were theirs.
//!
//! Visits of one round and one district form a block; a fair team is any deal of the block's places to its inspectors with
//! nobody twice in a team. It is reached by swaps of two places, which leave that law unchanged, from one common start that
//! is itself reached by swaps from the list (Besag and Clifford 1989, §4.2): list and replicates are then exchangeable, and
//! p is exact however slowly the swaps mix.

use std::collections::BTreeMap;

use rand_chacha::ChaCha12Rng;
use rayon::prelude::*;

use super::fair::{Fair, below, stream};
use super::input::{AuditInput, at, whole};

/// Stream of the fair teams.
const TAG: &str = "choucha/audit-teams/v1";
/// Swaps tried per place.
const SWEEPS: u32 = 4;
/// Fewest teams that say anything.
pub(super) const TEAMS_MIN: usize = 8;

/// Pairs of visits with the same pair of inspectors.
pub(super) const REUSED: usize = 0;
/// Most visits of one pair.
pub(super) const MOST: usize = 1;
/// Pairs of visits to one object with the same pair of inspectors.
pub(super) const RETURNED: usize = 2;

/// The teams of all rounds.
#[derive(Clone, Debug)]
pub(super) struct Teams {
    /// Inspector at each place; a team's places follow each other.
    places: Vec<u32>,
    /// First place of each team, and the end.
    starts: Vec<u32>,
    /// Team of each place.
    team_of: Vec<u32>,
    objects: Vec<u32>,
    /// Places of each block.
    blocks: Vec<Vec<u32>>,
    /// Visits with fewer than two inspectors.
    pub(super) n_short: usize,
}

impl Teams {
    /// `district_of` is absent where teams may be drawn across districts.
    pub(super) fn new(input: &AuditInput, district_of: Option<&[u32]>) -> Self {
        let mut teams = Self {
            places: Vec::new(),
            starts: vec![0],
            team_of: Vec::new(),
            objects: Vec::new(),
            blocks: Vec::new(),
            n_short: 0,
        };
        let mut blocks: BTreeMap<(usize, u32), Vec<u32>> = BTreeMap::new();
        for (round, visit) in input
            .rounds
            .iter()
            .enumerate()
            .flat_map(|(round, list)| list.visits.iter().map(move |visit| (round, visit)))
        {
            if visit.team.len() < 2 {
                teams.n_short += 1;
                continue;
            }
            let district = district_of.map_or(0, |district| district[at(visit.object)]);
            let block = blocks.entry((round, district)).or_default();
            for &inspector in &visit.team {
                block.push(whole(teams.places.len()));
                teams.places.push(inspector);
                teams.team_of.push(whole(teams.objects.len()));
            }
            teams.objects.push(visit.object);
            teams.starts.push(whole(teams.places.len()));
        }
        teams.blocks = blocks.into_values().collect();
        teams
    }

    /// Number of teams of two or more.
    pub(super) fn n(&self) -> usize {
        self.objects.len()
    }

    /// Whether some object was visited more than once.
    pub(super) fn has_returns(&self) -> bool {
        let mut objects = self.objects.clone();
        objects.sort_unstable();
        objects.windows(2).any(|two| two[0] == two[1])
    }

    /// The statistics of the list.
    pub(super) fn observe(&self) -> Vec<f64> {
        self.measure(&self.places)
    }

    /// The statistics of `n` fair deals, and the average number of visits the oddest pair of the list would have together.
    pub(super) fn simulate(&self, seed: &[u8; 32], n: u32) -> (Fair, f64) {
        let mut start = self.places.clone();
        self.swap(&mut start, &mut stream(seed, TAG, 0));
        let (pair, _) = self.busiest();
        let rows: Vec<(Vec<f64>, u32)> = (1..=n)
            .into_par_iter()
            .map(|replicate| {
                let mut places = start.clone();
                self.swap(&mut places, &mut stream(seed, TAG, replicate));
                let together = self
                    .pairs(&places)
                    .filter(|(found, _)| *found == pair)
                    .count();
                (self.measure(&places), whole(together))
            })
            .collect();
        let together: f64 = rows.iter().map(|(_, together)| f64::from(*together)).sum();
        let rows: Vec<Vec<f64>> = rows.into_iter().map(|(row, _)| row).collect();
        (Fair::of(&rows), together / f64::from(n))
    }

    /// The pair of inspectors with the most visits together, and their number.
    pub(super) fn busiest(&self) -> ((u32, u32), usize) {
        let mut pairs: Vec<(u32, u32)> = self.pairs(&self.places).map(|(pair, _)| pair).collect();
        pairs.sort_unstable();
        let most = pairs
            .chunk_by(|a, b| a == b)
            .map(|same| (same.len(), same[0]));
        let first = |best: (usize, (u32, u32)), found: (usize, (u32, u32))| {
            if found.0 > best.0 { found } else { best }
        };
        let (n, pair) = most.fold((0, (0, 0)), first);
        (pair, n)
    }

    /// Every pair of a team with the team's object.
    fn pairs<'a>(&'a self, places: &'a [u32]) -> impl Iterator<Item = ((u32, u32), u32)> + 'a {
        self.starts
            .windows(2)
            .zip(&self.objects)
            .flat_map(|(ends, &object)| {
                let team = &places[at(ends[0])..at(ends[1])];
                (1..team.len()).flat_map(move |b| {
                    (0..b).map(move |a| ((team[a].min(team[b]), team[a].max(team[b])), object))
                })
            })
    }

    fn measure(&self, places: &[u32]) -> Vec<f64> {
        let mut pairs: Vec<((u32, u32), u32)> = self.pairs(places).collect();
        pairs.sort_unstable();
        let twice = |n: usize| f64::from(whole(n)) * f64::from(whole(n.saturating_sub(1))) / 2.0;
        let mut row = vec![0.0; 3];
        for same in pairs.chunk_by(|a, b| a.0 == b.0) {
            row[REUSED] += twice(same.len());
            row[MOST] = f64::from(whole(same.len())).max(row[MOST]);
        }
        let returned = pairs.chunk_by(|a, b| a == b).map(|same| twice(same.len()));
        row[RETURNED] = returned.sum();
        row
    }

    /// Tries `SWEEPS` swaps per place in every block.
    fn swap(&self, places: &mut [u32], rng: &mut ChaCha12Rng) {
        for block in &self.blocks {
            let n = whole(block.len());
            for _ in 0..SWEEPS * n {
                let (a, b) = (block[at(below(rng, n))], block[at(below(rng, n))]);
                if self.may_swap(places, a, b) {
                    places.swap(at(a), at(b));
                }
            }
        }
    }

    /// Whether both teams still have nobody twice.
    fn may_swap(&self, places: &[u32], a: u32, b: u32) -> bool {
        let (here, there) = (self.team_of[at(a)], self.team_of[at(b)]);
        let lacks = |team: u32, inspector: u32| {
            let (start, end) = (at(self.starts[at(team)]), at(self.starts[at(team) + 1]));
            !places[start..end].contains(&inspector)
        };
        here != there && lacks(here, places[at(b)]) && lacks(there, places[at(a)])
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::audit::draw::{Register, Round, Visit};

    fn teams(list: &[(u32, &[u32])]) -> Teams {
        let ids = (0..50).map(|object| object.to_string()).collect();
        let visit = |(object, team): &(u32, &[u32])| Visit {
            object: *object,
            team: team.to_vec(),
        };
        let round = Round {
            label: String::new(),
            visits: list.iter().map(visit).collect(),
        };
        let input = AuditInput {
            rounds: vec![round],
            ..AuditInput::of(Arc::new(Register::new(ids)), &[])
        };
        Teams::new(&input, None)
    }

    #[test]
    fn pairs_are_counted_by_visit_and_by_business() {
        let teams = teams(&[
            (0, &[1, 2]),
            (0, &[2, 1]),
            (3, &[1, 2]),
            (4, &[1, 2, 3]),
            (5, &[9]),
        ]);
        assert_eq!(teams.n(), 4);
        assert_eq!(teams.n_short, 1);
        assert!(teams.has_returns());
        assert_eq!(teams.observe(), [6.0, 4.0, 1.0]);
        assert_eq!(teams.busiest(), ((1, 2), 4));
    }

    #[test]
    fn a_fair_deal_keeps_loads_and_has_nobody_twice_in_a_team() {
        let teams = teams(&[
            (0, &[1, 2]),
            (1, &[1, 2]),
            (2, &[1, 3]),
            (3, &[3, 4]),
            (4, &[1, 4, 2]),
        ]);
        let mut dealt = teams.places.clone();
        teams.swap(&mut dealt, &mut stream(&[3; 32], TAG, 1));
        assert_ne!(dealt, teams.places);
        for ends in teams.starts.windows(2) {
            let mut team = dealt[at(ends[0])..at(ends[1])].to_vec();
            team.sort_unstable();
            assert!(team.windows(2).all(|two| two[0] < two[1]), "{team:?}");
        }
        let sorted = |places: &[u32]| {
            let mut places = places.to_vec();
            places.sort_unstable();
            places
        };
        assert_eq!(sorted(&dealt), sorted(&teams.places));
    }
}
