//! Tests of registers and indicators: values by hand, the as-of law, and the same bytes for every order of the data.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use choucha::indicators::{self, Each, Labels};
use choucha::ingest::Snapshot;
use choucha::registers::{self, Exclusion, Registers};
use choucha::units::{AsOf, Day, Meter, Problem};
use polars::df;
use polars::prelude::{Column, DataFrame, DataType, ParquetReader, ParquetWriter, SerReader};
use tempfile::TempDir;

pub(crate) const TODAY: i32 = 1_000;

#[derive(Clone)]
pub(crate) struct Object {
    pub(crate) key: u64,
    pub(crate) region: Option<&'static str>,
    pub(crate) established: Option<i32>,
    pub(crate) closed: Option<i32>,
    pub(crate) status: &'static str,
    pub(crate) capital: Option<i64>,
}

#[derive(Clone, Debug)]
pub(crate) struct Visit {
    pub(crate) key: u64,
    pub(crate) day: i32,
    pub(crate) known: i32,
    pub(crate) found: Option<bool>,
    pub(crate) severity: f64,
    pub(crate) channel: &'static str,
}

#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) key: u64,
    pub(crate) day: i32,
    pub(crate) known: i32,
    pub(crate) kind: &'static str,
    pub(crate) amount: Option<i64>,
    pub(crate) ended: Option<i32>,
}

#[derive(Clone, Default)]
pub(crate) struct World {
    pub(crate) objects: Vec<Object>,
    pub(crate) visits: Vec<Visit>,
    pub(crate) events: Vec<Event>,
}

pub(crate) fn object(key: u64, region: &'static str) -> Object {
    Object {
        key,
        region: Some(region),
        established: Some(0),
        closed: None,
        status: "存续",
        capital: Some(100),
    }
}

pub(crate) fn visit(key: u64, day: i32, found: bool, severity: f64) -> Visit {
    Visit {
        key,
        day,
        known: day,
        found: Some(found),
        severity,
        channel: "draw",
    }
}

pub(crate) fn event(key: u64, day: i32, kind: &'static str, amount: i64) -> Event {
    Event {
        key,
        day,
        known: day,
        kind,
        amount: Some(amount),
        ended: None,
    }
}

fn dates(name: &str, days: Vec<Option<i32>>) -> Column {
    Column::new(name.into(), days)
        .cast(&DataType::Date)
        .unwrap()
}

impl World {
    /// Ids of the visits name their content, so that they do not depend on the order of the rows.
    fn visits_frame(visits: &[&Visit]) -> DataFrame {
        let ids = visits
            .iter()
            .map(|v| format!("{}-{:05}-{}", v.key, v.day, v.severity))
            .collect::<Vec<_>>();
        let mut frame = df!(
            "visit_id" => ids,
            "object_key" => visits.iter().map(|v| v.key).collect::<Vec<_>>(),
            "visited" => visits.iter().map(|_| true).collect::<Vec<_>>(),
            "found" => visits.iter().map(|v| v.found).collect::<Vec<_>>(),
            "severity" => visits.iter().map(|v| v.severity).collect::<Vec<_>>(),
            "channel" => visits.iter().map(|v| v.channel).collect::<Vec<_>>(),
        )
        .unwrap();
        frame
            .with_column(dates(
                "inspected_on",
                visits.iter().map(|v| Some(v.day)).collect(),
            ))
            .unwrap();
        frame
            .with_column(dates(
                "known_on",
                visits.iter().map(|v| Some(v.known)).collect(),
            ))
            .unwrap();
        frame
    }

    fn events_frame(events: &[&Event]) -> DataFrame {
        let mut frame = df!(
            "object_key" => events.iter().map(|e| e.key).collect::<Vec<_>>(),
            "kind" => events.iter().map(|e| e.kind).collect::<Vec<_>>(),
            "amount" => events.iter().map(|e| e.amount).collect::<Vec<_>>(),
        )
        .unwrap();
        frame
            .with_column(dates(
                "event_on",
                events.iter().map(|e| Some(e.day)).collect(),
            ))
            .unwrap();
        frame
            .with_column(dates(
                "known_on",
                events.iter().map(|e| Some(e.known)).collect(),
            ))
            .unwrap();
        frame
            .with_column(dates("ended_on", events.iter().map(|e| e.ended).collect()))
            .unwrap();
        frame
    }

