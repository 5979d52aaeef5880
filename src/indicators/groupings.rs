//! What makes objects peers: one column of the register, several together, or the name without its punctuation.

use polars::prelude::{DataType, Expr, NULL, Schema, col, concat_str, lit, when};

/// The trading name in upper case, letters and digits only, so that the shops of a chain are peers however each is written.
const NAME_KEY: &str = "name_key";

/// Between the values of several columns; no value of a register holds it.
const BETWEEN: &str = "\u{1f}";

/// Columns whose values peers share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grouping {
    columns: Vec<String>,
}

impl Grouping {
    /// The grouping by `columns`, all of which objects of `schema` must have.
    pub(super) fn new(columns: &[String], schema: &Schema) -> Result<Self, String> {
        for column in columns {
            let read = read_column(column, schema);
            if schema.get(read).is_none_or(DataType::is_nested) {
                return Err(format!(
                    "must be columns of objects that hold one value, or {NAME_KEY}; {column} is none"
                ));
            }
        }
        Ok(Self {
            columns: columns.to_vec(),
        })
    }

    /// The group of a row as text, null where a column has no value.
    pub(super) fn key(&self, schema: &Schema) -> Expr {
        let keys: Vec<_> = self.columns.iter().map(|name| key(name, schema)).collect();
        match &keys[..] {
            [one] => one.clone(),
            _ => concat_str(keys, BETWEEN, false),
        }
    }
}

/// The column of the register that `column` is made of.
pub(super) fn read_column<'a>(column: &'a str, schema: &Schema) -> &'a str {
    if column == NAME_KEY && !schema.contains(NAME_KEY) {
        "name"
    } else {
        column
    }
}

fn key(column: &str, schema: &Schema) -> Expr {
    let read = read_column(column, schema);
    let text = col(read).cast(DataType::String);
    if read == column {
        return text;
    }
    let plain = text
        .str()
        .to_uppercase()
        .str()
        .replace_all(lit(r"[^\p{L}\p{N}]"), lit(""), false);
    when(plain.clone().eq(lit("")))
        .then(lit(NULL).cast(DataType::String))
        .otherwise(plain)
}
