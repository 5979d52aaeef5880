//! Columns that no header tells, by their values: what is certain is taken, the rest proposed as comments and said.

use super::found::Found;
use super::quoted;
use crate::ingest::Look;

/// Takes the one column of 统一社会信用代码 that pass their checks for the object's id, where no header says which it is.
pub(super) fn settle(found: &mut Found) {
    let open = |look: &&Look| {
        let mut columns = found.columns.iter();
        columns.any(|(header, column)| *header == look.header && column.is_none())
    };
    found.looks = found.looks.iter().filter(open).cloned().collect();
    let mut codes = found.looks.iter().filter(|look| look.is_certain());
    let only = codes.next().filter(|_| codes.next().is_none());
    let fits = |look: &&Look| {
        let mut columns = look.columns(found.table).into_iter();
        columns.any(|column| column.name == "object_id")
    };
    let Some(only) = only.filter(fits).filter(|_| !found.has("object_id")) else {
        return;
    };
    let header = only.header.clone();
    for (_, column) in found.columns.iter_mut().filter(|(name, _)| *name == header) {
        *column = Some("object_id");
    }
}

/// Why it cannot be said which table a file is of which no header is known: its values are no register's.
pub(super) fn doubt(found: &Found) -> Option<String> {
    let is_told = found.columns.iter().any(|(header, column)| {
        column.is_some() && !found.looks.iter().any(|look| look.header == *header)
    });
    let code = found.looks.iter().find(|look| look.is_code());
    let is_named = found
        .path
        .file_stem()
        .is_some_and(|stem| stem == found.table);
    if is_told || is_named || found.looks.is_empty() {
        return None;
    }
    if code.is_some_and(|code| code.is_unique) && found.looks.iter().any(Look::describes) {
        return None;
    }
    let looks: Vec<String> = found
        .looks
        .iter()
        .map(|look| format!("{} are {}", quoted(&look.header), look.words()))
        .collect();
    Some(format!(
        "{}: not used: no header is known, and the values do not say which table it is ({}); if you know, write [ingest.inspections] or another table with its path and its columns",
        found.path.display(),
        looks.join(", ")
    ))
}

/// The columns that the values of `header` may be and no header is known for, the likeliest first.
fn candidates<'a>(found: &'a Found, header: &str) -> Option<(&'a Look, Vec<&'static str>)> {
    let look = found.looks.iter().find(|look| look.header == header)?;
    let columns = look.columns(found.table).into_iter();
    let free = columns
        .map(|column| column.name)
        .filter(|name| !found.has(name));
    let free: Vec<&str> = free.collect();
    (!free.is_empty()).then_some((look, free))
}

/// The comment that proposes a column by the values below `header`.
pub(super) fn column_text(found: &Found, header: &str) -> Option<String> {
    let (look, columns) = candidates(found, header)?;
    let or = match &columns[1..] {
        [] => String::new(),
        others => format!("; or {}", others.join(", ")),
    };
    let (name, words) = (quoted(header), look.words());
    Some(format!(
        "# {} = {name} # by its values: {words}{or}\n",
        columns[0]
    ))
}

/// Which headers may be a required column that no header is known for.
pub(super) fn perhaps(found: &Found, column: &str) -> String {
    let fits = |header: &&String| {
        candidates(found, header).is_some_and(|(_, columns)| columns.contains(&column))
    };
    let headers = found.columns.iter().map(|(header, _)| header);
    let headers: Vec<String> = headers.filter(fits).map(|header| quoted(header)).collect();
    if headers.is_empty() {
        String::new()
    } else {
        format!(" # by its values perhaps {}", headers.join(" or "))
    }
}

/// What was decided by values, what is left to decide, and which columns nothing is known of.
pub(super) fn said(found: &Found) -> Vec<String> {
    let (mut said, mut unknown) = (Vec::new(), Vec::new());
    for (header, column) in &found.columns {
        let (table, name) = (found.table, quoted(header));
        let look = found.looks.iter().find(|look| look.header == *header);
        match (column, look, candidates(found, header)) {
            (Some(column), Some(look), _) => {
                said.push(format!("{table}: {name} is read as {column}: its values are {}", look.words()));
            }
            (None, Some(look), Some((_, columns))) => said.push(format!(
                "{table}: {name} is not decided: its values look like {}; if it is {}, take the comment mark from its line in the job",
                look.words(),
                columns.join(" or ")
            )),
            (None, ..) => unknown.push(name),
            (Some(_), None, _) => {}
        }
    }
    if !unknown.is_empty() {
        said.push(format!(
            "{}: nothing is known of {}: left out, as comments in the job",
            found.table,
            unknown.join(", ")
        ));
    }
    said
}
