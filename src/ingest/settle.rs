//! Pass two: one partition at a time, what only shows across rows is settled, and the snapshot is written in its final order.

mod rows;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use polars::prelude::*;
use rayon::prelude::*;

use super::aliases::{Claim, Resolved};
use super::alike::{self, Face};
use super::checks::Check;
use super::convert;
use super::error::Error;
use super::gather::{Gathered, HASHES_MAX, POS, Pos, Reader, Refused};
use super::keys::{AliasKeys, Keys};
use super::lists;
use super::order::{self, Place};
use super::shapes::Kept;
use super::tables::Presence;
use crate::units::{Meter, collect_waves};

use rows::{
    collisions, first_of_each, hashes, known_only, once_per_object, rows_at, shares_a_key, without,
};

/// Rows per row group of the snapshot.
const ROW_GROUP: usize = 262_144;

/// What the message about a row names beside its value.
pub(super) type Names = HashMap<Refused, String>;

/// Where the rows stand that are kept instead of refused ones.
pub(super) type KeptRows = HashMap<Pos, Kept>;

/// What pass two leaves: rows written, rows refused, findings that only show across rows.
#[derive(Default)]
pub(super) struct Settled {
    pub(super) accepted: u64,
    pub(super) refused: Vec<Refused>,
    pub(super) refused_names: Names,
    /// Refused rows, each with the one of the same id that is kept.
    pub(super) kept: Vec<(Pos, Pos)>,
    pub(super) found: Vec<Refused>,
    pub(super) found_names: Names,
}

/// The register or a small table, settled.
pub(super) struct Unique {
    pub(super) settled: Settled,
    pub(super) moved: Vec<Moved>,
    pub(super) aliases: AliasKeys,
}

/// One part of such a table.
pub(super) struct Part {
    pub(super) settled: Settled,
    moved: Vec<Moved>,
    pub(super) claims: Vec<Claim>,
    faces: Vec<Face>,
    /// Rows that give way to the object of a key.
    pub(super) given_way: Vec<(Pos, u64)>,
}

/// What is known of other parts when one is settled.
#[derive(Default)]
pub(super) struct Turn {
    moved: Vec<Moved>,
    /// Keys of rows that give way to another object.
    pub(super) dropped: HashMap<u64, u64>,
}

/// An object whose first key an earlier id has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) id: String,
    pub(super) from: u64,
    pub(super) to: u64,
}

pub(super) fn scan(path: &Path) -> Result<LazyFrame, Error> {
    let args = ScanArgsParquet {
        glob: false,
        ..ScanArgsParquet::default()
    };
    LazyFrame::scan_parquet(PlRefPath::new(path.to_string_lossy().as_ref()), args)
        .map_err(Error::engine("open a part"))
}

pub(super) fn collect(frame: LazyFrame) -> Result<DataFrame, Error> {
    frame.collect().map_err(Error::engine("read a part"))
}

/// Scans one file of the snapshot.
pub(super) fn scan_part(path: &Path) -> Result<LazyFrame, Error> {
    scan(path)
}

/// Index of the rule across rows whose id ends in `rule`.
pub(super) fn rule_of(rules: &[Check], rule: &str) -> u16 {
    let found = rules
        .iter()
        .rposition(|check| check.broken.is_none() && check.rule.ends_with(rule));
    u16::try_from(found.unwrap_or(0)).expect("rules are few")
}

pub(super) fn column_u64(frame: &DataFrame, name: &str) -> Result<Vec<u64>, Error> {
    let column = frame
        .column(name)
        .and_then(|column| column.u64().cloned())
        .map_err(Error::engine("read a part"))?;
    Ok(column.iter().flatten().collect())
}

/// Writes `<folder>/part-NNN.parquet`, or `<folder>.parquet` for a small table.
pub(super) fn part_path(folder: &Path, bulk: bool, part: usize) -> PathBuf {
    if bulk {
        folder.join(format!("part-{part:03}.parquet"))
    } else {
        folder.with_extension("parquet")
    }
}

