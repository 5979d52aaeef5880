//! The 执法检查人员名录库 of a snapshot as plain values: certificates and specialties from whichever columns the source has.

use std::path::Path;

use polars::prelude::{Column, DataFrame, DataType};

use super::super::staff::{self, StaffKind};
use super::super::{Registers, at};
use super::{Absence, Certificate, Error, Inspector, InspectorRegister, JOIN, Recusal};
use crate::ingest::day_of;
use crate::units::Day;

/// Texts of a certificate that never runs out.
const OPEN_ENDED: &[&str] = &["长期", "长期有效", "永久", "永久有效", "无固定期限"];
/// 9999-12-31.
const LAST_DAY: i32 = 2_932_896;

/// The register of a snapshot.
pub(in super::super) fn from_snapshot(registers: &Registers) -> Result<InspectorRegister, Error> {
    let table = |name: &'static str| Table::read(registers, name, 0);
    let (inspectors, absences) = (table("inspectors")?, table("availability")?);
    let mut recusals = Vec::new();
    if registers.snapshot.has("recusals") {
        for part in 0..registers.n_parts {
            recusals.extend(recusals_of(registers, part)?);
        }
    }
    InspectorRegister::new(
        inspectors.map_or_else(|| Ok(Vec::new()), |table| inspectors_of(&table))?,
        recusals,
        absences.map_or_else(|| Ok(Vec::new()), |table| absences_of(&table))?,
    )
}

/// One table of the snapshot in memory.
struct Table {
    name: &'static str,
    frame: DataFrame,
}

impl Table {
    fn read(registers: &Registers, name: &'static str, part: usize) -> Result<Option<Self>, Error> {
        if !registers.snapshot.has(name) {
            return Ok(None);
        }
        let frame = registers.snapshot.scan(name, part)?.collect();
        let frame = frame.map_err(at(Path::new(name)))?;
        Ok(Some(Self { name, frame }))
    }

    fn column(&self, column: &str, dtype: &DataType) -> Result<Column, Error> {
        let found = self.frame.column(column);
        let cast = found.and_then(|found| found.cast(dtype));
        cast.map_err(at(Path::new(self.name)))
    }

    /// Texts, empty for null.
    fn texts(&self, column: &str) -> Result<Vec<String>, Error> {
        let found = self.column(column, &DataType::String)?;
        let texts = found.str().map_err(at(Path::new(self.name)))?;
        Ok(texts
            .iter()
            .map(|text| text.unwrap_or_default().trim().to_owned())
            .collect())
    }

    fn days(&self, column: &str) -> Result<Vec<Day>, Error> {
        let found = self.column(column, &DataType::Int32)?;
        let days = found.i32().map_err(at(Path::new(self.name)))?;
        Ok(days
            .iter()
            .map(|day| Day::from_days(day.unwrap_or_default()))
            .collect())
    }

    /// Lists of texts, empty for null.
    fn lists(&self, column: &str) -> Result<Vec<Vec<String>>, Error> {
        let found = self.column(column, &DataType::List(Box::new(DataType::String)))?;
        let lists = found.list().map_err(at(Path::new(self.name)))?;
        let texts = |row: usize| {
            let Some(list) = lists.get_as_series(row) else {
                return Ok(Vec::new());
            };
            let texts = list
                .str()
                .map_err(at(Path::new(self.name)))?
                .iter()
                .flatten();
            let texts = texts.flat_map(|text| text.split(JOIN)).map(str::trim);
            let texts = texts.filter(|text| !text.is_empty());
            Ok(texts.map(str::to_owned).collect())
        };
        (0..lists.len()).map(texts).collect()
    }

    fn keys(&self) -> Result<Vec<u64>, Error> {
        let found = self.column("object_key", &DataType::UInt64)?;
        let keys = found.u64().map_err(at(Path::new(self.name)))?;
        Ok(keys.iter().flatten().collect())
    }
}

