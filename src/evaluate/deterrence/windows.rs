//! Least squares on balanced panels: effects by window with object and wave × window effects taken out by means.

use std::collections::BTreeMap;

use super::matrix::{Matrix, add_outer, inverse, sandwich, times, zeros};
use super::panel::{Panel, PanelUnit, REFERENCE};
use super::wild::{Cluster, Wild};
use crate::evaluate::number::real_len;

/// Least squares on a panel.
#[derive(Debug)]
pub(super) struct PanelFit {
    /// Event times but the reference, ascending.
    pub(super) times: Vec<i32>,
    pub(super) beta: Vec<f64>,
    pub(super) se: Vec<f64>,
    pub(super) n_clusters: usize,
}

/// A panel less its object and window effects.
pub(super) struct Design {
    /// Event times but the reference, ascending, over all waves.
    pub(super) times: Vec<i32>,
    panel: Panel,
    /// Weighted share of treated, by wave.
    treated: Vec<f64>,
    /// Weight, by wave.
    weight: Vec<f64>,
    /// Units by cell.
    pub(super) clusters: BTreeMap<u32, Vec<usize>>,
    n_rows: f64,
    /// Columns of [`Design::times`] by wave and window; `None` for the reference.
    column: Vec<Vec<Option<usize>>>,
}

impl Design {
    pub(super) fn of(mut panel: Panel) -> Self {
        let mut times: Vec<i32> = panel.times.iter().flatten().copied().collect();
        times.retain(|&time| time != REFERENCE);
        times.sort_unstable();
        times.dedup();
        let column = |time: &i32| times.binary_search(time).ok();
        let columns = panel.times.iter().map(|of| of.iter().map(column).collect());
        let columns: Vec<Vec<Option<usize>>> = columns.collect();
        let mut design = Self {
            treated: vec![0.0; panel.times.len()],
            weight: vec![0.0; panel.times.len()],
            clusters: BTreeMap::new(),
            n_rows: real_len(panel.units.iter().map(|unit| unit.y.len()).sum()),
            column: columns,
            times,
            panel: Panel::default(),
        };
        for (place, unit) in panel.units.iter().enumerate() {
            design.weight[unit.wave] += unit.weight;
            design.treated[unit.wave] += unit.weight * f64::from(u8::from(unit.treated));
            design.clusters.entry(unit.cell).or_default().push(place);
        }
        for (treated, weight) in design.treated.iter_mut().zip(&design.weight) {
            *treated /= weight.max(f64::MIN_POSITIVE);
        }
        demean(&mut panel, &design.weight);
        design.panel = panel;
        design
    }

    /// Kish's effective number of the smaller arm, over all waves.
    pub(super) fn smaller_arm(&self) -> f64 {
        let arm = |treated: bool| {
            let units = self
                .panel
                .units
                .iter()
                .filter(|unit| unit.treated == treated);
            crate::evaluate::effective_size(units.map(|unit| unit.weight))
        };
        arm(true).min(arm(false))
    }

    /// Treatment of a unit less its wave's mean.
    fn contrast(&self, unit: &PanelUnit) -> f64 {
        f64::from(u8::from(unit.treated)) - self.treated[unit.wave]
    }

    /// `Σ X'WX` of some units.
    fn cross(&self, units: &[usize]) -> Matrix {
        let mut by_wave = vec![0.0; self.weight.len()];
        for &place in units {
            let unit = &self.panel.units[place];
            by_wave[unit.wave] += unit.weight * self.contrast(unit).powi(2);
        }
        let mut cross = zeros(self.times.len());
        for (columns, sum) in self.column.iter().zip(by_wave) {
            let share = 1.0 / real_len(columns.len().max(1));
            for k in columns.iter().flatten() {
                for l in columns.iter().flatten() {
                    cross[*k][*l] += sum * (f64::from(u8::from(k == l)) - share);
                }
            }
        }
        cross
    }

    /// `Σ X'Wu` of some units, for outcomes less `beta`.
    fn score(&self, units: &[usize], beta: &[f64]) -> Vec<f64> {
        let mut score = vec![0.0; self.times.len()];
        for &place in units {
            let unit = &self.panel.units[place];
            let residual = self.residual(unit, beta);
            for (column, residual) in self.column[unit.wave].iter().zip(residual) {
                if let Some(k) = column {
                    score[*k] += unit.weight * self.contrast(unit) * residual;
                }
            }
        }
        score
    }

    /// Demeaned outcomes of a unit less what `beta` explains.
    fn residual(&self, unit: &PanelUnit, beta: &[f64]) -> Vec<f64> {
        let columns = &self.column[unit.wave];
        let of = |column: &Option<usize>| column.map_or(0.0, |k| beta[k]);
        let mean = columns.iter().map(of).sum::<f64>() / real_len(columns.len());
        let contrast = self.contrast(unit);
        let pairs = unit.y.iter().zip(columns);
        pairs
            .map(|(y, column)| y - contrast * (of(column) - mean))
            .collect()
    }

