//! Every fixture satisfies its schema and its digest; a synthetic world follows from its world file alone.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use choucha::simulate::{Error, Made, World, make};
use choucha::units::{HashName, Meter, ObjectId};
use polars::prelude::*;
use toml::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn county(file: &str) -> DataFrame {
    frame(&root().join("datasets/guantao").join(file))
}

fn frame(path: &Path) -> DataFrame {
    let path = PlRefPath::new(path.to_str().unwrap());
    LazyFrame::scan_parquet(path, ScanArgsParquet::default())
        .unwrap()
        .collect()
        .unwrap()
}

fn texts(frame: &DataFrame, column: &str) -> Vec<Option<String>> {
    frame
        .column(column)
        .unwrap()
        .str()
        .unwrap()
        .iter()
        .map(|text| text.map(str::to_owned))
        .collect()
}

fn words(frame: &DataFrame, column: &str) -> Vec<String> {
    texts(frame, column)
        .into_iter()
        .map(Option::unwrap)
        .collect()
}

fn days(frame: &DataFrame, column: &str) -> Vec<Option<i32>> {
    let days = frame
        .column(column)
        .unwrap()
        .cast(&DataType::Int32)
        .unwrap();
    days.i32().unwrap().iter().collect()
}

fn numbers(frame: &DataFrame, column: &str) -> Vec<Option<f64>> {
    frame
        .column(column)
        .unwrap()
        .f64()
        .unwrap()
        .iter()
        .collect()
}

fn flags(frame: &DataFrame, column: &str) -> Vec<Option<bool>> {
    frame
        .column(column)
        .unwrap()
        .bool()
        .unwrap()
        .iter()
        .collect()
}

fn parsed(path: &str) -> toml::Table {
    fs::read_to_string(root().join(path))
        .unwrap()
        .parse()
        .unwrap()
}

fn text<'a>(table: &'a Value, key: &str) -> &'a str {
    table
        .get(key)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{key} must be a text"))
}

fn list<'a>(table: &'a Value, key: &str) -> Vec<&'a str> {
    let array = table.get(key).and_then(Value::as_array);
    array
        .map(|items| items.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default()
}

/// A count of the county's `[dirt]`.
fn declared(key: &str) -> usize {
    let world = parsed("pipelines/worlds/guantao.toml");
    usize::try_from(world["dirt"][key].as_integer().unwrap()).unwrap()
}

/// (`path below datasets`, rows, bytes, digest) of each line of the table in `datasets/README.md`.
fn listed() -> Vec<(String, u64, u64, String)> {
    let readme = fs::read_to_string(root().join("datasets/README.md")).unwrap();
    let cells = |line: &str| {
        line.split('|')
            .map(|cell| cell.trim().trim_matches('`').to_owned())
            .collect::<Vec<_>>()
    };
    let lines = readme
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(cells);
    lines
        .map(|c| {
            (
                c[1].clone(),
                c[3].parse().unwrap(),
                c[4].parse().unwrap(),
                c[5].clone(),
            )
        })
        .collect()
}

// --- the fixtures -------------------------------------------------------------------------------------------------------

#[test]
fn every_fixture_has_the_rows_bytes_and_digest_that_the_table_says() {
    let listed = listed();
    assert!(!listed.is_empty());
    for (path, rows, bytes, digest) in listed {
        let content = fs::read(root().join("datasets").join(&path)).unwrap();
        assert_eq!(u64::try_from(content.len()).unwrap(), bytes, "{path}");
        assert_eq!(
            HashName::Sha256.digest(&[&content]).to_string(),
            digest,
            "{path}"
        );
        if path.ends_with(".parquet") {
            let height = frame(&root().join("datasets").join(&path)).height();
            assert_eq!(u64::try_from(height).unwrap(), rows, "{path}");
        }
    }
}

