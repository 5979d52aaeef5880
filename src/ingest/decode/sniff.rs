//! What a file is, by its first bytes and never by its name.
//!
//! Signatures: Parquet and Arrow IPC formats; PKWARE APPNOTE 4.3.7; RFC 1952; MS-CFB 2.2; shared/reference/regulation.md §3.7.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::super::error::Error;
use super::super::params::Format;
use super::unpack;

/// Bytes looked at.
const HEAD: u64 = 65_536;

/// Content of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ingest) enum Content {
    /// A table, or a book of tables.
    Table(Format),
    /// An archive of files.
    Zip,
    /// One packed file.
    Gzip,
    /// Nothing of these.
    Unknown,
}

/// The content of the file at `path`.
pub(in crate::ingest) fn content(path: &Path) -> Result<Content, Error> {
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(HEAD).read_to_end(&mut head))
        .map_err(Error::io(path))?;
    Ok(match of_head(&head) {
        Content::Zip => unpack::content_of_zip(path),
        content => content,
    })
}

/// The content as far as the first bytes tell; a workbook is a zip to them.
pub(super) fn of_head(head: &[u8]) -> Content {
    let magic: [(&[u8], Content); 7] = [
        (b"PAR1", Content::Table(Format::Parquet)),
        (b"ARROW1", Content::Table(Format::Arrow)),
        (b"\xff\xff\xff\xff", Content::Table(Format::Arrow)),
        (b"PK\x03\x04", Content::Zip),
        (b"PK\x05\x06", Content::Zip),
        (b"\x1f\x8b", Content::Gzip),
        (b"\xd0\xcf\x11\xe0", Content::Table(Format::Xls)),
    ];
    let found = magic.iter().find(|(bytes, _)| head.starts_with(bytes));
    found.map_or_else(|| of_text(head), |(_, content)| *content)
}

fn of_text(head: &[u8]) -> Content {
    let text = match encoding_rs::Encoding::for_bom(head) {
        Some((encoding, _)) => encoding.decode(head).0,
        None if head.contains(&0) => return Content::Unknown,
        None => String::from_utf8_lossy(head),
    };
    let text = text.trim_start().to_ascii_lowercase();
    if text.starts_with("%pdf") || text.starts_with("{\\rtf") {
        return Content::Unknown;
    }
    if !text.starts_with('<') {
        return Content::Table(Format::Csv);
    }
    let is_book = text.contains("urn:schemas-microsoft-com:office:spreadsheet")
        && !text.contains("<html")
        || text.contains("progid=\"excel.sheet\"");
    if is_book {
        Content::Table(Format::Xml)
    } else if ["<html", "<table", "<!doctype html", "<tr"]
        .iter()
        .any(|tag| text.contains(tag))
    {
        Content::Table(Format::Html)
    } else if text.starts_with("<?xml") || text.starts_with("<!") {
        Content::Unknown
    } else {
        Content::Table(Format::Csv)
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, Format, of_head};

    #[test]
    fn content_is_told_by_the_first_bytes() {
        let table = Content::Table;
        for (head, content) in [
            (&b"PAR1...."[..], table(Format::Parquet)),
            (b"ARROW1\0\0", table(Format::Arrow)),
            (b"PK\x03\x04...", Content::Zip),
            (b"\x1f\x8b\x08", Content::Gzip),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", table(Format::Xls)),
            (b"\xef\xbb\xbfa,b\n1,2\n", table(Format::Csv)),
            (b"\xff\xfea\0,\0b\0", table(Format::Csv)),
            (b"<1,2\n", table(Format::Csv)),
            (b" <HTML><body>", table(Format::Html)),
            (b"<table><tr>", table(Format::Html)),
            (
                b"<?xml version=\"1.0\"?>\n<?mso-application progid=\"Excel.Sheet\"?>",
                table(Format::Xml),
            ),
            (
                b"<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">",
                table(Format::Xml),
            ),
            (b"<?xml version=\"1.0\"?><feed>", Content::Unknown),
            (b"%PDF-1.7", Content::Unknown),
            (b"\x89PNG\r\n\x1a\n\0\0", Content::Unknown),
        ] {
            assert_eq!(
                of_head(head),
                content,
                "{:?}",
                String::from_utf8_lossy(head)
            );
        }
    }
}
