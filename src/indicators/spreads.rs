//! How the indicators of the frame are spread: what two runs are held against each other by.

use polars::prelude::{DataFrame, PolarsResult};
use rayon::prelude::*;

use super::{Error, Indicator, IndicatorKind, IndicatorTable, during};
use crate::units::{Spread, in_waves};

impl IndicatorTable {
    /// The spread of every indicator over the objects that may be drawn, in the order of the columns; the same for any number of
    /// partitions.
    ///
    /// # Errors
    /// When a partition cannot be read.
    pub fn spreads(&self) -> Result<Vec<Spread>, Error> {
        let mut all = vec![Spread::default(); self.indicators.len()];
        in_waves(
            self.n_parts,
            |part| self.part_spreads(part),
            |wave, _| {
                for part in wave {
                    all.iter_mut()
                        .zip(part)
                        .for_each(|(sum, more)| sum.add(more));
                }
            },
        )?;
        all.iter_mut().for_each(Spread::close);
        Ok(all)
    }

    fn part_spreads(&self, part: usize) -> Result<Vec<Spread>, Error> {
        let step = "spreads";
        let frame = self.scan_eligible(part)?.collect().map_err(during(step))?;
        let spread = |indicator: &Indicator| spread(&frame, indicator).map_err(during(step));
        self.indicators.par_iter().map(spread).collect()
    }
}

fn spread(frame: &DataFrame, indicator: &Indicator) -> PolarsResult<Spread> {
    let column = frame.column(&indicator.name)?;
    let mut spread = Spread::default();
    match indicator.kind {
        IndicatorKind::Text => column.str()?.iter().for_each(|text| spread.text(text)),
        IndicatorKind::Number => column.f64()?.iter().for_each(|value| spread.number(value)),
    }
    Ok(spread)
}
