//! What only shows over all parts of the register: one object under several identifiers, and one business in several rows.

use std::collections::{HashMap, HashSet};
use std::fs::File;

use polars::prelude::*;
use rayon::prelude::*;

use super::aliases::{self, Claim, Registered, Resolved};
use super::alike::{self, Face};
use super::error::Error;
use super::findings::{ALIKE, AMBIGUOUS, index_of};
use super::gather::{POS, Pos};
use super::keys::Keys;
use super::lists;
use super::settle::{Part, Pass, Settled, Turn, collect, column_u64, part_path, rule_of, scan};
use crate::units::collect_waves;

/// Identifiers written at once.
const ALIASES: usize = 262_144;

impl Pass<'_> {
    /// What rows of the register are compared by over all parts.
    pub(super) fn compared(
        &self,
        frame: &DataFrame,
        keys: &Keys,
        turn: &Turn,
    ) -> Result<(Vec<Claim>, Vec<Face>), Error> {
        if self.reader.table.table.name != "objects" {
            return Ok((Vec::new(), Vec::new()));
        }
        let claims = if self.reader.is_given("other_ids") && turn.dropped.is_empty() {
            aliases::claims_of(frame, keys)?
        } else {
            Vec::new()
        };
        let faces = if self.reader.is_given("name") && self.reader.is_given("address") {
            alike::faces(frame)?
        } else {
            Vec::new()
        };
        Ok((claims, faces))
    }

    /// Lets the rows give way that stand under an identifier of another object, and writes which identifier is whose.
    pub(super) fn one_object_each(
        &self,
        parts: &mut [Part],
        keys: &Keys,
        turn: &mut Turn,
    ) -> Result<Resolved, Error> {
        let claims = parts
            .iter_mut()
            .flat_map(|part| std::mem::take(&mut part.claims));
        let mut resolved =
            aliases::resolve(claims.collect(), |wanted| self.registered(wanted, keys))?;
        let ids = self.ids_of(&resolved.dropped.values().copied().collect())?;
        turn.dropped = std::mem::take(&mut resolved.dropped);
        let n_parts = parts.len() as u64;
        let touched: HashSet<u64> = turn.dropped.keys().map(|key| key % n_parts).collect();
        self.again(parts, keys, turn, |part| touched.contains(&part))?;
        let alias = rule_of(&self.rules, "alias");
        for part in parts {
            let kept = part.given_way.iter().filter_map(|(pos, key)| {
                ids.get(key).map(|id| ((*pos, alias), format!("\"{id}\"")))
            });
            part.settled.refused_names.extend(kept);
        }
        resolved.dropped.clone_from(&turn.dropped);
        self.write_aliases(&resolved, keys, &ids)?;
        Ok(resolved)
    }

    /// Which of the wanted identifiers (key, digest bits) are ids of settled rows.
    fn registered(&self, wanted: &HashMap<u64, u32>, keys: &Keys) -> Result<Registered, Error> {
        let found = |part: usize| {
            let mut found = Registered::default();
            self.each_id(part, |key, id| {
                if let Some(check) = wanted.get(&key) {
                    if *check == aliases::check_of(keys, id) {
                        found.rows.insert(key);
                    } else {
                        found.taken.insert(key);
                    }
                }
            })?;
            Ok(found)
        };
        let mut all = Registered::default();
        for part in collect_waves(self.gathered.parts.len(), found)? {
            all.rows.extend(part.rows);
            all.taken.extend(part.taken);
        }
        Ok(all)
    }

    /// Ids of the rows with these keys.
    fn ids_of(&self, wanted: &HashSet<u64>) -> Result<HashMap<u64, String>, Error> {
        let found = |part: usize| {
            let mut found = Vec::new();
            self.each_id(part, |key, id| {
                if wanted.contains(&key) {
                    found.push((key, id.to_owned()));
                }
            })?;
            Ok::<_, Error>(found)
        };
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let parts = collect_waves(self.gathered.parts.len(), found)?;
        Ok(parts.into_iter().flatten().collect())
    }

    fn each_id(&self, part: usize, mut each: impl FnMut(u64, &str)) -> Result<(), Error> {
        let rows = scan(&part_path(self.to, true, part))?;
        let frame = collect(rows.select([col("object_key"), col("object_id")]))?;
        let failed = || Error::engine("compare identifiers");
        let keys = frame
            .column("object_key")
            .and_then(|keys| keys.u64().cloned());
        let ids = frame.column("object_id").and_then(|ids| ids.str().cloned());
        let (keys, ids) = (keys.map_err(failed())?, ids.map_err(failed())?);
        for (key, id) in keys.iter().zip(ids.iter()) {
            if let (Some(key), Some(id)) = (key, id) {
                each(key, id);
            }
        }
        Ok(())
    }

    /// Writes `aliases.parquet` beside the register's folder, ascending whatever the partitions are.
    fn write_aliases(
        &self,
        resolved: &Resolved,
        keys: &Keys,
        ids: &HashMap<u64, String>,
    ) -> Result<(), Error> {
        let path = self.to.with_file_name("aliases.parquet");
        let file = File::create(&path).map_err(Error::io(&path))?;
        let texts = ["alias", "object_id"].map(|name| (name.into(), DataType::String));
        let failed = || Error::engine("write identifiers");
        let mut writer = ParquetWriter::new(file)
            .with_compression(ParquetCompression::Zstd(None))
            .batched(&Schema::from_iter(texts))
            .map_err(failed())?;
        let columns = ["object_key", "object_id", "other_ids"].map(col);
        let mut listed = Vec::new();
        for part in &self.gathered.parts {
            let rows = collect(part.scan()?.select(columns.clone()))?;
            listed.extend(aliases::listed(&rows, keys, resolved, ids)?);
        }
        listed.par_sort_unstable();
        listed.dedup();
        for rows in listed.chunks(ALIASES) {
            let rows = aliases::columns(rows)?;
            writer.write_batch(&rows).map_err(failed())?;
        }
        writer.finish().map(drop).map_err(failed())
    }

    /// Notes rows that are likely one business twice.
    pub(super) fn find_twins(
        &self,
        places: &HashSet<Pos>,
        settled: &mut Settled,
    ) -> Result<(), Error> {
        if places.is_empty() {
            return Ok(());
        }
        let columns = [POS, "object_id", "name", "address"].map(col);
        let twins = |part: usize| {
            let rows = self.gathered.parts[part].scan()?.select(columns.clone());
            alike::twins(&collect(rows)?, places)
        };
        let twins = collect_waves(self.gathered.parts.len(), twins)?.concat();
        let finding = index_of(&self.reader.findings(), ALIKE);
        for (pos, others) in alike::named(twins) {
            settled.found.push((pos, finding));
            settled.found_names.insert((pos, finding), others);
        }
        Ok(())
    }

    /// Notes rows that claim an identifier which others claim too.
    pub(super) fn find_ambiguous(
        &self,
        aliases: &Resolved,
        keys: &Keys,
        settled: &mut Settled,
    ) -> Result<(), Error> {
        if aliases.ambiguous.is_empty() {
            return Ok(());
        }
        let finding = index_of(&self.reader.findings(), AMBIGUOUS);
        let claimants = |part: usize| {
            let rows = self.gathered.parts[part]
                .scan()?
                .select([POS, "other_ids"].map(col));
            let frame = collect(rows)?;
            let others = frame.column("other_ids").and_then(|ids| ids.str().cloned());
            let others = others.map_err(Error::engine("compare identifiers"))?;
            let places = column_u64(&frame, POS)?;
            let claims = |others: &str| {
                lists::parts(others).any(|id| aliases.ambiguous.contains(&(keys.first)(id)))
            };
            let rows = places.into_iter().zip(others.iter());
            let rows = rows.filter(|(_, others)| others.is_some_and(claims));
            Ok::<_, Error>(rows.map(|(pos, _)| (Pos(pos), finding)).collect::<Vec<_>>())
        };
        let found = collect_waves(self.gathered.parts.len(), claimants)?;
        settled.found.extend(found.concat());
        Ok(())
    }
}
