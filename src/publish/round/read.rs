//! Reading a sealed round back: everything that was written before the seed is checked before anything is drawn.

use std::path::{Path, PathBuf};

use super::super::folder::{check, compare_text, digest, read};
use super::super::frame::SealedFrame;
use super::super::seal::{check_frame, read_plan};
use super::super::{BULLETIN, Error, FRAME};
use super::base::{self, BaseRows};
use super::commit::{Committer, key_digest};
use super::frame::PublicFrame;
use super::merge::{Merged, MergedRow};
use super::public::RoundBulletin;
use super::seal::{PublicDraw, PublicSeal};
use super::write::{names, public_files, public_sizes};
use super::{DrawFiles, PACKAGE, PUBLIC, SEAL, package_files, table_file};
use crate::plan::{Header, Proof, SealedPlan};
use crate::units::{Digest, DrawKey};

/// A sealed round, every file of it checked. It keeps the draw key and never shows it.
pub struct SealedRound {
    pub(super) public: PathBuf,
    pub(super) package: PathBuf,
    pub(super) seal: PublicSeal,
    pub(super) digest: Digest,
    pub(super) committer: Committer,
    pub(super) draws: Vec<SealedDraw>,
    pub(super) frame: PublicFrame,
}

/// One draw of a sealed round.
#[derive(Debug)]
pub struct SealedDraw {
    /// Its plan.
    pub plan: SealedPlan,
    /// Its sorted frame.
    pub frame: SealedFrame,
}

impl SealedRound {
    /// What the public is told.
    #[must_use]
    pub fn seal(&self) -> &PublicSeal {
        &self.seal
    }

    /// What the seed is bound to.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Plans and frames, in the order of [`PublicSeal::draws`].
    #[must_use]
    pub fn draws(&self) -> &[SealedDraw] {
        &self.draws
    }

    /// Refuses a round by which somebody could never be drawn: every object has a draw whose stratum of it draws some.
    ///
    /// # Errors
    /// [`Error::Exempt`] names the first such object.
    pub fn exempts_nobody(&self) -> Result<(), Error> {
        let mut objects = Merged::new(self.draws.iter().map(|draw| &draw.frame))?;
        while let Some(MergedRow { id, strata }) = objects.next_object()? {
            let draws_some = |(draw, stratum): (&SealedDraw, &Option<usize>)| {
                stratum.is_some_and(|stratum| draw.plan.strata[stratum].n > 0)
            };
            if !self.draws.iter().zip(strata).any(draws_some) {
                return Err(Error::Exempt {
                    id: id.to_owned(),
                    round: self.seal.round.clone(),
                });
            }
        }
        Ok(())
    }

    /// The bytes of a committed table.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn table(&self, name: &str) -> Result<Vec<u8>, Error> {
        read(&self.package, &table_file(name))
    }
}

/// Reads what [`write_round`](super::write_round) wrote and checks it whole: sums, spelling and order of every file,
/// counts, targets, λ, commitments, and that the public frame is that of the draws.
///
/// # Errors
/// Whatever was changed, missing or added, named by file, line and value; another key than the sealed one; kind
/// [`Kind::Verification`](crate::units::Kind::Verification).
pub fn read_round(dir: &Path, key: Option<&DrawKey>) -> Result<SealedRound, Error> {
    let public = dir.join(PUBLIC);
    let (seal, frame) = read_public(&public, &[])?;
    let package = match seal.proof {
        Proof::Open => public.clone(),
        Proof::Sealed => dir.join(PACKAGE),
    };
    read_package(public, package, seal, frame, key)
}

/// Seal and bulletin of a published round, as they stand; [`verify_round`](super::verify_round) is for whoever doubts them.
///
/// # Errors
/// A file that is missing or has another form.
pub fn read_bulletin(public: &Path) -> Result<(PublicSeal, RoundBulletin), Error> {
    let seal = PublicSeal::from_json(&read(public, SEAL)?)?;
    Ok((seal, RoundBulletin::from_json(&read(public, BULLETIN)?)?))
}

/// The part of a seal that is published; `others` are the files a bulletin has besides.
pub(super) fn read_public(dir: &Path, others: &[&str]) -> Result<(PublicSeal, PublicFrame), Error> {
    if !dir.join(SEAL).exists() {
        return Err(Error::Missing {
            file: SEAL.to_owned(),
        });
    }
    let seal = PublicSeal::from_json(&read(dir, SEAL)?)?;
    let mut files = public_files(&seal);
    files.extend(others.iter().map(|&name| name.to_owned()));
    files.sort();
    check(dir, &names(&files))?;
    let frame = PublicFrame::open(dir, &seal)?;
    same_digest(
        FRAME,
        "frame_digest",
        &seal.frame_digest,
        &digest(&dir.join(FRAME))?,
    )?;
    Ok((seal, frame))
}