    fn all(&self) -> Vec<usize> {
        (0..self.panel.units.len()).collect()
    }

    /// Coefficients with CR1 errors; `None` where a window has one arm only.
    pub(super) fn fit(&self) -> Option<PanelFit> {
        let bread = inverse(&self.cross(&self.all()))?;
        let nothing = vec![0.0; self.times.len()];
        let beta = times(&bread, &self.score(&self.all(), &nothing));
        let mut meat = zeros(self.times.len());
        for units in self.clusters.values() {
            add_outer(&mut meat, &self.score(units, &beta), 1.0);
        }
        let se = sandwich(&bread, &meat, self.correction());
        Some(PanelFit {
            times: self.times.clone(),
            beta,
            se,
            n_clusters: self.clusters.len(),
        })
    }

    /// `G/(G-1)·(N-1)/(N-K)`.
    fn correction(&self) -> f64 {
        let g = real_len(self.clusters.len());
        let used = self.panel.times.iter().filter(|times| !times.is_empty());
        let levels: usize = used.map(|times| times.len() + 1).sum();
        let k = real_len(levels + self.times.len());
        g / (g - 1.0) * (self.n_rows - 1.0) / (self.n_rows - k).max(1.0)
    }

    /// p-value and 95 % quantile of |t| with the effect at column `k` held at 0.
    pub(super) fn wild(&self, k: usize, t: f64, seed: &[u8; 32]) -> Option<(f64, f64)> {
        Some(self.bootstrap(k)?.test(k, t, seed))
    }

    /// The statistic when no residual changes its sign.
    #[cfg(test)]
    pub(super) fn unchanged(&self, k: usize) -> f64 {
        let bootstrap = self.bootstrap(k).expect("a fitted panel");
        bootstrap.statistic(k, &vec![1.0; self.clusters.len()])
    }

    fn bootstrap(&self, k: usize) -> Option<Wild> {
        let held = self.restricted(k)?;
        let windows = self.column.iter().map(Vec::len).collect();
        let clusters = self
            .clusters
            .values()
            .map(|units| self.cluster(units, &held));
        Some(Wild {
            bread: inverse(&self.cross(&self.all()))?,
            correction: self.correction(),
            weight: self.weight.clone(),
            windows,
            column: self.column.clone(),
            clusters: clusters.collect(),
        })
    }

    /// Coefficients with that of column `k` held at 0.
    fn restricted(&self, k: usize) -> Option<Vec<f64>> {
        let keep: Vec<usize> = (0..self.times.len()).filter(|&l| l != k).collect();
        let cross = self.cross(&self.all());
        let right = self.score(&self.all(), &vec![0.0; self.times.len()]);
        let small: Matrix = keep
            .iter()
            .map(|&a| keep.iter().map(|&b| cross[a][b]).collect())
            .collect();
        let right: Vec<f64> = keep.iter().map(|&a| right[a]).collect();
        let solved = times(&inverse(&small)?, &right);
        let mut beta = vec![0.0; self.times.len()];
        keep.iter()
            .zip(solved)
            .for_each(|(&a, value)| beta[a] = value);
        Some(beta)
    }

    fn cluster(&self, units: &[usize], beta: &[f64]) -> Cluster {
        let mut sums: Vec<Vec<f64>> = self.column.iter().map(|of| vec![0.0; of.len()]).collect();
        let (mut lever, mut squares) = (vec![0.0; sums.len()], vec![0.0; sums.len()]);
        for &place in units {
            let unit = &self.panel.units[place];
            let contrast = self.contrast(unit);
            lever[unit.wave] += unit.weight * contrast;
            squares[unit.wave] += unit.weight * contrast * contrast;
            let residual = self.residual(unit, beta);
            for (sum, residual) in sums[unit.wave].iter_mut().zip(residual) {
                *sum += unit.weight * residual;
            }
        }
        Cluster {
            score: self.score(units, beta),
            sums,
            lever,
            squares,
        }
    }
}

/// Takes object and wave × window means out.
fn demean(panel: &mut Panel, weight: &[f64]) {
    let mut means: Vec<Vec<f64>> = panel
        .times
        .iter()
        .map(|times| vec![0.0; times.len()])
        .collect();
    for unit in &mut panel.units {
        let mean = unit.y.iter().sum::<f64>() / real_len(unit.y.len());
        unit.y.iter_mut().for_each(|y| *y -= mean);
        for (sum, y) in means[unit.wave].iter_mut().zip(&unit.y) {
            *sum += unit.weight * y / weight[unit.wave];
        }
    }
    for unit in &mut panel.units {
        for (y, mean) in unit.y.iter_mut().zip(&means[unit.wave]) {
            *y -= mean;
        }
    }
}
