//! Verifying a slip: from its own bytes, every value held to the seal inside it.

use super::super::super::Error;
use super::super::super::folder::compare_text;
use super::super::super::frame::field_of;
use super::super::SEAL;
use super::super::commit::{committed_stratum, inner_digest, level_leaf, line_leaf};
use super::super::seal::{FORMAT, PublicDraw, PublicSeal};
use super::super::select::seed_of;
use super::{HexFloat, OpenedLine, SLIP, Sibling, Slip, SlipLine, key_of};
use crate::draw::{Seed, Stream, SubSeed, Ticketer};
use crate::plan::{Level, Proof, field};
use crate::units::{
    Digest, HashName, ObjectId, Tag, format_hex, node_hash, parse_hex, root_from_path,
};

/// What a verified slip says.
#[derive(Clone, Debug, PartialEq)]
pub struct SlipVerified {
    /// The slip.
    pub slip: Slip,
    /// The seal inside it.
    pub seal: PublicSeal,
    /// What the seed is bound to: to be compared with the published one.
    pub seal_digest: Digest,
    /// What was checked, as sentences.
    pub checked: Vec<&'static str>,
    /// What was not, and who can.
    pub not_checked: Vec<&'static str>,
}

/// Verifies a slip from its own bytes, and holds the seal inside it to `seal_json` where that is at hand.
///
/// # Errors
/// The first value that is not what the seal makes it; kind [`Kind::Verification`](crate::units::Kind::Verification).
pub fn verify_slip(bytes: &[u8], seal_json: Option<&[u8]>) -> Result<SlipVerified, Error> {
    let slip: Slip = serde_json::from_slice(bytes).map_err(|error| Error::NotOfForm {
        file: SLIP.to_owned(),
        what: "slip",
        reason: error.to_string(),
    })?;
    compare_text(SLIP, &slip.to_json(), bytes)?;
    if slip.format != FORMAT {
        return Err(Error::says(SLIP, "format", FORMAT, slip.format));
    }
    let seal = PublicSeal::from_json(slip.seal.as_bytes())?;
    if let Some(published) = seal_json {
        compare_text(SEAL, published, slip.seal.as_bytes())?;
    }
    if seal.proof != Proof::Sealed {
        return Err(Error::says(SLIP, "seal.proof", "sealed", "open"));
    }
    if !ObjectId::is_normal(&slip.object_id) {
        let found = format!("{:?}", slip.object_id);
        return Err(Error::says(
            SLIP,
            "object_id",
            "an id in normal form",
            found,
        ));
    }
    let seed = slip.seed_text.as_deref().map(|text| seed_in(&seal, text));
    let seed = seed.transpose()?;
    check_order(&slip, &seal)?;
    for (at, line) in slip.lines.iter().enumerate() {
        let proof = LineProof {
            slip: &slip,
            seal: &seal,
            place: format!("lines[{at}]"),
            line,
        };
        proof.check(seed.as_ref())?;
    }
    Ok(verified(slip, seal, seal_json.is_some()))
}

fn seed_in(seal: &PublicSeal, text: &str) -> Result<Seed, Error> {
    let fits = |expected: String| Error::says(SLIP, "seed_text", expected, format!("{text:?}"));
    let beacon = seal.seed_rule.beacon(seal.hash, text);
    let beacon =
        beacon.map_err(|unfit| fits(format!("a text that fits the seed rule ({unfit})")))?;
    if beacon != text {
        return Err(fits(format!("{beacon:?}")));
    }
    seed_of(seal, &beacon, "slip").map_err(Error::Seed)
}

/// Lines must be of different draws, in their order, and at least one.
fn check_order(slip: &Slip, seal: &PublicSeal) -> Result<(), Error> {
    let mut later = seal.draws.iter();
    for (at, line) in slip.lines.iter().enumerate() {
        if !later.any(|draw| draw.name == line.draw) {
            let expected = "the draws of the seal, each at most once and in their order";
            let found = format!("{:?}", line.draw);
            return Err(Error::says(
                SLIP,
                format!("lines[{at}].draw"),
                expected,
                found,
            ));
        }
        if line.opened.is_some() != slip.seed_text.is_some() {
            let expected = "what is opened exactly beside a seed_text";
            let found = if line.opened.is_some() {
                "some"
            } else {
                "none"
            };
            return Err(Error::says(
                SLIP,
                format!("lines[{at}].opened"),
                expected,
                found,
            ));
        }
    }
    if slip.lines.is_empty() {
        return Err(Error::says(SLIP, "lines", "at least one line", "none"));
    }
    Ok(())
}

/// One line of a slip, to be held to the seal.
struct LineProof<'a> {
    slip: &'a Slip,
    seal: &'a PublicSeal,
    place: String,
    line: &'a SlipLine,
}

