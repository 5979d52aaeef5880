//! Past visits in the order a model would have gone: the measures of the Chicago food-inspection evaluation.
//!
//! "Days earlier" gives the visits of the window, in score order, the days on which visits were really made. It assumes
//! that a violation is there all window long and that any inspector can take any place; the AUC inside each inspector's
//! own visits is therefore reported beside the plain one, always.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Error;
use super::bootstrap::{Bootstrap, percentile_interval};
use super::estimates::{Figure, Method};
use super::measure::fiftieths;
use super::number::{count, real, real_len, share};
use super::params::ValidParams;
use super::ranking::{GainPoint, Scored, auc, average_precision, gains};
use crate::ingest::Visit;
use crate::units::Day;

/// Past visits, ranked by each model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backtest {
    /// Visits.
    pub n: u64,
    /// Visits with a finding.
    pub positives: u64,
    /// First day of the window.
    pub from: Day,
    /// Last day of the window.
    pub until: Day,
    /// Visits in the first half: whole days whose running count stays under n/2.
    pub n_first_half: u64,
    /// Findings in the first half, in the order really gone.
    pub first_half_found_as_done: u64,
    /// The model the job's classes rest on, or the one its declared rule chose.
    pub chosen: String,
    /// The model the others are compared with; empty where it was not given.
    pub baseline: String,
    /// Bootstrap replicates.
    pub replicates: u32,
    /// Measures per model.
    pub models: BTreeMap<String, ModelReplay>,
    /// Running findings by day.
    pub by_day: Vec<DayPoint>,
}

/// How one model ranks past visits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelReplay {
    /// Area under the ROC curve.
    pub auc: Option<f64>,
    /// AUC inside each inspector's visits, weighted by pairs; absent where no inspector is known.
    pub auc_within_inspector: Option<f64>,
    /// Average precision.
    pub average_precision: Option<f64>,
    /// Mean number of days by which findings come earlier than as done.
    pub days_earlier: Option<f64>,
    /// Findings in the first half.
    pub first_half_found: u64,
    /// Share of findings in the first n/10 visits (rounded down).
    pub precision_at_10: Option<f64>,
    /// Share of findings in the first n/5 visits (rounded down).
    pub precision_at_20: Option<f64>,
    /// AUC with its paired bootstrap interval.
    pub auc_interval: Figure,
    /// Days earlier with its paired bootstrap interval.
    pub days_interval: Figure,
    /// AUC less that of the baseline, with interval; none for the baseline itself.
    pub auc_gain: Figure,
    /// Days earlier less those of the baseline, with interval; none for the baseline itself.
    pub days_gain: Figure,
    /// Lift of each tenth of the visits, highest scores first.
    pub lift_by_decile: Vec<f64>,
    /// Cumulative gains at every fiftieth.
    pub gains: Vec<GainPoint>,
}

/// Findings up to and including a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayPoint {
    /// The day.
    pub day: Day,
    /// Visits so far.
    pub visits: u64,
    /// Findings so far, in the order really gone.
    pub as_done: u64,
    /// Findings so far, in the order of each model.
    pub models: BTreeMap<String, u64>,
}

/// The visits in `visit_id` order, and the two orders that do not depend on a model.
struct Window<'a> {
    visits: Vec<&'a Visit>,
    by_day: Vec<usize>,
    n_first_half: usize,
}

/// One model's scores over the window, and its order.
struct Ranked {
    scores: Vec<f64>,
    order: Vec<usize>,
}

/// Ranks past visits by every model's scores (`scores[model][i]` belongs to `visits[i]`); higher goes first, ties by
/// `visit_id` (shorter first, then by bytes, so that plain numbers count up). `chosen` is the model the job's classes rest on; `seed`
/// moves the bootstrap alone.
///
/// # Errors
/// No visits, scores of another length, a score that is not finite.
pub fn replay(
    params: &ValidParams,
    visits: &[Visit],
    scores: &BTreeMap<String, Vec<f64>>,
    chosen: &str,
    seed: &[u8; 32],
) -> Result<Backtest, Error> {
    check(visits, scores)?;
    let mut rows: Vec<usize> = (0..visits.len()).collect();
    rows.sort_by_key(|&row| (visits[row].visit_id.len(), visits[row].visit_id.as_str()));
    let window = Window::new(rows.iter().map(|&row| &visits[row]).collect());
    let ranked: BTreeMap<&str, Ranked> = scores
        .iter()
        .map(|(name, scores)| (name.as_str(), Ranked::new(&rows, scores)))
        .collect();
    let mut models: BTreeMap<String, ModelReplay> = ranked
        .iter()
        .map(|(name, ranked)| ((*name).to_owned(), measured(&window, ranked)))
        .collect();
    let baseline = if ranked.contains_key(params.baseline.as_str()) {
        params.baseline.clone()
    } else {
        String::new()
    };
    add_intervals(params, seed, &window, &ranked, &mut models);
    let found_first = |order: &[usize]| window.found(&order[..window.n_first_half]);
    Ok(Backtest {
        n: count(visits.len()),
        positives: window.found(&window.by_day),
        from: window.day(0),
        until: window.day(visits.len() - 1),
        n_first_half: count(window.n_first_half),
        first_half_found_as_done: found_first(&window.by_day),
        chosen: chosen.to_owned(),
        baseline,
        replicates: params.replicates,
        models,
        by_day: by_day(&window, &ranked),
    })
}

