//! Issuing a round: the public folder, and the internal one strictly apart from it.

use std::path::Path;

use super::super::folder::{copy, write, write_sums};
use super::super::{BULLETIN, DRAWN, Error};
use super::internal;
use super::public::{Receipt, RoundBulletin, drawn_csv, receipt_problem};
use super::read::SealedRound;
use super::select::seed_of;
use super::write::{make, names, public_files};
use super::{INTERNAL, PUBLIC};
use crate::draw::RoundSample;

/// Publishes a drawn round into the new folders `dir/public` and `dir/internal`; the seal's public files are published
/// byte for byte. A draw of record needs the receipt of the seal's publication before the event.
///
/// # Errors
/// A sample of another round, a receipt that is missing or late, a seal that changed, a folder that cannot be written.
pub fn issue_round(
    round: &SealedRound,
    sample: &RoundSample,
    receipt: Option<&Receipt>,
    dir: &Path,
) -> Result<RoundBulletin, Error> {
    let seal = &round.seal;
    check_sample(round, sample)?;
    if let Some((key, value, rule)) = receipt_problem(seal, receipt) {
        return Err(Error::Unusable {
            key: key.to_owned(),
            value,
            rule,
        });
    }
    let public = make(dir, PUBLIC)?;
    let mut files = public_files(seal);
    for name in &files {
        copy(&round.public, &public, name)?;
    }
    round.check_copied(&public)?;
    let drawn = drawn_of(sample);
    let n = sample.visits.len() as u64;
    let counts = (round.frame.n_units, n);
    let bulletin = RoundBulletin::of(seal, counts, &drawn, &sample.seed, receipt);
    write(&public, DRAWN, &drawn)?;
    write(&public, BULLETIN, &bulletin.to_json())?;
    files.extend([BULLETIN, DRAWN].map(str::to_owned));
    files.sort();
    write_sums(&public, &names(&files))?;
    internal::write_internal(round, sample, &make(dir, INTERNAL)?)?;
    Ok(bulletin)
}

/// The bytes of `drawn.csv` of a sample: ids and items, and nothing else of it.
pub(super) fn drawn_of(sample: &RoundSample) -> Vec<u8> {
    drawn_csv(sample.visits.iter().map(|visit| {
        let items: Vec<&str> = sample.items(visit).collect();
        (visit.object_id.as_str(), items.join(";"))
    }))
}

/// Refuses a sample that is not of this round: other draws, other sizes, or a seed of another seal.
pub(super) fn check_sample(round: &SealedRound, sample: &RoundSample) -> Result<(), Error> {
    let other = |key: &str, value: String, rule: String| Error::Unusable {
        key: format!("sample.{key}"),
        value,
        rule,
    };
    let (text, source) = (sample.seed.text(), sample.seed.source());
    let seed = seed_of(&round.seal, text, source).map_err(Error::UnusableSeed)?;
    if seed != sample.seed {
        let rule = "must be the seed of this seal and this text".to_owned();
        return Err(other("seed", sample.seed.digest().to_string(), rule));
    }
    let draws = round.seal.draws.iter();
    let expected: Vec<_> = draws.map(|draw| (&draw.name, draw.n())).collect();
    let n = |sample: &crate::draw::Sample| sample.n() as u64;
    let draws = sample.draws.iter();
    let found: Vec<_> = draws.map(|draw| (&draw.name, n(&draw.sample))).collect();
    if expected == found {
        return Ok(());
    }
    let rule = format!("must be the draws of this seal and their sizes, {expected:?}");
    Err(other("draws", format!("{found:?}"), rule))
}
