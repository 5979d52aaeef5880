//! One group's records by event day and day of visibility, so that any as-of day can be asked.
//!
//! Counting what became visible before t and taking away events before the window would take away too much where a record
//! became known later than a window after its event; those few are kept apart and given back.

use super::fold::Tally;

/// Unsorted cells are merged when there are twice as many as after the last merge, and at least these.
const MERGED_AT: usize = 32;

/// One day's records of a group that became visible on one day.
#[derive(Clone, Copy)]
struct Cell {
    day: i32,
    visible: i32,
    tally: Tally,
}

/// Cells of one group while records are added.
#[derive(Default)]
pub(super) struct Cells {
    cells: Vec<Cell>,
    merge_at: usize,
}

impl Cells {
    pub(super) fn add(&mut self, day: i32, visible: i32, tally: Tally) {
        if self.cells.len() >= self.merge_at.max(MERGED_AT) {
            self.merge();
            self.merge_at = 2 * self.cells.len();
        }
        self.cells.push(Cell {
            day,
            visible,
            tally,
        });
    }

    fn merge(&mut self) {
        self.cells
            .sort_unstable_by_key(|cell| (cell.day, cell.visible));
        self.cells.dedup_by(|next, kept| {
            let same = (next.day, next.visible) == (kept.day, kept.visible);
            if same {
                kept.tally.add(next.tally);
            }
            same
        });
    }

    /// The finished group; `window` is the shortest that will be asked for.
    pub(super) fn in_order(mut self, window: i32) -> Days {
        self.merge();
        self.cells.shrink_to_fit();
        let cells = self.cells;
        let is_late = |cell: &&Cell| cell.visible.saturating_sub(cell.day) > window;
        Days {
            late: cells.iter().filter(is_late).copied().collect(),
            by_visible: running(cells.iter().map(|cell| (cell.visible, cell.tally))),
            by_event: running(cells.iter().map(|cell| (cell.day, cell.tally))),
            cells,
        }
    }
}

/// Sums of one group by visible day and by event day, both ascending.
pub(super) struct Days {
    cells: Vec<Cell>,
    by_visible: Vec<(i32, Tally)>,
    by_event: Vec<(i32, Tally)>,
    late: Vec<Cell>,
}

impl Days {
    /// Records visible before `as_of` about days from `start`.
    pub(super) fn tally(&self, as_of: i32, start: i32) -> Tally {
        let mut tally = before(&self.by_visible, as_of).minus(before(&self.by_event, start));
        for cell in &self.late {
            if cell.day < start && cell.visible >= as_of {
                tally.add(cell.tally);
            }
        }
        tally
    }

    /// The same, each record counted by the weight of its age in days.
    pub(super) fn weighted(&self, as_of: i32, start: i32, weight: impl Fn(i32) -> i128) -> Tally {
        let mut sum = Tally::default();
        let (mut age, mut worth) = (0, weight(0));
        let until = self.cells.partition_point(|cell| cell.day < as_of);
        for cell in self.cells[..until].iter().rev() {
            if cell.day < start {
                break;
            }
            if cell.visible < as_of {
                if as_of - cell.day != age {
                    age = as_of - cell.day;
                    worth = weight(age);
                }
                sum.add(cell.tally.weighted(worth));
            }
        }
        sum
    }
}

fn running(days: impl Iterator<Item = (i32, Tally)>) -> Vec<(i32, Tally)> {
    let mut days: Vec<_> = days.collect();
    days.sort_unstable_by_key(|(day, _)| *day);
    let mut sum = Tally::default();
    for (_, tally) in &mut days {
        sum.add(*tally);
        *tally = sum;
    }
    days
}

/// Sum of everything on days before `day`.
fn before(running: &[(i32, Tally)], day: i32) -> Tally {
    let n = running.partition_point(|(other, _)| *other < day);
    if n == 0 {
        Tally::default()
    } else {
        running[n - 1].1
    }
}
