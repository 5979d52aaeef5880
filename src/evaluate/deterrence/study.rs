//! All analyses of the same waves side by side, so that one set of re-draws serves them all.

use super::DeterrenceParams;
use super::contrast::{Contrasts, VARIANCES};
use super::dose::{Dose, Fitted, Moved};
use super::general::too_few_revisits;
use super::redraw::Redraw;
use super::reference::{Centre, Null, Replicates, Statistic, places, replicate};
use super::result::{Outcome, Peers, Redrawn};
use super::rows::Rows;
use super::wave::Wave;

/// Outcomes that are looked at, the primary one first.
const OUTCOMES: [Outcome; 6] = [
    Outcome::SeenForEveryone,
    Outcome::MeasureRevisits,
    Outcome::AllRevisits,
    Outcome::RegistryExit,
    Outcome::Before,
    Outcome::PlaceboOutcome,
];

/// Rows, regressions and re-draws.
pub(super) struct Study<'a> {
    pub(super) waves: &'a [Wave],
    pub(super) contrasts: Vec<ContrastPlan>,
    pub(super) doses: Vec<DosePlan>,
    /// Places drawn, by wave.
    drawn: Vec<Vec<u32>>,
    pub(super) replicates: Option<Replicates>,
}

/// A contrast and where its statistics stand among those of a re-draw.
pub(super) struct ContrastPlan {
    pub(super) rows: Rows,
    /// Own draw, and exposure of the headline's peers less expectation, by row.
    treatments: Vec<Vec<f64>>,
    contrasts: Contrasts,
    /// First column; `None` where no re-draw is made for it.
    pub(super) column: Option<usize>,
}

/// A regression on exposure and where its statistics stand.
pub(super) struct DosePlan {
    pub(super) dose: Dose,
    /// `None` where the draw leaves exposure no freedom.
    pub(super) fitted: Option<Fitted>,
    moved: Moved,
    pub(super) column: usize,
}

impl<'a> Study<'a> {
    pub(super) fn of(
        waves: &'a [Wave],
        redraws: &[&dyn Redraw],
        params: &DeterrenceParams,
    ) -> Self {
        let revisited = too_few_revisits(waves).is_none();
        let doses = peers(params, revisited).into_iter();
        let doses: Vec<DosePlan> = doses
            .filter_map(|(outcome, peers)| DosePlan::of(waves, peers, outcome))
            .collect();
        let cell = doses.iter().find(|plan| plan.is_of_headline());
        let of = |outcome| ContrastPlan::of(waves, outcome, cell);
        let drawn = |wave: &Wave| -> Vec<u32> {
            let drawn: Vec<bool> = wave.units.iter().map(|unit| unit.drawn).collect();
            places(&drawn)
        };
        let mut study = Self {
            waves,
            contrasts: OUTCOMES.into_iter().map(of).collect(),
            doses,
            drawn: waves.iter().map(drawn).collect(),
            replicates: None,
        };
        study.lay_out();
        if !redraws.is_empty() {
            study.replicates = Some(study.redraw(redraws, params.redraws));
        }
        study
    }

    /// Gives every analysis its columns.
    fn lay_out(&mut self) {
        let mut next = 0;
        for plan in &mut self.contrasts {
            if plan.may_be_redrawn() {
                plan.column = Some(next);
                next += plan.first_wave() + self.waves.len();
            }
        }
        for plan in &mut self.doses {
            plan.column = next;
            next += 3;
        }
    }

    fn redraw(&self, redraws: &[&dyn Redraw], n: u32) -> Replicates {
        let sizes: Vec<usize> = self.waves.iter().map(|wave| wave.units.len()).collect();
        replicate(redraws, &sizes, &self.drawn, n, |drawn, out| {
            for plan in self.contrasts.iter().filter(|plan| plan.column.is_some()) {
                plan.statistics(drawn, out);
            }
            for plan in &self.doses {
                plan.moved.redrawn(&plan.dose, drawn, out);
            }
        })
    }

    pub(super) fn contrast(&self, outcome: Outcome) -> &ContrastPlan {
        let of = |plan: &&ContrastPlan| plan.rows.outcome == outcome;
        self.contrasts
            .iter()
            .find(of)
            .expect("every outcome has its plan")
    }

    /// The test of a contrast, each re-draw held against its own error.
    pub(super) fn test_contrast(&self, plan: &ContrastPlan) -> Option<Redrawn> {
        let column = plan.column?;
        let null = Null::of(self.replicates.as_ref()?, |row| Statistic {
            a: row[column],
            c: row[column + 1],
            v: plan.variances(row, column),
        })?;
        Some(null.test())
    }

    /// The p-value of a contrast within wave `wave`.
    pub(super) fn test_wave(&self, plan: &ContrastPlan, wave: usize) -> Option<f64> {
        let column = plan.column? + plan.first_wave() + wave;
        let null = Null::of(self.replicates.as_ref()?, |row| {
            Statistic::plain(row[column], 0.0)
        })?;
        Some(null.p(0.0, Centre::Mean))
    }

    /// The contrasts of the waves as they were drawn, one by one; NaN where a wave has none.
    pub(super) fn by_wave(&self, plan: &ContrastPlan) -> Vec<f64> {
        self.as_drawn(plan).split_off(plan.first_wave())
    }

