//! A published list held to the published frame: what can be checked of `drawn.csv` without a draw key.

use std::collections::BTreeMap;

use super::super::folder::shown;
use super::super::frame::field_of;
use super::super::{DRAWN, Error};
use super::frame::PublicFrame;
use super::public::{HEADING, drawn_line};
use super::seal::PublicSeal;
use crate::plan::Purpose;

/// What a line must be.
const ROW: &str = "an object of frame.csv above the line before, and items whose frame holds it, in the order of the draws, joined by \";\"";

/// Counts of a list by draw and public stratum.
#[derive(Default)]
struct Counts {
    n: u64,
    /// Listed with the item.
    listed: BTreeMap<(usize, usize), u64>,
    /// Of these, those that the measurement draw cannot have drawn.
    targets_only: BTreeMap<(usize, usize), u64>,
    /// Those that the measurement draw can have drawn, by its strata.
    maybe_measured: BTreeMap<usize, u64>,
}

/// Holds the list to frame and sizes; its number of rows.
///
/// Every item is listed for at least the n of each of its strata; for more only where a measurement draw carries it there,
/// which carries every item whose frame holds the object.
pub(super) fn check_drawn(
    seal: &PublicSeal,
    frame: &PublicFrame,
    drawn: &[u8],
) -> Result<u64, Error> {
    let mut lines = drawn.split_inclusive(|&byte| byte == b'\n');
    let heading = lines.next();
    if heading != Some(HEADING.as_bytes()) {
        let expected = shown(Some(HEADING.as_bytes()));
        return Err(Error::differs(DRAWN, 1, expected, shown(heading)));
    }
    let mut counts = Counts::default();
    let mut rows = frame.rows()?;
    for (number, line) in (2..).zip(lines) {
        let wrong = || Error::differs(DRAWN, number, ROW, shown(Some(line)));
        let (id, items) = parse(seal, line).ok_or_else(wrong)?;
        loop {
            let Some(row) = rows.next_row()? else {
                return Err(wrong());
            };
            if row.id == id {
                counts.row(seal, row.cells, &items).ok_or_else(wrong)?;
                break;
            }
        }
    }
    counts.check(seal)?;
    Ok(counts.n)
}

/// A line in its one spelling: id, and the draws of its items.
fn parse(seal: &PublicSeal, line: &[u8]) -> Option<(String, Vec<usize>)> {
    let text = std::str::from_utf8(line).ok()?;
    let (id, rest) = field_of(text.strip_suffix('\n')?)?;
    let (names, rest) = field_of(rest?)?;
    let is_item = |name: &str, draw: &super::seal::PublicDraw| {
        draw.name == name && draw.purpose == Purpose::Targets
    };
    let place = |name: &str| seal.draws.iter().position(|draw| is_item(name, draw));
    let items = names.split(';').map(place).collect::<Option<Vec<_>>>()?;
    let ascending = items.windows(2).all(|pair| pair[0] < pair[1]);
    let whole = rest.is_none() && ascending && drawn_line(&id, &names) == text;
    whole.then(|| (id.into_owned(), items))
}

impl Counts {
    /// Counts a row; none where an item's frame does not hold the object.
    fn row(&mut self, seal: &PublicSeal, cells: &[Option<usize>], items: &[usize]) -> Option<()> {
        let measure = seal.measure().and_then(|draw| cells[draw]);
        let measured = measure.filter(|_| seal.holders(cells) == items);
        self.n += 1;
        if let Some(stratum) = measured {
            *self.maybe_measured.entry(stratum).or_default() += 1;
        }
        for &item in items {
            let place = (item, cells[item]?);
            *self.listed.entry(place).or_default() += 1;
            if measured.is_none() {
                *self.targets_only.entry(place).or_default() += 1;
            }
        }
        Some(())
    }

    fn check(&self, seal: &PublicSeal) -> Result<(), Error> {
        let n_measured = seal.measure().map_or(0, |draw| seal.draws[draw].n());
        let mut n_targets = 0;
        for (index, draw) in seal.draws.iter().enumerate() {
            let mut beyond = 0;
            for (at, stratum) in draw.strata.iter().enumerate() {
                let place = || format!("{:?}, stratum {:?}", draw.name, stratum.label);
                if draw.purpose == Purpose::Measure {
                    let found = self.maybe_measured.get(&at).copied().unwrap_or_default();
                    at_least(place(), stratum.n, found)?;
                    continue;
                }
                let count =
                    |of: &BTreeMap<_, u64>| of.get(&(index, at)).copied().unwrap_or_default();
                let (listed, targets_only) = (count(&self.listed), count(&self.targets_only));
                at_least(place(), stratum.n, listed)?;
                at_most(place(), stratum.n, targets_only)?;
                beyond += listed - stratum.n;
            }
            if draw.purpose == Purpose::Targets {
                at_most(
                    format!("{:?}", draw.name),
                    draw.n() + n_measured,
                    draw.n() + beyond,
                )?;
                n_targets += draw.n();
            }
        }
        at_most("rows".to_owned(), n_targets + n_measured, self.n)
    }
}

fn at_least(place: String, n: u64, found: u64) -> Result<(), Error> {
    if found >= n {
        return Ok(());
    }
    let expected = format!("at least the {n} objects that seal.json gives");
    Err(Error::says(DRAWN, place, expected, found))
}

fn at_most(place: String, n: u64, found: u64) -> Result<(), Error> {
    if found <= n {
        return Ok(());
    }
    let expected = format!("at most the {n} objects that the sizes of seal.json allow");
    Err(Error::says(DRAWN, place, expected, found))
}
