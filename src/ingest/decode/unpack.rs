//! Archives: members are unpacked within limits to files named by number, never by their own names; no archive in an archive.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use super::super::error::Error;
use super::super::params::Format;
use super::limits::{Beyond, Budget, Counted, MEMBERS_MAX};
use super::sniff::{Content, content};

/// A file that holds one table or one book of tables.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Path as messages show it, with the member's name behind the archive's.
    pub(super) shown: String,
    /// Name of the member, if it comes from an archive.
    pub(super) member: Option<String>,
    pub(super) path: PathBuf,
    pub(super) content: Content,
}

/// What a file is made of.
pub(super) struct Parts {
    pub(super) parts: Vec<Part>,
    /// Members that are passed over because of their names, see [`is_set_aside`].
    pub(super) set_aside: Vec<String>,
}

/// What a zip is by the names of its parts: a workbook (ECMA-376), another office document, or an archive.
pub(super) fn content_of_zip(path: &Path) -> Content {
    let Ok(archive) = open(path) else {
        return Content::Zip;
    };
    let has = |start: &[u8]| {
        let mut names = archive.file_names_raw();
        names.any(|name| name.to_ascii_lowercase().starts_with(start))
    };
    if has(b"xl/") {
        Content::Table(Format::Xlsx)
    } else if has(b"word/") || has(b"ppt/") {
        Content::Unknown
    } else {
        Content::Zip
    }
}

fn open(path: &Path) -> Result<ZipArchive<BufReader<File>>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    ZipArchive::new(BufReader::new(file)).map_err(|error| error.to_string())
}

/// The parts of a file: itself, or what it packs, unpacked to `folder`.
pub(super) fn parts(path: &Path, shown: &str, folder: &Path) -> Result<Parts, Error> {
    parts_within(path, shown, folder, Budget::FULL)
}

fn parts_within(path: &Path, shown: &str, folder: &Path, budget: Budget) -> Result<Parts, Error> {
    let part = match content(path)? {
        Content::Zip => return unzip(path, shown, folder, budget),
        Content::Gzip => gunzip(path, shown, folder, budget)?,
        content => Part {
            shown: shown.to_owned(),
            member: None,
            path: path.to_owned(),
            content,
        },
    };
    Ok(Parts {
        parts: vec![part],
        set_aside: Vec::new(),
    })
}

fn gunzip(path: &Path, shown: &str, folder: &Path, budget: Budget) -> Result<Part, Error> {
    let file = File::open(path).map_err(Error::io(path))?;
    let packed = file.metadata().map_err(Error::io(path))?.len();
    let to = fresh(folder, 0)?;
    let mut reader = Counted::new(MultiGzDecoder::new(BufReader::new(file)), budget, packed);
    write(&mut reader, &to).map_err(|error| unreadable(shown, "gzip", &error))?;
    let content = unnested(content(&to)?, shown, shown)?;
    Ok(Part {
        shown: shown.to_owned(),
        member: None,
        path: to,
        content,
    })
}

fn unzip(path: &Path, shown: &str, folder: &Path, mut budget: Budget) -> Result<Parts, Error> {
    let damaged = |reason: String| Error::Unreadable {
        file: shown.to_owned(),
        format: "zip",
        reason,
    };
    let mut archive = open(path).map_err(damaged)?;
    one_of_each(path, shown, &archive)?;
    if archive.len() > MEMBERS_MAX {
        let beyond = Beyond::new("the number of members", MEMBERS_MAX as u64);
        return Err(Error::beyond(shown, beyond));
    }
    let (mut parts, mut set_aside) = (Vec::new(), Vec::new());
    for index in 0..archive.len() {
        let member = archive.by_index(index);
        let mut member = member.map_err(|error| damaged(error.to_string()))?;
        let name = name_of(member.name_raw());
        if !member.is_dir() && is_set_aside(&name) {
            set_aside.push(format!("{shown}/{name}"));
        }
        if member.is_dir() || is_hidden(&name) {
            continue;
        }
        if escapes(&name) {
            return Err(Error::Escape {
                file: shown.to_owned(),
                member: name,
            });
        }
        let to = fresh(folder, index)?;
        let part = format!("{shown}/{name}");
        let (packed, declared) = (member.compressed_size(), member.size());
        budget
            .check(packed, declared)
            .map_err(|beyond| Error::beyond(&part, beyond))?;
        let mut reader = Counted::new(&mut member, budget, packed);
        write(&mut reader, &to).map_err(|error| unreadable(&part, "zip", &error))?;
        if reader.unpacked > declared {
            return Err(Error::beyond(
                &part,
                Beyond::new("the unpacked size that the archive declares", declared),
            ));
        }
        budget.left -= reader.unpacked.min(budget.left);
        let is_empty = reader.unpacked == 0;
        let content = if is_empty {
            Content::Unknown
        } else {
            unnested(content(&to)?, shown, &name)?
        };
        parts.push(Part {
            shown: part,
            member: Some(name),
            path: to,
            content,
        });
    }
    Ok(Parts { parts, set_aside })
}

