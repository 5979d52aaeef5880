//! Files in a zip archive (APPNOTE 6.3, names in GB18030 as Chinese desktops write them) and in gzip (RFC 1952), without clock times.

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc, GzBuilder};

use super::text::Encoding;

/// 1980-01-01, the first day the format knows.
const DAY: u16 = 0x0021;

/// One archive of the named files.
pub(super) fn zip(members: &[(String, Vec<u8>)]) -> io::Result<Vec<u8>> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let name = Encoding::Gb18030.encode(name);
        let place = length(&out);
        let (common, packed) = packed(&name, bytes)?;
        out.extend(0x0403_4b50_u32.to_le_bytes());
        out.extend(&common);
        out.extend(&name);
        out.extend(packed);
        directory.extend(0x0201_4b50_u32.to_le_bytes());
        directory.extend(20_u16.to_le_bytes());
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(place.to_le_bytes());
        directory.extend(&name);
    }
    let (place, size) = (length(&out), length(&directory));
    let count = u16::try_from(members.len()).expect("an archive of a world is small");
    out.extend(directory);
    out.extend(0x0605_4b50_u32.to_le_bytes());
    for word in [0, 0, count, count] {
        out.extend(word.to_le_bytes());
    }
    out.extend(size.to_le_bytes());
    out.extend(place.to_le_bytes());
    out.extend([0, 0]);
    Ok(out)
}

/// What both headers of a member say, and its bytes.
fn packed(name: &[u8], bytes: &[u8]) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    let packed = encoder.finish()?;
    let mut crc = Crc::new();
    crc.update(bytes);
    let mut common = Vec::new();
    for word in [20, 0, 8, 0, DAY] {
        common.extend(u16::to_le_bytes(word));
    }
    for word in [crc.sum(), length(&packed), length(bytes)] {
        common.extend(word.to_le_bytes());
    }
    common.extend(
        u16::try_from(name.len())
            .expect("a name is short")
            .to_le_bytes(),
    );
    common.extend([0, 0]);
    Ok((common, packed))
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("a file of a world is below 4 GiB")
}

/// `bytes` in one gzip member.
pub(super) fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use super::*;

    #[test]
    fn another_reader_finds_the_members() {
        let members = [
            ("民政局/协会.csv".to_owned(), b"a,b\n".repeat(100)),
            ("空.csv".to_owned(), Vec::new()),
        ];
        let mut archive = zip::ZipArchive::new(Cursor::new(zip(&members).unwrap())).unwrap();
        assert_eq!(archive.len(), 2);
        let mut found = Vec::new();
        let mut member = archive.by_index(0).unwrap();
        assert_eq!(
            member.name_raw(),
            Encoding::Gb18030.encode("民政局/协会.csv")
        );
        member.read_to_end(&mut found).unwrap();
        assert_eq!(found, members[0].1);
    }

    #[test]
    fn another_reader_finds_what_was_compressed() {
        let mut found = Vec::new();
        flate2::read::GzDecoder::new(&gzip(b"abc").unwrap()[..])
            .read_to_end(&mut found)
            .unwrap();
        assert_eq!(found, b"abc");
    }
}