fn check(visits: &[Visit], scores: &BTreeMap<String, Vec<f64>>) -> Result<(), Error> {
    if visits.is_empty() {
        return Err(Error::NoVisits);
    }
    for (model, scores) in scores {
        if scores.len() != visits.len() {
            return Err(Error::ScoreCount {
                model: model.clone(),
                n_scores: scores.len(),
                n_visits: visits.len(),
            });
        }
        if let Some(row) = scores.iter().position(|score| !score.is_finite()) {
            return Err(Error::VisitScore {
                model: model.clone(),
                visit_id: visits[row].visit_id.clone(),
            });
        }
    }
    Ok(())
}

impl<'a> Window<'a> {
    fn new(visits: Vec<&'a Visit>) -> Self {
        let mut by_day: Vec<usize> = (0..visits.len()).collect();
        by_day.sort_by_key(|&row| visits[row].inspected_on);
        let ends: Vec<usize> = (1..=by_day.len())
            .filter(|&end| {
                let next = by_day.get(end).map(|&row| visits[row].inspected_on);
                next != Some(visits[by_day[end - 1]].inspected_on)
            })
            .collect();
        let n_first_half = ends
            .into_iter()
            .filter(|end| 2 * end < visits.len())
            .max()
            .unwrap_or(0);
        Self {
            visits,
            by_day,
            n_first_half,
        }
    }

    /// The day of the visit at `place` in the order really gone.
    fn day(&self, place: usize) -> Day {
        self.visits[self.by_day[place]].inspected_on
    }

    fn found(&self, rows: &[usize]) -> u64 {
        count(rows.iter().filter(|&&row| self.visits[row].found).count())
    }
}

impl Ranked {
    fn new(rows: &[usize], scores: &[f64]) -> Self {
        let scores: Vec<f64> = rows.iter().map(|&row| scores[row]).collect();
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        Self { scores, order }
    }
}

fn measured(window: &Window, ranked: &Ranked) -> ModelReplay {
    let rows: Vec<Scored> = scored(window, ranked, |_| true);
    let n = window.visits.len();
    let precision = |k: usize| share(real(window.found(&ranked.order[..k])), real_len(k));
    let once = vec![1; n];
    ModelReplay {
        auc: auc(&rows),
        auc_within_inspector: auc_within(window, ranked),
        average_precision: average_precision(&rows),
        days_earlier: days_earlier(window, ranked, &once),
        first_half_found: window.found(&ranked.order[..window.n_first_half]),
        precision_at_10: precision(n / 10),
        precision_at_20: precision(n / 5),
        auc_interval: Figure::NONE,
        days_interval: Figure::NONE,
        auc_gain: Figure::NONE,
        days_gain: Figure::NONE,
        lift_by_decile: lift_of_tenths(window, ranked),
        gains: fiftieths(&gains(&rows)),
    }
}

fn scored(window: &Window, ranked: &Ranked, keep: impl Fn(&Visit) -> bool) -> Vec<Scored> {
    window
        .visits
        .iter()
        .zip(&ranked.scores)
        .filter(|(visit, _)| keep(visit))
        .map(|(visit, &score)| Scored {
            score,
            weight: 1.0,
            found: visit.found,
        })
        .collect()
}

/// Mean AUC inside each inspector's visits, weighted by the number of pairs.
fn auc_within(window: &Window, ranked: &Ranked) -> Option<f64> {
    let mut clusters: BTreeMap<&str, Vec<Scored>> = BTreeMap::new();
    for (visit, &score) in window.visits.iter().zip(&ranked.scores) {
        if let Some(inspector) = &visit.inspector {
            let row = Scored {
                score,
                weight: 1.0,
                found: visit.found,
            };
            clusters.entry(inspector.as_str()).or_default().push(row);
        }
    }
    let (mut sum, mut pairs) = (0.0, 0.0);
    for rows in clusters.values() {
        let found = real_len(rows.iter().filter(|row| row.found).count());
        let n_pairs = found * (real_len(rows.len()) - found);
        if let Some(auc) = auc(rows) {
            sum += auc * n_pairs;
            pairs += n_pairs;
        }
    }
    share(sum, pairs)
}

/// Tenths as equal as whole visits allow, the longer ones first.
fn lift_of_tenths(window: &Window, ranked: &Ranked) -> Vec<f64> {
    let n = window.visits.len();
    let base = real(window.found(&ranked.order)) / real_len(n);
    let start = |tenth: usize| tenth * (n / 10) + tenth.min(n % 10);
    let lift = |tenth: usize| {
        let rows = &ranked.order[start(tenth)..start(tenth + 1)];
        share(share(real(window.found(rows)), real_len(rows.len()))?, base)
    };
    (0..10).filter_map(lift).collect()
}

