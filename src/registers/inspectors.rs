//! 执法检查人员名录库 with recusals (回避) and absences as plain values, and as the canonical text a seal commits.
//!
//! Three tables of CSV text, each sorted and without repeated rows, say everything a second draw depends on: whoever
//! has the bytes has the register, without the files it was read from. Recusals of objects that are not in the object
//! register were refused on the way in, and are counted there.

mod snapshot;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use snapshot::from_snapshot;

use super::Error;
use crate::units::{Day, ObjectId};

/// Joins the texts of one cell.
const JOIN: &str = ";";

const INSPECTORS: &[&str] = &[
    "inspector_id",
    "department",
    "office",
    "level",
    "staff_kind",
    "certificates",
    "specialties",
    "region_code",
    "former_employers",
    "active",
];
const RECUSALS: &[&str] = &["inspector_id", "object_id", "reason"];
const AVAILABILITY: &[&str] = &["inspector_id", "from", "to"];

/// One inspector of the register. Texts are empty where the source has none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inspector {
    /// 执法人员编号.
    pub id: String,
    /// 部门.
    pub department: String,
    /// 所在机构.
    pub office: String,
    /// 层级, for example 县级 or 所级.
    pub level: String,
    /// 人员性质: 公务员, 事业编, 聘用制 …
    pub staff_kind: String,
    /// 执法证 and the like, ascending.
    pub certificates: Vec<Certificate>,
    /// 专长, ascending.
    pub specialties: Vec<String>,
    /// 行政区划代码.
    pub region_code: String,
    /// Normalised ids of former employers, ascending.
    pub former_employers: Vec<String>,
    /// 是否有效: “失效人员不纳入抽取范围”.
    pub active: bool,
}

/// A certificate as the source writes it, `name@YYYY-MM-DD` or `number|YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Certificate {
    /// The whole text.
    pub text: String,
    /// Last day it is valid; none where the text ends in no day, and then it is never valid.
    pub expires: Option<Day>,
}

/// 回避: the inspector must not visit the object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recusal {
    /// The inspector.
    pub inspector_id: String,
    /// Normalised object id.
    pub object_id: String,
    /// The reason as declared; may be empty.
    pub reason: String,
}

/// Days on which an inspector cannot be drawn, both ends included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Absence {
    /// The inspector.
    pub inspector_id: String,
    /// First day.
    pub from: Day,
    /// Last day, not before the first.
    pub to: Day,
}

/// The register: inspectors ascending by id, each once, with recusals and absences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InspectorRegister {
    inspectors: Vec<Inspector>,
    recusals: BTreeSet<Recusal>,
    absences: BTreeMap<String, BTreeSet<(Day, Day)>>,
}

impl Certificate {
    /// Reads the day behind the last `@` or `|`.
    ///
    /// ```
    /// use choucha::registers::Certificate;
    /// let certificate = Certificate::new("JS130433|2026-01-31");
    /// assert_eq!(certificate.expires, Some("2026-01-31".parse().unwrap()));
    /// assert_eq!(Certificate::new("长期有效").expires, None);
    /// ```
    #[must_use]
    pub fn new(text: &str) -> Self {
        let day = text.rsplit(['@', '|']).next().unwrap_or_default();
        Self {
            text: text.to_owned(),
            expires: day.trim().parse().ok(),
        }
    }
}

impl Inspector {
    /// Whether some certificate is valid on `day`.
    #[must_use]
    pub fn is_certified(&self, day: Day) -> bool {
        let until = |certificate: &Certificate| certificate.expires;
        self.certificates.iter().filter_map(until).max() >= Some(day)
    }

    /// Whether the inspector has the specialty.
    #[must_use]
    pub fn holds(&self, specialty: &str) -> bool {
        self.specialties.iter().any(|held| held == specialty)
    }

    /// Lists ascending and once, ids of former employers normalised.
    fn tidy(mut self) -> Self {
        self.former_employers = self
            .former_employers
            .iter()
            .map(|id| normalised(id))
            .collect();
        self.certificates.sort();
        self.certificates.dedup();
        for list in [&mut self.specialties, &mut self.former_employers] {
            list.sort();
            list.dedup();
        }
        self
    }
}

/// An id as the object register spells it; a text that cannot be one stays as it is and matches nothing.
fn normalised(id: &str) -> String {
    let (scheme, bare) = id.split_once('/').unwrap_or(("uscc", id));
    ObjectId::normalise(scheme, bare).map_or_else(|_| id.to_owned(), |id| id.as_str().to_owned())
}

