//! Prevalence by industry and district, shrunken towards the market: empirical Bayes with a beta prior.
//!
//! The prior's size comes from all cells by moments (Kleinman 1973) on Kish's effective counts, so that unequal weights do not
//! count as knowledge. A map of direct rates shows its smallest cells as extremes; this one draws each cell towards the
//! market as far as its results are few. It gives no counts of findings: nothing of a grey cell can be had from it.

use serde::{Deserialize, Serialize};

use super::Crossing;
use crate::evaluate::estimates::{Cell, Figure, Method, N_MIN};
use crate::evaluate::interval::{Interval, TAIL, beta_quantile};
use crate::evaluate::judgement::Judgement;
use crate::evaluate::number::{real, real_len, share};

/// The map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeatMap {
    /// What was joined because no cell of industry by district has enough results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Joined>,
    /// Labels of rows: industries; one empty label where they are joined.
    pub rows: Vec<String>,
    /// Labels of columns: districts; one empty label where they are joined.
    pub columns: Vec<String>,
    /// Prevalence of the whole frame, towards which cells are drawn.
    pub market: f64,
    /// Size of the prior in results; absent where cells do not differ beyond chance, and then every cell shows the market.
    pub prior_size: Option<f64>,
    /// Cells with objects in the frame, row by row.
    pub cells: Vec<HeatCell>,
}

/// What a coarser map has joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Joined {
    /// All districts: industries stand alone.
    Districts,
    /// All industries: districts stand alone.
    Industries,
}

/// One industry in one district.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeatCell {
    /// Place in the rows.
    pub row: usize,
    /// Place in the columns.
    pub column: usize,
    /// Objects in the frame.
    pub n_frame: u64,
    /// Visits per 100 objects of the frame: the marker.
    pub visits_per_100: f64,
    /// Fewer than the least number of valid results: grey.
    pub suppressed: bool,
    /// Shrunken prevalence with its credible interval.
    pub prevalence: Figure,
}

/// What is known of a cell.
#[derive(Clone, Copy, Default)]
struct Sums {
    n: u64,
    n_visited: u64,
    weight: f64,
    squares: f64,
    found: f64,
}

/// The map; absent without a crossing, or where nothing or everything was found. Where no cell has enough results the districts
/// are joined, else the industries; where that does not help either, the map of all cells stands without a number.
pub(super) fn heat(
    crossing: Option<&Crossing>,
    judgement: &Judgement,
    market: &Cell,
) -> Option<HeatMap> {
    let market = market.prevalence.value.filter(|m| 0.0 < *m && *m < 1.0)?;
    let plain = crossing?;
    let coarser = [Joined::Districts, Joined::Industries];
    let coarser = coarser.map(|joined| (Some(joined), plain.joined(joined)));
    let mut maps = std::iter::once((None, plain.clone())).chain(coarser);
    let enough = |map: &(Option<Joined>, Crossing)| {
        sums(&map.1, judgement).iter().any(|cell| cell.n >= N_MIN)
    };
    let (joined, crossing) = maps.find(enough).unwrap_or((None, plain.clone()));
    let sums = sums(&crossing, judgement);
    let direct: Vec<(f64, f64)> = sums.iter().filter_map(Sums::direct).collect();
    let prior_size = prior_size(&direct);
    let n_columns = crossing.columns.len();
    let cell = |(at, (sums, &n_frame)): (usize, (&Sums, &u64))| HeatCell {
        row: at / n_columns,
        column: at % n_columns,
        n_frame,
        visits_per_100: 100.0 * share(real(sums.n_visited), real(n_frame)).unwrap_or(0.0),
        suppressed: sums.n < N_MIN,
        prevalence: shrunken(sums, market, prior_size),
    };
    let cells = sums.iter().zip(&crossing.n_frame).enumerate();
    Some(HeatMap {
        joined,
        market,
        prior_size,
        cells: cells
            .filter(|(_, (_, n_frame))| **n_frame > 0)
            .map(cell)
            .collect(),
        rows: crossing.rows,
        columns: crossing.columns,
    })
}

impl Crossing {
    /// The crossing with all its columns, or all its rows, as one.
    fn joined(&self, joined: Joined) -> Self {
        let one = || vec![String::new()];
        let (rows, columns) = match joined {
            Joined::Districts => (self.rows.clone(), one()),
            Joined::Industries => (one(), self.columns.clone()),
        };
        let place = |(row, column): (usize, usize)| match joined {
            Joined::Districts => (row, 0),
            Joined::Industries => (0, column),
        };
        let mut n_frame = vec![0; rows.len() * columns.len()];
        for (at, n) in self.n_frame.iter().enumerate() {
            let (row, column) = place((at / self.columns.len(), at % self.columns.len()));
            n_frame[row * columns.len() + column] += n;
        }
        Self {
            of_unit: self.of_unit.iter().map(|at| at.map(place)).collect(),
            n_frame,
            rows,
            columns,
        }
    }
}

