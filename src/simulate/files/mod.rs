//! A dirty copy of the county (`dirt = "files"`): the folder an office would send, beside the clean tables it came from.
//!
//! Law: the files hold the rows of the clean tables, spelled, split and packed as offices do (regulation: item lists, import
//! templates and exports of provincial platforms); every row that cannot be read stands in `dirt.json`. The bytes follow from
//! the world file alone.
#![doc = include_str!("DESIGN.md")]

mod account;
mod archive;
mod biff;
mod book;
mod cells;
mod county;
mod events;
mod grid;
mod layout;
mod lists;
mod markup;
mod people;
mod plant;
mod register;
mod sources;
mod spell;
mod text;
mod visits;
mod xlsx;

use std::fs;
use std::path::Path;

use rand::Rng;

use self::account::Account;
use self::county::County;
use self::plant::Plants;
use self::spell::Tally;
use super::part::Rows;
use super::staff::Staff;
use super::world::World;
use super::{Error, MadeFile, write_error};
use crate::units::HashName;

pub(super) use plant::FileDirt;

/// Folder of the files below the world's.
pub(super) const FOLDER: &str = "files";
/// Name of the account beside them.
pub(super) const ACCOUNT: &str = "dirt.json";
/// A sheet of a real `.xls` has at most 65,536 rows.
pub(super) const OBJECTS_MAX: u64 = 60_000;
/// What a spreadsheet program leaves beside a file somebody has open: no table, to be passed over.
const OWNER_FILE: &str = "检查对象/~$01_馆陶镇.xlsx";

/// Writes the folder and its account below `dir`; returns its files and how many of their rows, and cells of
/// other rows, cannot be read.
pub(super) fn write(
    world: &World,
    staff: &Staff,
    dirt: FileDirt,
    rows: Rows,
    rng: &mut impl Rng,
    dir: &Path,
) -> Result<(Vec<MadeFile>, (u64, u64)), Error> {
    let county = County::new(
        world,
        staff,
        dirt,
        (rows.objects, rows.spellings),
        rows.visits,
        rows.events,
    );
    let plants = Plants::choose(&county, rng);
    let mut tally = Tally::default();
    let mut parcels = register::parcels(&county, &plants, &mut tally);
    parcels.extend(visits::parcels(&county, &plants, &mut tally));
    parcels.extend(events::parcels(&county, &plants, &mut tally));
    parcels.extend(people::parcels(&county, &plants, &mut tally));
    parcels.extend(lists::parcels(&county, &plants, &mut tally));
    let mut files = Vec::new();
    for parcel in &parcels {
        let n_rows = parcel
            .books()
            .iter()
            .flat_map(|book| &book.grids)
            .map(|grid| grid.rows)
            .sum::<usize>();
        files.push(put(dir, parcel.path(), &parcel.bytes()?, n_rows)?);
    }
    files.push(put(dir, OWNER_FILE, &[5; 165], 0)?);
    let account = Account::of(world.title(), &parcels, &tally);
    let json = serde_json::to_string_pretty(&account).map_err(|source| Error::Table {
        table: "files",
        source: Box::new(source),
    })?;
    let path = dir.join(ACCOUNT);
    fs::write(&path, json + "\n").map_err(|source| write_error(&path, source))?;
    Ok((files, (account.n_unreadable(), account.n_emptied())))
}

fn put(dir: &Path, path: &str, bytes: &[u8], n_rows: usize) -> Result<MadeFile, Error> {
    let path = format!("{FOLDER}/{path}");
    let full = dir.join(&path);
    let folder = full.parent().expect("a file below a folder");
    fs::create_dir_all(folder).map_err(|source| write_error(folder, source))?;
    fs::write(&full, bytes).map_err(|source| write_error(&full, source))?;
    Ok(MadeFile {
        path,
        rows: u64::try_from(n_rows).expect("a row count fits"),
        bytes: u64::try_from(bytes.len()).expect("fits"),
        digest: HashName::Sha256.digest(&[bytes]),
    })
}
