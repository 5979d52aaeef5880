//! Writes the tables: a part is a run of chunks, a chunk is one row group, the small tables are one file each.

mod file;

use std::path::Path;

use file::{TableFile, TableWriter, encode_error};
use polars::prelude::{DataFrame, PolarsResult};
use rand::SeedableRng;
use rand_chacha::ChaCha12Rng;

use super::deterrent::{self, Lot, Peers, Prevented};
use super::dirt;
use super::follow_up;
use super::history::{self, Event, Future, Planted, Visit};
use super::object::{self, Object};
use super::staff::Staff;
use super::tally::Summary;
use super::world::World;
use super::{Error, MadeFile, table};
use crate::units::HashName;

/// Tables that are written a part at a time.
const BULK: [&str; 6] = [
    "objects",
    "inspections",
    "credit_events",
    "outcomes",
    "truth",
    "draws",
];

/// One part of every bulk table.
pub(super) struct Part {
    pub(super) files: Vec<(&'static str, MadeFile)>,
    pub(super) summary: Summary,
}

/// All rows of the bulk tables a regulator holds, spoiled ones included.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) objects: Vec<Object>,
    /// Of every object, in the order of their indices.
    pub(super) spellings: Vec<dirt::Spelling>,
    pub(super) visits: Vec<Visit>,
    pub(super) events: Vec<Event>,
}

/// What nobody can see of an object, and what its lots were.
pub(super) struct Hidden {
    pub(super) object: Object,
    pub(super) future: Future,
    pub(super) lots: Vec<Lot>,
    pub(super) prevented: Option<Prevented>,
}

/// The random stream of one chunk for one purpose.
pub(super) fn stream(world: &World, chunk: u64, purpose: &str) -> ChaCha12Rng {
    let text = format!("{}\n{purpose}\n{chunk}", world.params.seed);
    ChaCha12Rng::from_seed(
        HashName::Sha256
            .tagged("choucha/world/stream/v1", text.as_bytes())
            .0,
    )
}

/// The staff; recusals and former employers refer to objects of the first chunk.
pub(super) fn staff(world: &World) -> Staff {
    let (known, _) = objects_of(world, 0);
    Staff::new(world, &known, &mut stream(world, 0, "staff"))
}

fn objects_of(world: &World, chunk: u64) -> (Vec<Object>, Vec<dirt::Spelling>) {
    let indices = world.objects_of(chunk);
    let spellings = dirt::spellings(
        &world.params,
        &indices,
        &mut stream(world, chunk, "spellings"),
    );
    let objects = object::objects(
        world,
        indices,
        &spellings,
        &mut stream(world, chunk, "objects"),
    );
    (objects, spellings)
}

/// Makes and writes part `part` of `n_parts`; calls `progress` after each chunk.
pub(super) fn write(
    world: &World,
    (staff, peers): (&Staff, &Peers),
    part: u64,
    n_parts: u64,
    dir: &Path,
    progress: &impl Fn(),
) -> Result<Part, Error> {
    let chunks = part * world.n_chunks() / n_parts..(part + 1) * world.n_chunks() / n_parts;
    let mut summary = Summary::default();
    let mut rows = [0_u64; BULK.len()];
    let shapes = frames(world, staff, &Rows::default(), &[])?;
    let mut files = BULK
        .into_iter()
        .map(|table| TableFile::create(dir, table, (world.params.parts > 1).then_some(part)))
        .collect::<Result<Vec<_>, Error>>()?;
    let mut writers = files
        .iter_mut()
        .zip(&shapes)
        .map(|(file, shape)| TableWriter::open(world, file.table, &mut file.sink, shape))
        .collect::<Result<Vec<_>, Error>>()?;
    for chunk in chunks {
        let made = chunk_frames(world, (staff, peers), chunk, &mut summary)?;
        for ((writer, frame), rows) in writers.iter_mut().zip(&made).zip(&mut rows) {
            writer.append(frame)?;
            *rows += n_rows(frame);
        }
        progress();
    }
    writers.into_iter().try_for_each(TableWriter::finish)?;
    let files = files
        .into_iter()
        .zip(rows)
        .map(|(file, rows)| file.finish(rows))
        .collect::<Result<_, _>>()?;
    Ok(Part { files, summary })
}

/// The bulk tables' rows of one chunk, in the order of [`BULK`].
fn chunk_frames(
    world: &World,
    (staff, peers): (&Staff, &Peers),
    chunk: u64,
    summary: &mut Summary,
) -> Result<[DataFrame; 6], Error> {
    let (rows, hidden) = chunk_rows(world, (staff, peers), chunk, summary);
    frames(world, staff, &rows, &hidden)
}

/// The rows of one chunk, and what nobody can see of its objects.
fn chunk_rows(
    world: &World,
    (staff, peers): (&Staff, &Peers),
    chunk: u64,
    summary: &mut Summary,
) -> (Rows, Vec<Hidden>) {
    let (objects, spellings) = objects_of(world, chunk);
    let (mut rows, hidden) = lives(world, (staff, peers), chunk, &objects, summary);
    (rows.objects, rows.spellings) = (objects, spellings);
    if let Some(rule) = &world.params.follow_up {
        let mut rng = stream(world, chunk, "follow-ups");
        follow_up::follow(rule, &mut rows.visits, &mut rng);
    }
    spoil(world, chunk, &mut rows);
    (rows, hidden)
}