fn sums(crossing: &Crossing, judgement: &Judgement) -> Vec<Sums> {
    let mut sums = vec![Sums::default(); crossing.n_frame.len()];
    for (unit, at) in judgement.units.iter().zip(&crossing.of_unit) {
        let Some((row, column)) = at else { continue };
        let sums = &mut sums[row * crossing.columns.len() + column];
        sums.n_visited += u64::from(unit.verdict.is_some());
        if unit.is_valid() {
            let weight = 1.0 / unit.pi;
            sums.n += 1;
            sums.weight += weight;
            sums.squares += weight * weight;
            sums.found += if unit.is_hit() { weight } else { 0.0 };
        }
    }
    sums
}

impl Sums {
    /// Effective size and direct rate.
    fn direct(&self) -> Option<(f64, f64)> {
        let rate = share(self.found, self.weight)?;
        Some((self.weight * self.weight / self.squares, rate))
    }
}

/// a + b of the beta prior, from the spread of direct rates beyond that of chance; `None` where there is none.
fn prior_size(direct: &[(f64, f64)]) -> Option<f64> {
    let size: f64 = direct.iter().map(|(n, _)| n).sum();
    let mean = share(direct.iter().map(|(n, rate)| n * rate).sum(), size)?;
    let chance = mean * (1.0 - mean);
    let spread: f64 = direct
        .iter()
        .map(|(n, rate)| n * (rate - mean).powi(2))
        .sum();
    let less_one = real_len(direct.len()) - 1.0;
    let squares: f64 = direct.iter().map(|(n, _)| n * n).sum();
    let beyond = share(spread, chance)? - less_one;
    let correlation = share(beyond, size - squares / size - less_one)?;
    (correlation > 0.0 && correlation < 1.0).then(|| 1.0 / correlation - 1.0)
}

fn shrunken(sums: &Sums, market: f64, prior_size: Option<f64>) -> Figure {
    if sums.n < N_MIN {
        return Figure::NONE;
    }
    let Some((n_eff, rate)) = sums.direct() else {
        return Figure::NONE;
    };
    let Some(prior) = prior_size else {
        return Figure::new(Some(market), None, Method::None);
    };
    let (a, b) = (
        market * prior + rate * n_eff,
        (1.0 - market) * prior + (1.0 - rate) * n_eff,
    );
    let interval = Interval {
        low: beta_quantile(TAIL, a, b),
        high: beta_quantile(1.0 - TAIL, a, b),
    };
    Figure::new(Some(a / (a + b)), Some(interval), Method::EmpiricalBayes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarser_map_keeps_every_object_in_its_row_or_its_column() {
        let names = |n: usize| (0..n).map(|at| at.to_string()).collect::<Vec<_>>();
        let plain = Crossing {
            rows: names(2),
            columns: names(3),
            n_frame: vec![1, 2, 3, 10, 20, 30],
            of_unit: vec![Some((1, 2)), None, Some((0, 1))],
        };
        let industries = plain.joined(Joined::Districts);
        assert_eq!(industries.n_frame, [6, 60]);
        assert_eq!(industries.of_unit, [Some((1, 0)), None, Some((0, 0))]);
        assert_eq!(
            (industries.rows.len(), industries.columns),
            (2, vec![String::new()])
        );
        let districts = plain.joined(Joined::Industries);
        assert_eq!(districts.n_frame, [11, 22, 33]);
        assert_eq!(districts.of_unit, [Some((0, 2)), None, Some((0, 1))]);
    }

    #[test]
    fn cells_that_differ_by_chance_alone_have_no_prior() {
        assert!(prior_size(&[(50.0, 0.1), (60.0, 0.1), (40.0, 0.1)]).is_none());
        assert!(prior_size(&[]).is_none());
    }

    #[test]
    fn the_more_cells_differ_the_smaller_the_prior() {
        let near = prior_size(&[(200.0, 0.05), (200.0, 0.10), (200.0, 0.16)]).unwrap();
        let far = prior_size(&[(200.0, 0.01), (200.0, 0.10), (200.0, 0.40)]).unwrap();
        assert!(far < near, "{far} {near}");
    }

    #[test]
    fn a_cell_with_few_results_is_drawn_further_towards_the_market() {
        let sums = |n: u64, found: f64| Sums {
            n,
            n_visited: n,
            weight: real(n),
            squares: real(n),
            found,
        };
        let few = shrunken(&sums(30, 9.0), 0.1, Some(60.0)).value.unwrap();
        let many = shrunken(&sums(300, 90.0), 0.1, Some(60.0)).value.unwrap();
        assert!(0.1 < few && few < many && many < 0.3, "{few} {many}");
        assert!((few - (6.0 + 9.0) / 90.0).abs() < 1e-12);
        assert!(shrunken(&sums(29, 9.0), 0.1, Some(60.0)).value.is_none());
    }
}
