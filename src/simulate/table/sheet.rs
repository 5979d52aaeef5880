//! A table on its way: columns one after the other, each under its canonical or its Chinese name.

use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Float64Chunked, Int32Chunked, Int64Chunked,
    IntoColumn, ListBuilderTrait, ListStringChunkedBuilder, PolarsResult, StringChunked,
};

use crate::simulate::world::{Headers, World};

/// Columns of one table, one after the other; each has its canonical and its Chinese name.
pub(super) struct Sheet<'a, R> {
    rows: &'a [R],
    pub(super) headers: Headers,
    columns: Vec<Column>,
}

/// Canonical name and Chinese name.
pub(super) type Names = (&'static str, &'static str);

impl<'a, R> Sheet<'a, R> {
    pub(super) fn new(world: &World, table: &str, rows: &'a [R]) -> Self {
        Self {
            rows,
            headers: world.headers(table),
            columns: Vec::new(),
        }
    }

    pub(super) fn named(&mut self, names: Names, column: Column) {
        let name = if self.headers == Headers::Zh {
            names.1
        } else {
            names.0
        };
        self.columns.push(column.with_name(name.into()));
    }

    pub(super) fn text<'b>(&mut self, names: Names, of: impl Fn(&'a R) -> Option<&'b str>)
    where
        'a: 'b,
    {
        let column: StringChunked = self.rows.iter().map(of).collect();
        self.named(names, column.into_column());
    }

    pub(super) fn list<'b>(&mut self, names: Names, of: impl Fn(&'a R) -> Vec<&'b str>)
    where
        'a: 'b,
    {
        let mut builder =
            ListStringChunkedBuilder::new("".into(), self.rows.len(), self.rows.len() * 2);
        for row in self.rows {
            builder.append_values_iter(of(row).into_iter());
        }
        self.named(names, builder.finish().into_column());
    }

    pub(super) fn day(
        &mut self,
        names: Names,
        of: impl Fn(&'a R) -> Option<i32>,
    ) -> PolarsResult<()> {
        let days: Int32Chunked = self.rows.iter().map(of).collect();
        let column = days.into_column().cast(&DataType::Date)?;
        self.named(names, column);
        Ok(())
    }

    pub(super) fn whole(&mut self, names: Names, of: impl Fn(&'a R) -> Option<i64>) {
        let column: Int64Chunked = self.rows.iter().map(of).collect();
        self.named(names, column.into_column());
    }

    pub(super) fn number(&mut self, names: Names, of: impl Fn(&'a R) -> Option<f64>) {
        let column: Float64Chunked = self.rows.iter().map(of).collect();
        self.named(names, column.into_column());
    }

    pub(super) fn flag(&mut self, names: Names, of: impl Fn(&'a R) -> Option<bool>) {
        let column: BooleanChunked = self.rows.iter().map(of).collect();
        self.named(names, column.into_column());
    }

    pub(super) fn finish(self) -> PolarsResult<DataFrame> {
        DataFrame::new(self.rows.len(), self.columns)
    }
}
