//! Every statistic of a draw at once: of the list, and of each fair draw it is compared with.

use rayon::prelude::*;

use super::crosstab::{Crosstab, industry};
use super::fair::{Fair, real, stream, subset};
use super::input::{AuditInput, Register, at, whole};
use super::lineup::{Lineup, Spacing, Tails, Work, column, lineups};
use super::params::ValidParams;
use super::plane::{Cells, Plane, mean_distance, share_placed};

/// Stream of the fair draws.
const TAG: &str = "choucha/audit-draws/v1";
/// Share of objects that must have a place before distances are looked at.
const PLACED_MIN: f64 = 0.9;

/// What is measured of a draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// Largest share of equal gaps, in the lineup of this number.
    Equal(usize),
    /// Objects from the blind tail.
    InTail(usize),
    /// Sum of squared gaps, over its fair mean order: Σ gap² / N².
    Squares(usize),
    /// Pairs of neighbours in the order.
    Adjacent(usize),
    /// Mean metres to the nearest other drawn object.
    Nearest,
    /// X² over the districts.
    District,
    /// X² over the industries.
    Industry,
    /// Objects of districts from which nobody is drawn.
    ShutOut,
    /// Repeats: pairs of rounds that drew the same object.
    Repeats,
    /// Most rounds that drew one object.
    Most,
}

/// Number of statistics of a lineup.
pub(super) const PER_LINEUP: usize = 4;
/// Number of the others.
const OTHERS: usize = 6;

/// The sizes of a draw: what a fair draw keeps fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) stratum_of: Vec<u32>,
    members: Vec<Vec<u32>>,
    /// Drawn, by round and stratum.
    pub(super) n: Vec<Vec<u32>>,
}

impl Sizes {
    pub(super) fn new(input: &AuditInput, stratum_of: Vec<u32>, n_strata: usize) -> Self {
        let mut members = vec![Vec::new(); n_strata];
        for (object, stratum) in stratum_of.iter().enumerate() {
            members[at(*stratum)].push(whole(object));
        }
        let n = counts(&stratum_of, n_strata, input);
        Self {
            stratum_of,
            members,
            n,
        }
    }

    /// Drawn by round and stratum of another list over the same register.
    pub(super) fn of(&self, input: &AuditInput) -> Vec<Vec<u32>> {
        counts(&self.stratum_of, self.members.len(), input)
    }

    pub(super) fn n_strata(&self) -> usize {
        self.members.len()
    }

    /// Whether some stratum has both drawn and other objects.
    pub(super) fn is_open(&self) -> bool {
        let open = |(n, members): (&u32, &Vec<u32>)| *n > 0 && at(*n) < members.len();
        self.n
            .iter()
            .any(|round| round.iter().zip(&self.members).any(open))
    }

    fn draw(&self, seed: &[u8; 32], replicate: u32, marks: &mut Marks) -> Vec<Vec<u32>> {
        let mut rng = stream(seed, TAG, replicate);
        let round = |sizes: &Vec<u32>| {
            let mut drawn = Vec::new();
            for (n, members) in sizes.iter().zip(&self.members) {
                let mark = marks.next();
                subset(
                    &mut rng,
                    whole(members.len()),
                    *n,
                    &mut marks.of,
                    mark,
                    |taken| {
                        drawn.push(members[at(taken)]);
                    },
                );
            }
            drawn
        };
        self.n.iter().map(round).collect()
    }
}

fn counts(stratum_of: &[u32], n_strata: usize, input: &AuditInput) -> Vec<Vec<u32>> {
    let count = |drawn: &Vec<u32>| {
        let mut counts = vec![0; n_strata];
        for &object in drawn {
            counts[at(stratum_of[at(object)])] += 1;
        }
        counts
    };
    input.drawn().iter().map(count).collect()
}

/// Marks on objects that are wiped by taking the next mark.
#[derive(Debug)]
struct Marks {
    of: Vec<u32>,
    last: u32,
}

impl Marks {
    fn new(n: usize) -> Self {
        Self {
            of: vec![0; n],
            last: 0,
        }
    }

    fn next(&mut self) -> u32 {
        if self.last == u32::MAX {
            self.of.fill(0);
            self.last = 0;
        }
        self.last += 1;
        self.last
    }
}

