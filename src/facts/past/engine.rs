//! Past draws made again by the engine that draws: tickets under a sub-seed of the replicate, order keys, the n smallest.
//!
//! λ is solved from π as `plan` solves it, stratum by stratum. Where rows of a frame are missing (objects that left the register),
//! π is taken in proportion to those that are drawn of the rest.

use std::collections::BTreeMap;

use crate::draw::{Ticketer, pareto_key, unit_interval};
use crate::evaluate::{Error, Redraw, Wave, WaveUnit};
use crate::plan;
use crate::units::{Digest, HashName};

/// From this d = Σπ(1-π) on λ = π, as in a plan.
const LARGE: f64 = 400.0;
/// More levels than λ is solved for; π is taken for it then.
const LEVELS_MAX: usize = 2_000;
/// Streams of tickets of a replicate.
const TARGETS: &str = "choucha/redraw/targets/v1";
const MEASURE: &str = "choucha/redraw/measure/v1";
/// Standard deviations the number drawn may lie from Σπ.
const DEVIATIONS_MAX: f64 = 5.0;

/// One past draw, ready to be made again.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Seed of the re-draws of this draw.
    seed: Digest,
    /// Tags of the units, in their order.
    tags: Vec<[u8; 8]>,
    design: Design,
}

#[derive(Clone, Debug)]
enum Design {
    /// Each unit by itself, with its own π.
    Poisson(Vec<f64>),
    /// So many of each stratum; draws of one round share their tickets, but for the measurement draw.
    Pareto {
        targets: Vec<Stratum>,
        measure: Vec<Stratum>,
    },
}

/// An object in a stratum: its place in the wave, π of the draw, and whether it drew it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    pub(super) unit: usize,
    pub(super) pi: f64,
    pub(super) drawn: bool,
}

/// One stratum of a draw of fixed size.
#[derive(Clone, Debug, Default)]
struct Stratum {
    /// 必查.
    certain: Vec<usize>,
    /// The others, each with its λ.
    ranked: Vec<(usize, f64)>,
    /// How many of the others are drawn.
    n: usize,
}

impl Engine {
    /// The engine of `wave`, which was drawn object by object (`is_poisson`) or with a fixed number per stratum.
    ///
    /// # Errors
    /// A number drawn that the probabilities do not allow; probabilities no order sampling has.
    pub fn new(wave: &Wave, is_poisson: bool, seed: &[u8; 32]) -> Result<Self, Error> {
        let member = |(unit, of): (usize, &WaveUnit)| Member {
            unit,
            pi: of.pi,
            drawn: of.drawn,
        };
        let members = wave.units.iter().enumerate().map(member);
        if is_poisson {
            let all: Vec<Member> = members.collect();
            agrees(&wave.id, &all, None)?;
            let pi = all.iter().map(|member| member.pi).collect();
            return Ok(Self::with(wave, Design::Poisson(pi), seed));
        }
        let mut strata = vec![Vec::new(); wave.strata.len()];
        for (member, unit) in members.zip(&wave.units) {
            strata[unit.stratum as usize].push(member);
        }
        let labelled = wave.strata.iter().map(String::as_str).zip(strata);
        Self::of_strata(wave, labelled.collect(), Vec::new(), seed)
    }

    /// The engine of a round of record: strata of all its draws for items, which share their tickets, and of its measurement draw.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub(super) fn of_strata(
        wave: &Wave,
        targets: Vec<(&str, Vec<Member>)>,
        measure: Vec<(&str, Vec<Member>)>,
        seed: &[u8; 32],
    ) -> Result<Self, Error> {
        let ready = |strata: Vec<(&str, Vec<Member>)>| {
            let strata = strata.into_iter();
            let strata = strata.map(|(label, members)| stratum(&wave.id, label, &members));
            strata.collect::<Result<Vec<_>, Error>>()
        };
        let design = Design::Pareto {
            targets: ready(targets)?,
            measure: ready(measure)?,
        };
        Ok(Self::with(wave, design, seed))
    }

    fn with(wave: &Wave, design: Design, seed: &[u8; 32]) -> Self {
        let of_wave = [seed.as_slice(), wave.id.as_bytes()].concat();
        let tags = wave.units.iter().map(|unit| unit.key.to_be_bytes());
        Self {
            seed: HashName::Sha256.tagged("choucha/redraw/v1", &of_wave),
            tags: tags.collect(),
            design,
        }
    }

    /// Machine that tickets the objects of a replicate.
    fn ticketer(&self, stream: &str, replicate: u64) -> Ticketer {
        let number = replicate.to_be_bytes();
        let of_replicate = [self.seed.0.as_slice(), &number].concat();
        let sub_seed = HashName::Sha256.tagged(stream, &of_replicate);
        Ticketer::new(HashName::Sha256, &sub_seed.0)
    }
}