fn same_digest(file: &str, place: &str, sealed: &Digest, found: &Digest) -> Result<(), Error> {
    if sealed == found {
        return Ok(());
    }
    Err(Error::OtherDigest {
        file: file.to_owned(),
        expected: format!("{sealed} that {SEAL} gives as {place}"),
        found: found.to_string(),
    })
}

/// The part of a seal that is published in an open proof only.
pub(super) fn read_package(
    public: PathBuf,
    package: PathBuf,
    seal: PublicSeal,
    frame: PublicFrame,
    key: Option<&DrawKey>,
) -> Result<SealedRound, Error> {
    let committer = Committer::new(seal.hash, seal.proof, key)?;
    if key.map(|key| key_digest(seal.hash, key)) != seal.key {
        return Err(Error::WrongKey);
    }
    if seal.proof == Proof::Sealed {
        let files = package_files(seal.draws.len(), seal.commitments.keys());
        check(&package, &names(&files))?;
    }
    let draws = (0..seal.draws.len())
        .map(|index| read_draw(&package, &seal, index, &committer))
        .collect::<Result<Vec<_>, _>>()?;
    check_tables(&package, &seal, &committer)?;
    let round = SealedRound {
        digest: seal.digest(),
        public,
        package,
        seal,
        committer,
        draws,
        frame,
    };
    round.check_public_frame()?;
    round.check_bases()?;
    Ok(round)
}

fn read_draw(
    dir: &Path,
    seal: &PublicSeal,
    index: usize,
    committer: &Committer,
) -> Result<SealedDraw, Error> {
    let (files, public) = (DrawFiles::of(index), &seal.draws[index]);
    let (plan, json) = read_plan(dir, &files.plan)?;
    check_head(&files.plan, seal, &plan)?;
    let place = |key: &str| format!("draws[{index}].{key}");
    let found = committer.plan(&public.name, &json);
    same_digest(&files.plan, &place("plan"), &public.plan, &found)?;
    compare_text(
        &files.levels,
        &plan.levels_csv(),
        &read(dir, &files.levels)?,
    )?;
    let found = committer.levels(&public.name, &plan);
    same_digest(&files.levels, &place("levels"), &public.levels, &found)?;
    let frame = SealedFrame::open(dir, &files.frame, &files.levels, &plan)?;
    check_frame(&plan, dir, &files.frame)?;
    let found = committer.lines(&public.name, &plan, &frame)?;
    same_digest(&files.frame, &place("lines"), &public.lines, &found)?;
    Ok(SealedDraw { plan, frame })
}

/// Holds the head of a plan to the seal.
fn check_head(file: &str, seal: &PublicSeal, plan: &SealedPlan) -> Result<(), Error> {
    let expected = Header {
        title: seal.title.clone(),
        as_of: seal.as_of,
        synthetic: seal.synthetic,
        rehearsal: seal.rehearsal,
    };
    if plan.header != expected {
        let text = |header: &Header| format!("{header:?}");
        return Err(Error::says(
            file,
            "header",
            text(&expected),
            text(&plan.header),
        ));
    }
    if (plan.hash, plan.design) != (seal.hash, seal.design) {
        let text = |of: (_, _)| format!("{of:?}");
        let (expected, found) = ((seal.hash, seal.design), (plan.hash, plan.design));
        return Err(Error::says(
            file,
            "hash and design",
            text(expected),
            text(found),
        ));
    }
    Ok(())
}

fn check_tables(dir: &Path, seal: &PublicSeal, committer: &Committer) -> Result<(), Error> {
    for (name, sealed) in &seal.commitments {
        let file = table_file(name);
        let found = committer.table_in(name, &dir.join(&file))?;
        same_digest(&file, &format!("commitments.{name}"), sealed, &found)?;
    }
    Ok(())
}

