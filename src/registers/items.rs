//! 随机抽查事项清单: the items a round may draw for, row by row.

use std::path::Path;

use polars::prelude::{DataFrame, PolarsResult};

use super::{Error, Registers, at};

/// One row of the list of items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// 事项编号.
    pub id: String,
    /// 事项名称.
    pub name: Option<String>,
    /// 抽查主体.
    pub department: Option<String>,
    /// 事项类别: 一般 or 重点.
    pub category: Option<String>,
    /// SQL condition on objects.
    pub applies_to: Option<String>,
    /// Least ratio, 0 ..= 1.
    pub ratio_min: Option<f64>,
    /// Greatest ratio, 0 ..= 1.
    pub ratio_max: Option<f64>,
    /// 所需专长.
    pub required_specialty: Option<String>,
}

impl Registers {
    /// The list of items, in the order of the table; none where the job reads none.
    ///
    /// # Errors
    /// A list that cannot be read.
    pub fn items(&self) -> Result<Option<Vec<Item>>, Error> {
        if !self.snapshot.has("items") {
            return Ok(None);
        }
        let frame = self.snapshot.scan("items", 0)?.collect();
        let rows = frame.and_then(|frame| rows(&frame));
        rows.map(Some).map_err(at(Path::new("items")))
    }
}

fn rows(frame: &DataFrame) -> PolarsResult<Vec<Item>> {
    let text = |name: &str, row: usize| -> PolarsResult<Option<String>> {
        Ok(frame.column(name)?.str()?.get(row).map(str::to_owned))
    };
    let number = |name: &str, row: usize| -> PolarsResult<Option<f64>> {
        Ok(frame.column(name)?.f64()?.get(row))
    };
    let item = |row: usize| {
        Ok(Item {
            id: text("item_id", row)?.unwrap_or_default(),
            name: text("name", row)?,
            department: text("department", row)?,
            category: text("category", row)?,
            applies_to: text("applies_to", row)?,
            ratio_min: number("ratio_min", row)?,
            ratio_max: number("ratio_max", row)?,
            required_specialty: text("required_specialty", row)?,
        })
    };
    (0..frame.height()).map(item).collect()
}