/// Memory of one thread.
struct Desk {
    marks: Marks,
    work: Work,
    cells: Cells,
    counts: Vec<u32>,
    times: Vec<u32>,
}

impl Desk {
    fn new(n: usize) -> Self {
        Self {
            marks: Marks::new(n),
            work: Work::default(),
            cells: Cells::default(),
            counts: Vec::new(),
            times: vec![0; n],
        }
    }
}

/// What the statistics are taken over.
#[derive(Debug)]
pub(super) struct Panel {
    pub(super) lineups: Vec<Lineup>,
    /// By lineup and round.
    pub(super) tails: Vec<Vec<Tails>>,
    /// Rounds that drew more than half: their undrawn objects are looked at in the lineups.
    pub(super) inverted: Vec<bool>,
    pub(super) district: Option<Crosstab>,
    pub(super) industry: Option<Crosstab>,
    pub(super) plane: Option<Plane>,
    n_objects: usize,
}

impl Panel {
    pub(super) fn new(input: &AuditInput, sizes: &Sizes, design: &ValidParams) -> Self {
        let register: &Register = &input.register;
        let district = district(register, design);
        let crosstab =
            |texts: &[String]| Crosstab::new(texts, &sizes.stratum_of, sizes.n_strata(), &sizes.n);
        let industries = register.column("industry_code").map(|codes| {
            let texts: Vec<String> = codes.iter().map(|code| industry(code)).collect();
            crosstab(&texts)
        });
        let drawn = input.drawn();
        let mut panel = Self {
            lineups: lineups(
                register,
                district,
                &sizes.stratum_of,
                sizes.n_strata(),
                design,
            ),
            tails: Vec::new(),
            inverted: drawn
                .iter()
                .map(|round| 2 * round.len() > register.n())
                .collect(),
            district: district.map(crosstab),
            industry: industries,
            plane: (share_placed(register.places()) >= PLACED_MIN)
                .then(|| {
                    Plane::new(
                        register.places(),
                        drawn.iter().map(Vec::len).max().unwrap_or(1),
                    )
                })
                .flatten(),
            n_objects: register.n(),
        };
        let mut marks = Marks::new(register.n());
        let seen: Vec<Vec<u32>> = (0..drawn.len())
            .map(|round| panel.seen(round, &drawn[round], &mut marks))
            .collect();
        let tails = |lineup: &Lineup| seen.iter().map(|drawn| lineup.tails(drawn)).collect();
        panel.tails = panel.lineups.iter().map(tails).collect();
        panel
    }

    /// Place of a measure in the rows of statistics.
    pub(super) fn place(&self, measure: Measure) -> usize {
        let after = PER_LINEUP * self.lineups.len();
        match measure {
            Measure::Equal(lineup) => PER_LINEUP * lineup,
            Measure::InTail(lineup) => PER_LINEUP * lineup + 1,
            Measure::Squares(lineup) => PER_LINEUP * lineup + 2,
            Measure::Adjacent(lineup) => PER_LINEUP * lineup + 3,
            Measure::Nearest => after,
            Measure::District => after + 1,
            Measure::Industry => after + 2,
            Measure::ShutOut => after + 3,
            Measure::Repeats => after + 4,
            Measure::Most => after + 5,
        }
    }

    /// The statistics of the list.
    pub(super) fn observe(&self, drawn: &[Vec<u32>]) -> Vec<f64> {
        self.measure(drawn, &mut Desk::new(self.n_objects))
    }

    /// The statistics of `n` fair draws.
    pub(super) fn simulate(&self, sizes: &Sizes, seed: &[u8; 32], n: u32) -> Fair {
        let rows: Vec<Vec<f64>> = (0..n)
            .into_par_iter()
            .map_init(
                || Desk::new(self.n_objects),
                |desk, replicate| {
                    let drawn = sizes.draw(seed, replicate, &mut desk.marks);
                    self.measure(&drawn, desk)
                },
            )
            .collect();
        Fair::of(&rows)
    }