impl SealedRound {
    /// Holds the public frame to the draws' own frames, and the public sizes to their plans.
    fn check_public_frame(&self) -> Result<(), Error> {
        let mut labels: Vec<Vec<Option<usize>>> = self
            .draws
            .iter()
            .map(|draw| vec![None; draw.plan.strata.len()])
            .collect();
        let mut rows = self.frame.rows()?;
        let mut objects = Merged::new(self.draws.iter().map(|draw| &draw.frame))?;
        let mut line = 1;
        while let Some(MergedRow { id, strata }) = objects.next_object()? {
            line += 1;
            let row = rows.next_row()?;
            let found = row.as_ref().map(|row| row.id.as_ref());
            if found != Some(id) {
                let found = format!("{:?}", found.unwrap_or("no line"));
                return Err(Error::differs(FRAME, line, format!("{id:?}"), found));
            }
            let cells = row.map(|row| row.cells).unwrap_or_default();
            for (draw, (stratum, cell)) in strata.iter().zip(cells).enumerate() {
                let known = stratum.map(|stratum| {
                    *labels[draw][stratum].get_or_insert(cell.unwrap_or(usize::MAX))
                });
                if known != *cell {
                    return Err(self.other_cell(line, draw, *stratum, known));
                }
            }
        }
        if let Some(row) = rows.next_row()? {
            let found = format!("{:?}", row.id);
            return Err(Error::differs(FRAME, row.line, "no line", found));
        }
        let draws = self.seal.draws.iter().zip(&self.draws).zip(labels);
        for (index, ((public, sealed), labels)) in draws.enumerate() {
            check_sizes(index, public, &sealed.plan, &labels)?;
        }
        Ok(())
    }

    fn other_cell(
        &self,
        line: u64,
        draw: usize,
        stratum: Option<usize>,
        known: Option<usize>,
    ) -> Error {
        let label = |at: usize| self.seal.draws[draw].strata.get(at).map(|s| &s.label);
        let expected = match (stratum, known.and_then(label)) {
            (None, _) => "nothing".to_owned(),
            (Some(_), Some(label)) => format!("{label:?}"),
            (Some(_), None) => "a public stratum".to_owned(),
        };
        let column = format!("{expected} in column draw-{}", draw + 1);
        Error::differs(FRAME, line, column, "another")
    }

    /// Holds tables of targets before cool-down to the frames they belong to.
    fn check_bases(&self) -> Result<(), Error> {
        for (index, draw) in self.draws.iter().enumerate() {
            if let Some(mut base) = self.base(index)? {
                let mut rows = draw.frame.rows()?;
                while let Some(row) = rows.next_row()? {
                    base.target(&row.id)?;
                }
                base.finish()?;
            }
        }
        Ok(())
    }

    /// Refuses a copy of the public files that is not what was read.
    pub(super) fn check_copied(&self, dir: &Path) -> Result<(), Error> {
        compare_text(SEAL, &self.seal.to_json(), &read(dir, SEAL)?)?;
        let found = digest(&dir.join(FRAME))?;
        same_digest(FRAME, "frame_digest", &self.seal.frame_digest, &found)?;
        if self.seal.proof == Proof::Sealed {
            return Ok(());
        }
        for (index, draw) in self.draws.iter().enumerate() {
            let files = DrawFiles::of(index);
            compare_text(&files.plan, &draw.plan.to_json(), &read(dir, &files.plan)?)?;
            let levels = read(dir, &files.levels)?;
            compare_text(&files.levels, &draw.plan.levels_csv(), &levels)?;
            check_frame(&draw.plan, dir, &files.frame)?;
        }
        check_tables(dir, &self.seal, &self.committer)
    }

    /// Targets before cool-down of draw `index`, where the seal has them.
    pub(super) fn base(&self, index: usize) -> Result<Option<BaseRows>, Error> {
        let name = base::name(index);
        let there = self.seal.commitments.contains_key(&name);
        there
            .then(|| BaseRows::open(&self.package, index))
            .transpose()
    }
}

fn check_sizes(
    index: usize,
    public: &PublicDraw,
    plan: &SealedPlan,
    labels: &[Option<usize>],
) -> Result<(), Error> {
    let label = |at: &Option<usize>| at.map(|at| public.strata[at].label.clone());
    let labels: Vec<Option<String>> = labels.iter().map(label).collect();
    let expected = public_sizes(plan, &labels);
    for (at, (expected, found)) in expected.iter().zip(&public.strata).enumerate() {
        if expected != found {
            let place = format!("draws[{index}].strata[{at}]");
            let text = |s: &super::super::StratumSizes| {
                format!("{} of {} objects of {:?}", s.n, s.n_units, s.label)
            };
            return Err(Error::says(SEAL, place, text(expected), text(found)));
        }
    }
    if expected.len() == public.strata.len() {
        return Ok(());
    }
    let (expected, found) = (expected.len(), public.strata.len());
    let place = format!("draws[{index}].strata");
    Err(Error::says(
        SEAL,
        place,
        format!("{expected} strata"),
        found,
    ))
}
