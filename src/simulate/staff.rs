//! 执法检查人员名录库, recusals and absences.

use rand::{Rng, RngExt};
use rand_distr::Distribution;
use rand_distr::weighted::WeightedAliasIndex;

use super::object::Object;
use super::words;
use super::world::World;

const LEVELS: [&str; 2] = ["县级", "所级"];
const REASONS: [&str; 4] = [
    "近亲属在被检查对象任职",
    "近亲属持有股份",
    "曾在被检查对象任职",
    "其他利害关系",
];
const STAFF_KINDS: [&str; 3] = ["公务员", "事业编", "聘用制"];

/// One inspector.
#[derive(Clone, Debug)]
pub(super) struct Inspector {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) department: usize,
    /// Index into [`World::offices`].
    pub(super) office: usize,
    pub(super) level: &'static str,
    pub(super) staff_kind: &'static str,
    /// `number|YYYY-MM-DD` (expiry); none for 聘用制.
    pub(super) certificates: Vec<String>,
    pub(super) specialties: Vec<String>,
    /// Normalised ids.
    pub(super) former_employers: Vec<String>,
    pub(super) active: bool,
    pub(super) strictness: f64,
}

/// One row of `recusals`.
#[derive(Clone, Debug)]
pub(super) struct Recusal {
    pub(super) inspector: usize,
    pub(super) object_id: String,
    pub(super) scheme: &'static str,
    pub(super) reason: &'static str,
}

/// One row of `availability`: days on which an inspector cannot be drawn.
#[derive(Clone, Debug)]
pub(super) struct Absence {
    pub(super) inspector: usize,
    pub(super) from: i32,
    pub(super) to: i32,
}

/// Everybody who inspects.
#[derive(Clone, Debug)]
pub(super) struct Staff {
    pub(super) inspectors: Vec<Inspector>,
    pub(super) recusals: Vec<Recusal>,
    pub(super) absences: Vec<Absence>,
    offices: Vec<(String, Vec<usize>)>,
}

impl Staff {
    /// Makes the staff; `known` are the objects that recusals and former employers refer to.
    pub(super) fn new(world: &World, known: &[Object], rng: &mut impl Rng) -> Self {
        let n =
            usize::try_from(world.params.staff.inspectors).expect("checked to be at most 100000");
        let inspectors: Vec<Inspector> = (0..n)
            .map(|index| inspector(world, index, known, rng))
            .collect();
        let recusals = (0..world.params.staff.recusals)
            .map(|_| recusal(n, known, rng))
            .collect();
        let absences = (0..world.params.staff.absences)
            .map(|_| absence(world, n, rng))
            .collect();
        Self {
            recusals,
            absences,
            offices: by_office(world, &inspectors),
            inspectors,
        }
    }

    /// Two different inspectors of `office`; of the whole county where the office has fewer than two.
    pub(super) fn pair(&self, office: &str, rng: &mut impl Rng) -> [usize; 2] {
        let here = self
            .offices
            .iter()
            .find(|(name, staff)| name == office && staff.len() >= 2);
        let n = here.map_or(self.inspectors.len(), |(_, staff)| staff.len());
        let first = rng.random_range(0..n);
        let second = (first + rng.random_range(1..n)) % n;
        match here {
            Some((_, staff)) => [staff[first.min(second)], staff[first.max(second)]],
            None => [first.min(second), first.max(second)],
        }
    }

    /// Strictness of a pair: the geometric mean.
    pub(super) fn strictness(&self, pair: [usize; 2]) -> f64 {
        (self.inspectors[pair[0]].strictness * self.inspectors[pair[1]].strictness).sqrt()
    }
}

fn by_office(world: &World, inspectors: &[Inspector]) -> Vec<(String, Vec<usize>)> {
    let of = |office: usize| {
        (0..inspectors.len())
            .filter(move |&index| inspectors[index].office == office)
            .collect()
    };
    world
        .offices
        .iter()
        .enumerate()
        .map(|(office, name)| (name.clone(), of(office)))
        .collect()
}

fn inspector(world: &World, index: usize, known: &[Object], rng: &mut impl Rng) -> Inspector {
    let staff = &world.params.staff;
    let weights = WeightedAliasIndex::new(vec![0.5, 0.35, 0.15]).expect("three positive weights");
    let staff_kind = STAFF_KINDS[weights.sample(rng)];
    let former = rng.random_bool(staff.former_employer) && !known.is_empty();
    Inspector {
        id: format!("{}-J{:04}", world.params.name.to_uppercase(), index + 1),
        name: words::person(rng),
        department: if rng.random_bool(0.8) {
            0
        } else {
            rng.random_range(0..staff.departments.len())
        },
        office: index % world.offices.len(),
        level: LEVELS[usize::from(rng.random_bool(0.7))],
        staff_kind,
        certificates: if staff_kind == "聘用制" {
            Vec::new()
        } else {
            certificates(world, index, rng)
        },
        specialties: specialties(&staff.specialties, index, rng),
        former_employers: if former {
            vec![known[rng.random_range(0..known.len())].normalised()]
        } else {
            Vec::new()
        },
        active: !rng.random_bool(staff.inactive),
        strictness: staff_strictness(world, rng),
    }
}

fn staff_strictness(world: &World, rng: &mut impl Rng) -> f64 {
    (world
        .params
        .propensity
        .strictness
        .sample(rng)
        .clamp(0.05, 20.0)
        * 1e4)
        .round()
        / 1e4
}

fn certificates(world: &World, index: usize, rng: &mut impl Rng) -> Vec<String> {
    let staff = &world.params.staff;
    let mut one = |series: &str| {
        let days = staff.certificate.days(rng) - staff.certificate_shift;
        let expiry = world.params.as_of.plus(days);
        format!(
            "{series}{:06}{:05}|{expiry}",
            world.params.register.authority,
            index + 1
        )
    };
    let province = one("JS");
    if index.is_multiple_of(4) {
        vec![province, one("SC")]
    } else {
        vec![province]
    }
}

/// The first specialty goes round, so that every specialty has somebody.
fn specialties(all: &[String], index: usize, rng: &mut impl Rng) -> Vec<String> {
    let mut chosen = vec![all[index % all.len()].clone()];
    if rng.random_bool(0.3) {
        chosen.push(all[rng.random_range(0..all.len())].clone());
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen
}

fn recusal(n: usize, known: &[Object], rng: &mut impl Rng) -> Recusal {
    let object = &known[rng.random_range(0..known.len())];
    Recusal {
        inspector: rng.random_range(0..n),
        object_id: object.id.clone(),
        scheme: object.scheme,
        reason: REASONS[rng.random_range(0..REASONS.len())],
    }
}

fn absence(world: &World, n: usize, rng: &mut impl Rng) -> Absence {
    let from = world.params.as_of.days() + rng.random_range(0..world.params.window_days);
    Absence {
        inspector: rng.random_range(0..n),
        from,
        to: from + world.params.staff.absence.days(rng),
    }
}
