//! Which headers of one file each column is read from: the job's mapping first, then what the headers are known to mean.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::error::Error;
use super::headings::{self, Rank, listed, nearest};
use super::params::{Field, Origin, ValidTable};
use super::reading::How;
use super::tables::{self, ColumnType, Presence};

/// How one column is read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) how: How,
    /// Never empty; text and day in turn where they are paired.
    pub(super) headers: Vec<String>,
    /// Whether nobody asked for it: the headers are known.
    pub(super) recognised: bool,
}

/// What was decided between headers without the job saying so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Note {
    /// Of several headers for one column the most specific is read.
    Chosen {
        column: String,
        taken: String,
        /// Those that could be it too.
        others: Vec<String>,
    },
    /// A column without a header of its own is read from another one's.
    Spare {
        column: &'static str,
        headers: Vec<String>,
    },
}

impl Note {
    /// Whether it says of `header` that it is not read.
    pub(super) fn passes_over(&self, header: &str) -> bool {
        matches!(self, Self::Chosen { others, .. } if others.iter().any(|other| other == header))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chosen {
                column,
                taken,
                others,
            } => {
                let others = others.join("\", \"");
                write!(
                    f,
                    "{column} is read from \"{taken}\", not from \"{others}\", which could be it too"
                )
            }
            Self::Spare { column, headers } => {
                let headers = headers.join("\", \"");
                write!(
                    f,
                    "{column} is read from \"{headers}\" for want of a header of its own; columns.{column} or constants.{column} may say it better"
                )
            }
        }
    }
}

/// Where the columns of one file go.
#[derive(Clone, Debug, Default)]
pub(super) struct Mapping {
    readings: BTreeMap<String, Reading>,
    /// What was decided between several headers.
    pub(super) notes: Vec<Note>,
    /// Headers nothing is read from, in the order of the file.
    pub(super) unmapped: Vec<String>,
}

impl Mapping {
    /// Maps the headers of `file`, as messages show it, to the columns of `table`.
    ///
    /// # Errors
    /// All mapped headers that the file does not have, and all required columns without a source.
    pub(super) fn new(table: &ValidTable, file: &str, headers: &[String]) -> Result<Self, Error> {
        let (mut mapping, mut missing) = (Self::default(), Vec::new());
        for field in &table.fields {
            if let Origin::Mapped(how, named) = &field.origin {
                match present(*how, named, headers) {
                    Ok(found) => mapping.put(&field.name, *how, found, false),
                    Err(absent) => missing.extend(
                        absent
                            .into_iter()
                            .map(|column| column_missing(field, file, column, headers)),
                    ),
                }
            }
        }
        mapping.recognise(table, headers);
        let is_missed = |field: &&Field| {
            field.presence == Presence::Required
                && field.origin == Origin::Recognised
                && !mapping.readings.contains_key(&field.name)
        };
        let missed = table.fields.iter().filter(is_missed);
        missing.extend(missed.map(|field| required_missing(field, file, headers)));
        if !missing.is_empty() {
            return Err(Error::all(missing));
        }
        let used: BTreeSet<&String> = mapping
            .readings
            .values()
            .flat_map(|reading| &reading.headers)
            .collect();
        let unmapped = headers
            .iter()
            .filter(|header| !used.contains(header) && !is_ours(header));
        mapping.unmapped = unmapped.cloned().collect();
        Ok(mapping)
    }

    pub(super) fn reading(&self, field: &str) -> Option<&Reading> {
        self.readings.get(field)
    }

    /// Every header something is read from.
    pub(super) fn wanted(&self) -> Vec<String> {
        let headers: BTreeSet<&String> = self
            .readings
            .values()
            .flat_map(|reading| &reading.headers)
            .collect();
        headers.into_iter().cloned().collect()
    }

    /// Columns found by their headers alone, with those.
    pub(super) fn recognised(&self) -> impl Iterator<Item = (&str, &[String])> {
        let readings = self
            .readings
            .iter()
            .filter(|(_, reading)| reading.recognised);
        readings.map(|(field, reading)| (field.as_str(), reading.headers.as_slice()))
    }

    fn put(&mut self, field: &str, how: How, headers: Vec<String>, recognised: bool) {
        let reading = Reading {
            how,
            headers,
            recognised,
        };
        self.readings.insert(field.to_owned(), reading);
    }