/// Mean of (day as done - day in score order) over findings, every row counted `times` over.
fn days_earlier(window: &Window, ranked: &Ranked, times: &[u32]) -> Option<f64> {
    let mut days = window
        .by_day
        .iter()
        .flat_map(|&row| repeated(window, row, times));
    let (mut gained, mut found) = (0_i64, 0_i64);
    for &row in &ranked.order {
        let visit = window.visits[row];
        for _ in 0..times[row] {
            let day = days
                .next()
                .expect("both orders hold every row equally often");
            if visit.found {
                gained += i64::from(visit.inspected_on.days()) - day;
                found += 1;
            }
        }
    }
    #[allow(
        clippy::cast_precision_loss,
        reason = "days over a window stay far below 2^53"
    )]
    share(gained as f64, found as f64)
}

fn repeated(window: &Window, row: usize, times: &[u32]) -> impl Iterator<Item = i64> + use<> {
    let day = i64::from(window.visits[row].inspected_on.days());
    (0..times[row]).map(move |_| day)
}

/// AUC of the window with every row counted `times` over, from the order already made.
fn auc_resampled(window: &Window, ranked: &Ranked, times: &[u32]) -> Option<f64> {
    let (mut above, mut pairs, mut found, mut clean) = (0_u64, 0_u64, 0_u64, 0_u64);
    let groups = ranked
        .order
        .chunk_by(|&a, &b| ranked.scores[a].total_cmp(&ranked.scores[b]).is_eq());
    for tie in groups {
        let (mut hits, mut blanks) = (0, 0);
        for &row in tie {
            let times = u64::from(times[row]);
            if window.visits[row].found {
                hits += times;
            } else {
                blanks += times;
            }
        }
        pairs += blanks * (2 * above + hits);
        above += hits;
        found += hits;
        clean += blanks;
    }
    share(real(pairs) / 2.0, real(found) * real(clean))
}

/// AUC and days of every model over one resample.
type Replicate = Vec<(Option<f64>, Option<f64>)>;

/// Paired: one resample of the visits serves every model.
fn add_intervals(
    params: &ValidParams,
    seed: &[u8; 32],
    window: &Window,
    ranked: &BTreeMap<&str, Ranked>,
    models: &mut BTreeMap<String, ModelReplay>,
) {
    let bootstrap = Bootstrap::new(seed, "choucha/bootstrap/replay/v1", params.replicates);
    let replicate = |b: u32| -> Replicate {
        let times = bootstrap.rows(b, window.visits.len());
        let both = |ranked: &Ranked| {
            (
                auc_resampled(window, ranked, &times),
                days_earlier(window, ranked, &times),
            )
        };
        ranked.values().map(both).collect()
    };
    let replicates: Vec<Replicate> = (0..bootstrap.replicates)
        .into_par_iter()
        .map(replicate)
        .collect();
    let base = ranked.keys().position(|name| *name == params.baseline);
    let base_values = models
        .get(&params.baseline)
        .map(|model| (model.auc, model.days_earlier));
    for (index, model) in models.values_mut().enumerate() {
        model.auc_interval = figure(model.auc, replicates.iter().map(|r| r[index].0));
        model.days_interval = figure(model.days_earlier, replicates.iter().map(|r| r[index].1));
        if let (Some(base), Some((auc, days))) = (base.filter(|&base| base != index), base_values) {
            model.auc_gain = figure(
                less(model.auc, auc),
                replicates.iter().map(|r| less(r[index].0, r[base].0)),
            );
            model.days_gain = figure(
                less(model.days_earlier, days),
                replicates.iter().map(|r| less(r[index].1, r[base].1)),
            );
        }
    }
}

fn less(value: Option<f64>, base: Option<f64>) -> Option<f64> {
    Some(value? - base?)
}

fn figure(value: Option<f64>, replicates: impl Iterator<Item = Option<f64>>) -> Figure {
    Figure::new(
        value,
        percentile_interval(replicates),
        Method::PairedBootstrap,
    )
}

fn by_day(window: &Window, ranked: &BTreeMap<&str, Ranked>) -> Vec<DayPoint> {
    let running = |order: &[usize]| -> Vec<u64> {
        let add = |sum: &mut u64, &row: &usize| {
            *sum += u64::from(window.visits[row].found);
            Some(*sum)
        };
        order.iter().scan(0, add).collect()
    };
    let done = running(&window.by_day);
    let models: BTreeMap<&str, Vec<u64>> = ranked
        .iter()
        .map(|(name, r)| (*name, running(&r.order)))
        .collect();
    let n = window.visits.len();
    let is_last = |place: &usize| place + 1 == n || window.day(*place) != window.day(place + 1);
    let point = |place: usize| DayPoint {
        day: window.day(place),
        visits: count(place + 1),
        as_done: done[place],
        models: models
            .iter()
            .map(|(name, found)| ((*name).to_owned(), found[place]))
            .collect(),
    };
    (0..n).filter(is_last).map(point).collect()
}