/// Signature of a member in the directory of an archive, and the bytes of its fixed part (APPNOTE 4.3.12).
const ENTRY: (&[u8; 4], usize) = (b"PK\x01\x02", 46);

/// Refuses an archive with two members of one name, of which a reader by name would see one.
pub(super) fn one_of_each<R: Read + Seek>(
    path: &Path,
    shown: &str,
    archive: &ZipArchive<R>,
) -> Result<(), Error> {
    let mut file = BufReader::new(File::open(path).map_err(Error::io(path))?);
    file.seek(SeekFrom::Start(archive.central_directory_start()))
        .map_err(Error::io(path))?;
    let mut names = HashSet::new();
    let mut entry = [0; ENTRY.1];
    while file.read_exact(&mut entry).is_ok() && entry.starts_with(ENTRY.0) {
        let length = |at: usize| u64::from(u16::from_le_bytes([entry[at], entry[at + 1]]));
        let mut name = Vec::new();
        (&mut file)
            .take(length(28))
            .read_to_end(&mut name)
            .map_err(Error::io(path))?;
        let rest = length(30) + length(32);
        io::copy(&mut (&mut file).take(rest), &mut io::sink()).map_err(Error::io(path))?;
        let name = name_of(&name);
        if names.contains(&name) || names.len() > MEMBERS_MAX {
            return Err(Error::RepeatedMember {
                file: shown.to_owned(),
                member: name,
            });
        }
        names.insert(name);
    }
    Ok(())
}

/// A file of its own for the member `index`.
fn fresh(folder: &Path, index: usize) -> Result<PathBuf, Error> {
    std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
    Ok(folder.join(format!("{index:05}.part")))
}

fn write(reader: &mut impl Read, to: &Path) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(to)?);
    io::copy(reader, &mut file)?;
    file.flush()
}

fn unreadable(shown: &str, format: &'static str, error: &io::Error) -> Error {
    match Beyond::of(error) {
        Some(beyond) => Error::beyond(shown, beyond),
        None => Error::Unreadable {
            file: shown.to_owned(),
            format,
            reason: error.to_string(),
        },
    }
}

fn unnested(content: Content, shown: &str, member: &str) -> Result<Content, Error> {
    match content {
        Content::Zip | Content::Gzip => Err(Error::Nested {
            file: shown.to_owned(),
            member: member.to_owned(),
        }),
        content => Ok(content),
    }
}

/// A member's name: UTF-8 if it is that, else GB18030, whatever the archive's flags say.
fn name_of(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) => encoding_rs::GB18030.decode(raw).0.into_owned(),
    }
}

/// Whether a name leads out of the folder it would be unpacked to.
fn escapes(name: &str) -> bool {
    name.starts_with(['/', '\\'])
        || name.as_bytes().get(1) == Some(&b':')
        || name.split(['/', '\\']).any(|part| part == "..")
}

/// Files that are no tables of an office: hidden ones, owner files, what other systems add.
pub(in crate::ingest) fn is_hidden(name: &str) -> bool {
    name.split(['/', '\\']).any(|part| {
        part != ".." && part != "." && part.starts_with(['.', '_']) || part.starts_with("~$")
    })
}

/// Whether a person may have hidden a file by a `_` before its name, or before that of its folder; what other systems add is
/// not meant.
pub(in crate::ingest) fn is_set_aside(name: &str) -> bool {
    let mut parts = name.split(['/', '\\']);
    !name.starts_with("__MACOSX") && parts.any(|part| part.starts_with('_'))
}