impl InspectorRegister {
    /// The register of these rows, in whatever order they come.
    ///
    /// # Errors
    /// [`Error::InspectorRow`]: an id that is empty or stands twice, an absence that ends before it begins, or a
    /// text of a list that holds `;`, which joins the texts of a cell. `line` is the row's place in what was given.
    pub fn new(
        inspectors: Vec<Inspector>,
        recusals: Vec<Recusal>,
        absences: Vec<Absence>,
    ) -> Result<Self, Error> {
        let mut seen = BTreeSet::new();
        for (row, inspector) in inspectors.iter().enumerate() {
            check(inspector, row + 2)?;
            if !seen.insert(inspector.id.as_str()) {
                let rule = "an inspector must stand in the register once";
                return Err(broken(
                    "inspectors",
                    row + 2,
                    "inspector_id",
                    &inspector.id,
                    rule,
                ));
            }
        }
        for (row, absence) in absences.iter().enumerate() {
            if absence.to < absence.from {
                let rule = "an absence must not end before it begins";
                let to = absence.to.to_string();
                return Err(broken("availability", row + 2, "to", &to, rule));
            }
        }
        let mut inspectors: Vec<Inspector> = inspectors.into_iter().map(Inspector::tidy).collect();
        inspectors.sort();
        let mut by_inspector: BTreeMap<String, BTreeSet<(Day, Day)>> = BTreeMap::new();
        for absence in absences {
            let days = by_inspector.entry(absence.inspector_id).or_default();
            days.insert((absence.from, absence.to));
        }
        Ok(Self {
            inspectors,
            recusals: recusals.into_iter().collect(),
            absences: by_inspector,
        })
    }

    /// Inspectors, ascending by id.
    #[must_use]
    pub fn inspectors(&self) -> &[Inspector] {
        &self.inspectors
    }

    /// The inspector of this id.
    #[must_use]
    pub fn inspector(&self, id: &str) -> Option<&Inspector> {
        let place = self
            .inspectors
            .binary_search_by(|inspector| inspector.id.as_str().cmp(id));
        place.ok().map(|place| &self.inspectors[place])
    }

    /// Recusals, ascending by inspector and object.
    pub fn recusals(&self) -> impl Iterator<Item = &Recusal> {
        self.recusals.iter()
    }

    /// Absences of one inspector, ascending, both ends included.
    pub fn absences(&self, inspector_id: &str) -> impl Iterator<Item = (Day, Day)> {
        self.absences
            .get(inspector_id)
            .into_iter()
            .flatten()
            .copied()
    }

    /// The same register, with more absences.
    #[must_use]
    pub fn with_absences(&self, more: impl IntoIterator<Item = Absence>) -> Self {
        let mut register = self.clone();
        for absence in more {
            let days = register.absences.entry(absence.inspector_id).or_default();
            days.insert((absence.from, absence.to));
        }
        register
    }

    /// The canonical text of the three tables by name: `inspectors`, `recusals`, `availability`. UTF-8 CSV with a
    /// heading, LF, rows ascending; lists joined by `;`. Equal registers give equal bytes.
    #[must_use]
    pub fn tables(&self) -> BTreeMap<String, Vec<u8>> {
        let absences = self.absences.iter().flat_map(|(id, days)| {
            let row = move |(from, to): &(Day, Day)| [id.clone(), from.to_string(), to.to_string()];
            days.iter().map(row)
        });
        let recusals = self.recusals.iter().map(|recusal| {
            [&recusal.inspector_id, &recusal.object_id, &recusal.reason].map(String::clone)
        });
        BTreeMap::from([
            (
                "inspectors".to_owned(),
                csv_text(INSPECTORS, self.inspectors.iter().map(row_of)),
            ),
            ("recusals".to_owned(), csv_text(RECUSALS, recusals)),
            ("availability".to_owned(), csv_text(AVAILABILITY, absences)),
        ])
    }

    /// The register back from the text of [`Self::tables`]; a table that is not there is empty.
    ///
    /// # Errors
    /// [`Error::InspectorRow`] names table, line, column, value and rule.
    pub fn from_tables(tables: &BTreeMap<String, Vec<u8>>) -> Result<Self, Error> {
        let text = |name: &str| tables.get(name).map_or(&[][..], Vec::as_slice);
        let inspectors = rows("inspectors", INSPECTORS, text("inspectors"))?;
        let recusals = rows("recusals", RECUSALS, text("recusals"))?;
        let absences = rows("availability", AVAILABILITY, text("availability"))?;
        Self::new(
            each(&inspectors, inspector_of)?,
            each(&recusals, |cells, _| Ok(recusal_of(cells)))?,
            each(&absences, absence_of)?,
        )
    }
}