    fn objects_frame(objects: &[&Object]) -> DataFrame {
        let text = |value: &'static str| objects.iter().map(|_| value).collect::<Vec<_>>();
        let mut frame = df!(
            "object_key" => objects.iter().map(|o| o.key).collect::<Vec<_>>(),
            "object_id" => objects.iter().map(|o| format!("ID{}", o.key)).collect::<Vec<_>>(),
            "region_code" => objects.iter().map(|o| o.region).collect::<Vec<_>>(),
            "status" => objects.iter().map(|o| o.status).collect::<Vec<_>>(),
            "name" => objects.iter().map(|o| ["Shop A", "SHOP-A!", "other"][usize::try_from(o.key % 3).unwrap()]).collect::<Vec<_>>(),
            "registered_capital" => objects.iter().map(|o| o.capital).collect::<Vec<_>>(),
            "kind" => text("企业"),
            "industry_code" => text("F5299"),
            "business_scope" => text("零售"),
            "legal_person_key" => text("p"),
            "address" => text("a"),
        )
        .unwrap();
        frame
            .with_column(dates(
                "established_on",
                objects.iter().map(|o| o.established).collect(),
            ))
            .unwrap();
        frame
            .with_column(dates(
                "closed_on",
                objects.iter().map(|o| o.closed).collect(),
            ))
            .unwrap();
        frame
    }

    fn write(&self, dir: &Path, n_parts: u64, as_of: AsOf) -> Snapshot {
        for part in 0..n_parts {
            let visits: Vec<_> = self
                .visits
                .iter()
                .filter(|v| v.key % n_parts == part)
                .collect();
            let events: Vec<_> = self
                .events
                .iter()
                .filter(|e| e.key % n_parts == part)
                .collect();
            let mut objects: Vec<_> = self
                .objects
                .iter()
                .filter(|o| o.key % n_parts == part)
                .collect();
            objects.sort_by_key(|o| o.key); // as ingest leaves them
            for (table, mut frame) in [
                ("inspections", Self::visits_frame(&visits)),
                ("credit_events", Self::events_frame(&events)),
                ("objects", Self::objects_frame(&objects)),
            ] {
                fs::create_dir_all(dir.join(table)).unwrap();
                let file =
                    File::create(dir.join(table).join(format!("part-{part:03}.parquet"))).unwrap();
                ParquetWriter::new(file).finish(&mut frame).unwrap();
            }
        }
        Snapshot::open(dir, usize::try_from(n_parts).unwrap(), as_of)
    }
}

pub(crate) type Row = BTreeMap<String, Option<f64>>;

pub(crate) struct Run {
    dir: TempDir,
    snapshot: Snapshot,
    registers: Registers,
    params: indicators::ValidParams,
    as_of: AsOf,
}

fn open_registers() -> registers::Params {
    registers::Params::default()
}

pub(crate) fn catalogue(dir: &Path, text: &str) -> Result<indicators::ValidParams, Vec<Problem>> {
    let path = dir.join("catalogue.toml");
    fs::write(&path, text).unwrap();
    indicators::Params {
        catalogues: vec![path.to_str().unwrap().to_owned()],
    }
    .check()
}

impl Run {
    pub(crate) fn new(world: &World, n_parts: u64, text: &str, as_of: i32) -> Self {
        let dir = TempDir::new().unwrap();
        let snapshot = world.write(
            &dir.path().join("snapshot"),
            n_parts,
            AsOf(Day::from_days(as_of)),
        );
        let as_of = AsOf(Day::from_days(as_of));
        let valid = open_registers().check().unwrap();
        let registers =
            registers::compile(&valid, &snapshot, as_of, dir.path(), &Meter::silent()).unwrap();
        let params = catalogue(dir.path(), text).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let params = params.with_words_of(&per_visit().check().unwrap());
        Self {
            dir,
            snapshot,
            registers,
            params,
            as_of,
        }
    }

    pub(crate) fn table(&self) -> Result<BTreeMap<u64, Row>, indicators::Error> {
        let meter = Meter::silent();
        let at = self.dir.path();
        let table = indicators::compute(
            &self.params,
            &self.registers,
            &self.snapshot,
            self.as_of,
            at,
            &meter,
        )?;
        let parts = (0..table.n_parts()).map(|part| read(&table.path(part)));
        Ok(parts
            .flat_map(|frame| {
                rows(&frame)
                    .into_iter()
                    .map(|(key, _, row)| (key, row))
                    .collect::<Vec<_>>()
            })
            .collect())
    }

    pub(crate) fn labelled(&self, labels: &Labels) -> PathBuf {
        let (labels, meter) = (labels.check().unwrap(), Meter::silent());
        let at = self.dir.path();
        let (params, registers, snapshot) = (&self.params, &self.registers, &self.snapshot);
        let table = indicators::compute_labelled(
            params, &labels, registers, snapshot, self.as_of, at, &meter,
        );
        table
            .unwrap_or_else(|error| panic!("{error}"))
            .path()
            .to_owned()
    }
}

pub(crate) fn read(path: &Path) -> DataFrame {
    ParquetReader::new(File::open(path).unwrap())
        .finish()
        .unwrap()
}