/// The rows of all chunks, as the bulk tables hold them.
pub(super) fn all_rows(world: &World, staff: &Staff, peers: &Peers) -> Rows {
    let mut all = Rows::default();
    for chunk in 0..world.n_chunks() {
        let (rows, _) = chunk_rows(world, (staff, peers), chunk, &mut Summary::default());
        all.objects.extend(rows.objects);
        all.spellings.extend(rows.spellings);
        all.visits.extend(rows.visits);
        all.events.extend(rows.events);
    }
    all
}

/// Rows as frames, in the order of [`BULK`].
fn frames(
    world: &World,
    staff: &Staff,
    rows: &Rows,
    hidden: &[Hidden],
) -> Result<[DataFrame; 6], Error> {
    Ok([
        framed("objects", table::objects(world, &rows.objects))?,
        framed(
            "inspections",
            table::inspections(world, &staff.inspectors, &rows.visits),
        )?,
        framed("credit_events", table::credit_events(world, &rows.events))?,
        framed("outcomes", table::outcomes(world, hidden))?,
        framed("truth", table::truth(world, hidden))?,
        framed("draws", table::draws(world, &framed_lots(hidden)))?,
    ])
}

/// The lots of all rounds whose frame held the object: object by object, round by round.
fn framed_lots(hidden: &[Hidden]) -> Vec<(&Object, usize, Lot)> {
    let mut rows = Vec::new();
    for one in hidden {
        let framed = one.lots.iter().enumerate().filter(|(_, lot)| lot.framed);
        rows.extend(framed.map(|(round, lot)| (&one.object, round, *lot)));
    }
    rows
}

/// How many peers of everybody each round drew, where that prevents anything.
pub(super) fn peers(world: &World) -> Peers {
    let matters = world
        .params
        .deterrent
        .as_ref()
        .is_some_and(|rule| rule.peers.is_some());
    let mut peers = Peers::default();
    for chunk in (0..world.n_chunks()).filter(|_| matters) {
        let (objects, _) = objects_of(world, chunk);
        peers.add(&objects, &lots(world, chunk, &objects));
    }
    peers
}

/// The lots of a chunk, drawn before anything happens.
fn lots(world: &World, chunk: u64, objects: &[Object]) -> Vec<Vec<Lot>> {
    let mut rng = stream(world, chunk, "lots");
    let of = |object| deterrent::lots(world, object, &mut rng);
    objects.iter().map(of).collect()
}

/// Visits and events of a chunk's objects, and what nobody can see of them.
fn lives(
    world: &World,
    (staff, peers): (&Staff, &Peers),
    chunk: u64,
    objects: &[Object],
    summary: &mut Summary,
) -> (Rows, Vec<Hidden>) {
    let mut rng = stream(world, chunk, "history");
    let mut prevents = stream(world, chunk, "deterrent");
    let lots = match world.params.deterrent {
        Some(_) => lots(world, chunk, objects),
        None => Vec::new(),
    };
    let (mut rows, mut hidden) = (Rows::default(), Vec::with_capacity(objects.len()));
    for (at, object) in objects.iter().enumerate() {
        let planted = lots.get(at).map(|lots| Planted {
            lots,
            peers,
            rng: &mut prevents,
        });
        let history = history::live(world, staff, object, planted, &mut rng);
        summary.add(world, object, &history);
        rows.events.extend(history.events);
        rows.visits.extend(history.visits);
        hidden.push(Hidden {
            object: object.clone(),
            future: history.future,
            lots: history.lots,
            prevented: history.prevented,
        });
    }
    (rows, hidden)
}

fn spoil(world: &World, chunk: u64, rows: &mut Rows) {
    let indices = world.objects_of(chunk);
    let here = dirt::in_chunk(&world.params, &indices);
    let before = dirt::in_chunk(&world.params, &(0..indices.start));
    let mut rng = stream(world, chunk, "dirt");
    let mut next_spare = world.params.objects + before.negative_capital + before.impossible_place;
    let spare = || {
        next_spare += 1;
        super::identity::uscc("91", world.params.register.authority, next_spare - 1)
    };
    dirt::spell(&mut rows.objects, &rows.spellings);
    dirt::spoil_objects(&mut rows.objects, &here, spare, &mut rng);
    dirt::spoil_visits(&mut rows.visits, &here, &mut rng);
    dirt::spoil_events(&mut rows.events, &here, &mut rng);
}

/// Writes the tables that do not grow with the number of objects.
pub(super) fn write_small(
    world: &World,
    staff: &Staff,
    dir: &Path,
) -> Result<Vec<(&'static str, MadeFile)>, Error> {
    let people = &staff.inspectors;
    let tables = [
        ("inspectors", table::inspectors(world, people)),
        ("items", table::items(world, &world.params.item)),
        ("recusals", table::recusals(world, people, &staff.recusals)),
        (
            "availability",
            table::availability(world, people, &staff.absences),
        ),
        ("inspector_truth", table::inspector_truth(world, people)),
    ];
    tables
        .into_iter()
        .map(|(table, frame)| write_one(world, dir, table, &framed(table, frame)?))
        .collect()
}

fn write_one(
    world: &World,
    dir: &Path,
    table: &'static str,
    frame: &DataFrame,
) -> Result<(&'static str, MadeFile), Error> {
    let mut file = TableFile::create(dir, table, None)?;
    let mut writer = TableWriter::open(world, table, &mut file.sink, frame)?;
    writer.append(frame)?;
    writer.finish()?;
    file.finish(n_rows(frame))
}

fn n_rows(frame: &DataFrame) -> u64 {
    u64::try_from(frame.height()).expect("a row count fits")
}

fn framed(table: &'static str, frame: PolarsResult<DataFrame>) -> Result<DataFrame, Error> {
    frame.map_err(|source| encode_error(table, source))
}