#[test]
fn every_data_file_of_the_county_is_listed_and_has_a_schema() {
    let on_disk: BTreeSet<String> = fs::read_dir(root().join("datasets/guantao"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".parquet"))
        .collect();
    let in_table: BTreeSet<String> = listed()
        .into_iter()
        .filter_map(|(path, ..)| path.strip_prefix("guantao/").map(str::to_owned))
        .collect();
    let schema = parsed("datasets/guantao/schema.toml");
    let in_schema: BTreeSet<String> = schema["table"]
        .as_array()
        .unwrap()
        .iter()
        .map(|table| text(table, "file").to_owned())
        .collect();
    assert_eq!(on_disk, in_table);
    assert_eq!(on_disk, in_schema);
}

#[test]
fn every_code_table_is_listed_and_has_the_columns_of_its_schema() {
    let schema = parsed("datasets/codes/schema.toml");
    let listed: BTreeMap<String, u64> = listed()
        .into_iter()
        .filter_map(|(path, rows, ..)| Some((path.strip_prefix("codes/")?.to_owned(), rows)))
        .collect();
    let tables = schema["table"].as_array().unwrap();
    assert_eq!(listed.len(), tables.len());
    for table in tables {
        let file = text(table, "file");
        let content = fs::read_to_string(root().join("datasets/codes").join(file)).unwrap();
        let mut lines = content.lines();
        let columns = table["columns"].as_array().unwrap();
        let names: Vec<&str> = columns.iter().map(|column| text(column, "name")).collect();
        assert_eq!(
            lines.next().unwrap().split(',').collect::<Vec<_>>(),
            names,
            "{file}"
        );
        let keys: BTreeSet<&str> = lines.map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(
            listed[file],
            u64::try_from(keys.len()).unwrap(),
            "{file}: every code once"
        );
        for column in columns {
            assert!(
                ["zh", "en"].iter().all(|key| !text(column, key).is_empty()),
                "{file}"
            );
        }
    }
}

#[test]
fn every_fixture_satisfies_its_schema() {
    let schema = parsed("datasets/guantao/schema.toml");
    for table in schema["table"].as_array().unwrap() {
        let file = text(table, "file");
        let frame = county(file);
        let columns = table["column"].as_array().unwrap();
        let names: Vec<&str> = columns.iter().map(|column| text(column, "name")).collect();
        assert_eq!(frame.get_column_names(), names, "{file}");
        for column in columns {
            satisfies(&frame, column, file);
        }
        has_its_key(&frame, table, file);
    }
}

fn satisfies(frame: &DataFrame, rule: &Value, file: &str) {
    let name = text(rule, "name");
    let column = frame.column(name).unwrap();
    let dtype = match text(rule, "type") {
        "str" => DataType::String,
        "i64" => DataType::Int64,
        "f64" => DataType::Float64,
        "bool" => DataType::Boolean,
        "date" => DataType::Date,
        "list<str>" => DataType::List(Box::new(DataType::String)),
        other => panic!("{file}: {name} has the unknown type {other}"),
    };
    assert_eq!(*column.dtype(), dtype, "{file}: {name}");
    let nulls = column.null_count();
    match text(rule, "null").split_once(": ") {
        None => assert_eq!(nulls, 0, "{file}: {name} must not be null"),
        Some(("declared", n)) => assert_eq!(nulls.to_string(), n, "{file}: {name}"),
        Some((word, _)) => assert_eq!(word, "allowed", "{file}: {name}"),
    }
    let allowed = list(rule, "allowed");
    if !allowed.is_empty() {
        let values = if text(rule, "type") == "str" {
            column.clone()
        } else {
            column.list().unwrap().get_inner().into_column()
        };
        let strange = values
            .str()
            .unwrap()
            .iter()
            .flatten()
            .find(|value| !allowed.contains(value));
        assert_eq!(strange, None, "{file}: {name}");
    }
    for key in ["zh", "en", "canonical"] {
        assert!(!text(rule, key).is_empty(), "{file}: {name} needs {key}");
    }
}

