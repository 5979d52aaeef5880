//! One partition of the register, object by object: which lines it stands on, and which office it belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use polars::prelude::{
    BooleanChunked, DataFrame, DataType, Int32Chunked, PolarsResult, StringChunked, col, lit,
};

use super::facts::{Facts, Lists, or_null};
use super::{Ailment, Found, Listed, Office, Valid, Why};
use crate::registers::{Error, Registers, at, day, seen_from, seen_schema};
use crate::units::{Day, Problem};

const TEXTS: [&str; 8] = [
    "object_id",
    "name",
    "office",
    "status",
    "kind",
    "region_code",
    "industry_code",
    "address",
];
/// Columns without which an object of the frame stands on a line; places in `TEXTS`.
const MISSING: [(usize, Ailment); 6] = [
    (1, Ailment::NoName),
    (4, Ailment::NoKind),
    (2, Ailment::NoOffice),
    (6, Ailment::NoIndustry),
    (5, Ailment::NoRegion),
    (7, Ailment::NoAddress),
];

/// What the objects of some partitions show.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) found: BTreeMap<Ailment, Found>,
    pub(super) offices: BTreeMap<String, Office>,
    /// Objects per department in charge.
    pub(super) departments: BTreeMap<String, u64>,
    pub(super) notes: BTreeSet<String>,
}

impl Scan {
    /// Adds what other partitions show.
    pub(super) fn add(&mut self, other: Self) {
        for (ailment, found) in other.found {
            self.found.entry(ailment).or_default().add(found);
        }
        for (name, office) in other.offices {
            let all = self.office(&name);
            all.n_objects += office.n_objects;
            all.n_frame += office.n_frame;
            for (ailment, n) in office.ailments {
                *all.ailments.entry(ailment).or_default() += n;
            }
        }
        for (department, n) in other.departments {
            *self.departments.entry(department).or_default() += n;
        }
        self.notes.extend(other.notes);
    }

    fn office(&mut self, name: &str) -> &mut Office {
        let named = || Office {
            name: name.to_owned(),
            ..Office::default()
        };
        self.offices.entry(name.to_owned()).or_insert_with(named)
    }
}

/// Looks at every object of partition `part`.
pub(super) fn scan(valid: &Valid, registers: &Registers, part: usize) -> Result<Scan, Error> {
    let facts = Facts::read(valid, &registers.snapshot, part, registers.as_of())?;
    let mut scan = Scan::default();
    let frame = rows(valid, registers, part, &mut scan.notes)?;
    let eligible = registers.eligible(part)?;
    let objects = Objects::of(&frame, &eligible).map_err(at(Path::new("objects")))?;
    let mut hits: BTreeMap<Ailment, Vec<Hit>> = BTreeMap::new();
    for row in 0..frame.height() {
        let ailments = objects.examine(row, valid, &facts);
        let office = scan.office(objects.text(row, 2));
        office.n_objects += 1;
        office.n_frame += u64::from(objects.is_eligible(row));
        for (ailment, why) in ailments {
            *office.ailments.entry(ailment).or_default() += 1;
            hits.entry(ailment).or_default().push(Hit { row, why });
        }
        for department in objects.departments(row) {
            match scan.departments.get_mut(department) {
                Some(n) => *n += 1,
                None => drop(scan.departments.insert(department.to_owned(), 1)),
            }
        }
    }
    scan.found = hits
        .into_iter()
        .map(|(ailment, hits)| (ailment, objects.listed(hits)))
        .collect();
    Ok(scan)
}

/// Whether a 登记状态 says that the business goes on: 存续（在营、开业、在册） and its parts.
fn says_in_force(status: &str) -> bool {
    ["存续", "在营", "开业", "在册"]
        .iter()
        .any(|word| status.contains(word))
}

struct Hit {
    row: usize,
    why: Why,
}

/// The columns that are looked at, as they may be seen from the as-of day.
fn rows(
    valid: &Valid,
    registers: &Registers,
    part: usize,
    notes: &mut BTreeSet<String>,
) -> Result<DataFrame, Error> {
    let table = Path::new("objects");
    let mut objects = registers.objects(part)?;
    let schema = objects.collect_schema().map_err(at(table))?;
    let seen = seen_schema(&schema);
    let unclassified = match &valid.unclassified {
        None => lit(false),
        Some(when) => match when.check_boolean(&seen) {
            Ok(()) => when.expr().fill_null(lit(false)),
            Err(rule) if valid.is_declared => {
                let problem = Problem::new("health.unclassified", when.text(), rule);
                return Err(Error::Settings(vec![problem]));
            }
            Err(_) => {
                notes.insert("unclassified: the condition of [risk.unclassified] looks at indicators; give [health] unclassified over columns of objects".to_owned());
                lit(false)
            }
        },
    };
    let texts = TEXTS
        .iter()
        .map(|name| or_null(&seen, name, &DataType::String));
    let lists = ["labels", "departments"]
        .into_iter()
        .filter(|name| seen.contains(name))
        .map(col);
    let wanted = texts.chain(lists).chain([
        col("object_key"),
        or_null(&seen, "closed_on", &DataType::Int32),
        unclassified.alias("unclassified"),
    ]);
    seen_from(objects, &schema, day(registers.as_of().0))
        .select(wanted.collect::<Vec<_>>())
        .collect()
        .map_err(at(table))
}

