//! A linear programme of a few variables: the two-phase tableau with Bland's rule (Bland 1977), which never cycles.

/// What counts as zero, once every row is scaled to coefficients of at most 1.
const EPSILON: f64 = 1e-9;

/// Σ a·x ≤ bound.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Coefficients, one per variable.
    pub a: Vec<f64>,
    /// Right-hand side.
    pub bound: f64,
}

/// An optimal solution.
#[derive(Clone, Debug, PartialEq)]
pub struct Optimum {
    /// The variables.
    pub at: Vec<f64>,
    /// The objective there.
    pub value: f64,
    /// Shadow price of every row: what the objective gains per unit of its bound, 0 or more.
    pub prices: Vec<f64>,
}

/// Maximises Σ objective·x over x ≥ 0 under `rows`; none where no x satisfies them, or the objective has no bound.
///
/// ```
/// use choucha::tune::{Row, maximise};
/// let row = |a: [f64; 2], bound| Row { a: a.to_vec(), bound };
/// let best = maximise(&[3.0, 2.0], &[row([1.0, 1.0], 4.0), row([1.0, 0.0], 2.0)]).unwrap();
/// assert_eq!((best.at, best.value, best.prices), (vec![2.0, 2.0], 10.0, vec![2.0, 1.0]));
/// assert!(maximise(&[1.0, 0.0], &[row([1.0, 0.0], -1.0)]).is_none());
/// ```
#[must_use]
pub fn maximise(objective: &[f64], rows: &[Row]) -> Option<Optimum> {
    let mut tableau = Tableau::new(objective.len(), rows);
    tableau.find_feasible()?;
    tableau.aim_at(objective);
    tableau.climb()?;
    Some(tableau.optimum())
}

/// Columns: variables, slacks, the artificial variable, the right-hand side.
struct Tableau {
    n: usize,
    scales: Vec<f64>,
    cells: Vec<Vec<f64>>,
    goal: Vec<f64>,
    basis: Vec<usize>,
}

impl Tableau {
    fn new(n: usize, rows: &[Row]) -> Self {
        let m = rows.len();
        let scale = |row: &Row| {
            let largest = row.a.iter().fold(0.0_f64, |most, a| most.max(a.abs()));
            if largest > 0.0 { largest } else { 1.0 }
        };
        let line = |(i, row): (usize, &Row)| {
            let mut line = vec![0.0; n + m + 2];
            for (cell, a) in line.iter_mut().zip(&row.a) {
                *cell = a / scale(row);
            }
            line[n + i] = 1.0;
            line[n + m] = -1.0;
            line[n + m + 1] = row.bound / scale(row);
            line
        };
        Self {
            n,
            scales: rows.iter().map(scale).collect(),
            cells: rows.iter().enumerate().map(line).collect(),
            goal: vec![0.0; n + m + 2],
            basis: (n..n + m).collect(),
        }
    }

    fn artificial(&self) -> usize {
        self.n + self.basis.len()
    }

    fn right(&self) -> usize {
        self.artificial() + 1
    }

    /// Brings the artificial variable to zero and out of the way, if that is possible.
    fn find_feasible(&mut self) -> Option<()> {
        let (artificial, right) = (self.artificial(), self.right());
        let least = |&a: &usize, &b: &usize| self.cells[a][right].total_cmp(&self.cells[b][right]);
        let worst = (0..self.cells.len()).min_by(least);
        if let Some(worst) = worst.filter(|&worst| self.cells[worst][right] < 0.0) {
            self.goal[artificial] = 1.0;
            self.pivot(worst, artificial);
            self.climb()?;
            if self.goal[right] < -EPSILON {
                return None;
            }
            self.drive_out(artificial);
        }
        for line in &mut self.cells {
            line[artificial] = 0.0;
        }
        Some(())
    }

    fn drive_out(&mut self, artificial: usize) {
        let Some(row) = self.basis.iter().position(|&column| column == artificial) else {
            return;
        };
        let usable = (0..artificial).find(|&column| self.cells[row][column].abs() > EPSILON);
        if let Some(column) = usable {
            self.pivot(row, column);
        }
    }

    fn aim_at(&mut self, objective: &[f64]) {
        self.goal.fill(0.0);
        for (goal, c) in self.goal.iter_mut().zip(objective) {
            *goal = -c;
        }
        for row in 0..self.basis.len() {
            let factor = self.goal[self.basis[row]];
            subtract(&mut self.goal, &self.cells[row], factor);
        }
    }

    /// Bland's rule: the first column that gains, the first row that binds.
    fn climb(&mut self) -> Option<()> {
        let right = self.right();
        while let Some(column) = (0..right).find(|&column| self.goal[column] < -EPSILON) {
            let binding = (0..self.cells.len()).filter(|&row| self.cells[row][column] > EPSILON);
            let ratio = |row: usize| self.cells[row][right] / self.cells[row][column];
            let row = binding.min_by(|&a, &b| {
                let order = ratio(a).total_cmp(&ratio(b));
                order.then(self.basis[a].cmp(&self.basis[b]))
            })?;
            self.pivot(row, column);
        }
        Some(())
    }

    fn pivot(&mut self, row: usize, column: usize) {
        let by = self.cells[row][column];
        self.cells[row].iter_mut().for_each(|cell| *cell /= by);
        let line = self.cells[row].clone();
        for (other, cells) in self.cells.iter_mut().enumerate() {
            if other != row {
                let factor = cells[column];
                subtract(cells, &line, factor);
            }
        }
        let factor = self.goal[column];
        subtract(&mut self.goal, &line, factor);
        self.basis[row] = column;
    }

    fn optimum(&self) -> Optimum {
        let right = self.right();
        let mut at = vec![0.0; self.n];
        for (&column, line) in self.basis.iter().zip(&self.cells) {
            if column < self.n {
                at[column] = line[right].max(0.0);
            }
        }
        let slacks = &self.goal[self.n..self.artificial()];
        let prices = slacks.iter().zip(&self.scales);
        Optimum {
            at,
            value: self.goal[right],
            prices: prices.map(|(price, scale)| price / scale).collect(),
        }
    }
}

fn subtract(from: &mut [f64], line: &[f64], factor: f64) {
    if factor != 0.0 {
        for (cell, other) in from.iter_mut().zip(line) {
            *cell -= factor * other;
        }
    }
}