fn has_its_key(frame: &DataFrame, table: &Value, file: &str) {
    let columns: Vec<Vec<String>> = list(table, "key")
        .into_iter()
        .map(|name| words(frame, name))
        .collect();
    let Some(first) = columns.first() else { return };
    let count = |key: &str| table.get(key).and_then(Value::as_integer).unwrap_or(0);
    let mut seen = HashSet::new();
    let (mut missing, mut repeated) = (0, 0);
    for row in 0..first.len() {
        let key = match columns.as_slice() {
            [id, scheme] => ObjectId::normalise(&scheme[row], &id[row])
                .map(|id| id.as_str().to_owned())
                .ok(),
            _ => Some(first[row].clone()),
        };
        match key {
            None => missing += 1,
            Some(key) => repeated += i64::from(!seen.insert(key)),
        }
    }
    assert_eq!(
        (missing, repeated),
        (count("key_missing"), count("key_repeated")),
        "{file}"
    );
}

#[test]
fn every_parquet_file_says_in_its_footer_that_it_is_synthetic() {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    for (path, ..) in listed()
        .into_iter()
        .filter(|(path, ..)| path.starts_with("guantao/"))
    {
        let file = fs::File::open(root().join("datasets").join(&path)).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let metadata = reader
            .metadata()
            .file_metadata()
            .key_value_metadata()
            .unwrap();
        let label = metadata
            .iter()
            .find(|pair| pair.key == "choucha.synthetic")
            .unwrap();
        assert!(label.value.as_ref().unwrap().contains("合成数据"), "{path}");
    }
}

// --- identifiers and dirt; check characters by a second implementation --------------------------------------------------

fn uscc_checks(code: &str) -> (bool, bool) {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let value = |c: char| ALPHABET.find(c).unwrap();
    let mut weight = 1;
    let mut sum = 0;
    for c in code.chars().take(17) {
        sum += value(c) * weight;
        weight = weight * 3 % 31;
    }
    let outer = (sum + value(code.chars().last().unwrap())).is_multiple_of(31);
    let inner_sum: u32 = code[8..16]
        .chars()
        .zip([3, 7, 9, 10, 5, 8, 4, 2])
        .map(|(c, w)| c.to_digit(36).unwrap() * w)
        .sum();
    let last = code.chars().nth(16).unwrap();
    let inner_check = if last == 'X' {
        10
    } else {
        last.to_digit(10).unwrap_or(99)
    };
    (outer, (inner_sum + inner_check).is_multiple_of(11))
}

fn reg15_holds(number: &str) -> bool {
    let mut p = 10;
    for digit in number.chars().map(|c| c.to_digit(10).unwrap()) {
        let s = (p + digit) % 10;
        p = (if s == 0 { 10 } else { s }) * 2 % 11;
    }
    // over all fifteen digits the last sum must be 1, that is p = 2
    p == 2
}

#[test]
fn check_characters_hold_but_for_the_declared_dirt() {
    let objects = county("objects.parquet");
    let ids = words(&objects, "统一社会信用代码/注册号");
    let schemes = words(&objects, "代码类型");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut seen = HashSet::new();
    for (id, scheme) in ids.iter().zip(&schemes) {
        let Ok(object) = ObjectId::normalise(scheme, id) else {
            continue;
        };
        if !seen.insert(object.clone()) {
            continue;
        }
        let id = object.as_str();
        let class = match scheme.as_str() {
            "legacy" => "legacy",
            "reg15" if id.contains("NA") => "cooperative",
            "reg15" if reg15_holds(id) => "reg15",
            "reg15" => "wrong_check",
            _ => match uscc_checks(id) {
                (true, true) => "uscc",
                (false, true) if &id[8..12] == "M000" => "m000",
                _ => panic!("{id} fails its checks"),
            },
        };
        *counts.entry(class).or_default() += 1;
    }
    assert_eq!(counts["legacy"], declared("legacy_number"));
    assert_eq!(counts["wrong_check"], declared("wrong_check"));
    assert_eq!(counts["m000"], declared("m000_code"));
    let reg15 = counts["reg15"] + counts["cooperative"] + counts["wrong_check"];
    assert!(
        (9_900..10_500).contains(&reg15),
        "34 % of 30,000 have a 15-digit number only, not {reg15}"
    );
}