/// Key, as-of day and numbers of every row.
pub(crate) fn rows(frame: &DataFrame) -> Vec<(u64, i32, Row)> {
    let keys = frame.column("object_key").unwrap().u64().unwrap();
    let days = frame
        .column("as_of")
        .unwrap()
        .cast(&DataType::Int32)
        .unwrap();
    let rows =
        keys.iter()
            .zip(days.i32().unwrap().iter())
            .enumerate()
            .map(|(index, (key, day))| {
                let numbers = frame
                    .columns()
                    .iter()
                    .filter(|column| *column.dtype() == DataType::Float64);
                let numbers = numbers
                    .map(|column| (column.name().to_string(), column.f64().unwrap().get(index)));
                (key.unwrap(), day.unwrap(), numbers.collect())
            });
    rows.collect()
}

fn entry(name: &str, rest: &str) -> String {
    format!(
        "[[indicator]]\nname = \"{name}\"\nzh = \"名\"\nen = \"name\"\nunit = \"1\"\n{rest}\n\n"
    )
}

pub(crate) fn text_of(entries: &[(&str, &str)]) -> String {
    let entries = entries.iter().map(|(name, rest)| entry(name, rest));
    ["version = 1\n\n".to_owned()]
        .into_iter()
        .chain(entries)
        .collect()
}

pub(crate) fn per_visit() -> Labels {
    Labels {
        table: "inspections".to_owned(),
        filter: Some("channel = 'draw' AND visited".to_owned()),
        outcome: "found".to_owned(),
        each: Each::Visit,
        window_days: None,
        from: None,
        until: None,
    }
}

const ALL: [(&str, &str); 22] = [
    ("n", "aggregate = 'count'\ntable = 'inspections'"),
    (
        "n_100",
        "aggregate = 'count'\ntable = 'inspections'\nwindow_days = 100",
    ),
    (
        "n_found",
        "aggregate = 'count'\ntable = 'inspections'\nwhere = 'found'",
    ),
    (
        "fines",
        "aggregate = 'sum'\ntable = 'credit_events'\nwhere = \"kind = '行政处罚'\"\nvalue = 'amount'",
    ),
    (
        "severities",
        "aggregate = 'sum'\ntable = 'inspections'\nvalue = 'severity'",
    ),
    (
        "fined",
        "aggregate = 'any'\ntable = 'credit_events'\nwhere = \"kind = '行政处罚'\"",
    ),
    (
        "rate",
        "aggregate = 'rate'\ntable = 'inspections'\nhit = 'found'",
    ),
    (
        "smooth",
        "aggregate = 'rate'\ntable = 'inspections'\nhit = 'found'\nprior_rate = 0.5\nprior_weight = 2",
    ),
    ("since", "aggregate = 'days_since'\ntable = 'inspections'"),
    (
        "since_found",
        "aggregate = 'days_since'\ntable = 'inspections'\nwhere = 'found'\nmissing = 900",
    ),
    (
        "decayed",
        "aggregate = 'decayed_sum'\ntable = 'inspections'\nvalue = 'severity'\nhalf_life_days = 50",
    ),
    (
        "decayed_n",
        "aggregate = 'decayed_sum'\ntable = 'inspections'\nhalf_life_days = 50",
    ),
    (
        "decayed_mean",
        "aggregate = 'decayed_mean'\ntable = 'inspections'\nvalue = 'severity'\nhalf_life_days = 50",
    ),
    (
        "kinds",
        "aggregate = 'distinct'\ntable = 'credit_events'\nvalue = 'kind'",
    ),
    (
        "last",
        "aggregate = 'last'\ntable = 'inspections'\nvalue = 'severity'",
    ),
    (
        "second_last",
        "aggregate = 'last'\ntable = 'inspections'\nvalue = 'severity'\nnth = 2",
    ),
    (
        "mean",
        "aggregate = 'mean'\ntable = 'inspections'\nvalue = 'severity'",
    ),
    (
        "max",
        "aggregate = 'max'\ntable = 'inspections'\nvalue = 'severity'",
    ),
    (
        "open",
        "aggregate = 'any'\ntable = 'credit_events'\nwhere = 'ended_on IS NULL'",
    ),
    (
        "peers",
        "aggregate = 'rate'\ntable = 'inspections'\nhit = 'found'\nwindow_days = 100\nby = 'region_code'",
    ),
    (
        "peer_fines",
        "aggregate = 'sum'\ntable = 'credit_events'\nvalue = 'amount'\nby = 'region_code'",
    ),
    (
        "age",
        "attribute = 'CAST(as_of_day - established_on_day AS DOUBLE) / 100'",
    ),
];

fn by_hand() -> World {
    World {
        objects: vec![object(1, "north"), object(2, "north"), object(3, "south")],
        visits: vec![
            visit(1, 850, true, 4.0),
            visit(1, 900, false, 1.5),
            visit(1, 950, true, 3.0),
            visit(2, 980, false, 2.0),
        ],
        events: vec![
            event(1, 900, "行政处罚", 10_000),
            event(1, 920, "行政处罚", 5_000),
            Event {
                ended: Some(990),
                ..event(1, 930, "经营异常", 0)
            },
            Event {
                ended: Some(TODAY),
                ..event(2, 930, "经营异常", 7)
            },
        ],
    }
}

