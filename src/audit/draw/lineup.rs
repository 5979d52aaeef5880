//! The register in one order, and how the drawn objects are spaced in it.
//!
//! Spacings: Pyke (1965); their sum of squares: Greenwood (1946). A list drawn at a fixed interval k (等距抽样) has gaps that all
//! equal k, where gaps of an equal-probability draw are all but geometric. A system that takes k = ⌊N/n⌋ and one random
//! start among the first k never reaches the places after n·k: its blind tail (盲尾).

use super::input::{Register, at, whole};
use super::params::ValidParams;

/// Which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// The order the design declares.
    Declared(Vec<String>),
    /// As the file has it.
    File,
    /// By district, then id.
    District,
    /// By id.
    Id,
}

/// Every object's place in one order, within the register or within each stratum.
#[derive(Clone, Debug)]
pub(super) struct Lineup {
    pub(super) order: Order,
    pub(super) within_strata: bool,
    /// Place of each object; the places of a block follow each other.
    place: Vec<u32>,
    /// End of each block, ascending.
    ends: Vec<u32>,
}

/// How one round lies in a lineup.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spacing {
    /// Gaps between objects drawn next to each other.
    pub(super) gaps: u32,
    /// The most gaps of one length, block by block.
    pub(super) equal: u32,
    /// That length in the largest block.
    pub(super) step: u32,
    /// Objects drawn from the blind tails.
    pub(super) in_tail: u32,
    /// Sum of squared gaps, the two ends of each block included.
    pub(super) squares: f64,
    /// Gaps of one: drawn objects that stand next to each other.
    pub(super) adjacent: u32,
    /// Place of the last drawn object.
    pub(super) last_place: u32,
}

/// Where the blind tail of every block starts; the block's end where it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tails {
    from: Vec<u32>,
    /// Objects in the tails.
    pub(super) n: u32,
}

/// Lineups worth a look: the declared order alone, or the orders a system is likely to have used; for a stratified design
/// also within strata. Orders that come out alike are kept once.
pub(super) fn lineups(
    register: &Register,
    district: Option<&[String]>,
    stratum_of: &[u32],
    n_strata: usize,
    design: &ValidParams,
) -> Vec<Lineup> {
    let mut sorted: Vec<(Order, Vec<u32>)> = Vec::new();
    for (order, objects) in orders(register, district, design) {
        if sorted.iter().all(|(_, known)| *known != objects) {
            sorted.push((order, objects));
        }
    }
    let mut lineups = Vec::new();
    for (order, objects) in sorted {
        let one_block = vec![0; register.n()];
        lineups.push(Lineup::new(order.clone(), false, &objects, &one_block, 1));
        if n_strata > 1 {
            lineups.push(Lineup::new(order, true, &objects, stratum_of, n_strata));
        }
    }
    lineups
}

fn orders(
    register: &Register,
    district: Option<&[String]>,
    design: &ValidParams,
) -> Vec<(Order, Vec<u32>)> {
    let file: Vec<u32> = (0..whole(register.n())).collect();
    let declared = &design.params.order;
    if !declared.is_empty() {
        let keys: Vec<&[String]> = declared
            .iter()
            .filter_map(|name| column(register, name))
            .collect();
        let mut objects = file;
        objects.sort_by(|a, b| {
            let key = |object: u32| keys.iter().map(move |texts| &texts[at(object)]);
            key(*a).cmp(key(*b))
        });
        return vec![(Order::Declared(declared.clone()), objects)];
    }
    let ids = register.ids();
    let mut by_id = file.clone();
    by_id.sort_by(|a, b| ids[at(*a)].cmp(&ids[at(*b)]));
    let mut orders = vec![(Order::File, file)];
    if let Some(district) = district {
        let mut by_district = by_id.clone();
        by_district.sort_by(|a, b| district[at(*a)].cmp(&district[at(*b)]));
        orders.push((Order::District, by_district));
    }
    orders.push((Order::Id, by_id));
    orders
}

