//! The plot area of a chart: linear axes, their titles, round steps.

use super::{Anchor, Canvas, GREY, INK, Place, RULE};
use crate::report::Error;

/// A plot area with linear axes.
#[derive(Clone, Copy)]
pub(in crate::report) struct Plot {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    x: (f64, f64),
    y: (f64, f64),
}

impl Plot {
    /// Edges in pixels, then the values at them.
    pub(in crate::report) fn new(
        (left, right): Place,
        (top, bottom): Place,
        x: (f64, f64),
        y: (f64, f64),
    ) -> Self {
        Self {
            left,
            right,
            top,
            bottom,
            x,
            y,
        }
    }

    pub(in crate::report) fn across(&self, x: f64) -> f64 {
        self.left + (x - self.x.0) / (self.x.1 - self.x.0) * (self.right - self.left)
    }

    pub(in crate::report) fn up(&self, y: f64) -> f64 {
        self.bottom - (y - self.y.0) / (self.y.1 - self.y.0) * (self.bottom - self.top)
    }

    pub(in crate::report) fn at(&self, (x, y): Place) -> Place {
        (self.across(x), self.up(y))
    }

    /// Horizontal rules with their values at the left.
    pub(in crate::report) fn y_axis(
        &self,
        canvas: &mut Canvas,
        ticks: &[f64],
        format: impl Fn(f64) -> String,
    ) -> Result<(), Error> {
        for &tick in ticks {
            let y = self.up(tick);
            canvas.line(&[(self.left, y), (self.right, y)], RULE, 2)?;
            canvas.text(&format(tick), (self.left - 12.0, y), Anchor::End, INK)?;
        }
        canvas.line(
            &[(self.left, self.bottom), (self.right, self.bottom)],
            GREY,
            2,
        )
    }

    /// Values below the plot.
    pub(in crate::report) fn x_axis(
        &self,
        canvas: &mut Canvas,
        ticks: &[f64],
        format: impl Fn(f64) -> String,
    ) -> Result<(), Error> {
        for &tick in ticks {
            let x = self.across(tick);
            canvas.line(&[(x, self.bottom), (x, self.bottom + 8.0)], GREY, 2)?;
            canvas.text(&format(tick), (x, self.bottom + 28.0), Anchor::Middle, INK)?;
        }
        Ok(())
    }

    /// What the axes show: y above its axis, x below it.
    pub(in crate::report) fn titles(
        &self,
        canvas: &mut Canvas,
        x: &str,
        y: &str,
    ) -> Result<(), Error> {
        canvas.text(y, (16.0, self.top - 34.0), Anchor::Start, INK)?;
        canvas.text(
            x,
            (f64::midpoint(self.left, self.right), self.bottom + 70.0),
            Anchor::Middle,
            INK,
        )
    }
}

/// Round steps from 0 to at least `highest`, some five of them.
pub(in crate::report) fn ticks(highest: f64) -> Vec<f64> {
    let highest = if highest > 0.0 { highest } else { 1.0 };
    let power = 10_f64.powf((highest / 5.0).log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|step| highest / step <= 5.0);
    let step = step.unwrap_or(power * 10.0);
    (0..=6)
        .map(|i| f64::from(i) * step)
        .take_while(|tick| *tick < highest + step * 0.999)
        .collect()
}

/// Round steps that span the values and 0, at least two of them.
pub(in crate::report) fn spread(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    spread_from(values.into_iter().chain([0.0]))
}

/// Round steps that span the values, at least two of them.
pub(in crate::report) fn spread_from(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let (low, high) = values
        .into_iter()
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    if low > high {
        return vec![0.0, 1.0];
    }
    let width = if high - low > 1e-12 {
        high - low
    } else {
        high.abs().max(1e-3)
    };
    let steps = ticks(width);
    let step = steps[1] - steps[0];
    let first = (low / step + 1e-9).floor();
    let count = ((high / step - 1e-9).ceil() - first).clamp(1.0, 12.0);
    (0..=12_i32)
        .map(f64::from)
        .take_while(|at| *at <= count)
        .map(|at| (first + at) * step)
        .map(|tick| if tick.abs() < step * 1e-9 { 0.0 } else { tick })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{spread, spread_from, ticks};

    #[test]
    fn ticks_around_zero_span_both_signs() {
        assert_eq!(spread([-0.03, 0.01]), [-0.03, -0.02, -0.01, 0.0, 0.01]);
        let alone = spread_from([0.02]);
        assert!(alone.len() >= 2 && alone[0] <= 0.02 && alone[alone.len() - 1] >= 0.02);
        assert_eq!(spread_from([]), [0.0, 1.0]);
        let far = spread_from([143.2, 44.0, 110.0]);
        assert!(far[0] <= 44.0 && far[far.len() - 1] >= 143.2 && far[0] >= 0.0);
    }

    #[test]
    fn ticks_are_round_and_reach_the_highest_value() {
        assert_eq!(ticks(0.43), [0.0, 0.1, 0.2, 0.1 + 0.1 + 0.1, 0.4, 0.5]);
        assert_eq!(ticks(258.0), [0.0, 100.0, 200.0, 300.0]);
        assert!(ticks(3_900.0).last().is_some_and(|last| *last >= 3_900.0));
    }
}