#[test]
fn every_aggregate_equals_the_value_computed_by_hand() {
    let table = Run::new(&by_hand(), 1, &text_of(&ALL), TODAY)
        .table()
        .unwrap();
    let decayed = 4.0 / 8.0 + 1.5 / 4.0 + 3.0 / 2.0;
    let expected = [
        ("n", [Some(3.0), Some(1.0), Some(0.0)]),
        ("n_100", [Some(2.0), Some(1.0), Some(0.0)]),
        ("n_found", [Some(2.0), Some(0.0), Some(0.0)]),
        ("fines", [Some(15_000.0), Some(0.0), Some(0.0)]),
        ("severities", [Some(8.5), Some(2.0), Some(0.0)]),
        ("fined", [Some(1.0), Some(0.0), Some(0.0)]),
        ("rate", [Some(2.0 / 3.0), Some(0.0), None]),
        ("smooth", [Some(3.0 / 5.0), Some(1.0 / 3.0), Some(0.5)]),
        ("since", [Some(50.0), Some(20.0), None]),
        ("since_found", [Some(50.0), Some(900.0), Some(900.0)]),
        (
            "decayed",
            [Some(decayed), Some(2.0 * 0.5_f64.powf(0.4)), Some(0.0)],
        ),
        (
            "decayed_n",
            [Some(0.875), Some(0.5_f64.powf(0.4)), Some(0.0)],
        ),
        ("decayed_mean", [Some(decayed / 0.875), Some(2.0), None]),
        ("kinds", [Some(2.0), Some(1.0), Some(0.0)]),
        ("last", [Some(3.0), Some(2.0), None]),
        ("second_last", [Some(1.5), None, None]),
        ("mean", [Some(8.5 / 3.0), Some(2.0), None]),
        ("max", [Some(4.0), Some(2.0), None]),
        ("open", [Some(1.0), Some(1.0), Some(0.0)]),
        ("peers", [Some(1.0 / 3.0), Some(1.0 / 3.0), None]),
        ("peer_fines", [Some(15_007.0), Some(15_007.0), Some(0.0)]),
        ("age", [Some(10.0), Some(10.0), Some(10.0)]),
    ];
    for (name, values) in expected {
        for (key, value) in (1..).zip(values) {
            let found = table[&key][name];
            let near = match (found, value) {
                (Some(found), Some(value)) => (found - value).abs() < 4e-6,
                (None, None) => true,
                _ => false,
            };
            assert!(near, "{name} of object {key}: {found:?}, not {value:?}");
        }
    }
}

#[test]
fn an_indicator_is_added_by_text_alone() {
    let sum = ("both", "expression = 'CASE WHEN n > 0 THEN fines / n END'");
    let new = (
        "big",
        "aggregate = 'count'\ntable = 'credit_events'\nwhere = 'amount BETWEEN 7 AND 5000'",
    );
    let table = Run::new(&by_hand(), 1, &text_of(&[ALL[0], ALL[3], sum, new]), TODAY)
        .table()
        .unwrap();
    assert_eq!(table[&1]["both"], Some(5_000.0));
    assert_eq!(
        (table[&3]["both"], table[&1]["big"], table[&2]["big"]),
        (None, Some(1.0), Some(1.0))
    );
}