/// Reads a whole part of a workbook without keeping it: its size is within limits, it declares no entities, and
/// no text in it is endless. `take` sees the bytes in pieces.
pub(super) fn survey<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    index: usize,
    shown: &str,
    mut take: impl FnMut(&[u8]),
) -> Result<(), Error> {
    let damaged = |reason: String| Error::Unreadable {
        file: shown.to_owned(),
        format: "xlsx",
        reason,
    };
    let member = archive
        .by_index(index)
        .map_err(|error| damaged(error.to_string()))?;
    let packed = member.compressed_size();
    let mut reader = Counted::new(member, Budget::FULL, packed);
    let mut piece = vec![0; 1 << 18];
    let mut without_tag = 0;
    let mut before = Vec::new();
    loop {
        let n = reader
            .read(&mut piece)
            .map_err(|error| unreadable(shown, "xlsx", &error))?;
        if n == 0 {
            return Ok(());
        }
        let bytes = &piece[..n];
        before.extend_from_slice(&bytes[..n.min(16)]);
        if memchr::memmem::find(bytes, b"<!DOCTYPE").is_some()
            || memchr::memmem::find(&before, b"<!DOCTYPE").is_some()
        {
            return Err(Error::Dtd {
                file: shown.to_owned(),
            });
        }
        before.clear();
        before.extend_from_slice(&bytes[n.saturating_sub(16)..]);
        without_tag = if memchr::memchr(b'<', bytes).is_some() {
            0
        } else {
            without_tag + n
        };
        if without_tag > TEXT_MAX {
            let beyond = Beyond::new("a text or tag in bytes", TEXT_MAX as u64);
            return Err(Error::beyond(shown, beyond));
        }
        take(bytes);
    }
}

/// Bytes of a workbook's part without a tag.
const TEXT_MAX: usize = 8 << 20;

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::write::SimpleFileOptions;

    use super::super::limits::Budget;
    use super::{Error, escapes, is_hidden, parts_within};

    fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn unpacked(bytes: &[u8], budget: Budget) -> Result<Vec<String>, Error> {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a.zip");
        std::fs::write(&path, bytes).unwrap();
        let parts = parts_within(&path, "a.zip", &folder.path().join("out"), budget)?;
        Ok(parts.parts.into_iter().map(|part| part.shown).collect())
    }

    const SMALL: Budget = Budget {
        left: 100_000,
        ratio: 50,
        free: 1_000,
    };

    #[test]
    fn members_are_named_in_utf_8_or_gb18030_and_hidden_ones_left_out() {
        let mut bytes = zip(&[("ab.csv", b"x\n"), ("~$a.xlsx", b"x"), ("__MACOSX/a", b"x")]);
        assert_eq!(unpacked(&bytes, SMALL).unwrap(), ["a.zip/ab.csv"]);
        while let Some(at) = bytes.windows(2).position(|two| two == b"ab") {
            bytes[at..at + 2].copy_from_slice(b"\xC3\xFB"); // 名
        }
        assert_eq!(unpacked(&bytes, SMALL).unwrap(), ["a.zip/名.csv"]);
        assert!(is_hidden("a/.b") && is_hidden("~$a") && !is_hidden("../a"));
    }

    #[test]
    fn bombs_lies_archives_in_archives_and_escapes_are_refused() {
        let message = |bytes: &[u8]| unpacked(bytes, SMALL).unwrap_err().to_string();
        let bomb = zip(&[("0.csv", &vec![b'0'; 90_000])]);
        assert!(message(&bomb).contains("ratio"), "{}", message(&bomb));
        let large: Vec<u8> = (0..200_000_u32)
            .flat_map(|n| (n.wrapping_mul(2_654_435_761) >> 7).to_le_bytes())
            .collect();
        assert!(message(&zip(&[("0.csv", &large)])).contains("unpacked size"));
        let text = b"a,b\n1,2\n3,4\n";
        let mut lie = zip(&[("0.csv", text)]);
        let size = u32::try_from(text.len()).unwrap().to_le_bytes();
        while let Some(at) = lie.windows(4).position(|four| four == size) {
            lie[at] = 3;
        }
        let said = message(&lie);
        assert!(
            said.contains("declares") || said.contains("cannot be read"),
            "{said}"
        );
        assert!(message(&zip(&[("b.zip", &zip(&[("a", b"x")]))])).contains("b.zip"));
        assert!(message(&zip(&[("../a.csv", text)])).contains("../a.csv"));
        assert!(escapes("C:\\a") && escapes("/a") && !escapes("a/b..c"));
    }
}