/// A column under the name a setting gives it.
pub(super) fn column<'a>(register: &'a Register, name: &str) -> Option<&'a [String]> {
    if name == "object_id" || super::files::canonical(name) == "object_id" {
        return Some(register.ids());
    }
    register
        .column(name)
        .or_else(|| register.column(&super::files::canonical(name)))
}

impl Lineup {
    fn new(
        order: Order,
        within_strata: bool,
        objects: &[u32],
        block_of: &[u32],
        n_blocks: usize,
    ) -> Self {
        let mut sizes = vec![0_u32; n_blocks];
        for &block in block_of {
            sizes[at(block)] += 1;
        }
        let mut ends = sizes;
        let mut total = 0;
        let mut next = Vec::with_capacity(n_blocks);
        for end in &mut ends {
            next.push(total);
            total += *end;
            *end = total;
        }
        let mut place = vec![0; objects.len()];
        for &object in objects {
            let next = &mut next[at(block_of[at(object)])];
            place[at(object)] = *next;
            *next += 1;
        }
        Self {
            order,
            within_strata,
            place,
            ends,
        }
    }

    /// Place of an object, from 0.
    pub(super) fn place_of(&self, object: u32) -> u32 {
        self.place[at(object)]
    }

    fn blocks(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(self.ends.iter().copied())
    }

    /// The blind tails of an interval draw of as many objects from each block as `drawn` holds.
    pub(super) fn tails(&self, drawn: &[u32]) -> Tails {
        let mut places: Vec<u32> = drawn.iter().map(|&object| self.place_of(object)).collect();
        places.sort_unstable();
        let mut tails = Tails {
            from: Vec::new(),
            n: 0,
        };
        for (start, end) in self.blocks() {
            let n = whole(count_in(&places, start, end));
            let reached = match (end - start).checked_div(n) {
                Some(step) => start + n * step,
                None => end,
            };
            tails.n += end - reached;
            tails.from.push(reached);
        }
        tails
    }

    /// How `drawn` is spaced; `work` is kept between calls to spare allocations.
    pub(super) fn spacing(&self, drawn: &[u32], tails: &Tails, work: &mut Work) -> Spacing {
        self.sort_places(drawn, work);
        let mut spacing = Spacing {
            last_place: work.places.last().copied().unwrap_or(0),
            ..Spacing::default()
        };
        let (mut from, mut largest, mut start) = (0, 0, 0);
        for (&end, &tail) in self.ends.iter().zip(&tails.from) {
            let mut to = from;
            while to < work.places.len() && work.places[to] < end {
                to += 1;
            }
            let block = Block {
                places: &work.places[from..to],
                start,
                end,
                tail,
            };
            let step = block.add_to(&mut spacing, &mut work.counts);
            if to - from > largest {
                (largest, spacing.step) = (to - from, step);
            }
            (from, start) = (to, end);
        }
        spacing
    }

    /// Fills `work.places` with the places of `drawn`, ascending: by sorting where they are few, else by ticking them off.
    fn sort_places(&self, drawn: &[u32], work: &mut Work) {
        work.counts.resize(self.place.len() + 1, 0);
        work.places.clear();
        if drawn.len() * SPARSE < self.place.len() {
            work.places
                .extend(drawn.iter().map(|&object| self.place[at(object)]));
            work.places.sort_unstable();
            return;
        }
        work.ticks.resize(self.place.len(), false);
        for &object in drawn {
            work.ticks[at(self.place[at(object)])] = true;
        }
        for (place, tick) in work.ticks.iter_mut().enumerate() {
            if *tick {
                work.places.push(whole(place));
                *tick = false;
            }
        }
    }
}

/// From so many places per drawn object on, sorting is faster than ticking off.
const SPARSE: usize = 32;

/// Memory that is used again and again.
#[derive(Debug, Default)]
pub(super) struct Work {
    places: Vec<u32>,
    /// Gaps by length; all zero between blocks.
    counts: Vec<u32>,
    /// All false between calls.
    ticks: Vec<bool>,
}

/// The drawn places of one block.
struct Block<'a> {
    places: &'a [u32],
    start: u32,
    end: u32,
    tail: u32,
}