#[test]
fn division_by_zero_gives_no_value_and_no_expression_looks_at_itself_or_later_ones() {
    let divided = ("share", "expression = 'fines / n'");
    let table = Run::new(&by_hand(), 1, &text_of(&[ALL[0], ALL[3], divided]), TODAY)
        .table()
        .unwrap();
    assert_eq!(
        (table[&1]["share"], table[&3]["share"]),
        (Some(5_000.0), None)
    );
    let rings = [
        ("a", "expression = 'a + 1'"),
        ("b", "expression = 'c'"),
        ("c", "expression = 'b'"),
        ("d", "expression = 'e'"),
        ("e", "expression = '1 + nothing'"),
    ];
    match Run::new(&by_hand(), 1, &text_of(&rings), TODAY).table() {
        Err(indicators::Error::Settings(problems)) => {
            let said: Vec<String> = problems
                .iter()
                .map(|problem| format!("{}: {}", problem.key, problem.rule))
                .collect();
            assert_eq!(
                said,
                [
                    "indicator[0].expression: must not loop: a looks at a; an expression looks at entries above it",
                    "indicator[1].expression: must not loop: b looks at c looks at b; an expression looks at entries above it",
                    "indicator[3].expression: must look at entries above it, and e stands below",
                    "indicator[4].expression: must name columns that exist; there is no column nothing",
                ]
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn text_attributes_stay_text() {
    let run = Run::new(
        &by_hand(),
        1,
        &text_of(&[("region", "attribute = 'region_code'")]),
        TODAY,
    );
    let (at, meter) = (run.dir.path(), Meter::silent());
    let table = indicators::compute(
        &run.params,
        &run.registers,
        &run.snapshot,
        run.as_of,
        at,
        &meter,
    )
    .unwrap();
    assert_eq!(table.indicators()[0].kind, indicators::IndicatorKind::Text);
    let frame = read(&table.path(0));
    assert_eq!(
        frame.column("region").unwrap().str().unwrap().get(2),
        Some("south")
    );
}

#[test]
fn a_window_starts_on_its_first_day_and_ends_before_the_as_of_day() {
    for (day, n) in [
        (TODAY - 101, 0.0),
        (TODAY - 100, 1.0),
        (TODAY - 1, 1.0),
        (TODAY, 0.0),
    ] {
        let world = World {
            visits: vec![visit(1, day, true, 1.0)],
            ..by_hand()
        };
        let text = text_of(&[
            ALL[1],
            (
                "peers",
                "aggregate = 'count'\ntable = 'inspections'\nwindow_days = 100\nby = 'region_code'",
            ),
        ]);
        let table = Run::new(&world, 1, &text, TODAY).table().unwrap();
        assert_eq!(
            (table[&1]["n_100"], table[&2]["peers"]),
            (Some(n), Some(n)),
            "day {day}"
        );
    }
}

#[test]
fn of_several_last_records_of_one_day_the_largest_counts_as_later() {
    let visits = vec![
        visit(1, 900, true, 2.0),
        visit(1, 900, true, 5.0),
        visit(1, 900, true, 3.0),
    ];
    let table = Run::new(
        &World {
            visits,
            ..by_hand()
        },
        1,
        &text_of(&ALL),
        TODAY,
    )
    .table()
    .unwrap();
    assert_eq!(
        (table[&1]["last"], table[&1]["second_last"]),
        (Some(5.0), Some(3.0))
    );
}

/// A small generator, so that worlds differ and stay the same from run to run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    fn day(&mut self, n: u64) -> i32 {
        i32::try_from(self.below(n)).unwrap()
    }
}

pub(crate) fn random_world(seed: u64) -> World {
    let mut dice = Dice(seed);
    let mut world = World {
        objects: (1..=9)
            .map(|key| object(key, ["n", "s", "w"][usize::try_from(key % 3).unwrap()]))
            .collect(),
        ..World::default()
    };
    world.objects[4].region = None;
    for n in 0..40 {
        let (key, day) = (1 + dice.below(10), 500 + dice.day(520));
        let known = day + dice.pick(&[0, 0, 3, 200]);
        let found = dice.pick(&[Some(true), Some(false), None]);
        let channel = dice.pick(&["draw", "draw", "complaint"]);
        world.visits.push(Visit {
            key,
            day,
            known,
            found,
            severity: f64::from(n) / 7.0,
            channel,
        });
        let (key, day) = (1 + dice.below(10), 500 + dice.day(520));
        let known = day + dice.pick(&[0, 0, 5, 150]);
        let ended = dice.pick(&[None, Some(known + 30), Some(known + 300)]);
        let kind = dice.pick(&["行政处罚", "投诉举报", "经营异常"]);
        let amount = dice.pick(&[None, Some(i64::from(n) * 1_001)]);
        world.events.push(Event {
            key,
            day,
            known,
            kind,
            amount,
            ended,
        });
    }
    world
}

/// The world as anybody could know it before `day`.
fn known_before(world: &World, day: i32) -> World {
    let mut known = world.clone();
    known.visits.retain(|v| v.day < day && v.known < day);
    known.events.retain(|e| e.day < day && e.known < day);
    for event in &mut known.events {
        event.ended = event.ended.filter(|ended| *ended < day);
    }
    known
}

#[test]
fn nothing_known_on_or_after_the_as_of_day_reaches_an_indicator() {
    for seed in 0..6 {
        let world = random_world(seed);
        let all = Run::new(&world, 1, &text_of(&ALL), 900).table().unwrap();
        let known = Run::new(&known_before(&world, 900), 1, &text_of(&ALL), 900)
            .table()
            .unwrap();
        assert_eq!(all, known, "seed {seed}");
    }
}

#[test]
fn nothing_known_on_or_after_a_labelled_rows_own_day_reaches_it() {
    let world = random_world(7);
    let labelled = rows(&read(
        &Run::new(&world, 1, &text_of(&ALL), TODAY).labelled(&per_visit()),
    ));
    assert!(labelled.len() > 8, "{}", labelled.len());
    for (key, day, row) in labelled {
        let known = known_before(&world, day);
        let table = Run::new(&known, 1, &text_of(&ALL), day).table().unwrap();
        assert_eq!(table[&key], row, "object {key}, day {day}");
    }
}

#[test]
fn partitions_and_row_order_change_no_byte() {
    let world = random_world(11);
    let mut shuffled = world.clone();
    shuffled.visits.reverse();
    shuffled.events.rotate_left(13);
    shuffled.objects.reverse();
    let one = Run::new(&world, 1, &text_of(&ALL), TODAY);
    let four = Run::new(&shuffled, 4, &text_of(&ALL), TODAY);
    assert_eq!(one.table().unwrap(), four.table().unwrap());
    let (one, four) = (one.labelled(&per_visit()), four.labelled(&per_visit()));
    assert_eq!(fs::read(one).unwrap(), fs::read(four).unwrap());
}

#[test]
fn a_cut_off_takes_the_first_known_visit_of_a_whole_window() {
    let mut world = World {
        visits: vec![
            visit(1, 899, true, 1.0),
            visit(1, 900, false, 2.0),
            visit(1, 910, true, 3.0),
            visit(2, 999, true, 4.0),
            visit(3, 950, true, 5.0),
        ],
        ..by_hand()
    };
    world.visits[4].known = TODAY;
    let each = Each::Cutoffs {
        every_days: 100,
        n: 2,
        cut: false,
    };
    let labels = Labels {
        each,
        window_days: Some(100),
        ..per_visit()
    };
    let frame = read(&Run::new(&world, 1, &text_of(&ALL[..1]), TODAY).labelled(&labels));
    let ids: Vec<_> = frame
        .column("visit_id")
        .unwrap()
        .str()
        .unwrap()
        .iter()
        .flatten()
        .collect();
    assert_eq!(ids, ["1-00899-1", "1-00900-2", "2-00999-4"]);
    let days: Vec<_> = rows(&frame)
        .into_iter()
        .map(|(key, day, row)| (key, day, row["n"]))
        .collect();
    assert_eq!(
        days,
        [
            (1, 800, Some(0.0)),
            (1, 900, Some(1.0)),
            (2, 900, Some(0.0))
        ]
    );
    let found: Vec<_> = frame
        .column("label")
        .unwrap()
        .bool()
        .unwrap()
        .iter()
        .flatten()
        .collect();
    assert_eq!(found, [true, false, true]);
}

pub(crate) fn keys_of(problems: &[Problem]) -> Vec<&str> {
    problems
        .iter()
        .map(|problem| problem.key.as_str())
        .collect()
}

#[test]
fn every_problem_of_a_catalogue_is_reported_at_once() {
    let dir = TempDir::new().unwrap();
    let text = text_of(&[
        ("Bad-Name", "aggregate = 'count'\ntable = 'visits'"),
        (
            "a",
            "aggregate = 'count'\ntable = 'inspections'\nhalf_life_days = 3\nwhen = 'found'",
        ),
        (
            "a",
            "aggregate = 'sum'\ntable = 'inspections'\nwhere = 'found AND'",
        ),
        (
            "b",
            "aggregate = 'rate'\ntable = 'inspections'\nhit = 'COUNT(*) > 1'\nprior_rate = 2\nprior_weight = 1",
        ),
        ("c", "attribute = 'lat'\nexpression = 'a'"),
        (
            "d",
            "aggregate = 'median'\ntable = 'inspections'\nwindow_days = 0",
        ),
    ]);
    let problems = catalogue(dir.path(), &format!("colour = 1\n{text}")).unwrap_err();
    let keys = keys_of(&problems);
    for key in [
        "colour",
        "indicator[0].name",
        "indicator[0].table",
        "indicator[1].half_life_days",
        "indicator[1].when",
        "indicator[2].value",
        "indicator[2].where",
        "indicator[3].hit",
        "indicator[3].prior_rate",
        "indicator[4]",
        "indicator[5].aggregate",
    ] {
        assert!(keys.contains(&key), "{key} is missing in {keys:?}");
    }
    assert!(
        problems
            .iter()
            .all(|problem| problem.file.ends_with("catalogue.toml"))
    );
}

#[test]
fn two_indicators_of_one_name_are_refused() {
    let dir = TempDir::new().unwrap();
    let problems = catalogue(dir.path(), &text_of(&[ALL[0], ALL[0]])).unwrap_err();
    assert_eq!(keys_of(&problems), ["indicator[1].name"]);
}

#[test]
fn every_entry_that_does_not_fit_the_columns_is_reported_at_once() {
    let text = text_of(&[
        (
            "a",
            "aggregate = 'count'\ntable = 'inspections'\nwhere = 'colour = 1'",
        ),
        (
            "b",
            "aggregate = 'sum'\ntable = 'inspections'\nvalue = 'channel'",
        ),
        (
            "c",
            "aggregate = 'count'\ntable = 'inspections'\nwhere = 'severity'\nby = 'planet'",
        ),
        ("d", "attribute = 'established_on'"),
        ("e", "expression = 'f + 1'"),
        (
            "f",
            "aggregate = 'count'\ntable = 'credit_events'\nwhere = 'ended_on IS NULL'\nby = 'region_code'",
        ),
    ]);
    match Run::new(&by_hand(), 1, &text, TODAY).table() {
        Err(indicators::Error::Settings(problems)) => assert_eq!(
            keys_of(&problems),
            [
                "indicator[0].where",
                "indicator[1].value",
                "indicator[2].where",
                "indicator[2].by",
                "indicator[3].attribute",
                "indicator[4].expression",
                "indicator[5].where",
            ]
        ),
        other => panic!("{other:?}"),
    }
}

#[test]
fn labels_report_every_broken_rule() {
    let labels = Labels {
        table: "credit_events".to_owned(),
        filter: Some("SUM(severity) > 1".to_owned()),
        outcome: "found AND".to_owned(),
        each: Each::Cutoffs {
            every_days: 0,
            n: 0,
            cut: false,
        },
        ..per_visit()
    };
    let problems = labels.check().unwrap_err();
    let keys = [
        "table",
        "filter",
        "outcome",
        "window_days",
        "each.cutoffs.every_days",
        "each.cutoffs.n",
    ];
    assert_eq!(keys_of(&problems), keys);
}

#[test]
fn the_general_catalogue_fits_the_canonical_tables_and_uses_every_aggregate() {
    let text = fs::read_to_string("pipelines/indicators/general.toml").unwrap();
    let table = Run::new(&random_world(3), 2, &text, TODAY).table().unwrap();
    assert_eq!(table.len(), 9);
    assert!(text.matches("[[indicator]]").count() >= 25);
    for aggregate in [
        "count",
        "sum",
        "any",
        "rate",
        "days_since",
        "decayed_sum",
        "decayed_mean",
        "distinct",
        "last",
        "mean",
        "max",
    ] {
        assert!(
            text.contains(&format!("aggregate = \"{aggregate}\"")),
            "{aggregate}"
        );
    }
}

/// Catalogue files as one, since their entries may build on each other.
fn together(files: &[&str]) -> String {
    let text =
        |file: &&str| fs::read_to_string(format!("pipelines/indicators/{file}.toml")).unwrap();
    let texts: Vec<_> = files.iter().map(text).collect();
    let rest = texts[1..]
        .iter()
        .map(|text| text.replace("version = 1", ""));
    std::iter::once(texts[0].clone()).chain(rest).collect()
}

#[test]
fn every_entry_of_a_shipped_catalogue_names_who_keeps_its_records() {
    for name in ["general", "food", "relations", "inspection", "chicago"] {
        let path = format!(
            "{}/pipelines/indicators/{name}.toml",
            env!("CARGO_MANIFEST_DIR")
        );
        let file: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
        let entries = file["indicator"].as_array().unwrap();
        let nameless = entries.iter().filter(|entry| {
            let source = entry.get("source").and_then(toml::Value::as_str);
            source.is_none_or(|source| source.trim().is_empty())
        });
        assert_eq!(nameless.count(), 0, "{name}");
    }
}

#[test]
fn general_food_and_relations_add_up_in_five_groups_and_name_their_sources() {
    let dir = TempDir::new().unwrap();
    let text = together(&["general", "food", "relations"]);
    let params = catalogue(dir.path(), &text).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let mut by_group: BTreeMap<&str, usize> = BTreeMap::new();
    for entry in params.entries() {
        *by_group.entry(entry.group.unwrap()).or_default() += 1;
    }
    let groups: Vec<_> = by_group.keys().copied().collect();
    assert_eq!(
        groups,
        [
            "basic",
            "dynamic",
            "food",
            "relation",
            "social",
            "supervision"
        ]
    );
    let general: usize = by_group
        .iter()
        .filter(|(group, _)| **group != "food")
        .map(|(_, n)| n)
        .sum();
    assert!(general >= 40, "{by_group:?}");
    let table = Run::new(&random_world(3), 2, &text, TODAY).table().unwrap();
    assert_eq!(table[&1]["address_objects"], Some(8.0));
    assert_eq!(table[&3]["name_objects"], Some(5.0), "SHOP-A! is Shop A");
    assert_eq!(table[&1]["abnormal_nearly_three_years"], Some(0.0));
}

#[test]
fn a_repaired_penalty_weighs_half_from_the_day_after_its_repair_is_known() {
    let text = text_of(&[(
        "penalties",
        "aggregate = 'decayed_sum'\ntable = 'credit_events'\nwhere = \"kind = '行政处罚'\"\nvalue = 'CASE WHEN ended_on IS NULL THEN 1.0 ELSE 0.5 END'\nhalf_life_days = 100",
    )]);
    for (ended, weight) in [(None, 0.5), (Some(TODAY), 0.5), (Some(TODAY - 1), 0.25)] {
        let world = World {
            events: vec![Event {
                ended,
                ..event(1, TODAY - 100, "行政处罚", 1)
            }],
            ..by_hand()
        };
        let table = Run::new(&world, 1, &text, TODAY).table().unwrap();
        assert_eq!(table[&1]["penalties"], Some(weight), "{ended:?}");
    }
}

#[test]
fn the_chicago_catalogue_is_sound_and_names_no_inspector() {
    let file = "pipelines/indicators/chicago.toml".to_owned();
    let params = indicators::Params {
        catalogues: vec![file.clone()],
    }
    .check()
    .unwrap();
    assert!(params.names().contains(&"zip_rate_365"));
    let code = fs::read_to_string(file).unwrap();
    assert!(
        code.lines()
            .filter(|line| !line.starts_with('#'))
            .all(|line| !line.contains("inspector"))
    );
}

fn county() -> World {
    let mut objects: Vec<_> = (1..=8).map(|key| object(key, "n")).collect();
    objects[0].closed = Some(TODAY);
    objects[1].closed = Some(TODAY + 1);
    objects[2].established = Some(TODAY);
    objects[3].status = "迁出";
    objects[4].capital = Some(1);
    World {
        objects,
        ..World::default()
    }
}

fn exclusions() -> registers::Params {
    let rule = |reason: &str, when: &str| Exclusion {
        reason: reason.to_owned(),
        when: when.to_owned(),
    };
    registers::Params {
        eligible_status: Some(vec!["存续".to_owned()]),
        exclude: vec![
            rule("资本过小", "registered_capital < 2"),
            rule("第二条", "registered_capital < 2 OR object_id = 'ID6'"),
            rule("已闭", "closed_on IS NOT NULL"),
        ],
        ..open_registers()
    }
}

fn compiled(
    params: &registers::Params,
    dir: &Path,
    n_parts: u64,
) -> Result<Registers, registers::Error> {
    let snapshot = county().write(dir, n_parts, AsOf(Day::from_days(TODAY)));
    registers::compile(
        &params.check().unwrap(),
        &snapshot,
        AsOf(Day::from_days(TODAY)),
        dir,
        &Meter::silent(),
    )
}

#[test]
fn the_first_reason_that_holds_is_given_and_counts_add_up() {
    let dir = TempDir::new().unwrap();
    let registers = compiled(&exclusions(), dir.path(), 3).unwrap();
    let counts: Vec<_> = registers
        .exclusions()
        .iter()
        .map(|reason| (reason.reason.as_str(), reason.n))
        .collect();
    let expected = [
        (registers::CLOSED, 1),
        (registers::NOT_ESTABLISHED, 1),
        (registers::STATUS, 1),
        ("资本过小", 1),
        ("第二条", 1),
        ("已闭", 0),
    ];
    assert_eq!(counts, expected);
    assert_eq!((registers.n_objects(), registers.n_frame()), (8, 3));
}

#[test]
fn a_frame_part_holds_eligible_objects_in_key_order() {
    let dir = TempDir::new().unwrap();
    let registers = compiled(&exclusions(), dir.path(), 1).unwrap();
    let columns = ["region_code".to_owned(), "registered_capital".to_owned()];
    let part = registers.frame_part(0, &columns).unwrap();
    assert_eq!(part.keys, [2, 7, 8]);
    assert_eq!(part.ids.get(1), "ID7");
    assert_eq!(part.columns, [vec!["n"; 3], vec!["100"; 3]]);
    assert!(matches!(
        registers.frame_part(0, &["x".to_owned()]),
        Err(registers::Error::UnknownColumn(_))
    ));
}

#[test]
fn an_empty_frame_is_refused() {
    let dir = TempDir::new().unwrap();
    let params = registers::Params {
        eligible_status: Some(vec!["无".to_owned()]),
        ..open_registers()
    };
    let error = compiled(&params, dir.path(), 2).unwrap_err();
    let counts = "已注销或关闭 1, 基准日前尚未成立 1, 登记状态不在抽查范围 6";
    assert_eq!(
        error.to_string(),
        format!("at least one of the 8 objects must be eligible (抽样框 is empty): {counts}")
    );
}

#[test]
fn exclusions_over_unknown_columns_are_reported() {
    let dir = TempDir::new().unwrap();
    let mut params = exclusions();
    params.exclude[1].when = "colour = 1".to_owned();
    params.exclude[2].when = "registered_capital".to_owned();
    match compiled(&params, dir.path(), 1) {
        Err(registers::Error::Settings(problems)) => {
            assert_eq!(keys_of(&problems), ["exclude[1].when", "exclude[2].when"]);
        }
        other => panic!("{other:?}"),
    }
}
