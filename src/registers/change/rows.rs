//! One partition then and now, row beside row in the order of their ids.

use std::cmp::Ordering;

use polars::prelude::{DataFrame, DataType, PolarsResult, StringChunked};

use super::{Change, ChangeKind, Part};
use crate::registers::month::JOIN;

/// Columns that are no change of the object.
const NOT_COMPARED: [&str; 3] = ["object_key", "object_id", "id_scheme"];

/// One month's rows, ascending by id, every column as text.
struct Rows {
    names: Vec<String>,
    texts: Vec<StringChunked>,
    order: Vec<usize>,
}

impl Rows {
    fn of(frame: &DataFrame) -> PolarsResult<Self> {
        let (mut names, mut texts) = (Vec::new(), Vec::new());
        for column in frame.columns() {
            names.push(column.name().to_string());
            let text = column.cast(&DataType::String)?;
            texts.push(text.str()?.rechunk().into_owned());
        }
        let mut rows = Self {
            names,
            texts,
            order: Vec::new(),
        };
        let mut order: Vec<usize> = (0..frame.height()).collect();
        let ids = rows
            .place("object_id")
            .map(|place| rows.texts[place].clone());
        if let Some(ids) = ids {
            order.sort_by(|a, b| ids.get(*a).cmp(&ids.get(*b)));
        }
        rows.order = order;
        Ok(rows)
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    fn text(&self, row: usize, name: &str) -> &str {
        let column = self.place(name).map(|place| &self.texts[place]);
        column.and_then(|texts| texts.get(row)).unwrap_or_default()
    }

    fn change(&self, row: usize, kind: ChangeKind) -> Change {
        let text = |name| self.text(row, name).to_owned();
        Change {
            kind,
            object_id: text("object_id"),
            name: text("name"),
            office: text("office"),
            column: String::new(),
            from: String::new(),
            to: String::new(),
        }
    }

    fn others(&self, row: usize) -> Vec<String> {
        let others = self.text(row, "other_ids").split(JOIN);
        let others = others.filter(|id| !id.is_empty());
        others.map(str::to_owned).collect()
    }
}

/// Compares the rows of one partition, then and now.
pub(super) fn compare_part(then: &DataFrame, now: &DataFrame) -> PolarsResult<Part> {
    let (then, now) = (Rows::of(then)?, Rows::of(now)?);
    let mut part = Part {
        n_before: then.order.len() as u64,
        n_now: now.order.len() as u64,
        ..Part::default()
    };
    let is_compared = |name: &&String| !NOT_COMPARED.contains(&name.as_str());
    let pairs: Vec<(&String, usize, usize)> = now
        .names
        .iter()
        .filter(is_compared)
        .filter_map(|name| Some((name, then.place(name)?, now.place(name)?)))
        .collect();
    let one_sided = then.names.iter().filter(|name| now.place(name).is_none());
    let one_sided = one_sided.chain(now.names.iter().filter(|name| then.place(name).is_none()));
    part.not_compared = one_sided.cloned().collect();
    let (mut old, mut new) = (then.order.iter().peekable(), now.order.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return Ok(part),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => then.text(**a, "object_id").cmp(now.text(**b, "object_id")),
        };
        let left = if order.is_le() { old.next() } else { None };
        let right = if order.is_ge() { new.next() } else { None };
        match (left, right) {
            (Some(&a), Some(&b)) => compare_row((&then, a), (&now, b), &pairs, &mut part),
            (Some(&a), None) => {
                let change = then.change(a, ChangeKind::Gone);
                part.gone.insert(change.object_id.clone(), then.others(a));
                part.push(change);
            }
            (None, Some(&b)) => {
                let change = now.change(b, ChangeKind::New);
                part.new.insert(change.object_id.clone(), now.others(b));
                part.push(change);
            }
            (None, None) => {}
        }
    }
}

fn compare_row(
    (then, a): (&Rows, usize),
    (now, b): (&Rows, usize),
    pairs: &[(&String, usize, usize)],
    part: &mut Part,
) {
    let in_frame = now.text(b, "exclusion").is_empty();
    let before = part.rows.len();
    for (name, old, new) in pairs {
        let (from, to) = (then.texts[*old].get(a), now.texts[*new].get(b));
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
        if from == to {
            continue;
        }
        let kind = match name.as_str() {
            "office" => ChangeKind::Moved,
            "labels" if to.is_empty() && in_frame => ChangeKind::Unlabelled,
            _ => ChangeKind::Changed,
        };
        if kind == ChangeKind::Moved {
            let moved = (from.to_owned(), to.to_owned());
            *part.moves.entry(moved).or_default() += 1;
        }
        *part.columns.entry((*name).clone()).or_default() += 1;
        part.push(Change {
            column: (*name).clone(),
            from: from.to_owned(),
            to: to.to_owned(),
            ..now.change(b, kind)
        });
    }
    part.n_changed_objects += u64::from(part.rows.len() > before);
}
