//! The id of a row where one column does not decide it: a damaged code gives way to another identifier of the row, and a
//! subject without a code is identified by its name and address.

use polars::prelude::*;

use super::keys;
use super::lists;
use super::several;
use crate::units::identifier::is_notation;
use crate::units::{DERIVED, ObjectId};

/// The scheme ids are read under.
#[derive(Clone, Debug)]
pub(super) enum Scheme {
    /// One for all rows.
    Fixed(String),
    /// Each row names its own in `id_scheme`.
    ByRow,
}

impl Scheme {
    /// `object_id` normalised.
    pub(super) fn normalised(&self) -> Expr {
        match self {
            Self::Fixed(scheme) => keys::normalised(col("object_id"), scheme),
            Self::ByRow => keys::normalised_by(col("object_id"), col("id_scheme")),
        }
    }

    /// The scheme as a column.
    pub(super) fn column(&self) -> Expr {
        match self {
            Self::Fixed(scheme) => lit(scheme.clone()),
            Self::ByRow => col("id_scheme"),
        }
    }

    /// Whether no id of this scheme can be a code or registration number.
    pub(super) fn is_foreign(&self) -> bool {
        matches!(self, Self::Fixed(scheme) if !is_bare(scheme))
    }
}

/// Schemes whose ids are written without their name in front.
pub(super) fn is_bare(scheme: &str) -> bool {
    matches!(scheme, "uscc" | "reg15")
}

/// Whether a given id is what a spreadsheet program left of a code; `given` is the cleaned text.
pub(super) fn damaged(given: Expr) -> Expr {
    given.map(
        |column| {
            let texts = column.as_materialized_series().str()?;
            let mask: BooleanChunked = texts.iter().map(|text| text.map(is_notation)).collect();
            Ok(mask
                .into_series()
                .with_name(column.name().clone())
                .into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)),
    )
}

/// Whether a row has no id because what is given is such a code.
pub(super) fn lost(given: Expr) -> Expr {
    let read = |columns: &mut [Column]| {
        let ids = columns[0].as_materialized_series();
        if ids.null_count() == 0 {
            let none = Scalar::from(false);
            return Ok(Column::new_scalar(
                columns[0].name().clone(),
                none,
                ids.len(),
            ));
        }
        let given = columns[1].as_materialized_series();
        let rows = ids.str()?.iter().zip(given.str()?.iter());
        let mask: BooleanChunked = rows
            .map(|(id, given)| Some(id.is_none() && given.is_some_and(is_notation)))
            .collect();
        Ok(mask
            .into_series()
            .with_name(columns[0].name().clone())
            .into_column())
    };
    col("object_id").map_many(read, &[given], |_, fields| {
        Ok(Field::new(fields[0].name().clone(), DataType::Boolean))
    })
}

/// Whether a given text holds several identifiers.
pub(super) fn holds_several(given: Expr) -> Expr {
    given.map(
        |column| {
            let texts = column.as_materialized_series().str()?;
            let is = |text: &str| several::split(text).is_some();
            let mask: BooleanChunked = texts.iter().map(|text| text.map(is)).collect();
            let mask = mask.into_series().with_name(column.name().clone());
            Ok(mask.into_column())
        },
        |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)),
    )
}

/// `object_id` as one identifier, where the cell holds several.
pub(super) fn first_of_several() -> Expr {
    let read = |column: Column| {
        let texts = column.as_materialized_series().str()?;
        let holds = |text: &str| several::split(text).is_some();
        if !texts.iter().flatten().any(holds) {
            return Ok(column);
        }
        let first = |text: &str| several::split(text).map_or_else(|| text.to_owned(), |ids| ids.0);
        let ids: StringChunked = texts.iter().map(|text| text.map(first)).collect();
        let ids = ids.into_series().with_name(column.name().clone());
        Ok(ids.into_column())
    };
    col("object_id").map(read, |_, field| Ok(field.clone()))
}

/// `other_ids` with the further identifiers of `object_id`, where the cell holds several.
pub(super) fn rest_of_several() -> Expr {
    let read = |columns: &mut [Column]| {
        let given = columns[1].as_materialized_series().str()?;
        let rest = |text: Option<&str>| text.and_then(several::split).map(|ids| ids.1);
        if given.iter().all(|text| rest(text).is_none()) {
            return Ok(columns[0].clone());
        }
        let texts = lists::joined(columns[0].as_materialized_series().list()?)?;
        let (name, n) = (columns[0].name().clone(), texts.len());
        let mut builder = ListStringChunkedBuilder::new(name, n, n);
        for (others, given) in texts.iter().zip(given.iter()) {
            match (others, rest(given)) {
                (None, None) => builder.append_null(),
                (others, more) => {
                    let more = more.unwrap_or_default();
                    let others =
                        lists::parts(others.unwrap_or("")).chain(more.iter().map(String::as_str));
                    builder.append_values_iter(others);
                }
            }
        }
        Ok(builder.finish().into_series().into_column())
    };
    col("other_ids").map_many(read, &[col("object_id")], |_, fields| Ok(fields[0].clone()))
}

