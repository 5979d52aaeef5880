//! Words of registers that choucha knows, which canonical ones they mean (`regulation.md` §3.5), and which words of a table are
//! not among them.

use std::collections::BTreeMap;
use std::fmt;

use polars::prelude::*;

use super::convert;
use super::error::Error;
use super::params::ValidTable;
use super::results::Results;
use super::source::Source;
use super::tables::{ColumnType, Table};

/// Statuses by the beginnings they are written with, brackets and marks left out; the longest beginning wins.
const STATUS: &[(&str, &str)] = &[
    ("存续", "存续"),
    ("在营", "存续"),
    ("在业", "存续"),
    ("在册", "存续"),
    ("开业", "存续"),
    ("正常", "存续"),
    ("吊销", "吊销未注销"),
    ("已吊销", "吊销未注销"),
    ("吊销未注销", "吊销未注销"),
    ("吊销已注销", "注销"),
    ("吊销后注销", "注销"),
    ("注销", "注销"),
    ("已注销", "注销"),
    ("撤销", "撤销"),
    ("已撤销", "撤销"),
    ("迁出", "迁出"),
    ("已迁出", "迁出"),
    ("迁往", "迁出"),
    ("停业", "停业"),
    ("歇业", "停业"),
    ("清算", "清算"),
    ("正在清算", "清算"),
];

const KIND: &[(&str, &str)] = &[
    ("企业", "企业"),
    ("内资企业", "企业"),
    ("外资企业", "企业"),
    ("私营企业", "企业"),
    ("有限责任公司", "企业"),
    ("有限公司", "企业"),
    ("股份", "企业"),
    ("合伙企业", "企业"),
    ("普通合伙", "企业"),
    ("个人独资企业", "企业"),
    ("国有", "企业"),
    ("全民所有制", "企业"),
    ("集体所有制", "企业"),
    ("分公司", "企业"),
    ("分支机构", "企业"),
    ("个体", "个体工商户"),
    ("农民专业合作", "农民专业合作社"),
    ("农专社", "农民专业合作社"),
    ("农合", "农民专业合作社"),
    ("农民合作社", "农民专业合作社"),
    ("合作社", "农民专业合作社"),
    ("外企代表机构", "外国（地区）企业常驻代表机构"),
    ("外国", "外国（地区）企业常驻代表机构"),
    ("常驻代表机构", "外国（地区）企业常驻代表机构"),
    ("非市场主体", "非市场主体"),
    ("机关", "非市场主体"),
    ("事业单位", "非市场主体"),
    ("社会团体", "非市场主体"),
    ("社会组织", "非市场主体"),
    ("民办非企业", "非市场主体"),
    ("基金会", "非市场主体"),
];

/// Codes of 主体类别 on the platforms; meant only where no other value stands beside them.
const KIND_CODES: &[(&str, &str)] = &[
    ("1", "企业"),
    ("2", "农民专业合作社"),
    ("3", "个体工商户"),
    ("4", "外国（地区）企业常驻代表机构"),
];

const CHANNEL: &[(&str, &str)] = &[
    ("draw", "draw"),
    ("双随机", "draw"),
    ("随机抽查", "draw"),
    ("抽查", "draw"),
    ("不定向", "draw"),
    ("定向", "draw"),
    ("complaint", "complaint"),
    ("投诉", "complaint"),
    ("举报", "complaint"),
    ("campaign", "campaign"),
    ("专项", "campaign"),
    ("other", "other"),
    ("其他", "other"),
    ("日常", "other"),
];

/// Columns whose words are looked at.
const COLUMNS: &[(&str, &str)] = &[
    ("objects", "status"),
    ("objects", "kind"),
    ("inspections", "channel"),
    ("inspections", "result_codes"),
];

/// The columns of `table` that have a vocabulary.
pub fn columns_with_words(table: &str) -> impl Iterator<Item = &'static str> + use<'_> {
    let own = COLUMNS.iter().filter(move |(name, _)| *name == table);
    own.map(|(_, column)| *column)
}