#[test]
fn declared_dirt_is_there_to_the_row() {
    let objects = county("objects.parquet");
    let ids = words(&objects, "统一社会信用代码/注册号");
    let names = words(&objects, "企业名称");
    let count = |holds: &dyn Fn(&String) -> bool, texts: &[String]| {
        texts.iter().filter(|text| holds(text)).count()
    };
    let wide = |id: &String| id.chars().any(|c| ('！'..='～').contains(&c));
    assert_eq!(
        count(&wide, &ids),
        declared("full_width_id") + declared("object_twice")
    );
    let blank = |id: &String| id.trim().is_empty();
    assert_eq!(count(&blank, &ids), declared("object_without_id"));
    assert_eq!(
        count(&|id| id.trim() != id && !blank(id), &ids),
        declared("spaced_id")
    );
    assert_eq!(
        count(&|id| id.to_uppercase() != *id && !wide(id), &ids),
        declared("lower_case_id")
    );
    assert!(count(&wide, &names) >= declared("full_width_name"));
    assert!(count(&|name| name.contains('\u{3000}'), &names) >= declared("spaced_name"));
    let capital: Vec<Option<i64>> = objects
        .column("注册资本")
        .unwrap()
        .i64()
        .unwrap()
        .iter()
        .collect();
    assert_eq!(
        capital.iter().flatten().filter(|&&cents| cents < 0).count(),
        declared("negative_capital")
    );
    let outside = numbers(&objects, "纬度")
        .into_iter()
        .flatten()
        .filter(|lat| lat.abs() > 90.0)
        .count();
    assert_eq!(outside, declared("impossible_place"));
    facts_are_dirty("inspections.parquet", "inspected_on", "visit");
    facts_are_dirty("credit_events.parquet", "event_on", "event");
}

fn facts_are_dirty(file: &str, day: &str, prefix: &str) {
    let frame = county(file);
    let known: HashSet<String> = words(&county("truth.parquet"), "object_id")
        .into_iter()
        .collect();
    let unknown = words(&frame, "object_id")
        .iter()
        .filter(|id| !known.contains(*id))
        .count();
    assert_eq!(unknown, declared(&format!("{prefix}_of_unknown")), "{file}");
    let pairs: Vec<_> = days(&frame, day)
        .into_iter()
        .zip(days(&frame, "known_on"))
        .collect();
    assert_eq!(
        pairs.iter().filter(|(day, _)| day.is_none()).count(),
        declared(&format!("{prefix}_without_day"))
    );
    let early = pairs
        .iter()
        .filter(|(day, known)| day.is_some_and(|day| known.unwrap() < day))
        .count();
    assert_eq!(early, declared(&format!("{prefix}_known_early")), "{file}");
}

// --- what the world means ----------------------------------------------------------------------------------------------

#[test]
fn truth_and_outcomes_tell_of_the_same_objects_and_agree() {
    let (truth, outcomes) = (county("truth.parquet"), county("outcomes.parquet"));
    assert_eq!(words(&truth, "object_id"), words(&outcomes, "object_id"));
    assert_eq!(words(&truth, "id_scheme"), words(&outcomes, "id_scheme"));
    let (live, visited, found) = (
        flags(&truth, "live"),
        flags(&outcomes, "visited"),
        flags(&outcomes, "found"),
    );
    let (find, reach) = (
        numbers(&truth, "find_probability"),
        numbers(&truth, "reach_probability"),
    );
    let severity = numbers(&outcomes, "severity");
    let (mut expected, mut variance, mut hits, mut reached) = (0.0, 0.0, 0.0, 0.0);
    for row in 0..truth.height() {
        let (visited, found) = (visited[row].unwrap(), found[row].unwrap());
        assert!(
            !visited || live[row].unwrap(),
            "only live objects can be visited"
        );
        assert!(!found || visited, "only visits find something");
        assert_eq!(severity[row].unwrap() > 0.0, found);
        let p = find[row].unwrap();
        assert!((0.0..=1.0).contains(&p) && (0.0..=1.0).contains(&reach[row].unwrap()));
        if visited {
            reached += 1.0;
            hits += f64::from(u8::from(found));
            expected += p;
            variance += p * (1.0 - p);
        }
    }
    let gap: f64 = hits - expected;
    assert!(
        gap.abs() < 4.0 * f64::sqrt(variance),
        "{hits} findings, {expected} expected"
    );
    assert!(
        (0.12..0.17).contains(&(hits / reached)),
        "base rate {}",
        hits / reached
    );
}