impl LineProof<'_> {
    fn says(&self, key: &str, expected: impl ToString, found: impl ToString) -> Error {
        Error::says(SLIP, format!("{}.{key}", self.place), expected, found)
    }

    fn check(&self, seed: Option<&Seed>) -> Result<(), Error> {
        let (hash, line) = (self.seal.hash, self.line);
        let draws = &self.seal.draws;
        let Some(draw) = draws.iter().find(|draw| draw.name == line.draw) else {
            return Err(self.says("draw", "a draw of the seal", &line.draw));
        };
        let leaf = line_leaf(hash, self.slip.object_id.as_bytes(), &line.inner);
        let root = root_from_path(hash, leaf, line.index, draw.n_lines, &line.path);
        self.same_root("path", "lines", &draw.lines, root)?;
        match (&line.opened, seed) {
            (Some(opened), Some(seed)) => self.check_opened(draw, opened, seed),
            _ => Ok(()),
        }
    }

    fn same_root(
        &self,
        key: &str,
        root_is: &str,
        sealed: &Digest,
        found: Option<Digest>,
    ) -> Result<(), Error> {
        if found == Some(*sealed) {
            return Ok(());
        }
        let expected = format!("a path to {sealed}, the root that the seal gives as {root_is}");
        let found = found.map_or("one of another length".to_owned(), |root| {
            format!("one to {root}")
        });
        Err(self.says(key, expected, found))
    }

    fn check_opened(
        &self,
        draw: &PublicDraw,
        opened: &OpenedLine,
        seed: &Seed,
    ) -> Result<(), Error> {
        let hash = self.seal.hash;
        let tag = Tag {
            tag: opened.tag.0,
            salt: opened.salt.0,
        };
        let stratum = committed_stratum(&draw.name, &opened.stratum);
        let inner = inner_digest(hash, &tag, &stratum, opened.level);
        if inner != self.line.inner {
            let what = "what stratum, level, tag and salt make";
            return Err(self.says("inner", format!("{inner}, {what}"), self.line.inner));
        }
        let leaf = level_leaf(hash, &opened.level_salt.0, opened.level_row.as_bytes());
        let root = Some(root_with_sides(hash, leaf, &opened.level_path));
        self.same_root("opened.level_path", "levels", &draw.levels, root)?;
        let Some(level) = parse_level_row(&opened.level_row, &opened.stratum, opened.level) else {
            let expected = format!("the row of level {} of {:?}", opened.level, opened.stratum);
            return Err(self.says(
                "opened.level_row",
                expected,
                format!("{:?}", opened.level_row),
            ));
        };
        let SubSeed(sub_seed) = seed.sub_seed(Stream::from(draw.purpose));
        let ticket = Ticketer::new(hash, &sub_seed).ticket(&tag.tag);
        if ticket != opened.ticket {
            return Err(self.says("opened.ticket", ticket, opened.ticket));
        }
        self.check_key(&level, opened)
    }

    /// Holds key, threshold and outcome to the level row and the ticket. Two equal keys are told apart by ticket and id, so
    /// a key at the threshold may have been drawn or not.
    fn check_key(&self, level: &Level, opened: &OpenedLine) -> Result<(), Error> {
        let key = key_of(level, &opened.ticket);
        if key.map(HexFloat) != opened.key {
            let text = |key: Option<f64>| key.map_or("none".to_owned(), format_hex);
            return Err(self.says("opened.key", text(key), text(opened.key.map(|key| key.0))));
        }
        let threshold = opened.threshold.map(|threshold| threshold.0);
        let may_be_drawn = match (key, threshold) {
            (None, _) => [level.take_all; 2],
            (Some(_), None) => [false; 2],
            (Some(key), Some(threshold)) => [key < threshold, key <= threshold],
        };
        if may_be_drawn.contains(&opened.drawn) {
            return Ok(());
        }
        let expected = "true exactly for take-all objects and for keys up to the threshold";
        Err(self.says("opened.drawn", expected, opened.drawn))
    }
}

/// The level a row of a level table stands for, in its one spelling.
fn parse_level_row(row: &str, stratum: &str, size: u32) -> Option<Level> {
    let (label, rest) = field_of(row.strip_suffix('\n')?)?;
    let fields: Vec<&str> = rest?.split(',').collect();
    let [level, n_units, target, lambda, take_all] = fields[..] else {
        return None;
    };
    let read = Level {
        size: level.parse().ok()?,
        n_units: n_units.parse().ok()?,
        target: parse_hex(target)?,
        lambda: match lambda {
            "" => None,
            lambda => Some(parse_hex(lambda)?),
        },
        take_all: take_all == "true",
    };
    let (label, lambda) = (field(&label).into_owned(), read.lambda.map(format_hex));
    let spelt = format!(
        "{label},{},{},{},{},{}\n",
        read.size,
        read.n_units,
        format_hex(read.target),
        lambda.unwrap_or_default(),
        read.take_all
    );
    let is_it = spelt == row && label == field(stratum) && read.size == size;
    is_it.then_some(read)
}

fn verified(slip: Slip, seal: PublicSeal, with_seal: bool) -> SlipVerified {
    let mut checked = vec![
        "the object stood in the frames of these draws when seal.json was made: before the seed existed",
    ];
    let mut not_checked = Vec::new();
    if slip.seed_text.is_some() {
        checked.extend([
            "stratum and level are the sealed ones, and the level row with its probability is the sealed one",
            "ticket and key follow from tag, seal, seed text and level row",
            "drawn or not follows from key and threshold",
        ]);
        not_checked.extend([
            "that the threshold is the largest drawn key of the stratum: the supervisor who holds the draw key can show it",
            "that the tag is the one the draw key gives this object: the supervisor can show it",
        ]);
    }
    if with_seal {
        checked.push("the seal inside the slip is the one given");
    } else {
        not_checked
            .push("that the seal inside the slip is the published one: compare the seal digest");
    }
    SlipVerified {
        seal_digest: seal.digest(),
        slip,
        seal,
        checked,
        not_checked,
    }
}

/// The root that a leaf and its siblings make.
fn root_with_sides(hash: HashName, leaf: Digest, path: &[Sibling]) -> Digest {
    path.iter().fold(leaf, |node, sibling| match sibling {
        Sibling::Left(left) => node_hash(hash, left, &node),
        Sibling::Right(right) => node_hash(hash, &node, right),
    })
}