/// What the words of a column become.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Words that change, and into what.
    pub values: Vec<(String, &'static str)>,
    /// Words nothing is known of, with their number of rows.
    pub unknown: Vec<(String, u64)>,
}

/// A word of a column with a vocabulary that is not one of its canonical words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Section of the job, such as `ingest.objects`.
    pub key: String,
    /// Canonical column.
    pub column: &'static str,
    /// As it stands in the snapshot.
    pub word: String,
    /// Rows, or visits that name it.
    pub n: u64,
    /// The canonical word it seems to mean; none where nothing is known of it.
    pub meaning: Option<&'static str>,
}

impl fmt::Display for Word {
    /// What stands there, in how many rows, and what to write in the job.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key,
            column,
            word,
            n,
            meaning,
        } = self;
        let (quoted, canonical) = (toml_text(word), meaning.unwrap_or("…"));
        let what = if meaning.is_some() {
            "is no canonical word"
        } else {
            "is in no vocabulary"
        };
        write!(
            f,
            "{key}: {column} {quoted} ({n} rows) {what} and stays as it is: write [{key}.values.{column}] {quoted} = \"{canonical}\""
        )
    }
}

/// A text as TOML writes it.
pub(super) fn toml_text(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('\n', "\\n"))
}

/// Rows by word, by column.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<&'static str, BTreeMap<String, u64>>);

impl Counts {
    /// Adds the words of a source of `section` as the snapshot would have them.
    pub(super) fn add_source(
        &mut self,
        section: &ValidTable,
        source: &Source,
    ) -> Result<(), Error> {
        for column in columns_with_words(section.table.name) {
            let Some(field) = section.field(column) else {
                continue;
            };
            let headers = convert::origin(field, source);
            if headers.is_empty() {
                continue;
            }
            let found = convert::prepare(section, field, &headers, source)?;
            let given = found.given.clone();
            let read = if field.kind == ColumnType::List {
                Results::new(section).read(&found, given, &section.separator)
            } else {
                found.read(given, &section.separator)
            };
            let texts = source.scan()?.select([read.alias(column)]).collect();
            self.add(
                section,
                column,
                &texts.map_err(|error| source.damaged(&error))?,
            )?;
        }
        Ok(())
    }

    /// Adds a column of a part of the snapshot.
    pub(super) fn add_part(
        &mut self,
        table: &ValidTable,
        column: &'static str,
        part: LazyFrame,
    ) -> Result<(), Error> {
        let texts = part.select([col(column)]).collect();
        self.add(table, column, &texts.map_err(Error::engine("count words"))?)
    }

    fn add(
        &mut self,
        table: &ValidTable,
        column: &'static str,
        texts: &DataFrame,
    ) -> Result<(), Error> {
        let counts = self.0.entry(column).or_default();
        let failed = || Error::engine("count words");
        let texts = texts.column(column).map_err(failed())?;
        let texts = texts.as_materialized_series();
        let mut count = |texts: &StringChunked| {
            for word in texts.iter().flatten() {
                match counts.get_mut(word) {
                    Some(n) => *n += 1,
                    None => drop(counts.insert(word.to_owned(), 1)),
                }
            }
        };
        let Ok(lists) = texts.list() else {
            count(texts.str().map_err(failed())?);
            return Ok(());
        };
        for list in lists.series_iter().flatten() {
            count(list.str().map_err(failed())?);
        }
        counts.retain(|code, _| !table.hits.knows(code));
        Ok(())
    }

