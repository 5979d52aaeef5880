//! A row's gradient, curvature and count as one 128-bit integer.
//!
//! Sums of integers are exact: no order of rows and no number of threads changes them.

const COUNT_BITS: u32 = 28;
const CURVATURE_BITS: u32 = 50;
/// Most rows: their number must fit the count.
pub(super) const ROWS_MAX: usize = (1 << COUNT_BITS) - 1;

/// A sum of rows: gradient above curvature above count.
pub(super) type Packed = i128;

/// Turns gradients into integers and back.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    steps: f64,
}

/// Gradient, curvature and rows of a set of rows.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    pub(super) g: f64,
    pub(super) h: f64,
    pub(super) rows: f64,
}

impl Scale {
    /// The finest steps at which rows of this total weight cannot overflow.
    pub(super) fn new(total_weight: f64) -> Self {
        let steps = 2.0_f64.powf(48.0 - total_weight.log2().ceil());
        Self { steps }
    }

    /// One row.
    pub(super) fn pack(self, g: f64, h: f64) -> Packed {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "gradients are at most the total weight, which the steps were made for"
        )]
        let (g, h) = (
            (g * self.steps).round() as i64,
            (h * self.steps).round() as i64,
        );
        (Packed::from(g) << (COUNT_BITS + CURVATURE_BITS)) + (Packed::from(h) << COUNT_BITS) + 1
    }

    /// The parts of a sum.
    pub(super) fn unpack(self, sum: Packed) -> Sums {
        let low = |bits: u32| (1 << bits) - 1;
        let rows = rows_of(sum);
        let h = (sum >> COUNT_BITS) & low(CURVATURE_BITS);
        let g = sum >> (COUNT_BITS + CURVATURE_BITS);
        #[allow(clippy::cast_precision_loss, reason = "each part has at most 50 bits")]
        let [g, h, rows] = [g, h, rows].map(|part| part as f64);
        Sums {
            g: g / self.steps,
            h: h / self.steps,
            rows,
        }
    }
}

impl Sums {
    /// The loss a leaf of these rows saves, twice over, under a ridge.
    pub(super) fn worth(self, l2: f64) -> f64 {
        let bend = self.h + l2;
        if bend > 0.0 {
            self.g * self.g / bend
        } else {
            0.0
        }
    }
}

/// The rows of a sum.
pub(super) fn rows_of(sum: Packed) -> Packed {
    sum & ((1 << COUNT_BITS) - 1)
}

/// Adds each row's sums to its bin: the inner loop of training.
pub(super) fn add(sums: &mut [Packed], bins: &[u8], rows: &[u32], own: &[Packed]) {
    let mut i = 0;
    while i < rows.len() {
        let bin = bins[rows[i] as usize] as usize;
        sums[bin] = sums[bin].wrapping_add(own[i]);
        i += 1;
    }
}

/// What is left of sums.
pub(super) fn minus(mut sums: Vec<Packed>, less: &[Packed]) -> Vec<Packed> {
    sums.iter_mut()
        .zip(less)
        .for_each(|(sum, less)| *sum -= less);
    sums
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn packed_sums_are_the_sums_of_their_parts() {
        let scale = Scale::new(1000.0);
        let rows = [(-3.25, 0.5), (1.5, 0.125), (-0.75, 2.0)];
        let sum: i128 = rows.iter().map(|(g, h)| scale.pack(*g, *h)).sum();
        let sums = scale.unpack(sum);
        assert!((sums.g + 2.5).abs() < 1e-12, "{}", sums.g);
        assert!((sums.h - 2.625).abs() < 1e-12, "{}", sums.h);
        assert!((sums.rows - 3.0).abs() < 1e-12);
    }
}
