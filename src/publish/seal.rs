//! The seal: plan, level table and sorted frame in one folder, written before the seed can be known.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter};
use std::path::{Path, PathBuf};

use super::folder::{check, compare_text, copy, digest, read, write, write_sums};
use super::frame::{NORMAL, SealedFrame};
use super::{Error, FRAME, LEVELS, PLAN};
use crate::plan::{self, Header, SealedPlan, Spool, ValidParams};
use crate::units::{FramePart, FrameSource, Meter, ObjectId, Unreadable};

/// Files of a seal, ascending.
const FILES: [&str; 3] = [FRAME, LEVELS, PLAN];

/// Sorted partitions as files.
struct FileSpool(PathBuf);

impl FileSpool {
    fn path(&self, part: usize) -> PathBuf {
        self.0.join(format!("part-{part:06}"))
    }
}

impl Spool for FileSpool {
    fn put(&self, part: usize, lines: Vec<u8>) -> io::Result<()> {
        std::fs::write(self.path(part), lines)
    }

    fn take(&self, part: usize) -> io::Result<Box<dyn BufRead>> {
        Ok(Box::new(BufReader::with_capacity(
            1 << 16,
            File::open(self.path(part))?,
        )))
    }
}

/// Seals a plan over `frame` into the existing folder `dir`: `frame.csv`, `levels.csv`, `plan.json`, `SHA256SUMS`.
/// Memory holds one partition per thread.
///
/// # Errors
/// [`Error::Unusable`] for a title that is no line of text, [`Error::Plan`] when the plan cannot be sealed, [`Error::Io`]
/// when the folder cannot be written.
pub fn write_seal(
    params: &ValidParams,
    header: &Header,
    frame: &dyn FrameSource,
    dir: &Path,
    meter: &Meter,
) -> Result<SealedPlan, Error> {
    check_line("title", &header.title)?;
    let plan = write_frame(params, header, frame, dir, FRAME, meter)?;
    write(dir, LEVELS, &plan.levels_csv())?;
    write(dir, PLAN, &plan.to_json())?;
    write_sums(dir, &FILES)?;
    Ok(plan)
}

/// Refuses a text that cannot stand on one line.
pub(super) fn check_line(key: &str, text: &str) -> Result<(), Error> {
    if is_line(text) {
        return Ok(());
    }
    Err(Error::Unusable {
        key: key.to_owned(),
        value: text.to_owned(),
        rule: "must not contain control characters".to_owned(),
    })
}

/// Whether a text can stand on one line.
pub(super) fn is_line(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

/// Seals a plan and writes its sorted frame into `dir` as `name`, synced.
pub(super) fn write_frame(
    params: &ValidParams,
    header: &Header,
    frame: &dyn FrameSource,
    dir: &Path,
    name: &str,
    meter: &Meter,
) -> Result<SealedPlan, Error> {
    let io = |source| Error::Io {
        path: dir.to_owned(),
        source,
    };
    let spool = tempfile::tempdir_in(dir).map_err(io)?;
    let mut out = BufWriter::new(File::create(dir.join(name)).map_err(io)?);
    let plan = plan::seal_into(
        params,
        header,
        &NormalFrame(frame),
        &FileSpool(spool.path().to_owned()),
        &mut out,
        meter,
    )?;
    spool.close().map_err(io)?;
    out.into_inner()
        .map_err(io::IntoInnerError::into_error)
        .and_then(|file| file.sync_all())
        .map_err(io)?;
    Ok(plan)
}

/// A frame whose ids are refused unless they have their one spelling.
struct NormalFrame<'a>(&'a dyn FrameSource);

impl FrameSource for NormalFrame<'_> {
    fn strata(&self) -> &[String] {
        self.0.strata()
    }

    fn n_parts(&self) -> usize {
        self.0.n_parts()
    }

    fn part(&self, part: usize) -> Result<FramePart, Unreadable> {
        let rows = self.0.part(part)?;
        let mut ids = (0..rows.ids.len()).map(|row| rows.ids.get(row));
        match ids.find(|id| !id.is_empty() && is_line(id) && !ObjectId::is_normal(id)) {
            Some(id) => Err(format!("object_id {id:?}: {NORMAL}").into()),
            None => Ok(rows),
        }
    }
}

/// Reads a seal back and checks it whole: sums, targets, λ, level table, frame.
///
/// # Errors
/// Whatever was changed, missing or added since [`write_seal`], named by file and line; kind
/// [`Kind::Verification`](crate::units::Kind).
pub fn read_seal(dir: &Path) -> Result<(SealedPlan, SealedFrame), Error> {
    check(dir, &FILES)?;
    read_sealed(dir)
}

/// The part that seal and bulletin share.
pub(super) fn read_sealed(dir: &Path) -> Result<(SealedPlan, SealedFrame), Error> {
    let (plan, _) = read_plan(dir, PLAN)?;
    compare_text(LEVELS, &plan.levels_csv(), &read(dir, LEVELS)?)?;
    let frame = SealedFrame::open(dir, FRAME, LEVELS, &plan)?;
    check_frame(&plan, dir, FRAME)?;
    Ok((plan, frame))
}

/// Reads a plan, checks its spelling and all that follows from its counts; its bytes too.
pub(super) fn read_plan(dir: &Path, name: &str) -> Result<(SealedPlan, Vec<u8>), Error> {
    let file = || name.to_owned();
    let json = read(dir, name)?;
    let plan = SealedPlan::from_json(&json).map_err(|source| Error::Undecodable {
        file: file(),
        source,
    })?;
    compare_text(name, &plan.to_json(), &json)?;
    if !is_line(&plan.header.title) {
        let found = format!("{:?}", plan.header.title);
        return Err(Error::says(name, "header.title", "a line of text", found));
    }
    plan.check().map_err(|source| Error::Inconsistent {
        file: file(),
        source,
    })?;
    Ok((plan, json))
}

/// Copies the sealed files into a bulletin's folder and syncs them.
pub(super) fn copy_sealed(plan: &SealedPlan, seal: &Path, dir: &Path) -> Result<(), Error> {
    copy(seal, dir, FRAME)?;
    check_frame(plan, dir, FRAME)?;
    write(dir, LEVELS, &plan.levels_csv())?;
    write(dir, PLAN, &plan.to_json())
}

/// Refuses a frame in `dir` that is not the one the plan was sealed over.
pub(super) fn check_frame(plan: &SealedPlan, dir: &Path, name: &str) -> Result<(), Error> {
    let found = digest(&dir.join(name))?;
    if found == plan.frame_digest {
        return Ok(());
    }
    Err(Error::OtherDigest {
        file: name.to_owned(),
        expected: plan.frame_digest.to_string(),
        found: found.to_string(),
    })
}