    /// The words that are not canonical, those the job writes itself left out.
    pub(super) fn words(self, table: &ValidTable) -> Vec<Word> {
        let mut words = Vec::new();
        for (column, counts) in self.0 {
            let written: Vec<&String> = table
                .sections()
                .filter_map(|section| section.field(column)?.values.as_ref())
                .flat_map(|values| values.values())
                .collect();
            let Proposal { values, unknown } = propose(table.table.name, column, &counts);
            let known = values.into_iter().map(|(word, meaning)| {
                let n = counts.get(&word).copied().unwrap_or_default();
                (word, n, Some(meaning))
            });
            let unknown = unknown.into_iter().map(|(word, n)| (word, n, None));
            let open = known.chain(unknown);
            let open = open.filter(|(word, ..)| !written.contains(&word));
            words.extend(open.map(|(word, n, meaning)| Word {
                key: table.key.clone(),
                column,
                word,
                n,
                meaning,
            }));
        }
        words
    }
}

/// Whether the words of a column are worth a look after the table was read: of results only where some were not known.
pub(super) fn is_worth(table: &Table, column: &str, findings: &[(String, u64)]) -> bool {
    let unknown = || findings.iter().any(|(rule, _)| rule == "result-unknown");
    table.name != "inspections" || column != "result_codes" || unknown()
}

/// What `words`, with their numbers of rows, become in `column` of `table`.
#[must_use]
pub fn propose(table: &str, column: &str, words: &BTreeMap<String, u64>) -> Proposal {
    let codes = || {
        words
            .keys()
            .all(|word| KIND_CODES.iter().any(|(code, _)| code == word))
    };
    let known: &[(&str, &'static str)] = match (table, column) {
        ("objects", "status") => STATUS,
        ("objects", "kind") if codes() => KIND_CODES,
        ("objects", "kind") => KIND,
        ("inspections", "channel") => CHANNEL,
        _ => &[],
    };
    let mut proposal = Proposal::default();
    for (word, n) in words {
        match meaning(known, word) {
            Some(canonical) if canonical == word => {}
            Some(canonical) => proposal.values.push((word.clone(), canonical)),
            None => proposal.unknown.push((word.clone(), *n)),
        }
    }
    proposal
}

fn meaning(known: &[(&str, &'static str)], word: &str) -> Option<&'static str> {
    let bare: String = word
        .chars()
        .filter(|letter| !letter.is_whitespace() && !"，,、（）()/".contains(*letter))
        .collect();
    let fitting = known.iter().filter(|(start, _)| bare.starts_with(start));
    fitting
        .max_by_key(|(start, _)| start.len())
        .map(|(_, canonical)| *canonical)
}

#[cfg(test)]
mod tests {
    use super::{Proposal, propose};

    fn proposed(column: &str, words: &[&str]) -> Proposal {
        propose(
            "objects",
            column,
            &words.iter().map(|word| ((*word).to_owned(), 1)).collect(),
        )
    }

    #[test]
    fn known_words_become_the_canonical_ones_and_unknown_ones_are_counted() {
        let found = proposed(
            "status",
            &[
                "存续",
                "存续（在营、开业、在册）",
                "吊销，未注销",
                "吊销,已注销",
                "停业、歇业",
                "不详",
            ],
        );
        let values: Vec<(&str, &str)> = found
            .values
            .iter()
            .map(|(word, canonical)| (word.as_str(), *canonical))
            .collect();
        assert_eq!(
            values,
            [
                ("停业、歇业", "停业"),
                ("吊销,已注销", "注销"),
                ("吊销，未注销", "吊销未注销"),
                ("存续（在营、开业、在册）", "存续")
            ]
        );
        assert_eq!(found.unknown, [("不详".to_owned(), 1)]);
    }

    #[test]
    fn platform_codes_are_kinds_only_where_nothing_else_stands_beside_them() {
        assert_eq!(
            proposed("kind", &["1", "3"]).values,
            [("1".to_owned(), "企业"), ("3".to_owned(), "个体工商户")]
        );
        let mixed = proposed("kind", &["1", "个体户"]);
        assert_eq!(mixed.values, [("个体户".to_owned(), "个体工商户")]);
        assert_eq!(mixed.unknown, [("1".to_owned(), 1)]);
    }
}