/// The register and the small tables: one row per id, where they have one.
pub(super) fn settle_unique(
    reader: &Reader,
    gathered: &Gathered,
    keys: &Keys,
    to: &Path,
    meter: &Meter,
) -> Result<Unique, Error> {
    let pass = Pass {
        reader,
        gathered,
        rules: reader.rules(),
        to,
        meter,
    };
    pass.prepare_folder()?;
    let mut turn = Turn::default();
    let mut parts = pass.all_parts(|part| pass.unique_part(part, keys, &turn))?;
    turn.moved = parts.iter().flat_map(|part| part.moved.clone()).collect();
    let n_parts = gathered.parts.len() as u64;
    let touched = |part: u64| {
        let is_here = |moved: &Moved| [moved.from % n_parts, moved.to % n_parts].contains(&part);
        turn.moved.iter().any(is_here)
    };
    pass.again(&mut parts, keys, &turn, touched)?;
    let keys = Keys {
        moved: Arc::new(second_keys(&turn.moved)),
        ..keys.clone()
    };
    let aliases = if reader.is_given("other_ids") && reader.is_given("object_id") {
        pass.one_object_each(&mut parts, &keys, &mut turn)?
    } else {
        Resolved::default()
    };
    let faces = parts
        .iter_mut()
        .flat_map(|part| std::mem::take(&mut part.faces));
    let twins = alike::shared(faces.collect());
    let mut settled = total(parts.into_iter().map(|part| part.settled));
    pass.find_twins(&twins, &mut settled)?;
    pass.find_ambiguous(&aliases, &keys, &mut settled)?;
    Ok(Unique {
        settled,
        moved: turn.moved,
        aliases: aliases.owners,
    })
}

/// Ids with their second keys.
pub(super) fn second_keys(moved: &[Moved]) -> HashMap<String, u64> {
    let pairs = moved.iter().map(|moved| (moved.id.clone(), moved.to));
    pairs.collect()
}

fn total(parts: impl Iterator<Item = Settled>) -> Settled {
    let mut all = Settled::default();
    for part in parts {
        all.accepted += part.accepted;
        all.refused.extend(part.refused);
        all.refused_names.extend(part.refused_names);
        all.kept.extend(part.kept);
    }
    all.refused.sort_unstable();
    all
}

/// Facts: of known objects only, each visit once.
pub(super) fn settle_facts(
    reader: &Reader,
    gathered: &Gathered,
    objects: &[PathBuf],
    to: &Path,
    meter: &Meter,
) -> Result<Settled, Error> {
    let pass = Pass {
        reader,
        gathered,
        rules: reader.rules(),
        to,
        meter,
    };
    pass.prepare_folder()?;
    let repeated = match reader.table.table.unique {
        Some(column) if gathered.may_repeat => pass.repeated(column, objects)?,
        _ => Vec::new(),
    };
    let losers: HashSet<u64> = repeated.iter().map(|(pos, _)| pos.0).collect();
    let parts = pass.all_parts(|part| pass.fact_part(part, &objects[part], &losers))?;
    let mut settled = total(parts.into_iter());
    settled.kept.extend(repeated);
    Ok(settled)
}

pub(super) struct Pass<'a> {
    pub(super) reader: &'a Reader<'a>,
    pub(super) gathered: &'a Gathered,
    pub(super) rules: Vec<Check>,
    pub(super) to: &'a Path,
    meter: &'a Meter,
}