    /// How each round of the list lies in a lineup.
    pub(super) fn spacings(&self, lineup: usize, drawn: &[Vec<u32>]) -> Vec<Spacing> {
        let mut desk = Desk::new(self.n_objects);
        let spacing = |(round, drawn): (usize, &Vec<u32>)| {
            let seen = self.seen(round, drawn, &mut desk.marks);
            self.lineups[lineup].spacing(&seen, &self.tails[lineup][round], &mut desk.work)
        };
        drawn.iter().enumerate().map(spacing).collect()
    }

    /// What a lineup looks at: the drawn objects, or the others where those are fewer.
    fn seen(&self, round: usize, drawn: &[u32], marks: &mut Marks) -> Vec<u32> {
        if !self.inverted[round] {
            return drawn.to_vec();
        }
        let mark = marks.next();
        for &object in drawn {
            marks.of[at(object)] = mark;
        }
        let rest = (0..self.n_objects).filter(|&object| marks.of[object] != mark);
        rest.map(whole).collect()
    }

    fn measure(&self, drawn: &[Vec<u32>], desk: &mut Desk) -> Vec<f64> {
        let mut row = Vec::with_capacity(PER_LINEUP * self.lineups.len() + OTHERS);
        let seen: Vec<Vec<u32>> = (0..drawn.len())
            .map(|round| self.seen(round, &drawn[round], &mut desk.marks))
            .collect();
        for (lineup, tails) in self.lineups.iter().zip(&self.tails) {
            let rounds = seen.iter().zip(tails);
            let all = rounds.map(|(seen, tails)| lineup.spacing(seen, tails, &mut desk.work));
            row.extend(summed(all, self.n_objects));
        }
        let plane = self.plane.as_ref();
        row.push(plane.map_or(0.0, |plane| mean_distance(plane, drawn, &mut desk.cells)));
        for crosstab in [&self.district, &self.industry] {
            let crosstab = crosstab.as_ref();
            row.push(crosstab.map_or(0.0, |crosstab| {
                chi_squares(crosstab, drawn, &mut desk.counts)
            }));
        }
        let district = self.district.as_ref();
        row.push(district.map_or(0.0, |district| f64::from(shut_out(district, drawn))));
        row.extend(repeats(drawn, &mut desk.times));
        row
    }
}

/// The register's column of districts.
pub(super) fn district<'a>(register: &'a Register, design: &ValidParams) -> Option<&'a [String]> {
    match &design.params.district {
        Some(name) => column(register, name),
        None => register
            .column("office")
            .or_else(|| register.column("region_code")),
    }
}

fn summed(rounds: impl Iterator<Item = Spacing>, n_objects: usize) -> [f64; PER_LINEUP] {
    let mut sum = Spacing::default();
    for spacing in rounds {
        sum.gaps += spacing.gaps;
        sum.equal += spacing.equal;
        sum.in_tail += spacing.in_tail;
        sum.squares += spacing.squares;
        sum.adjacent += spacing.adjacent;
    }
    [
        f64::from(sum.equal) / f64::from(sum.gaps.max(1)),
        f64::from(sum.in_tail),
        sum.squares / real(n_objects).powi(2),
        f64::from(sum.adjacent),
    ]
}

fn chi_squares(crosstab: &Crosstab, drawn: &[Vec<u32>], counts: &mut Vec<u32>) -> f64 {
    let of_round = |(round, drawn): (usize, &Vec<u32>)| {
        crosstab.counts(drawn, counts);
        crosstab.chi_square(round, counts)
    };
    drawn.iter().enumerate().map(of_round).sum()
}

/// Objects of the districts from which nobody is drawn in any round.
pub(super) fn shut_out(district: &Crosstab, drawn: &[Vec<u32>]) -> u32 {
    let totals = district.totals(drawn);
    let missed = totals.iter().zip(&district.sizes).filter(|(n, _)| **n == 0);
    missed.map(|(_, size)| *size).sum()
}

/// Pairs of rounds that drew the same object, and the most rounds that drew one object. `times` is all zero between calls.
fn repeats(drawn: &[Vec<u32>], times: &mut [u32]) -> [f64; 2] {
    let (mut pairs, mut most) = (0, 0);
    for &object in drawn.iter().flatten() {
        pairs += times[at(object)];
        times[at(object)] += 1;
        most = most.max(times[at(object)]);
    }
    drawn
        .iter()
        .flatten()
        .for_each(|&object| times[at(object)] = 0);
    [f64::from(pairs), f64::from(most)]
}
