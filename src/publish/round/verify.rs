//! Verification of a round's bulletin: commitments for everybody, everything for whoever holds key and package.

use std::path::Path;

use super::super::folder::{compare_text, read};
use super::super::{BULLETIN, DRAWN, Error};
use super::drawn::check_drawn;
use super::frame::PublicFrame;
use super::issue::drawn_of;
use super::public::{RoundBulletin, receipt_problem};
use super::read::{SealedRound, read_package, read_public};
use super::seal::PublicSeal;
use super::select::{sample, seed_of};
use crate::draw::{RoundSample, Seed};
use crate::plan::Proof;
use crate::units::{DrawKey, Meter};

/// How much of a bulletin could be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaidOfRound {
    /// Everything: the draw was made again and is the same.
    Same,
    /// What the public can: the list is one that the seal's commitments allow.
    CommitmentsHold,
}

/// What a verified bulletin of a round says.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundVerified {
    /// How much could be checked.
    pub said: SaidOfRound,
    /// `seal.json`.
    pub seal: PublicSeal,
    /// `bulletin.json`.
    pub bulletin: RoundBulletin,
    /// The samples, made again; none where only commitments hold.
    pub sample: Option<RoundSample>,
    /// What was checked, as sentences.
    pub checked: Vec<&'static str>,
    /// What was not, and who can.
    pub not_checked: Vec<&'static str>,
}

/// What everybody can check.
const FOR_EVERYBODY: [&str; 6] = [
    "the set of files, their SHA-256 sums, spelling and order",
    "frame.csv: its digest, and the number of objects of every public stratum, are those of seal.json",
    "the seed text fits the seed rule of seal.json, which has at least 2^32 outcomes",
    "the seed is that of this seal and this seed text",
    "drawn.csv: every object stands in the frame of its items, every item has the number of objects of seal.json",
    "the receipt is from before the event of the seed rule",
];

/// What everything published, or the key, adds.
const WITH_EVERYTHING: [&str; 3] = [
    "frames, level tables, plans and committed tables have the digests of seal.json",
    "every plan follows from its counts and settings, every λ gives its targets",
    "the draw, made again, gives drawn.csv",
];

/// What nobody can check without the key.
const WITHOUT_KEY: [&str; 3] = [
    "which level and stratum each object had: committed before the seed as lines and levels, open to the supervisor who holds the draw key",
    "that the draw from them gives drawn.csv: the supervisor can make it again",
    "the committed tables: open to the supervisor",
];

/// What no file can show.
const OUTSIDE: [&str; 2] = [
    "that the seal was published when and where the receipt says: compare its evidence",
    "that the event of the seed rule had this outcome: compare the published one",
];

/// Verifies the public folder of a round. `with` are the draw key and the package; an open bulletin needs neither, and
/// ignores them.
///
/// # Errors
/// The first difference, named by file and line or key; another key; kind
/// [`Kind::Verification`](crate::units::Kind::Verification).
pub fn verify_round(
    public: &Path,
    with: Option<(&DrawKey, &Path)>,
    meter: &Meter,
) -> Result<RoundVerified, Error> {
    let (seal, frame) = read_public(public, &[BULLETIN, DRAWN])?;
    meter.report("verify", 1, 3);
    let (bulletin, seed) = check_bulletin(public, &seal, &frame)?;
    meter.report("verify", 2, 3);
    let round = match (seal.proof, with) {
        (Proof::Open, _) => {
            let dir = public.to_owned();
            Some(read_package(dir.clone(), dir, seal.clone(), frame, None)?)
        }
        (Proof::Sealed, Some((key, package))) => {
            let (dir, package) = (public.to_owned(), package.to_owned());
            Some(read_package(dir, package, seal.clone(), frame, Some(key))?)
        }
        (Proof::Sealed, None) => None,
    };
    let sample = round
        .map(|round| draw_again(&round, seed, public, meter))
        .transpose()?;
    meter.report("verify", 3, 3);
    Ok(verified(seal, bulletin, sample))
}

fn check_bulletin(
    public: &Path,
    seal: &PublicSeal,
    frame: &PublicFrame,
) -> Result<(RoundBulletin, Seed), Error> {
    let json = read(public, BULLETIN)?;
    let bulletin = RoundBulletin::from_json(&json)?;
    let beacon = seal.seed_rule.beacon(seal.hash, &bulletin.seed_text);
    let beacon = beacon.map_err(|unfit| {
        let expected = format!("a text that fits the seed rule ({unfit})");
        Error::says(BULLETIN, "seed_text", expected, &bulletin.seed_text)
    })?;
    let seed = seed_of(seal, &beacon, &bulletin.seed_source).map_err(Error::Seed)?;
    if let Some((key, value, rule)) = receipt_problem(seal, bulletin.receipt.as_ref()) {
        return Err(Error::says(BULLETIN, key, rule, value));
    }
    let drawn = read(public, DRAWN)?;
    let n = check_drawn(seal, frame, &drawn)?;
    let counts = (frame.n_units, n);
    let expected = RoundBulletin::of(seal, counts, &drawn, &seed, bulletin.receipt.as_ref());
    compare_text(BULLETIN, &expected.to_json(), &json)?;
    Ok((bulletin, seed))
}

fn draw_again(
    round: &SealedRound,
    seed: Seed,
    public: &Path,
    meter: &Meter,
) -> Result<RoundSample, Error> {
    let sample = sample(round, seed, meter)?;
    compare_text(DRAWN, &drawn_of(&sample), &read(public, DRAWN)?)?;
    Ok(sample)
}

fn verified(
    seal: PublicSeal,
    bulletin: RoundBulletin,
    sample: Option<RoundSample>,
) -> RoundVerified {
    let mut checked = FOR_EVERYBODY.to_vec();
    let mut not_checked = Vec::new();
    if bulletin.receipt.is_none() {
        checked.pop();
    }
    let said = if sample.is_some() {
        checked.extend(WITH_EVERYTHING);
        SaidOfRound::Same
    } else {
        not_checked.extend(WITHOUT_KEY);
        SaidOfRound::CommitmentsHold
    };
    not_checked.extend(OUTSIDE);
    RoundVerified {
        said,
        seal,
        bulletin,
        sample,
        checked,
        not_checked,
    }
}
