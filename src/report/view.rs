//! What the page template is filled with.

use std::collections::BTreeMap;

use serde::Serialize;

use super::charts::Chart;
use super::lang::{Lang, Phrase};

/// The page.
#[derive(Serialize)]
pub(super) struct Page {
    pub(super) lang: &'static str,
    pub(super) t: BTreeMap<&'static str, &'static str>,
    pub(super) title: String,
    pub(super) office: String,
    pub(super) job: String,
    pub(super) as_of: String,
    pub(super) badges: Vec<Badge>,
    /// The badges as one caption prefix, for charts.
    pub(super) caption: String,
    pub(super) cards: Vec<Card>,
    pub(super) summary: Vec<String>,
    pub(super) sections: Vec<Section>,
    pub(super) verify: String,
}

/// A label that must be seen: 合成数据, 演练.
#[derive(Serialize)]
pub(super) struct Badge {
    pub(super) label: String,
    pub(super) note: String,
}

/// One of the four cards.
#[derive(Serialize)]
pub(super) struct Card {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) sentence: String,
}

/// A section: sentences, charts, tables.
#[derive(Default, Serialize)]
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) heading: String,
    pub(super) paragraphs: Vec<String>,
    pub(super) charts: Vec<Chart>,
    pub(super) tables: Vec<Table>,
    /// Sentences on charts that could not be drawn.
    pub(super) left_out: Vec<String>,
    pub(super) is_method: bool,
    /// Whether it begins a page on paper.
    pub(super) is_page: bool,
    /// 可信度, where the section makes a claim that has one.
    pub(super) stamp: Option<Stamp>,
    /// A box beside the matter, on a ground of its own.
    pub(super) aside: Option<Aside>,
}

/// A fixed stamp: 可信度 高, 中 or 低; 因果 or 相关.
#[derive(Serialize)]
pub(super) struct Stamp {
    /// What is stamped.
    pub(super) label: String,
    /// What it reads.
    pub(super) value: String,
    /// `high`, `medium`, `low` or `none`: told apart by its edge, not by colour alone.
    pub(super) level: &'static str,
    /// Why.
    pub(super) why: String,
}

/// A box with its own heading and table.
#[derive(Serialize)]
pub(super) struct Aside {
    pub(super) heading: String,
    pub(super) paragraphs: Vec<String>,
    pub(super) table: Table,
}

/// A table: first column text, the others numbers unless told otherwise.
#[derive(Default, Serialize)]
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// Number of leading text columns.
    pub(super) n_text: usize,
    /// Whether the page must stand upright text of any width here (digests, rules).
    pub(super) is_loose: bool,
}

impl Table {
    pub(super) fn new(lang: Lang, head: &[&Phrase], rows: Vec<Vec<String>>) -> Self {
        Self::of(
            head.iter()
                .map(|phrase| lang.say(phrase).to_owned())
                .collect(),
            rows,
        )
    }

    pub(super) fn of(head: Vec<String>, rows: Vec<Vec<String>>) -> Self {
        Self {
            caption: String::new(),
            head,
            rows,
            n_text: 1,
            is_loose: false,
        }
    }

    pub(super) fn titled(self, caption: String) -> Self {
        Self { caption, ..self }
    }

    pub(super) fn loose(self, n_text: usize) -> Self {
        Self {
            n_text,
            is_loose: true,
            ..self
        }
    }
}
