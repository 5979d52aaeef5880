//! Who came, who went, who is missing: the sections on 动态调整 and 应纳尽纳.

use super::{HealthReport, SHOWN, SHOWN_MANY, book, column_name, office_name, words};
use crate::registers::{ChangeKind, Changes, Coverage, Move};
use crate::report::format::count;
use crate::report::lang::Lang;
use crate::report::view::{Section, Table};
use crate::report::{Error, section, with_rows};

/// 动态调整: what changed since last month; nothing in the first month.
pub(super) fn change(report: &HealthReport, lang: Lang) -> Result<Option<Section>, Error> {
    let Some(changes) = report.changes else {
        return Ok(None);
    };
    let mut section = section(lang, "change", &words::SECTION_CHANGE, Vec::new())?;
    section.paragraphs = change_paragraphs(changes, lang);
    let counted = |(kind, n): &(ChangeKind, u64)| {
        let name = lang.say(&words::of_change(*kind)).to_owned();
        vec![name, count(*n)]
    };
    let kinds = changes.counts.iter().map(counted).collect();
    let columns = changes.columns.iter();
    let columns = columns
        .map(|(name, n)| vec![column_name(name, lang), count(*n)])
        .collect();
    let move_row = |one: &Move| {
        let named = |name: &str| office_name(name, lang);
        vec![named(&one.from), named(&one.to), count(one.n)]
    };
    let moves = changes.moves.iter().take(SHOWN_MANY).map(move_row);
    let moves = moves.collect();
    let from_to = [&words::COL_FROM, &words::COL_TO, &words::COL_N];
    section.tables = with_rows(vec![
        Table::new(lang, &[&words::COL_KIND, &words::COL_CHANGES], kinds),
        Table::new(lang, &[&words::COL_COLUMN, &words::COL_N], columns)
            .titled(lang.say(&words::COLUMNS_TITLE).to_owned()),
        Table::new(lang, &from_to, moves)
            .titled(lang.say(&words::MOVES_TITLE).to_owned())
            .loose(2),
    ]);
    Ok(Some(section))
}

fn change_paragraphs(changes: &Changes, lang: Lang) -> Vec<String> {
    let n = |kind| count(changes.n(kind));
    let values = [
        changes.from.to_string(),
        count(changes.n_before),
        n(ChangeKind::New),
        n(ChangeKind::Gone),
        changes.to.to_string(),
        count(changes.n_now),
    ];
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let n_objects = count(changes.n_changed_objects);
    let mut said = vec![
        lang.fill(&words::CHANGE_SAYS, &values),
        lang.fill(&words::CHANGED_OBJECTS, &[&n_objects]),
    ];
    if !changes.not_compared.is_empty() {
        let names = changes.not_compared.join(", ");
        said.push(lang.fill(&words::NOT_COMPARED, &[&names]));
    }
    if changes.n_not_listed() > 0 {
        let rest = count(changes.n_not_listed());
        said.push(lang.fill(&words::CHANGE_REST, &[&rest]));
    }
    said
}

/// 应纳尽纳: who is missing.
pub(super) fn coverage(coverage: &Coverage, lang: Lang) -> Result<Section, Error> {
    let mut section = section(lang, "coverage", &words::SECTION_COVERAGE, Vec::new())?;
    if coverage.n_absent == 0 {
        let none = lang.say(&words::COVERAGE_NONE);
        section.paragraphs.push(none.to_owned());
    } else {
        let n = [
            coverage.n_absent,
            coverage.n_rows,
            coverage.n_were_registered,
            coverage.n_were_refused,
        ]
        .map(count);
        let says = lang.fill(&words::COVERAGE_SAYS, &[&n[0], &n[1], &n[2], &n[3]]);
        let todo = lang.say(&words::COVERAGE_TODO).to_owned();
        section.paragraphs.extend([says, todo]);
    }
    for (names, phrase) in [
        (&coverage.offices_without_objects, &words::NO_OFFICES),
        (
            &coverage.departments_without_objects,
            &words::NO_DEPARTMENTS,
        ),
    ] {
        if !names.is_empty() {
            let names = names.join(lang.pick("、", ", "));
            section.paragraphs.push(lang.fill(phrase, &[&names]));
        }
    }
    section.tables = tables_of(coverage, lang);
    Ok(section)
}

fn tables_of(coverage: &Coverage, lang: Lang) -> Vec<Table> {
    let sources = coverage.sources.iter();
    let sources = sources
        .map(|one| vec![one.source.clone(), count(one.n_rows), count(one.n_ids)])
        .collect();
    let absent = coverage.absent.iter().take(SHOWN);
    let absent = absent.map(book::absent_texts).collect();
    let head = [&words::COL_SOURCE, &words::COL_ROWS, &words::COL_IDS];
    let absent_head = [
        &words::COL_ID,
        &words::COL_SOURCE,
        &words::COL_LAST_MONTH,
        &words::COL_OFFICE,
        &words::COL_ROWS,
    ];
    with_rows(vec![
        Table::new(lang, &head, sources)
            .titled(lang.say(&words::SOURCES_TITLE).to_owned())
            .loose(1),
        Table::new(lang, &absent_head, absent)
            .titled(lang.say(&words::COVERAGE_TITLE).to_owned())
            .loose(4),
    ])
}
