//! Object ids and their keys over whole columns: normalised once, hashed once per run of equal ids.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use polars::prelude::*;

use crate::units::identifier::is_notation;
use crate::units::{ObjectId, ObjectKey};

/// Keys of other identifiers, with the key of the object each belongs to.
pub(super) type AliasKeys = HashMap<u64, u64, BuildHasherDefault<AlreadyHashed>>;

/// Keys are the start of a digest: they need no hashing.
#[derive(Default)]
pub(super) struct AlreadyHashed(u64);

impl Hasher for AlreadyHashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// How ids become keys. The functions are fields so that a test can make keys collide.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) first: fn(&str) -> u64,
    pub(super) second: fn(&str) -> u64,
    /// Ids that take their second key because an earlier id has their first.
    pub(super) moved: Arc<HashMap<String, u64>>,
    /// Other identifiers of registered objects; empty until the register is read.
    pub(super) aliases: Arc<AliasKeys>,
}

impl Keys {
    pub(super) fn sha256() -> Self {
        Self {
            first: |id| ObjectKey::of(id).0,
            second: |id| ObjectKey::second(id).0,
            moved: Arc::default(),
            aliases: Arc::default(),
        }
    }

    /// Key of an id, without regard to aliases.
    pub(super) fn of(&self, id: &str) -> u64 {
        if self.moved.is_empty() {
            return (self.first)(id);
        }
        self.moved
            .get(id)
            .copied()
            .unwrap_or_else(|| (self.first)(id))
    }

    /// Keys of a column of normalised ids.
    pub(super) fn column(&self, ids: Expr) -> Expr {
        let keys = self.clone();
        let read = move |column: Column| {
            let ids = column.as_materialized_series();
            Ok(keys
                .hash(ids.str()?)
                .into_series()
                .with_name(column.name().clone())
                .into_column())
        };
        ids.map(read, |_, field| {
            Ok(Field::new(field.name().clone(), DataType::UInt64))
        })
    }

    /// Keys of a column of keys: those of other identifiers become their objects'.
    pub(super) fn of_owners(&self, keys: Expr) -> Expr {
        let aliases = self.aliases.clone();
        let read = move |column: Column| {
            let keys = column.as_materialized_series();
            let owners: UInt64Chunked = keys
                .u64()?
                .iter()
                .map(|key| key.map(|key| aliases.get(&key).copied().unwrap_or(key)))
                .collect();
            Ok(owners
                .into_series()
                .with_name(column.name().clone())
                .into_column())
        };
        keys.map(read, |_, field| {
            Ok(Field::new(field.name().clone(), DataType::UInt64))
        })
    }

    fn hash(&self, ids: &StringChunked) -> UInt64Chunked {
        let mut last: Option<(&str, u64)> = None;
        let one = |id: &'_ str, last: Option<(&str, u64)>| match last {
            Some((before, key)) if before == id => key,
            _ => self.of(id),
        };
        let mut keys = Vec::with_capacity(ids.len());
        for id in ids.iter() {
            keys.push(id.map(|id| {
                let key = one(id, last);
                last = Some((id, key));
                key
            }));
        }
        keys.into_iter().collect()
    }
}

/// Normalised ids of a column of texts under one scheme; null where the text cannot be an id.
pub(super) fn normalised(texts: Expr, scheme: &str) -> Expr {
    let scheme = scheme.to_owned();
    let read = move |column: Column| {
        let texts = column.as_materialized_series();
        Ok(under(texts.str()?, &scheme)
            .into_series()
            .with_name(column.name().clone())
            .into_column())
    };
    texts.map(read, |_, field| {
        Ok(Field::new(field.name().clone(), DataType::String))
    })
}

/// Normalised ids where each row names its scheme.
pub(super) fn normalised_by(texts: Expr, schemes: Expr) -> Expr {
    let read = |columns: &mut [Column]| {
        let texts = columns[0].as_materialized_series().str()?;
        let schemes = columns[1].as_materialized_series().str()?;
        let mut buffer = String::new();
        let ids: StringChunked = texts
            .iter()
            .zip(schemes.iter())
            .map(|(text, scheme)| {
                text.and_then(|text| {
                    one(text, scheme.unwrap_or("uscc"), &mut buffer).then(|| buffer.clone())
                })
            })
            .collect();
        Ok(ids
            .into_series()
            .with_name(columns[0].name().clone())
            .into_column())
    };
    texts.map_many(read, &[schemes], |_, fields| {
        Ok(Field::new(fields[0].name().clone(), DataType::String))
    })
}

fn under(texts: &StringChunked, scheme: &str) -> StringChunked {
    let bare = matches!(scheme, "uscc" | "reg15");
    if bare
        && texts
            .iter()
            .flatten()
            .all(|text| text.len() <= 64 && is_plain(text))
    {
        return texts.clone();
    }
    let mut builder = StringChunkedBuilder::new(texts.name().clone(), texts.len());
    let mut buffer = String::new();
    for text in texts.iter() {
        match text.filter(|text| one(text, scheme, &mut buffer)) {
            Some(_) => builder.append_value(&buffer),
            None => builder.append_null(),
        }
    }
    builder.finish()
}

/// Puts the normalised id into `buffer`; false where the text cannot be one, or is a number in scientific notation.
pub(super) fn one(text: &str, scheme: &str, buffer: &mut String) -> bool {
    buffer.clear();
    let bare = matches!(scheme, "uscc" | "reg15");
    let length = text.len() + if bare { 0 } else { scheme.len() + 1 };
    if is_plain(text) && length <= 64 {
        if !bare {
            buffer.push_str(scheme);
            buffer.push('/');
        }
        buffer.push_str(text);
        return true;
    }
    let id = ObjectId::normalise(scheme, text);
    let id = id.ok().filter(|_| !is_notation(text));
    if let Some(id) = &id {
        buffer.push_str(id.as_str());
    }
    id.is_some()
}

/// Hash of a text, the same on every machine; equal hashes are compared as texts afterwards.
pub(super) fn hash_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// Text that normalisation cannot change: visible ASCII without small letters, nor the signs of scientific notation.
pub(super) fn is_plain(text: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_graphic() && !byte.is_ascii_lowercase() && !matches!(byte, b'+' | b'.')
    };
    !text.is_empty() && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::{is_plain, one};
    use crate::units::ObjectId;

    #[test]
    fn the_fast_path_agrees_with_the_normaliser() {
        let long = "9".repeat(60);
        for text in [
            "91110000802100433B",
            "91110000802100433b",
            " a ",
            "９１",
            "",
            "\u{7}",
            "1144",
            "A.1+E",
            &long,
        ] {
            for scheme in ["uscc", "licence"] {
                let mut buffer = String::new();
                let usable = one(text, scheme, &mut buffer);
                let id = ObjectId::normalise(scheme, text);
                assert_eq!(
                    usable.then_some(buffer),
                    id.ok().map(|id| id.as_str().to_owned()),
                    "{scheme} {text:?}"
                );
            }
        }
        assert!(!is_plain("a"));
    }

    #[test]
    fn a_number_in_scientific_notation_is_no_id() {
        let mut buffer = String::new();
        for text in ["9.14E+17", "９.14e+17 ", "1.3E14"] {
            assert!(!one(text, "uscc", &mut buffer), "{text}");
        }
    }
}