impl Redraw for Engine {
    fn redraw(&self, replicate: u64, drawn: &mut [bool]) {
        let ticketer = self.ticketer(TARGETS, replicate);
        let u = |unit: usize| unit_interval(&ticketer.ticket(&self.tags[unit]));
        match &self.design {
            Design::Poisson(pi) => {
                for (unit, (drawn, pi)) in drawn.iter_mut().zip(pi).enumerate() {
                    *drawn = u(unit) < *pi;
                }
            }
            Design::Pareto { targets, measure } => {
                drawn.fill(false);
                for stratum in targets {
                    stratum.draw(u, drawn);
                }
                let ticketer = self.ticketer(MEASURE, replicate);
                let u = |unit: usize| unit_interval(&ticketer.ticket(&self.tags[unit]));
                for stratum in measure {
                    stratum.draw(u, drawn);
                }
            }
        }
    }
}

impl Stratum {
    fn draw(&self, u: impl Fn(usize) -> f64, drawn: &mut [bool]) {
        for &unit in &self.certain {
            drawn[unit] = true;
        }
        if self.n == 0 {
            return;
        }
        let ranked = self.ranked.iter();
        let mut keys: Vec<(f64, usize)> = ranked
            .map(|&(unit, lambda)| (pareto_key(u(unit), lambda), unit))
            .collect();
        if self.n < keys.len() {
            keys.select_nth_unstable_by(self.n, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        for &(_, unit) in keys.iter().take(self.n) {
            drawn[unit] = true;
        }
    }
}

fn stratum(id: &str, label: &str, members: &[Member]) -> Result<Stratum, Error> {
    agrees(id, members, Some(label))?;
    let can: Vec<Member> = members.iter().copied().filter(|one| one.pi > 0.0).collect();
    let (certain, open): (Vec<Member>, Vec<Member>) =
        can.into_iter().partition(|one| one.pi >= 1.0);
    let certain = certain.into_iter().map(|one| one.unit).collect();
    let n = open.iter().filter(|one| one.drawn).count();
    if n == 0 || n == open.len() {
        let ranked = open.into_iter().map(|one| (one.unit, 0.5)).collect();
        return Ok(Stratum { certain, ranked, n });
    }
    let mut levels: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for one in open {
        levels.entry(one.pi.to_bits()).or_default().push(one.unit);
    }
    let lambda = lambdas(id, label, &levels, n)?;
    let levels = levels.into_values().zip(lambda);
    let ranked =
        levels.flat_map(|(units, lambda)| units.into_iter().map(move |unit| (unit, lambda)));
    Ok(Stratum {
        certain,
        ranked: ranked.collect(),
        n,
    })
}

/// λ of every level, for `n` drawn.
fn lambdas(
    id: &str,
    label: &str,
    levels: &BTreeMap<u64, Vec<usize>>,
    n: usize,
) -> Result<Vec<f64>, Error> {
    let counts: Vec<u64> = levels.values().map(|units| units.len() as u64).collect();
    let written = levels.keys().map(|&bits| f64::from_bits(bits));
    let sum = written.clone().zip(&counts);
    let sum: f64 = sum.map(|(pi, &n)| pi * real(n)).sum();
    let target: Vec<f64> = written.map(|pi| pi * real(n as u64) / sum).collect();
    if target.iter().any(|&pi| pi >= 1.0) {
        let rule = format!(
            "stratum {label:?}: {n} are drawn of probabilities (入样概率) that sum to {sum:.3}"
        );
        return Err(unfit(id, rule));
    }
    let spread = target.iter().zip(&counts);
    let spread: f64 = spread.map(|(pi, &n)| pi * (1.0 - pi) * real(n)).sum();
    if counts.len() == 1 || spread >= LARGE || counts.len() > LEVELS_MAX {
        return Ok(target);
    }
    plan::calibrate(&counts, &target, n as u64).map_err(|unsettled| {
        let error = unsettled.0;
        let rule = format!("stratum {label:?}: no λ gives these probabilities (入样概率); largest relative error {error:e}");
        unfit(id, rule)
    })
}

/// The number drawn is one that the probabilities allow.
fn agrees(id: &str, members: &[Member], stratum: Option<&str>) -> Result<(), Error> {
    let sum: f64 = members.iter().map(|one| one.pi).sum();
    let variance: f64 = members.iter().map(|one| one.pi * (1.0 - one.pi)).sum();
    let n = members.iter().filter(|one| one.drawn).count();
    if (real(n as u64) - sum).abs() <= 1.0 + DEVIATIONS_MAX * variance.sqrt() {
        return Ok(());
    }
    let place = stratum.map_or(String::new(), |label| format!("stratum {label:?}: "));
    let rule = format!(
        "{place}{n} are drawn, and the inclusion probabilities (入样概率) sum to {sum:.1}: these are not the probabilities of this draw"
    );
    Err(unfit(id, rule))
}

fn unfit(id: &str, rule: String) -> Error {
    Error::Round {
        round: id.to_owned(),
        rule,
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "objects of a frame lie below 2^53"
)]
fn real(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(units: &[(u32, f64, bool)]) -> Wave {
        let unit = |(at, &(stratum, pi, drawn)): (usize, &(u32, f64, bool))| WaveUnit {
            key: at as u64,
            stratum,
            pi,
            drawn,
            ..WaveUnit::default()
        };
        Wave {
            id: "2024-1".into(),
            drawn_on: "2024-03-01".parse().unwrap(),
            window_days: 365,
            strata: vec!["A".into(), "B".into()],
            units: units.iter().enumerate().map(unit).collect(),
            series_times: Vec::new(),
        }
    }

    /// Every unit is drawn as often as it should be, within four standard errors.
    fn draws_as_stated(engine: &Engine, wave: &Wave) {
        const REPLICATES: u32 = 20_000;
        let mut counts = vec![0_u32; wave.units.len()];
        let mut drawn = vec![false; wave.units.len()];
        for replicate in 0..REPLICATES {
            engine.redraw(replicate.into(), &mut drawn);
            let pairs = counts.iter_mut().zip(&drawn);
            pairs.for_each(|(count, &drawn)| *count += u32::from(drawn));
        }
        for (count, unit) in counts.into_iter().zip(&wave.units) {
            let share = f64::from(count) / f64::from(REPLICATES);
            let error = (unit.pi * (1.0 - unit.pi) / f64::from(REPLICATES)).sqrt();
            assert!(
                (share - unit.pi).abs() <= 4.0 * error,
                "{share} {}",
                unit.pi
            );
        }
    }

    #[test]
    fn a_fixed_design_draws_its_number_with_the_probabilities_of_the_table() {
        let wave = wave(&[
            (0, 0.2, false),
            (0, 0.5, true),
            (0, 0.5, false),
            (0, 0.8, true),
            (1, 1.0, true),
            (1, 0.5, false),
            (1, 0.5, true),
        ]);
        let engine = Engine::new(&wave, false, &[7; 32]).unwrap();
        let mut drawn = vec![false; 7];
        for replicate in 0..200 {
            engine.redraw(replicate, &mut drawn);
            let n = |range: std::ops::Range<usize>| drawn[range].iter().filter(|d| **d).count();
            assert_eq!((n(0..4), n(4..7), drawn[4]), (2, 2, true));
        }
        draws_as_stated(&engine, &wave);
    }

    #[test]
    fn independent_draws_have_their_own_probabilities_and_a_replicate_is_the_same_again() {
        let wave = wave(&[(0, 0.1, false), (0, 0.6, true), (1, 1.0, true)]);
        let engine = Engine::new(&wave, true, &[1; 32]).unwrap();
        draws_as_stated(&engine, &wave);
        let (mut once, mut again) = (vec![false; 3], vec![true; 3]);
        engine.redraw(5, &mut once);
        engine.redraw(6, &mut again);
        engine.redraw(5, &mut again);
        assert_eq!(once, again);
    }

    #[test]
    fn a_number_drawn_that_the_probabilities_do_not_allow_is_refused() {
        let many: Vec<(u32, f64, bool)> = (0..400).map(|at| (0, 0.01, at % 4 == 0)).collect();
        for is_poisson in [true, false] {
            let error = Engine::new(&wave(&many), is_poisson, &[0; 32]).unwrap_err();
            let said = error.to_string();
            assert!(
                said.contains("100 are drawn") && said.contains("sum to 4.0"),
                "{said}"
            );
        }
    }
}
