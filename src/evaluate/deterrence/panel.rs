//! Event study: effect by windows since the draw, waves stacked, controls not yet drawn.
//!
//! Object × wave and wave × window effects, weights 1/π and 1/(1-π), errors by cell. A wave's panel is balanced (objects whose
//! outcome is known in every window), so both effects come out by means. CR1 counts parameters as if each arm of a wave had one
//! level: object effects are nested in cells and not counted (`G/(G-1)·(N-1)/(N-K)`, K = waves × (windows + 1) + effects).
//! Stacking: Cengiz, Dube, Lindner and Zipperer (2019); plain two-way effects are never used.

use std::collections::BTreeMap;

use statrs::function::beta::beta_reg;

use super::ARM_MIN;
use super::effect::verdict;
use super::result::{Effect, EventPoint, EventStudy, IntervalForm, Refusal, Wording};
use super::wave::{Wave, WaveUnit};
use super::windows::{Design, PanelFit};
use crate::evaluate::interval::{Interval, student_t_quantile};
use crate::evaluate::number::{count, real_len};
use crate::units::Day;

/// The window that others are held against.
pub(super) const REFERENCE: i32 = -1;
/// Below so many cells the wild cluster bootstrap stands in for t.
const WILD_BELOW: usize = 30;

/// An object in a wave with its outcome in every window.
#[derive(Clone, Debug)]
pub(super) struct PanelUnit {
    pub(super) wave: usize,
    pub(super) treated: bool,
    pub(super) weight: f64,
    pub(super) cell: u32,
    /// Parallel to the wave's times.
    pub(super) y: Vec<f64>,
}

/// Balanced panels of all waves.
#[derive(Debug, Default)]
pub(super) struct Panel {
    /// Event times by wave, ascending, with the reference; empty for a wave that is left out.
    pub(super) times: Vec<Vec<i32>>,
    pub(super) units: Vec<PanelUnit>,
}

/// The event study; `None` where outcomes before the draw are not known.
pub(super) fn event_study(waves: &[Wave], seed: &[u8; 32]) -> Option<EventStudy> {
    let panel = Panel::of(waves);
    if panel.units.is_empty() {
        return None;
    }
    let windows = |unit: &PanelUnit| unit.y.len();
    let mut study = EventStudy {
        points: Vec::new(),
        n_clusters: 0,
        n_units: count(panel.units.len()),
        n_rows: count(panel.units.iter().map(windows).sum()),
    };
    let design = Design::of(panel);
    study.n_clusters = count(design.clusters.len());
    let refused = |reason| {
        let point = |&time: &i32| EventPoint {
            time,
            effect: Effect::refused(reason, Wording::Association),
            p: None,
        };
        design.times.iter().map(point).collect()
    };
    if design.smaller_arm() < ARM_MIN {
        study.points = refused(Refusal::TooFewObjects);
        return Some(study);
    }
    if design.clusters.len() < 2 {
        study.points = refused(Refusal::OneCluster);
        return Some(study);
    }
    let points = design.fit().map(|fit| design.points(&fit, seed));
    study.points = points.unwrap_or_else(|| refused(Refusal::NoVariation));
    Some(study)
}

impl Panel {
    fn of(waves: &[Wave]) -> Self {
        let draws = days_drawn(waves);
        let mut panel = Self::default();
        for (w, wave) in waves.iter().enumerate() {
            let times = times_of(wave);
            let usable = times.contains(&REFERENCE) && times.len() >= 2;
            for unit in wave.units.iter().filter(|_| usable) {
                let y = series(wave, unit, &times)
                    .filter(|_| is_comparable(wave, unit, &times, &draws));
                panel.units.extend(y.map(|y| PanelUnit {
                    wave: w,
                    treated: unit.drawn,
                    weight: if unit.drawn {
                        1.0 / unit.pi
                    } else {
                        1.0 / (1.0 - unit.pi)
                    },
                    cell: unit.cell,
                    y,
                }));
            }
            panel.times.push(if usable { times } else { Vec::new() });
        }
        panel
    }
}

/// Days on which each object was drawn.
fn days_drawn(waves: &[Wave]) -> BTreeMap<u64, Vec<Day>> {
    let mut days: BTreeMap<u64, Vec<Day>> = BTreeMap::new();
    for wave in waves {
        for unit in wave.units.iter().filter(|unit| unit.drawn) {
            days.entry(unit.key).or_default().push(wave.drawn_on);
        }
    }
    days
}