#[test]
fn nothing_happens_on_or_after_the_as_of_day_but_some_of_it_is_known_late() {
    let as_of = "2025-01-01".parse::<choucha::units::Day>().unwrap().days();
    for (file, columns) in [
        ("inspections.parquet", vec!["inspected_on"]),
        ("credit_events.parquet", vec!["event_on", "ended_on"]),
    ] {
        let frame = county(file);
        for column in columns {
            assert!(
                days(&frame, column)
                    .into_iter()
                    .flatten()
                    .all(|day| day < as_of),
                "{file}: {column}"
            );
        }
        assert!(
            days(&frame, "known_on")
                .into_iter()
                .flatten()
                .any(|day| day >= as_of),
            "{file}"
        );
    }
}

#[test]
fn results_are_published_after_their_entry_and_problems_alone_are_followed_up() {
    let visits = county("inspections.parquet");
    let (found, word) = (flags(&visits, "found"), texts(&visits, "follow_up"));
    let (published, closed) = (days(&visits, "published_on"), days(&visits, "closed_on"));
    let (inspected, known) = (days(&visits, "inspected_on"), days(&visits, "known_on"));
    let (mut n_found, mut n_followed) = (0, 0);
    for row in 0..visits.height() {
        let is_early = |day: Option<i32>| day.zip(inspected[row]).is_some_and(|(day, on)| day < on);
        let is_spoiled = inspected[row].is_none() || is_early(known[row]);
        assert!(is_spoiled || !is_early(published[row]) && !is_early(closed[row]));
        assert!(closed[row].is_none() || word[row].is_some());
        assert!(word[row].is_none() || found[row] == Some(true));
        n_found += i32::from(found[row] == Some(true));
        n_followed += i32::from(word[row].is_some());
    }
    let share = f64::from(n_followed) / f64::from(n_found);
    assert!((0.92..0.96).contains(&share), "6 % are left, not {share}");
    let words: BTreeSet<String> = word.into_iter().flatten().collect();
    assert_eq!(words.len(), 7);
}

#[test]
fn what_becomes_of_results_changes_no_other_column_of_a_world() {
    let text = fs::read_to_string(root().join("pipelines/worlds/guantao.toml")).unwrap();
    let (from, to) = (text.find("[follow_up]"), text.find("[staff]"));
    let without = text.replace(&text[from.unwrap()..to.unwrap()], "");
    let tables = |text: &str| {
        let out = tempfile::tempdir().unwrap();
        let world = World::parse(text, "guantao.toml").unwrap();
        let world = world.with_objects(3_000).unwrap();
        let made = make(&world, out.path(), &Meter::silent()).unwrap();
        let visits = frame(&out.path().join("inspections.parquet"));
        let others = made.tables.into_iter();
        let others: Vec<_> = others.filter(|one| one.table != "inspections").collect();
        (visits, others)
    };
    let (with, plain) = (tables(&text), tables(&without));
    assert_eq!(with.1, plain.1);
    let added = ["published_on", "follow_up", "closed_on"];
    assert!(with.0.drop_many(added).equals_missing(&plain.0));
}

#[test]
fn every_kind_of_event_channel_and_staff_occurs() {
    let events: BTreeSet<String> = words(&county("credit_events.parquet"), "kind")
        .into_iter()
        .collect();
    assert_eq!(events.len(), 10);
    let channels: BTreeSet<String> = words(&county("inspections.parquet"), "channel")
        .into_iter()
        .collect();
    assert_eq!(channels.len(), 3);
    let inspectors = county("inspectors.parquet");
    assert!(inspectors.height() >= 60);
    assert_eq!(
        words(&inspectors, "staff_kind")
            .into_iter()
            .collect::<BTreeSet<_>>()
            .len(),
        3
    );
}

// --- worlds ------------------------------------------------------------------------------------------------------------

fn world(file: &str) -> World {
    World::read(&root().join("pipelines/worlds").join(file)).unwrap()
}

fn made(world: &World, threads: usize) -> Made {
    let out = tempfile::tempdir().unwrap();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| make(world, out.path(), &Meter::silent()))
        .unwrap()
}

