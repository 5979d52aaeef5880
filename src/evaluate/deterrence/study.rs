//! All analyses of the same waves side by side, so that one set of re-draws serves them all.

use super::DeterrenceParams;
use super::contrast::redrawn_contrasts;
use super::dose::{Dose, Fitted};
use super::redraw::Redraw;
use super::reference::{Centre, Null, Replicates, replicate};
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
    pub(super) replicates: Option<Replicates>,
}

/// A contrast and where its statistics stand among those of a re-draw.
pub(super) struct ContrastPlan {
    pub(super) rows: Rows,
    /// Own draw, and exposure of the headline's peers less expectation, by row.
    treatments: Vec<Vec<f64>>,
    /// First column; `None` where no re-draw is made for it.
    pub(super) column: Option<usize>,
}

/// A regression on exposure and where its statistics stand.
pub(super) struct DosePlan {
    pub(super) dose: Dose,
    /// `None` where the draw leaves exposure no freedom.
    pub(super) fitted: Option<Fitted>,
    /// Outcome, exposure and own draw, each less groups and expectation.
    responses: [Vec<f64>; 3],
    pub(super) column: usize,
}

impl<'a> Study<'a> {
    pub(super) fn of(
        waves: &'a [Wave],
        redraws: &[&dyn Redraw],
        params: &DeterrenceParams,
    ) -> Self {
        let doses = peers(params).into_iter();
        let doses: Vec<DosePlan> = doses
            .filter_map(|peers| DosePlan::of(waves, peers))
            .collect();
        let cell = doses.iter().find(|plan| plan.dose.peers == Peers::Cell);
        let of = |outcome| ContrastPlan::of(waves, outcome, cell);
        let mut study = Self {
            waves,
            contrasts: OUTCOMES.into_iter().map(of).collect(),
            doses,
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
                next += 1 + plan.treatments.len() + self.waves.len();
            }
        }
        for plan in &mut self.doses {
            plan.column = next;
            next += 3;
        }
    }

    fn redraw(&self, redraws: &[&dyn Redraw], n: u32) -> Replicates {
        let sizes: Vec<usize> = self.waves.iter().map(|wave| wave.units.len()).collect();
        replicate(redraws, &sizes, n, |drawn, out| {
            for plan in self.contrasts.iter().filter(|plan| plan.column.is_some()) {
                redrawn_contrasts(&plan.rows, drawn, &plan.responses(), out);
            }
            for plan in &self.doses {
                let [y, z, d] = &plan.responses;
                plan.dose.redrawn(drawn, &[y, z, d], out);
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

    /// The test of a contrast observed as `value`.
    pub(super) fn test_contrast(&self, plan: &ContrastPlan, value: f64) -> Option<Redrawn> {
        let column = plan.column?;
        let null = Null::of(self.replicates.as_ref()?, column, Some(column + 1))?;
        Some(null.test(value))
    }

    /// The p-value of a contrast within wave `wave`.
    pub(super) fn test_wave(&self, plan: &ContrastPlan, wave: usize, value: f64) -> Option<f64> {
        let column = plan.column? + 1 + plan.treatments.len() + wave;
        let null = Null::of(self.replicates.as_ref()?, column, None)?;
        Some(null.p(value, 0.0, Centre::Mean))
    }

    /// The test of a regression on exposure.
    pub(super) fn test_dose(&self, plan: &DosePlan) -> Option<Redrawn> {
        let null = Null::of(
            self.replicates.as_ref()?,
            plan.column,
            Some(plan.column + 1),
        )?;
        Some(null.test(plan.fitted.as_ref()?.beta))
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
        Self {
            rows,
            treatments,
            column: None,
        }
    }

    /// Main-stream revisits answer to the draw; everything else here was there whoever was drawn.
    fn may_be_redrawn(&self) -> bool {
        self.rows.outcome != Outcome::AllRevisits && self.rows.len() > 0 && !self.rows.is_flat()
    }

    fn responses(&self) -> Vec<&[f64]> {
        let treatments = self.treatments.iter().map(Vec::as_slice);
        std::iter::once(self.rows.y.as_slice())
            .chain(treatments)
            .collect()
    }

    /// Whether the exposure of peers stands among the treatments.
    pub(super) fn knows_exposure(&self) -> bool {
        self.treatments.len() > 1
    }
}

impl DosePlan {
    fn of(waves: &[Wave], peers: Peers) -> Option<Self> {
        let dose = Dose::of(waves, peers)?;
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
            dose,
            fitted,
            responses,
            column: 0,
        })
    }
}

/// The cell, each ring, and each ring of other industries.
fn peers(params: &DeterrenceParams) -> Vec<Peers> {
    let rings = || {
        let inner = std::iter::once(0.0).chain(params.rings_km.iter().copied());
        inner.zip(params.rings_km.iter().copied())
    };
    let same = rings().map(|(from, to)| Peers::Ring { from, to });
    let others = rings().map(|(from, to)| Peers::OtherIndustry { from, to });
    std::iter::once(Peers::Cell)
        .chain(same)
        .chain(others)
        .collect()
}