/// Never drawn before this wave; if not drawn now, not drawn before its last window ends.
fn is_comparable(
    wave: &Wave,
    unit: &WaveUnit,
    times: &[i32],
    draws: &BTreeMap<u64, Vec<Day>>,
) -> bool {
    let windows = times.last().copied().unwrap_or(0) + 1;
    let days = i32::try_from(wave.window_days)
        .unwrap_or(i32::MAX)
        .saturating_mul(windows);
    let end = wave.drawn_on.days().saturating_add(days);
    let others = draws.get(&unit.key).map_or(&[][..], Vec::as_slice);
    let spoils = |day: &&Day| {
        let until = if unit.drawn {
            wave.drawn_on.days() - 1
        } else {
            end
        };
        day.days() <= until
    };
    unit.pi < 1.0 && !others.iter().any(|day| spoils(&day))
}

fn times_of(wave: &Wave) -> Vec<i32> {
    if wave.series_times.is_empty() {
        return vec![REFERENCE, 0];
    }
    let mut times = wave.series_times.clone();
    times.sort_unstable();
    times.dedup();
    times
}

/// The outcome in every window, parallel to `times`; `None` where one is missing.
fn series(wave: &Wave, unit: &WaveUnit, times: &[i32]) -> Option<Vec<f64>> {
    if wave.series_times.is_empty() {
        return Some(vec![unit.before?, unit.outcome?]);
    }
    let at = |time: &i32| {
        let place = wave.series_times.iter().position(|other| other == time)?;
        unit.series.get(place).copied().flatten()
    };
    times.iter().map(at).collect()
}

impl Design {
    fn points(&self, fit: &PanelFit, seed: &[u8; 32]) -> Vec<EventPoint> {
        let mut points: Vec<EventPoint> = (0..fit.times.len())
            .map(|k| EventPoint {
                time: fit.times[k],
                ..self.point(fit, k, seed)
            })
            .collect();
        let place = points.partition_point(|point| point.time < REFERENCE);
        points.insert(place, EventPoint::reference(self.clusters.len()));
        points
    }

    fn point(&self, fit: &PanelFit, k: usize, seed: &[u8; 32]) -> EventPoint {
        let (beta, se) = (fit.beta[k], fit.se[k]);
        let time = fit.times[k];
        if !(se > 0.0 && se.is_finite()) {
            let effect = Effect::refused(Refusal::NoVariation, Wording::Association);
            return EventPoint {
                time,
                effect,
                p: None,
            };
        }
        let df = real_len(fit.n_clusters) - 1.0;
        let wild = (fit.n_clusters < WILD_BELOW)
            .then(|| self.wild(k, beta / se, seed))
            .flatten();
        let (p, quantile, form) = match wild {
            Some((p, quantile)) => (p, quantile, IntervalForm::WildCluster),
            None => (
                two_sided(beta / se, df),
                student_t_quantile(df),
                IntervalForm::ClusterT,
            ),
        };
        let interval = Interval {
            low: beta - quantile * se,
            high: beta + quantile * se,
        };
        let mut effect = Effect::of(
            beta,
            Some(se),
            count(fit.n_clusters),
            None,
            Wording::Association,
        );
        (effect.low, effect.high) = (Some(interval.low), Some(interval.high));
        (effect.interval, effect.verdict) = (form, verdict(interval));
        EventPoint {
            time,
            effect,
            p: Some(p),
        }
    }
}

impl EventPoint {
    /// The reference window.
    fn reference(n_clusters: usize) -> Self {
        Self {
            time: REFERENCE,
            effect: Effect {
                value: Some(0.0),
                se: None,
                low: None,
                high: None,
                interval: IntervalForm::None,
                n_clusters: count(n_clusters),
                redrawn: None,
                verdict: super::result::Verdict::NotSignificant,
                wording: Wording::Association,
                refusal: None,
            },
            p: None,
        }
    }
}

/// Two-sided p-value of Student's t.
pub(super) fn two_sided(t: f64, df: f64) -> f64 {
    beta_reg(df / 2.0, 0.5, df / (df + t * t))
}
