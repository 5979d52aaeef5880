//! Made-up rows for tests, by integer arithmetic so that any language makes the same.

use super::{Column, ColumnKind, Design, Labels, probability};
use crate::risk::features::count;

/// Numbers between 0 and 1.
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> f64 {
        self.0 = (self.0 * 1_103_515_245 + 12_345) % (1 << 31);
        f64::from(u32::try_from(self.0).unwrap()) / f64::from(1_u32 << 31)
    }

    fn bell(&mut self) -> f64 {
        self.next() + self.next() + self.next() - 1.5
    }
}

/// Three columns with slopes −1.5, −0.5 and 0.5, and labels.
pub(super) fn line(rows: usize, shift: f64) -> (Design, Vec<bool>) {
    let mut stream = Stream(12_345);
    let mut values = vec![Vec::new(); 3];
    let mut found = Vec::new();
    for _ in 0..rows {
        let mut odds = shift;
        for (column, slope) in values.iter_mut().zip([-1.5, -0.5, 0.5]) {
            let value = stream.bell();
            column.push(value);
            odds += value * slope;
        }
        found.push(stream.next() < probability(odds));
    }
    let names = ["a", "b", "c"].iter().zip(values);
    let columns = names.map(|(name, values)| Column::number(name, values));
    (Design::new(columns.collect()).unwrap(), found)
}

/// Four columns that work together, one with missing values, one of categories, and labels.
pub(super) fn thicket(rows: usize) -> (Design, Labels) {
    const KINDS: [f64; 6] = [0.0, 0.8, -0.8, 0.4, -0.4, 1.2];
    let mut stream = Stream(12_345);
    let mut values = vec![Vec::new(); 4];
    let mut found = Vec::new();
    for _ in 0..rows {
        let [a, b, c] = std::array::from_fn(|_| stream.bell());
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "0 to 5"
        )]
        let kind = (stream.next() * 6.0) as u8;
        let missing = stream.next() < 0.2;
        let mut odds = -1.2 + 1.5 * a * b + KINDS[usize::from(kind)];
        odds += f64::from(u8::from(c > 0.4)) * 1.2 + f64::from(u8::from(missing)) * 0.5;
        let own = [a, b, if missing { f64::NAN } else { c }, f64::from(kind)];
        values
            .iter_mut()
            .zip(own)
            .for_each(|(column, own)| column.push(own));
        found.push(stream.next() < probability(odds));
    }
    let kinds = [ColumnKind::Number; 3]
        .into_iter()
        .chain([ColumnKind::Category]);
    let named = ["a", "b", "c", "kind"].into_iter().zip(kinds).zip(values);
    let columns = named.map(|((name, kind), values)| Column::new(name, kind, values));
    let design = Design::new(columns.collect()).unwrap();
    (design, Labels::unweighted(found).unwrap())
}

/// The share of pairs of a found and another row that the scores put in order.
pub(super) fn auc(scores: &[f64], found: &[bool]) -> f64 {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let (mut others, mut won, mut positives) = (0.0, 0.0, 0.0);
    for tie in order.chunk_by(|a, b| scores[*a].total_cmp(&scores[*b]).is_eq()) {
        let hits = tie.iter().filter(|row| found[**row]).count();
        let (hits, misses) = (count(hits), count(tie.len() - hits));
        won += hits * (others + misses / 2.0);
        others += misses;
        positives += hits;
    }
    won / (positives * others)
}