#[test]
fn a_world_has_the_same_bytes_every_time_and_on_any_number_of_threads() {
    let text = fs::read_to_string(root().join("pipelines/worlds/bench.toml")).unwrap();
    let text = text
        .replace("chunk = 16384 ", "chunk = 100 ")
        .replace("parts = 16 ", "parts = 3 ");
    let world = World::parse(&text, "bench.toml")
        .unwrap()
        .with_objects(730)
        .unwrap();
    let first = made(&world, 1);
    assert_eq!(first.tables[0].files.len(), 3);
    assert_eq!(first, made(&world, 1));
    assert_eq!(first, made(&world, 2));
}

#[test]
fn the_county_is_what_its_world_file_makes() {
    let made = made(&world("guantao.toml"), 2);
    assert!((0.12..0.17).contains(&made.summary.base_rate()));
    assert!((0.70..0.78).contains(&made.summary.naive_auc()));
    assert!((1.5..2.5).contains(&made.summary.naive_lift()));
    let listed: BTreeMap<String, (u64, String)> = listed()
        .into_iter()
        .map(|(path, rows, _, digest)| (path, (rows, digest)))
        .collect();
    for table in &made.tables {
        let (rows, digest) = &listed[&format!("guantao/{}.parquet", table.table)];
        // rand_distr calls the platform's logarithm, so another platform may make another world of the same kind
        if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            assert_eq!(table.rows, *rows, "{}", table.table);
            assert_eq!(
                table.files[0].digest.to_string(),
                *digest,
                "{}",
                table.table
            );
        }
    }
}

#[test]
fn a_second_make_replaces_the_tables_and_leaves_other_files_alone() {
    let out = tempfile::tempdir().unwrap();
    fs::write(out.path().join("PROVENANCE.md"), "kept").unwrap();
    let big = world("bench.toml").with_objects(40_000).unwrap();
    let small = big.with_objects(200).unwrap();
    make(&big, out.path(), &Meter::silent()).unwrap();
    make(&small, out.path(), &Meter::silent()).unwrap();
    assert_eq!(fs::read_dir(out.path().join("objects")).unwrap().count(), 1);
    assert_eq!(
        fs::read_to_string(out.path().join("PROVENANCE.md")).unwrap(),
        "kept"
    );
    assert!(!out.path().join(".partial").exists());
}

#[test]
fn every_problem_of_a_world_file_is_told_at_once() {
    let text = fs::read_to_string(root().join("pipelines/worlds/guantao.toml")).unwrap();
    let broken = text
        .replace("合成", "")
        .replace("synthetic", "")
        .replace("version = 1\n", "version = 9\n")
        .replace("first_day = \"2020-01-01\"", "first_day = \"2025-01-01\"")
        .replace("reg15_share = 0.34", "reg15_share = 1.34")
        .replace("shape = 0.6, mean = 1.0", "shape = -0.6, mean = 1.0")
        .replace(
            "required_specialty = \"计量标准\"",
            "required_specialty = \"占卜\"",
        );
    let Err(Error::World(problems)) = World::parse(&broken, "broken.toml") else {
        panic!("must be refused")
    };
    let keys: Vec<&str> = problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    for key in [
        "version",
        "title",
        "first_day",
        "register.reg15_share",
        "propensity.frailty",
        "item.SX09.required_specialty",
    ] {
        assert!(keys.contains(&key), "{key} is missing from {keys:?}");
    }
    assert!(problems.iter().all(|problem| problem.file == "broken.toml"));
}

#[test]
fn a_world_with_an_unknown_key_is_refused() {
    let text = fs::read_to_string(root().join("pipelines/worlds/guantao.toml")).unwrap();
    let broken = text.replace("[register]", "[register]\ncolour = \"red\"");
    assert!(matches!(
        World::parse(&broken, "broken.toml"),
        Err(Error::Format { .. })
    ));
}

#[test]
fn dirt_that_does_not_fit_is_refused() {
    let Err(Error::World(problems)) = world("guantao.toml").with_objects(300) else {
        panic!("must be refused")
    };
    assert_eq!(problems[0].key, "dirt");
}