fn check(inspector: &Inspector, line: usize) -> Result<(), Error> {
    if inspector.id.is_empty() {
        let rule = "an inspector must have an id";
        return Err(broken("inspectors", line, "inspector_id", "", rule));
    }
    if inspector.id.contains(JOIN) {
        let rule = "an inspector's id must not hold the sign that joins a team's ids";
        return Err(broken(
            "inspectors",
            line,
            "inspector_id",
            &inspector.id,
            rule,
        ));
    }
    let certificates = inspector
        .certificates
        .iter()
        .map(|certificate| &certificate.text);
    let lists = certificates
        .map(|text| ("certificates", text))
        .chain(
            inspector
                .specialties
                .iter()
                .map(|text| ("specialties", text)),
        )
        .chain(
            inspector
                .former_employers
                .iter()
                .map(|text| ("former_employers", text)),
        );
    for (column, text) in lists {
        if text.is_empty() || text.contains(JOIN) {
            let rule =
                "a text of a list must not be empty and must not hold the sign that joins them";
            return Err(broken("inspectors", line, column, text, rule));
        }
    }
    Ok(())
}

fn broken(
    table: &'static str,
    line: usize,
    column: &'static str,
    value: &str,
    rule: &'static str,
) -> Error {
    Error::InspectorRow {
        table,
        line,
        column,
        value: value.to_owned(),
        rule,
    }
}

fn row_of(inspector: &Inspector) -> [String; 10] {
    let certificates = inspector.certificates.iter();
    let certificates = certificates.map(|certificate| certificate.text.clone());
    [
        inspector.id.clone(),
        inspector.department.clone(),
        inspector.office.clone(),
        inspector.level.clone(),
        inspector.staff_kind.clone(),
        certificates.collect::<Vec<_>>().join(JOIN),
        inspector.specialties.join(JOIN),
        inspector.region_code.clone(),
        inspector.former_employers.join(JOIN),
        inspector.active.to_string(),
    ]
}

fn csv_text<const N: usize>(heading: &[&str], rows: impl Iterator<Item = [String; N]>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    let kept = "a vector takes every byte";
    writer.write_record(heading).expect(kept);
    rows.for_each(|row| writer.write_record(row).expect(kept));
    writer.into_inner().expect(kept)
}

type Rows = Vec<(usize, Vec<String>)>;

/// Cells with the line each row begins at; the heading must be the canonical one.
fn rows(table: &'static str, heading: &[&'static str], bytes: &[u8]) -> Result<Rows, Error> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(bytes);
    let mut rows = Rows::new();
    for record in reader.records() {
        let rule = "a line must be UTF-8 and have the heading's number of cells";
        let unread = |error: csv::Error| {
            let line = error.position().map_or(0, csv::Position::line);
            let line = usize::try_from(line).unwrap_or(0);
            broken(table, line, heading[0], &error.to_string(), rule)
        };
        let record = record.map_err(unread)?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = record.iter().map(str::to_owned).collect();
        rows.push((usize::try_from(line).unwrap_or(0), cells));
    }
    let found = rows.remove(0).1;
    if found != heading {
        let rule = "the heading must be the canonical one";
        return Err(broken(table, 1, heading[0], &found.join(","), rule));
    }
    Ok(rows)
}

fn each<T>(
    rows: &Rows,
    one: impl Fn(&[String], usize) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    rows.iter().map(|(line, cells)| one(cells, *line)).collect()
}

fn inspector_of(cells: &[String], line: usize) -> Result<Inspector, Error> {
    let active = cells[9].parse();
    let rule = "whether an inspector is active must be true or false";
    Ok(Inspector {
        id: cells[0].clone(),
        department: cells[1].clone(),
        office: cells[2].clone(),
        level: cells[3].clone(),
        staff_kind: cells[4].clone(),
        certificates: parts(&cells[5]).map(Certificate::new).collect(),
        specialties: parts(&cells[6]).map(str::to_owned).collect(),
        region_code: cells[7].clone(),
        former_employers: parts(&cells[8]).map(str::to_owned).collect(),
        active: active.map_err(|_| broken("inspectors", line, "active", &cells[9], rule))?,
    })
}

fn parts(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(JOIN).filter(|part| !part.is_empty())
}

fn recusal_of(cells: &[String]) -> Recusal {
    Recusal {
        inspector_id: cells[0].clone(),
        object_id: cells[1].clone(),
        reason: cells[2].clone(),
    }
}

fn absence_of(cells: &[String], line: usize) -> Result<Absence, Error> {
    let day = |column, text: &str| {
        let rule = "a day must be written YYYY-MM-DD";
        text.parse()
            .map_err(|_| broken("availability", line, column, text, rule))
    };
    Ok(Absence {
        inspector_id: cells[0].clone(),
        from: day("from", &cells[1])?,
        to: day("to", &cells[2])?,
    })
}
