//! Rows that are likely one business twice: the same name at the same address under different ids.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hasher};

use polars::prelude::*;
use rayon::prelude::*;

use super::error::Error;
use super::gather::{POS, Pos};

/// Hash of a row's name and address, and its place.
pub(super) type Face = (u64, Pos);

/// A row that has others like it.
#[derive(Clone, Debug)]
pub(super) struct Twin {
    pub(super) pos: Pos,
    face: String,
    id: String,
}

/// The faces of rows that have both name and address.
pub(super) fn faces(frame: &DataFrame) -> Result<Vec<Face>, Error> {
    let rows = Rows::of(frame)?;
    let texts = rows.names.iter().zip(rows.addresses.iter());
    let faces = rows.places.iter().zip(texts).filter_map(|(pos, texts)| {
        let (Some(name), Some(address)) = texts else {
            return None;
        };
        let mut hasher = DefaultHasher::new();
        hasher.write(folded(name).as_bytes());
        hasher.write_u8(0);
        hasher.write(folded(address).as_bytes());
        Some((hasher.finish(), Pos(pos?)))
    });
    Ok(faces.collect())
}

/// Places of rows whose face another row has too.
pub(super) fn shared(mut faces: Vec<Face>) -> HashSet<Pos> {
    faces.par_sort_unstable();
    let groups = faces.chunk_by(|left, right| left.0 == right.0);
    let several = groups.filter(|group| group.len() > 1).flatten();
    several.map(|face| face.1).collect()
}

/// The rows of a part at the given places, as they are compared.
pub(super) fn twins(frame: &DataFrame, places: &HashSet<Pos>) -> Result<Vec<Twin>, Error> {
    let rows = Rows::of(frame)?;
    let ids = frame.column("object_id").and_then(|ids| ids.str().cloned());
    let ids = ids.map_err(Error::engine("compare names"))?;
    let mut twins = Vec::new();
    for (row, pos) in rows.places.iter().enumerate() {
        let pos = Pos(pos.unwrap_or_default());
        let face = || rows.face(row);
        if let Some(face) = places.contains(&pos).then(face).flatten() {
            let id = ids.get(row).unwrap_or_default().to_owned();
            twins.push(Twin { pos, face, id });
        }
    }
    Ok(twins)
}

/// Every twin's place with the ids of the others, as a message names them.
pub(super) fn named(twins: Vec<Twin>) -> Vec<(Pos, String)> {
    let mut groups: BTreeMap<String, Vec<(String, Pos)>> = BTreeMap::new();
    for twin in twins {
        groups
            .entry(twin.face)
            .or_default()
            .push((twin.id, twin.pos));
    }
    let mut named = Vec::new();
    for mut group in groups.into_values().filter(|group| group.len() > 1) {
        group.sort_unstable();
        for at in 0..group.len() {
            let other = &group[usize::from(at == 0)].0;
            let more = match group.len() - 2 {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            named.push((group[at].1, format!("\"{other}\"{more}")));
        }
    }
    named.sort_unstable();
    named
}

/// Columns that are compared.
struct Rows {
    places: UInt64Chunked,
    names: StringChunked,
    addresses: StringChunked,
}

impl Rows {
    fn of(frame: &DataFrame) -> Result<Self, Error> {
        let failed = || Error::engine("compare names");
        let texts = |name: &str| {
            let column = frame.column(name).and_then(|column| column.str().cloned());
            column.map_err(failed())
        };
        let places = frame.column(POS).and_then(|places| places.u64().cloned());
        Ok(Self {
            places: places.map_err(failed())?,
            names: texts("name")?,
            addresses: texts("address")?,
        })
    }

    /// Name and address without blanks and with one kind of brackets; none where one is absent.
    fn face(&self, row: usize) -> Option<String> {
        let (name, address) = (self.names.get(row)?, self.addresses.get(row)?);
        Some(format!("{}\0{}", folded(name), folded(address)))
    }
}

fn folded(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    if !bytes.contains(&b' ') && !bytes.contains(&0xef) {
        return Cow::Borrowed(text); // no blank, no wide bracket
    }
    let letters = text.chars().filter_map(|letter| match letter {
        ' ' => None,
        '（' => Some('('),
        '）' => Some(')'),
        other => Some(other),
    });
    Cow::Owned(letters.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(rows: &[(u64, &str, Option<&str>, Option<&str>)]) -> DataFrame {
        let columns = vec![
            Column::new(POS.into(), rows.iter().map(|row| row.0).collect::<Vec<_>>()),
            Column::new(
                "object_id".into(),
                rows.iter().map(|row| row.1).collect::<Vec<_>>(),
            ),
            Column::new(
                "name".into(),
                rows.iter().map(|row| row.2).collect::<Vec<_>>(),
            ),
            Column::new(
                "address".into(),
                rows.iter().map(|row| row.3).collect::<Vec<_>>(),
            ),
        ];
        DataFrame::new(rows.len(), columns).unwrap()
    }

    #[test]
    fn rows_of_one_name_and_address_name_each_other() {
        let frame = frame(&[
            (1, "A", Some("甲（馆陶）店"), Some("新华街 1 号")),
            (2, "B", Some("甲(馆陶)店"), Some("新华街1号")),
            (3, "C", Some("甲(馆陶)店"), Some("新华街2号")),
            (4, "D", Some("甲(馆陶)店"), None),
            (5, "E", None, Some("新华街1号")),
            (6, "F", Some("甲(馆陶)店"), Some("新华街1号")),
        ]);
        let all = faces(&frame).unwrap();
        assert_eq!(all.len(), 4);
        let places = shared(all);
        assert_eq!(places.len(), 3);
        let named = named(twins(&frame, &places).unwrap());
        let shown: Vec<(u64, &str)> = named
            .iter()
            .map(|(pos, name)| (pos.0, name.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (1, "\"B\" and 1 more"),
                (2, "\"A\" and 1 more"),
                (6, "\"A\" and 1 more")
            ]
        );
    }
}