/// `other_ids` normalised under the row's scheme, unusable ones left out.
pub(super) fn other_ids(scheme: &Scheme) -> Expr {
    let read = |columns: &mut [Column]| {
        let schemes = columns[1].as_materialized_series();
        let schemes = schemes.str()?;
        let mut buffer = String::new();
        rewritten(&columns[0], |row, text, kept| {
            let scheme = schemes.get(if schemes.len() == 1 { 0 } else { row });
            for part in lists::parts(text) {
                if keys::one(part, scheme.unwrap_or("uscc"), &mut buffer) {
                    kept.push(buffer.clone());
                }
            }
        })
    };
    col("other_ids").map_many(read, &[scheme.column()], |_, fields| Ok(fields[0].clone()))
}

/// `object_id`, or the first of `other_ids` where the given id is absent or damaged.
pub(super) fn id_or_other(given: Expr) -> Expr {
    let read = |columns: &mut [Column]| {
        let ids = columns[0].as_materialized_series();
        if ids.null_count() == 0 {
            return Ok(columns[0].clone());
        }
        let given = columns[1].as_materialized_series();
        let others = lists::joined(columns[2].as_materialized_series().list()?)?;
        let rows = ids
            .str()?
            .iter()
            .zip(given.str()?.iter())
            .zip(others.iter());
        let filled: StringChunked = rows
            .map(|((id, given), others)| {
                let open = given.is_none_or(is_notation);
                let other = others.and_then(|others| lists::parts(others).next());
                id.or(other.filter(|_| open)).map(str::to_owned)
            })
            .collect();
        Ok(filled
            .into_series()
            .with_name(columns[0].name().clone())
            .into_column())
    };
    col("object_id").map_many(read, &[given, col("other_ids")], |_, fields| {
        Ok(fields[0].clone())
    })
}

/// `other_ids` without the row's own id, each once.
pub(super) fn others_only() -> Expr {
    let read = |columns: &mut [Column]| {
        let ids = columns[1].as_materialized_series();
        let ids = ids.str()?;
        rewritten(&columns[0], |row, text, kept| {
            for part in lists::parts(text) {
                if Some(part) != ids.get(row) && !kept.iter().any(|other| other == part) {
                    kept.push(part.to_owned());
                }
            }
        })
    };
    col("other_ids").map_many(read, &[col("object_id")], |_, fields| Ok(fields[0].clone()))
}

fn rewritten(
    column: &Column,
    mut rewrite: impl FnMut(usize, &str, &mut Vec<String>),
) -> PolarsResult<Column> {
    let texts = lists::joined(column.as_materialized_series().list()?)?;
    let mut builder =
        ListStringChunkedBuilder::new(column.name().clone(), texts.len(), texts.len());
    let mut kept = Vec::new();
    for (row, text) in texts.iter().enumerate() {
        let Some(text) = text else {
            builder.append_null();
            continue;
        };
        kept.clear();
        rewrite(row, text, &mut kept);
        builder.append_values_iter(kept.iter().map(String::as_str));
    }
    Ok(builder.finish().into_series().into_column())
}

/// `object_id`, or an id of name and address where no id is given; `departments` is part of it where the table has it.
pub(super) fn id_or_derived(given: Expr, departments: Option<Expr>) -> Expr {
    let read = |columns: &mut [Column]| {
        let ids = columns[0].as_materialized_series();
        if ids.null_count() == 0 {
            return Ok(columns[0].clone());
        }
        let text = |at: usize| columns[at].as_materialized_series().str();
        let (given, names, addresses) = (text(1)?, text(2)?, text(3)?);
        let departments = match columns.get(4) {
            Some(lists) => Some(lists::joined(lists.as_materialized_series().list()?)?),
            None => None,
        };
        let one = |(row, id): (usize, Option<&str>)| match (id, given.get(row)) {
            (None, None) => {
                let departments = departments.as_ref().and_then(|lists| lists.get(row));
                let departments = lists::parts(departments.unwrap_or("")).collect::<Vec<_>>();
                let id =
                    ObjectId::derived(names.get(row)?, addresses.get(row)?, &departments.join(";"));
                Some(id.as_str().to_owned())
            }
            (id, _) => id.map(str::to_owned),
        };
        let filled: StringChunked = ids.str()?.iter().enumerate().map(one).collect();
        Ok(filled
            .into_series()
            .with_name(columns[0].name().clone())
            .into_column())
    };
    let mut arguments = vec![given, col("name"), col("address")];
    arguments.extend(departments);
    col("object_id").map_many(read, &arguments, |_, fields| Ok(fields[0].clone()))
}

/// `id_scheme`, which names the derived ids as such.
pub(super) fn scheme_of_derived(scheme: &Scheme) -> Expr {
    let derived = col("object_id")
        .str()
        .starts_with(lit(format!("{DERIVED}/")));
    when(derived)
        .then(lit(DERIVED))
        .otherwise(scheme.column())
        .alias("id_scheme")
}