/// The columns of a partition.
struct Objects<'a> {
    texts: Vec<&'a StringChunked>,
    keys: Vec<u64>,
    closed_on: &'a Int32Chunked,
    unclassified: &'a BooleanChunked,
    eligible: &'a BooleanChunked,
    labels: Option<Lists>,
    departments: Option<Lists>,
}

impl<'a> Objects<'a> {
    fn of(frame: &'a DataFrame, eligible: &'a BooleanChunked) -> PolarsResult<Self> {
        let mut texts = Vec::new();
        for name in TEXTS {
            texts.push(frame.column(name)?.str()?);
        }
        Ok(Self {
            texts,
            keys: frame
                .column("object_key")?
                .u64()?
                .iter()
                .flatten()
                .collect(),
            closed_on: frame.column("closed_on")?.i32()?,
            unclassified: frame.column("unclassified")?.bool()?,
            eligible,
            labels: Lists::of(frame, "labels")?,
            departments: Lists::of(frame, "departments")?,
        })
    }

    fn text(&self, row: usize, column: usize) -> &str {
        self.texts[column].get(row).unwrap_or_default().trim()
    }

    fn is_eligible(&self, row: usize) -> bool {
        self.eligible.get(row) == Some(true)
    }

    fn departments(&self, row: usize) -> impl Iterator<Item = &str> {
        self.departments
            .iter()
            .flat_map(move |departments| departments.row(row))
    }

    /// The lines the object stands on.
    fn examine(&self, row: usize, valid: &Valid, facts: &Facts) -> Vec<(Ailment, Why)> {
        let mut found = Vec::new();
        self.examine_life(row, valid, facts, &mut found);
        if !self.is_eligible(row) {
            return found;
        }
        let key = self.keys[row];
        if let Some(day) = facts.unreachable_on(key) {
            let why = Why::UnreachableOn(Day::from_days(day));
            found.push((Ailment::Unreachable, why));
        } else if facts.is_listed(key) {
            found.push((Ailment::Unreachable, Why::OnList));
        }
        let mut labels = self.labels.iter().flat_map(|labels| labels.row(row));
        if labels.next().is_none() {
            found.push((Ailment::Unlabelled, Why::Plain));
        }
        if self.unclassified.get(row) == Some(true) {
            found.push((Ailment::Unclassified, Why::Plain));
        }
        let missing = MISSING
            .iter()
            .filter(|(column, _)| self.text(row, *column).is_empty());
        found.extend(missing.map(|(_, ailment)| (*ailment, Why::Plain)));
        found
    }

    /// Whether it is gone, and whether something says that it is not.
    fn examine_life(
        &self,
        row: usize,
        valid: &Valid,
        facts: &Facts,
        found: &mut Vec<(Ailment, Why)>,
    ) {
        let (key, status) = (self.keys[row], self.text(row, 3));
        let closed = self.closed_on.get(row).map(Day::from_days);
        let is_gone = valid.dead_status.iter().any(|gone| gone == status);
        if closed.is_none() && !is_gone {
            return;
        }
        let gone = Why::Gone {
            status: status.to_owned(),
            on: closed,
        };
        found.push((Ailment::Dead, gone));
        let reached = facts.reached_on(key).map(Day::from_days);
        let licences = facts.licences(key);
        let why = match (closed, reached) {
            (Some(on), _) if !is_gone && says_in_force(status) => Why::StatusInForce {
                status: status.to_owned(),
                on,
            },
            _ if licences > 0 => Why::Licences(licences),
            (Some(on), Some(reached)) if reached > on => Why::VisitAfter(reached),
            _ => return,
        };
        found.push((Ailment::DeadInForce, why));
    }

    /// All of `hits` in the order of their ids.
    fn listed(&self, mut hits: Vec<Hit>) -> Found {
        let n = hits.len() as u64;
        hits.sort_by(|a, b| self.text(a.row, 0).cmp(self.text(b.row, 0)));
        let listed = |hit: Hit| Listed {
            object_id: self.text(hit.row, 0).to_owned(),
            name: self.text(hit.row, 1).to_owned(),
            office: self.text(hit.row, 2).to_owned(),
            why: hit.why,
        };
        Found {
            n,
            rows: hits.into_iter().map(listed).collect(),
        }
    }
}