    /// Gives the columns the job says nothing of the headers that are known to mean them and that the job does not use.
    fn recognise(&mut self, table: &ValidTable, headers: &[String]) {
        let free = |name: &str| {
            table
                .field(name)
                .is_some_and(|field| field.origin == Origin::Recognised)
        };
        let asked: BTreeSet<String> = self.wanted().into_iter().collect();
        let mut known: BTreeMap<&'static str, Vec<(Rank, &String)>> = BTreeMap::new();
        for header in headers
            .iter()
            .filter(|header| !asked.contains(*header) && !headings::is_person(header))
        {
            if let Some((column, rank)) = headings::find(table.table, header) {
                known.entry(column.name).or_default().push((rank, header));
            }
        }
        for (column, mut found) in known {
            found.sort();
            let found: Vec<String> = found
                .into_iter()
                .map(|(_, header)| header.clone())
                .collect();
            let others = match column {
                "object_id" if free(column) => {
                    self.put(column, How::First, found.clone(), true);
                    found[1..].to_vec()
                }
                "object_id" => found,
                _ if free(column) => {
                    self.choose(column, found);
                    Vec::new()
                }
                _ => Vec::new(),
            };
            if !others.is_empty() && free("other_ids") && self.reading("other_ids").is_none() {
                self.put("other_ids", How::Joined, others, true);
            }
        }
        for field in table
            .fields
            .iter()
            .filter(|field| field.kind == ColumnType::List && free(&field.name))
        {
            let paired = known_pairs(table.table.name, &field.name, headers);
            if !paired.is_empty() && self.reading(&field.name).is_none() {
                self.put(&field.name, How::Pairs, paired, true);
            }
        }
        for (column, other) in tables::spares(table.table.name) {
            let spare = self.reading(other).cloned();
            let is_missing = free(column) && self.reading(column).is_none();
            if let Some(spare) = spare.filter(|_| is_missing) {
                let headers = spare.headers.clone();
                self.notes.push(Note::Spare { column, headers });
                self.put(column, spare.how, spare.headers, true);
            }
        }
    }

    /// The most specific of several headers for one column.
    fn choose(&mut self, column: &str, mut found: Vec<String>) {
        let rest = found.split_off(1);
        if !rest.is_empty() {
            self.notes.push(Note::Chosen {
                column: column.to_owned(),
                taken: found[0].clone(),
                others: rest,
            });
        }
        self.put(column, How::Joined, found, true);
    }
}

/// Columns of tables that choucha wrote for correction: they say why a row was refused and are no data.
fn is_ours(header: &str) -> bool {
    matches!(header, "行号" | "规则" | "原因")
}

/// The headers of a mapping that a file has; those it lacks where it lacks too many: all of joined ones, the first of others.
fn present<'a>(
    how: How,
    named: &'a [String],
    headers: &[String],
) -> Result<Vec<String>, Vec<&'a str>> {
    let has = |header: &String| headers.contains(header);
    let absent = named.iter().filter(|header| !has(header));
    let absent: Vec<&str> = absent.map(String::as_str).collect();
    let found: Vec<String> = match how {
        How::Joined if absent.is_empty() => named.to_vec(),
        How::Joined => return Err(absent),
        How::First | How::Marked => named.iter().filter(|header| has(header)).cloned().collect(),
        How::Pairs => named
            .chunks(2)
            .filter(|pair| pair.iter().all(has))
            .flatten()
            .cloned()
            .collect(),
    };
    if found.is_empty() {
        return Err(absent.into_iter().take(1).collect());
    }
    Ok(found)
}

/// Known pairs of text and day whose headers the file has, flat.
fn known_pairs(table: &str, column: &str, headers: &[String]) -> Vec<String> {
    let find = |wanted: &str| {
        headers
            .iter()
            .find(|header| headings::folded(header) == headings::folded(wanted))
    };
    let mut paired: Vec<String> = Vec::new();
    for [text, day] in tables::pairs(table, column) {
        if let (Some(text), Some(day)) = (find(text), find(day))
            && !paired.contains(text)
            && !paired.contains(day)
        {
            paired.extend([text.clone(), day.clone()]);
        }
    }
    paired
}

fn column_missing(field: &Field, file: &str, column: &str, headers: &[String]) -> Error {
    Error::ColumnMissing {
        key: field.key.clone(),
        file: file.to_owned(),
        column: column.to_owned(),
        present: listed(headers, nearest(column, headers)),
    }
}

fn required_missing(field: &Field, file: &str, headers: &[String]) -> Error {
    let like = nearest(field.header, headers).or_else(|| nearest(&field.name, headers));
    Error::RequiredMissing {
        key: field.key.clone(),
        file: file.to_owned(),
        column: field.name.clone(),
        header: field.header,
        present: listed(headers, like),
    }
}

#[cfg(test)]
mod tests {
    use super::{How, Mapping};
    use crate::ingest::params::{Params, ValidTable};

    fn table(toml: &str) -> ValidTable {
        let params: Params = toml::from_str(&format!("objects.path = 'o'\n{toml}")).unwrap();
        let name = toml
            .split('.')
            .next()
            .filter(|name| !name.is_empty())
            .unwrap_or("objects");
        params.check().unwrap().table(name).unwrap().clone()
    }

