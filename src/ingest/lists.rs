//! Lists of texts stand as one text in the spool: rows are moved about there, and texts are moved several times as fast.

use polars::prelude::*;

/// Ends every part (U+001F, the unit separator); a part that holds one becomes two.
const END: char = '\u{1f}';

/// Type of a column in the spool.
pub(super) fn spooled(dtype: DataType) -> DataType {
    if dtype.is_list() {
        DataType::String
    } else {
        dtype
    }
}

/// Lists become texts; a null inside a list is no part of it.
pub(super) fn to_text(mut frame: DataFrame) -> PolarsResult<DataFrame> {
    let lists = frame
        .columns()
        .iter()
        .filter(|column| column.dtype().is_list());
    let names: Vec<PlSmallStr> = lists.map(|column| column.name().clone()).collect();
    for name in names {
        let texts = joined(frame.column(&name)?.as_materialized_series().list()?)?;
        frame.with_column(texts.into_series().into_column())?;
    }
    Ok(frame)
}

/// The parts of a list that stands as one text.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split_terminator(END)
}

/// Every list as one text whose parts [`parts`] gives back.
pub(super) fn joined(lists: &ListChunked) -> PolarsResult<StringChunked> {
    let lists = lists.rechunk();
    let offsets = lists.offsets()?;
    let parts = lists.get_inner().cast(&DataType::String)?;
    let mut parts = parts.str()?.iter();
    let first = usize::try_from(*offsets.first()).unwrap_or(0);
    if first > 0 {
        parts.nth(first - 1);
    }
    let mut texts = StringChunkedBuilder::new(lists.name().clone(), lists.len());
    let mut text = String::new();
    for (n, is_null) in offsets.lengths().zip(lists.is_null().iter()) {
        text.clear();
        for part in parts.by_ref().take(n).flatten() {
            text.push_str(part);
            text.push(END);
        }
        if is_null == Some(true) {
            texts.append_null();
        } else {
            texts.append_value(&text);
        }
    }
    Ok(texts.finish())
}

/// The column `name` of the spool with its own type again.
pub(super) fn from_spool(name: &str, dtype: &DataType) -> Expr {
    if !dtype.is_list() {
        return col(name);
    }
    let dtype = dtype.clone();
    let read = |column: Column| {
        let texts = column.as_materialized_series().str()?;
        let mut lists =
            ListStringChunkedBuilder::new(column.name().clone(), texts.len(), texts.len());
        for text in texts.iter() {
            match text {
                Some(text) => lists.append_values_iter(text.split_terminator(END)),
                None => lists.append_null(),
            }
        }
        Ok(lists.finish().into_series().into_column())
    };
    col(name).map(read, move |_, field| {
        Ok(Field::new(field.name().clone(), dtype.clone()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_back_from_the_spool() {
        let mut builder = ListStringChunkedBuilder::new("l".into(), 5, 5);
        builder.append_values_iter(["甲", "b"].into_iter());
        builder.append_null();
        builder.append_values_iter([].into_iter());
        builder.append_values_iter([""].into_iter());
        let lists = builder.finish().into_series();
        let frame = DataFrame::new(4, vec![lists.clone().into_column()]).unwrap();
        for from in 0..3 {
            let part = frame.slice(from, 2);
            let texts = to_text(part.clone()).unwrap();
            assert_eq!(texts.column("l").unwrap().dtype(), &DataType::String);
            let back = texts
                .lazy()
                .select([from_spool("l", lists.dtype())])
                .collect()
                .unwrap();
            assert!(back.equals_missing(&part), "{back} {part}");
        }
    }
}