    /// Standard error of a contrast as its arms show it; NaN where no group holds both.
    pub(super) fn design_error(&self, plan: &ContrastPlan) -> f64 {
        plan.variances(&self.as_drawn(plan), 0)[0].max(0.0).sqrt()
    }

    /// The statistics of the draw as it was.
    fn as_drawn(&self, plan: &ContrastPlan) -> Vec<f64> {
        let mut found = Vec::new();
        plan.statistics(&self.drawn, &mut found);
        found
    }

    /// The test of a regression.
    pub(super) fn test_dose(&self, plan: &DosePlan) -> Option<Redrawn> {
        plan.fitted.as_ref()?;
        let column = plan.column;
        let null = Null::of(self.replicates.as_ref()?, |row| {
            Statistic::plain(row[column], row[column + 1])
        })?;
        Some(null.test())
    }
}

impl ContrastPlan {
    fn of(waves: &[Wave], outcome: Outcome, headline: Option<&DosePlan>) -> Self {
        let rows = Rows::of(waves, outcome);
        let drawn = rows.drawn.iter().map(|&drawn| f64::from(u8::from(drawn)));
        let mut treatments = vec![drawn.collect()];
        let exposure = headline.and_then(|plan| Some((plan, plan.fitted.as_ref()?)));
        if let Some((plan, fitted)) = exposure
            && outcome == Outcome::SeenForEveryone
        {
            let by_unit = plan.dose.by_unit(waves, &fitted.recentred);
            let mut of_rows = Vec::with_capacity(rows.len());
            for (w, of_wave) in by_unit.iter().enumerate() {
                let places = &rows.unit[rows.wave_start[w]..rows.wave_start[w + 1]];
                of_rows.extend(places.iter().map(|&place| of_wave[place as usize]));
            }
            treatments.push(of_rows);
        }
        let sizes: Vec<usize> = waves.iter().map(|wave| wave.units.len()).collect();
        Self {
            contrasts: Contrasts::of(&rows, &sizes, &responses(&rows, &treatments)),
            rows,
            treatments,
            column: None,
        }
    }

    /// Main-stream revisits answer to the draw; everything else here was there whoever was drawn.
    fn may_be_redrawn(&self) -> bool {
        self.rows.outcome != Outcome::AllRevisits && self.rows.len() > 0 && !self.rows.is_flat()
    }

    fn statistics(&self, drawn: &[Vec<u32>], out: &mut Vec<f64>) {
        let responses = responses(&self.rows, &self.treatments);
        self.contrasts.redrawn(&self.rows, &responses, drawn, out);
    }

    /// Place of the first wave's contrast behind the contrasts and their variances.
    fn first_wave(&self) -> usize {
        1 + self.treatments.len() + VARIANCES
    }

    /// Variances among the statistics of a re-draw, whose contrasts begin at `column`.
    pub(super) fn variances(&self, row: &[f64], column: usize) -> [f64; VARIANCES] {
        let first = column + 1 + self.treatments.len();
        [row[first], row[first + 1], row[first + 2]]
    }

    /// Whether the exposure of peers stands among the treatments.
    pub(super) fn knows_exposure(&self) -> bool {
        self.treatments.len() > 1
    }
}

fn responses<'a>(rows: &'a Rows, treatments: &'a [Vec<f64>]) -> Vec<&'a [f64]> {
    let treatments = treatments.iter().map(Vec::as_slice);
    std::iter::once(rows.y.as_slice())
        .chain(treatments)
        .collect()
}

impl DosePlan {
    fn of(waves: &[Wave], peers: Peers, outcome: Outcome) -> Option<Self> {
        let dose = Dose::of(waves, peers, outcome)?;
        let fitted = dose.fit(waves);
        let exposure = fitted.as_ref().map_or_else(
            || vec![0.0; dose.len()],
            |fitted| dose.residual(&fitted.recentred),
        );
        let responses = [
            dose.residual(dose.outcomes()),
            exposure,
            dose.residual(&dose.drawn(waves)),
        ];
        Some(Self {
            moved: Moved::of(&dose, responses),
            dose,
            fitted,
            column: 0,
        })
    }

    /// Whether the headline counts these peers.
    pub(super) fn is_of_headline(&self) -> bool {
        self.dose.outcome == Outcome::SeenForEveryone && self.dose.peers == Peers::Cell
    }
}

/// Everybody's outcome on the cell, each ring, and each ring of other industries; revisits, where there are enough, on the cell and
/// each ring.
fn peers(params: &DeterrenceParams, revisited: bool) -> Vec<(Outcome, Peers)> {
    let inner = std::iter::once(0.0).chain(params.rings_km.iter().copied());
    let rings: Vec<(f64, f64)> = inner.zip(params.rings_km.iter().copied()).collect();
    let same = rings.iter().map(|&(from, to)| Peers::Ring { from, to });
    let same: Vec<Peers> = std::iter::once(Peers::Cell).chain(same).collect();
    let others = rings
        .iter()
        .map(|&(from, to)| Peers::OtherIndustry { from, to });
    let everybody = same.iter().copied().chain(others);
    let revisits = same.iter().copied().filter(|_| revisited);
    everybody
        .map(|peers| (Outcome::SeenForEveryone, peers))
        .chain(revisits.map(|peers| (Outcome::MeasureRevisits, peers)))
        .collect()
}