    fn mapping(toml: &str, headers: &[&str]) -> Mapping {
        let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
        Mapping::new(&table(toml), "f", &headers).unwrap()
    }

    fn read(mapping: &Mapping, field: &str) -> Option<(How, Vec<String>)> {
        mapping
            .reading(field)
            .map(|reading| (reading.how, reading.headers.clone()))
    }

    fn reads_one(mapping: &Mapping, field: &str, header: &str) -> bool {
        read(mapping, field) == Some((How::Joined, vec![header.to_owned()]))
    }

    #[test]
    fn known_headers_map_themselves_and_the_rest_is_listed() {
        let found = mapping(
            "",
            &[
                "序号",
                "统一社会信用代码",
                "企业（机构）名称*",
                "注册资本（万元）",
                "备注",
                "行号",
                "原因",
            ],
        );
        assert!(reads_one(&found, "name", "企业（机构）名称*"));
        assert!(reads_one(&found, "registered_capital", "注册资本（万元）"));
        assert_eq!(found.unmapped, ["序号", "备注"]);
        assert_eq!(found.recognised().count(), 3);
    }

    #[test]
    fn the_mapping_of_the_job_wins_and_its_headers_are_not_recognised_again() {
        let found = mapping(
            "objects.columns.name = '名称'\nobjects.extra.organ = { column = '登记机关', type = 'str' }",
            &["统一社会信用代码", "企业名称", "名称", "登记机关"],
        );
        assert!(reads_one(&found, "name", "名称"));
        assert!(reads_one(&found, "organ", "登记机关"));
        assert_eq!(read(&found, "office"), None);
        assert_eq!(found.unmapped, ["企业名称"]);
    }

    #[test]
    fn of_two_headers_the_more_specific_is_read_and_the_choice_is_noted() {
        let found = mapping("", &["注册号", "统一社会信用代码", "登记机关", "管辖单位"]);
        let ids = vec!["统一社会信用代码".to_owned(), "注册号".to_owned()];
        assert_eq!(read(&found, "object_id"), Some((How::First, ids)));
        assert!(reads_one(&found, "office", "管辖单位"));
        let notes: Vec<String> = found.notes.iter().map(ToString::to_string).collect();
        assert_eq!(
            notes,
            ["office is read from \"管辖单位\", not from \"登记机关\", which could be it too"]
        );
    }

    #[test]
    fn names_of_persons_are_never_taken_for_a_key_unasked() {
        let found = mapping("", &["统一社会信用代码", "法定代表人"]);
        assert_eq!(
            (read(&found, "legal_person_key"), found.unmapped),
            (None, vec!["法定代表人".to_owned()])
        );
    }

    #[test]
    fn certificates_are_paired_with_their_last_days() {
        let found = mapping(
            "inspectors.path = 'i'\ninspectors.columns.inspector_id = '单位工号'",
            &[
                "单位工号",
                "工商执法证编号",
                "工商执法证有效期",
                "省执法证编号",
                "执法证有效期",
            ],
        );
        let pairs = [
            "工商执法证编号",
            "工商执法证有效期",
            "省执法证编号",
            "执法证有效期",
        ]
        .map(str::to_owned)
        .to_vec();
        assert_eq!(read(&found, "certificates"), Some((How::Pairs, pairs)));
    }

    #[test]
    fn of_alternatives_one_must_be_there_and_of_joined_headers_all() {
        let toml = "objects.columns.object_id = { first = ['信用码', '注册码'] }";
        let headers = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let found = Mapping::new(&table(toml), "f", &headers(&["注册码"])).unwrap();
        assert_eq!(
            read(&found, "object_id"),
            Some((How::First, headers(&["注册码"])))
        );
        let error = Mapping::new(&table(toml), "f", &headers(&["码"])).unwrap_err();
        assert!(error.to_string().contains("\"信用码\""), "{error}");
        let joined =
            "objects.columns.object_id = ['信用码', '注册码']\nobjects.columns.office = '所'";
        let error = Mapping::new(&table(joined), "f", &headers(&["信用码"])).unwrap_err();
        assert!(error.to_string().contains("\"注册码\""), "{error}");
        assert!(error.to_string().contains("\"所\""), "{error}");
    }

    #[test]
    fn every_required_column_that_is_missing_is_named_at_once() {
        let toml = "inspections.path = 'i'";
        let error = Mapping::new(&table(toml), "f", &["日子".to_owned()]).unwrap_err();
        let keys: Vec<String> = error.each().iter().map(ToString::to_string).collect();
        let named = ["visit_id", "object_id", "inspected_on"];
        assert_eq!(keys.len(), named.len(), "{keys:?}");
        for (said, name) in keys.iter().zip(named) {
            assert!(
                said.starts_with(&format!("ingest.inspections.columns.{name} is required")),
                "{said}"
            );
        }
    }
}