impl Pass<'_> {
    fn prepare_folder(&self) -> Result<(), Error> {
        let folder = if self.reader.table.table.bulk {
            self.to
        } else {
            self.to.parent().unwrap_or(self.to)
        };
        fs::create_dir_all(folder).map_err(Error::io(folder))
    }

    fn all_parts<T: Send>(
        &self,
        settle: impl Fn(usize) -> Result<T, Error> + Sync,
    ) -> Result<Vec<T>, Error> {
        let (n, done) = (self.gathered.parts.len(), AtomicU64::new(0));
        let step = format!("settle {}", self.reader.table.table.name);
        let one = |part| {
            let settled = settle(part)?;
            self.meter
                .report(&step, done.fetch_add(1, Ordering::Relaxed) + 1, n as u64);
            Ok(settled)
        };
        collect_waves(n, one)
    }

    /// Settles the parts again that `touched` names.
    pub(super) fn again(
        &self,
        parts: &mut [Part],
        keys: &Keys,
        turn: &Turn,
        touched: impl Fn(u64) -> bool,
    ) -> Result<(), Error> {
        let touched: Vec<usize> = (0..parts.len())
            .filter(|&part| touched(part as u64))
            .collect();
        let settled = collect_waves(touched.len(), |at| {
            self.unique_part(touched[at], keys, turn)
        })?;
        for (part, settled) in touched.into_iter().zip(settled) {
            parts[part] = settled;
        }
        Ok(())
    }

    fn unique_part(&self, part: usize, keys: &Keys, turn: &Turn) -> Result<Part, Error> {
        let table = self.reader.table.table;
        let mut frame = collect(self.rows_of(part, &turn.moved)?)?;
        let Some(id) = table.unique else {
            return self.list_part(part, &frame);
        };
        let (mut losers, mut given_way) = (Vec::new(), Vec::new());
        let mut moved = Vec::new();
        if !table.bulk || shares_a_key(&frame)? {
            (frame, losers) = first_of_each(frame, id)?;
            if table.name == "objects" {
                moved = collisions(&frame, keys)?;
            }
        }
        if let Some(again) = moved.first().filter(|_| !turn.moved.is_empty()) {
            let reason = format!("both keys of \"{}\" are taken", again.id);
            return Err(Error::Engine {
                step: "give every object a key".to_owned(),
                reason,
            });
        }
        if !turn.dropped.is_empty() {
            (frame, given_way) = without(frame, &turn.dropped)?;
        }
        let (claims, faces) = self.compared(&frame, keys, turn)?;
        let frame = if table.bulk {
            rows_at(&frame, &order::places(&frame, None)?)?
        } else {
            frame
                .sort([id], SortMultipleOptions::default())
                .map_err(Error::engine("sort rows"))?
        };
        let accepted = self.write(part, frame)?;
        let repeated = rule_of(&self.rules, "duplicate");
        let alias = rule_of(&self.rules, "alias");
        let given = given_way.iter().map(|(pos, _)| (*pos, alias));
        let refused = losers.iter().map(|(pos, _)| (*pos, repeated));
        Ok(Part {
            settled: Settled {
                accepted,
                refused: refused.chain(given).collect(),
                kept: losers,
                ..Settled::default()
            },
            moved,
            claims,
            faces,
            given_way,
        })
    }

    /// A small table without an id: every row, sorted by all its columns.
    fn list_part(&self, part: usize, frame: &DataFrame) -> Result<Part, Error> {
        let columns = self.reader.spooled().into_iter().map(|(name, _)| name);
        let columns: Vec<String> = columns.collect();
        let sorted = frame.sort(columns, SortMultipleOptions::default());
        let accepted = self.write(part, sorted.map_err(Error::engine("sort rows"))?)?;
        Ok(Part {
            settled: Settled {
                accepted,
                ..Settled::default()
            },
            moved: Vec::new(),
            claims: Vec::new(),
            faces: Vec::new(),
            given_way: Vec::new(),
        })
    }

    /// Rows of a partition, those moved by a key collision taken out or in.
    fn rows_of(&self, part: usize, moved: &[Moved]) -> Result<LazyFrame, Error> {
        let n_parts = self.gathered.parts.len() as u64;
        let is = |moved: &Moved| col("object_id").eq(lit(moved.id.clone()));
        let here = moved
            .iter()
            .fold(self.gathered.parts[part].scan()?, |rows, moved| {
                rows.filter(is(moved).not())
            });
        let mut frames = vec![here];
        for moved in moved
            .iter()
            .filter(|moved| moved.to % n_parts == part as u64)
        {
            let from = usize::try_from(moved.from % n_parts).expect("a partition number is small");
            frames.push(
                self.gathered.parts[from]
                    .scan()?
                    .filter(is(moved))
                    .with_column(lit(moved.to).alias("object_key")),
            );
        }
        concat(frames, UnionArgs::default()).map_err(Error::engine("move an object"))
    }

    fn fact_part(
        &self,
        part: usize,
        objects: &Path,
        losers: &HashSet<u64>,
    ) -> Result<Settled, Error> {
        let table = self.reader.table.table;
        let frame = collect(self.gathered.parts[part].scan()?)?;
        let known = collect(scan(objects)?.select([col("object_key")]))?;
        let known = column_u64(&known, "object_key")?;
        let positions = column_u64(&frame, POS)?;
        let (unknown, repeated) = (
            rule_of(&self.rules, "unknown"),
            rule_of(&self.rules, "duplicate"),
        );
        let mut refused = Vec::new();
        let mut at = 0;
        let mut is_accepted = |place: &Place| {
            let pos = positions[place.row as usize];
            while known.get(at).is_some_and(|&key| key < place.key) {
                at += 1;
            }
            let rule = match known.get(at) {
                Some(&key) if key == place.key => losers.contains(&pos).then_some(repeated),
                _ => Some(unknown),
            };
            refused.extend(rule.map(|rule| (Pos(pos), rule)));
            rule.is_none()
        };
        let mut places = order::places(&frame, table.day)?;
        places.retain(&mut is_accepted);
        order::settle_ties(&frame, &mut places, &self.fact_order())?;
        let kept = match table.once {
            Some(column) => once_per_object(&frame, column, &mut places)?,
            None => Vec::new(),
        };
        let kept = kept.into_iter().map(|(row, of)| {
            let pos = |row: IdxSize| Pos(positions[row as usize]);
            (pos(row), pos(of))
        });
        let kept: Vec<(Pos, Pos)> = kept.collect();
        refused.extend(kept.iter().map(|(pos, _)| (*pos, repeated)));
        let accepted = self.write(part, rows_at(&frame, &places)?)?;
        Ok(Settled {
            accepted,
            refused,
            kept,
            ..Settled::default()
        })
    }

    /// Key, day, then what tells rows apart: the visit's id, or every other column.
    fn fact_order(&self) -> Vec<String> {
        let table = self.reader.table.table;
        let mut order = vec!["object_key".to_owned()];
        order.extend(table.day.map(str::to_owned));
        if let Some(column) = table.unique {
            order.push(column.to_owned());
        } else {
            let others = self.reader.spooled().into_iter().map(|(name, _)| name);
            let others: Vec<String> = others.filter(|name| !order.contains(name)).collect();
            order.extend(others);
        }
        order
    }

    /// Rows whose id another row has too and that do not come first, each with the first; ids are compared over all partitions.
    fn repeated(&self, column: &str, objects: &[PathBuf]) -> Result<Vec<(Pos, Pos)>, Error> {
        let n_rows = self.reader.rows();
        let rounds = n_rows.div_ceil(HASHES_MAX).max(1);
        let mut losers = Vec::new();
        for round in 0..rounds {
            let ids = |part: usize| -> Result<Vec<u64>, Error> {
                let rows = self.gathered.parts[part]
                    .scan()?
                    .select([col("object_key"), col(column)]);
                let frame =
                    collect(known_only(rows, &objects[part])?.select([hashes(col(column))]))?;
                Ok(column_u64(&frame, column)?
                    .into_iter()
                    .filter(|hash| hash % rounds == round)
                    .collect())
            };
            let mut all = collect_waves(objects.len(), ids)?.concat();
            all.par_sort_unstable();
            let mut twice: Vec<u64> = all
                .windows(2)
                .filter(|pair| pair[0] == pair[1])
                .map(|pair| pair[0])
                .collect();
            twice.dedup();
            if !twice.is_empty() {
                losers.extend(self.losers(column, objects, twice)?);
            }
        }
        Ok(losers)
    }

    fn losers(
        &self,
        column: &str,
        objects: &[PathBuf],
        twice: Vec<u64>,
    ) -> Result<Vec<(Pos, Pos)>, Error> {
        let twice = Arc::new(twice);
        let candidates = |part: usize| {
            let twice = twice.clone();
            let is_twice = hashes(col(column)).map(
                move |column| {
                    let mask: BooleanChunked = column
                        .as_materialized_series()
                        .u64()?
                        .iter()
                        .map(|hash| hash.map(|hash| twice.binary_search(&hash).is_ok()))
                        .collect();
                    Ok(mask
                        .into_series()
                        .with_name(column.name().clone())
                        .into_column())
                },
                |_, field| Ok(Field::new(field.name().clone(), DataType::Boolean)),
            );
            collect(known_only(self.gathered.parts[part].scan()?, &objects[part])?.filter(is_twice))
        };
        let frames = collect_waves(objects.len(), candidates)?;
        let frames: Vec<LazyFrame> = frames.into_iter().map(IntoLazy::lazy).collect();
        let all = collect(
            concat(frames, UnionArgs::default()).map_err(Error::engine("gather repeated rows"))?,
        )?;
        Ok(first_of_each(all, column)?.1)
    }

    /// Completes the columns of rows in their final order and writes one file; returns its rows.
    fn write(&self, part: usize, frame: DataFrame) -> Result<u64, Error> {
        let table = self.reader.table.table;
        let mut frame = collect(frame.lazy().select(self.final_columns()))?;
        let path = part_path(self.to, table.bulk, part);
        let file = File::create(&path).map_err(Error::io(&path))?;
        let writer = ParquetWriter::new(file)
            .with_compression(ParquetCompression::Zstd(None))
            .with_row_group_size(Some(ROW_GROUP));
        writer
            .finish(&mut frame)
            .map_err(Error::engine("write the snapshot"))?;
        Ok(frame.height() as u64)
    }

    fn final_columns(&self) -> Vec<Expr> {
        let spooled: BTreeMap<String, DataType> = self.reader.spooled().into_iter().collect();
        let fact = self.reader.table.table.is_fact();
        let key = spooled
            .contains_key("object_key")
            .then(|| col("object_key"));
        let fields =
            self.reader.table.fields.iter().filter(|field| {
                !(fact && matches!(field.name.as_str(), "object_id" | "id_scheme"))
            });
        let columns = fields.map(|field| {
            let name = field.name.as_str();
            let absent = !spooled.contains_key(name);
            let value = match field.presence {
                _ if !absent => lists::from_spool(name, &spooled[name]),
                Presence::Text(text) | Presence::WhenAbsent(text) => lit(text),
                Presence::True => lit(true),
                Presence::Column(other) => col(other),
                Presence::Required | Presence::Optional => {
                    lit(NULL).cast(convert::dtype(field.kind))
                }
            };
            value.alias(name)
        });
        key.into_iter().chain(columns).collect()
    }
}