impl Block<'_> {
    /// Adds the block to the sums, and returns the length most of its gaps have.
    fn add_to(&self, spacing: &mut Spacing, counts: &mut [u32]) -> u32 {
        let Some(&last) = self.places.last() else {
            return 0;
        };
        let (mut most, mut step, mut before) = (0, 0, None);
        for &place in self.places {
            let gap = place - before.unwrap_or(self.start) + u32::from(before.is_none());
            spacing.squares += f64::from(gap) * f64::from(gap);
            spacing.in_tail += u32::from(place >= self.tail);
            if before.is_some() {
                let count = &mut counts[at(gap)];
                *count += 1;
                if *count > most {
                    (most, step) = (*count, gap);
                }
            }
            before = Some(place);
        }
        spacing.squares += f64::from(self.end - last) * f64::from(self.end - last);
        spacing.adjacent += counts[1];
        for two in self.places.windows(2) {
            counts[at(two[1] - two[0])] = 0;
        }
        if self.places.len() > GAPS_MIN {
            spacing.equal += most;
            spacing.gaps += whole(self.places.len() - 1);
        }
        step
    }
}

/// Fewer gaps of a block say nothing about a fixed interval.
const GAPS_MIN: usize = 3;

/// How many of the ascending places lie in `start .. end`.
fn count_in(places: &[u32], start: u32, end: u32) -> usize {
    let below = |limit: u32| places.partition_point(|place| *place < limit);
    below(end) - below(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::draw::Params;

    fn register(n: usize) -> Register {
        Register::new((0..n).map(|object| format!("{object:04}")).collect())
    }

    fn only(register: &Register) -> Lineup {
        let design = Params::equal().check().unwrap();
        let all = lineups(register, None, &vec![0; register.n()], 1, &design);
        assert_eq!(all.len(), 1, "file order is id order here");
        all.into_iter().next().unwrap()
    }

    #[test]
    fn an_interval_list_has_equal_gaps_and_nobody_in_the_blind_tail() {
        let lineup = only(&register(1000));
        let drawn: Vec<u32> = (0..334).map(|k| 1 + 2 * k).collect();
        let tails = lineup.tails(&drawn);
        assert_eq!(tails.n, 332, "33.2 % of the register");
        let spacing = lineup.spacing(&drawn, &tails, &mut Work::default());
        let wanted = (333, 333, 2, 0, 0);
        let Spacing {
            gaps,
            equal,
            step,
            in_tail,
            adjacent,
            ..
        } = spacing;
        assert_eq!((gaps, equal, step, in_tail, adjacent), wanted);
    }

    #[test]
    fn blocks_are_spaced_each_for_itself() {
        let lineup = Lineup::new(
            Order::File,
            true,
            &[0, 1, 2, 3, 4, 5],
            &[0, 1, 0, 1, 0, 1],
            2,
        );
        assert_eq!(
            (0..6)
                .map(|object| lineup.place_of(object))
                .collect::<Vec<_>>(),
            [0, 3, 1, 4, 2, 5]
        );
        let tails = lineup.tails(&[0, 2, 1]);
        assert_eq!(
            tails,
            Tails {
                from: vec![2, 6],
                n: 1
            }
        );
        let spacing = lineup.spacing(&[0, 2, 1], &tails, &mut Work::default());
        assert_eq!((spacing.adjacent, spacing.in_tail, spacing.gaps), (1, 0, 0));
        assert!((spacing.squares - (1.0 + 1.0 + 4.0 + 1.0 + 9.0)).abs() < 1e-12);
    }

    #[test]
    fn a_declared_order_is_the_only_one() {
        let register =
            register(3).with_column("office", ["b", "a", "a"].map(str::to_owned).to_vec());
        let params = Params {
            order: vec!["管辖单位".to_owned()],
            ..Params::equal()
        };
        let all = lineups(&register, None, &[0, 0, 0], 1, &params.check().unwrap());
        assert_eq!(all.len(), 1);
        assert_eq!(
            (0..3)
                .map(|object| all[0].place_of(object))
                .collect::<Vec<_>>(),
            [2, 0, 1]
        );
    }
}