fn inspectors_of(table: &Table) -> Result<Vec<Inspector>, Error> {
    let texts = [
        "inspector_id",
        "department",
        "office",
        "level",
        "staff_kind",
        "region_code",
    ];
    let texts = texts.map(|name| table.texts(name));
    let [ids, departments, offices, levels, kinds, regions] = texts;
    let [ids, departments, offices, levels, kinds, regions] =
        [ids?, departments?, offices?, levels?, kinds?, regions?];
    let certificates = certificates_of(table)?;
    let specialties = specialties_of(table)?;
    let employers = table.lists("former_employers")?;
    let active = table.texts("active")?;
    let rows = certificates.into_iter().zip(specialties);
    let one =
        |(row, (certificates, specialties)): (usize, (Vec<Certificate>, Vec<String>))| Inspector {
            id: ids[row].clone(),
            department: departments[row].clone(),
            office: offices[row].clone(),
            level: levels[row].clone(),
            staff_kind: StaffKind::of(&kinds[row])
                .map_or_else(|| kinds[row].clone(), |kind| kind.name().to_owned()),
            certificates,
            specialties,
            region_code: regions[row].clone(),
            former_employers: employers[row].clone(),
            active: active[row] == "true",
        };
    Ok(rows.enumerate().map(one).collect())
}

/// The certificates of each row.
fn certificates_of(table: &Table) -> Result<Vec<Vec<Certificate>>, Error> {
    let lists = table.lists("certificates")?.into_iter();
    let certificates = |texts: Vec<String>| texts.iter().map(|text| certificate(text)).collect();
    Ok(lists.map(certificates).collect())
}

/// A certificate with its day written YYYY-MM-DD, whatever form of a day the source has.
fn certificate(text: &str) -> Certificate {
    let written = text.rfind(['@', '|']).and_then(|sign| {
        let (name, day) = text.split_at(sign + 1);
        let day = day.trim();
        let last = Day::from_days(LAST_DAY);
        let day = if OPEN_ENDED.contains(&day) {
            Some(last)
        } else {
            day_of(day)
        };
        Some(format!("{name}{}", day?))
    });
    Certificate::new(written.as_deref().unwrap_or(text))
}

/// The specialties of each row: those named, duty, scope, qualification and expertise together.
fn specialties_of(table: &Table) -> Result<Vec<Vec<String>>, Error> {
    let [named, posts, duties, qualifications, expertise] = [
        "specialties",
        "posts",
        "duties",
        "qualifications",
        "expertise",
    ]
    .map(|column| table.lists(column));
    let rows = named?.into_iter().zip(posts?).zip(duties?);
    let rows = rows.zip(qualifications?).zip(expertise?);
    let one = |((((named, posts), duties), qualifications), expertise): Row| {
        let named = named.into_iter().chain(posts).chain(duties);
        staff::specialties(named, qualifications, expertise)
    };
    Ok(rows.map(one).collect())
}

type Texts = Vec<String>;
type Row = ((((Texts, Texts), Texts), Texts), Texts);

fn absences_of(table: &Table) -> Result<Vec<Absence>, Error> {
    let (ids, from, to) = (
        table.texts("inspector_id")?,
        table.days("from")?,
        table.days("to")?,
    );
    let rows = ids.into_iter().zip(from).zip(to);
    let one = |((inspector_id, from), to)| Absence {
        inspector_id,
        from,
        to,
    };
    Ok(rows.map(one).collect())
}

/// Recusals of one partition; the snapshot has object keys, the register of objects their ids.
fn recusals_of(registers: &Registers, part: usize) -> Result<Vec<Recusal>, Error> {
    let Some(table) = Table::read(registers, "recusals", part)? else {
        return Ok(Vec::new());
    };
    let keys = table.keys()?;
    let mut wanted = keys.clone();
    wanted.sort_unstable();
    wanted.dedup();
    let ids = registers.texts(part, &wanted, &["object_id"])?;
    let (inspectors, reasons) = (table.texts("inspector_id")?, table.texts("reason")?);
    let one = |row: usize| {
        let place = wanted.binary_search(&keys[row]).ok();
        let id = place.and_then(|place| ids.get(place)?.first());
        id.map(|object_id| Recusal {
            inspector_id: inspectors[row].clone(),
            object_id: object_id.clone(),
            reason: reasons[row].clone(),
        })
    };
    Ok((0..keys.len()).filter_map(one).collect())
}
