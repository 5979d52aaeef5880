//! The seal: plan, level table and sorted frame in one folder, written before the seed can be known.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter};
use std::path::{Path, PathBuf};

use super::folder::{check, compare_text, digest, read, write, write_sums};
use super::frame::SealedFrame;
use super::{Error, FRAME, LEVELS, PLAN};
use crate::plan::{self, Header, SealedPlan, Spool, ValidParams};
use crate::units::{FrameSource, Meter};

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
/// [`Error::Plan`] when the plan cannot be sealed, [`Error::Io`] when the folder cannot be written.
pub fn write_seal(
    params: &ValidParams,
    header: &Header,
    frame: &dyn FrameSource,
    dir: &Path,
    meter: &Meter,
) -> Result<SealedPlan, Error> {
    let io = |source| Error::Io {
        path: dir.to_owned(),
        source,
    };
    let spool = tempfile::tempdir_in(dir).map_err(io)?;
    let mut out = BufWriter::new(File::create(dir.join(FRAME)).map_err(io)?);
    let plan = plan::seal_into(
        params,
        header,
        frame,
        &FileSpool(spool.path().to_owned()),
        &mut out,
        meter,
    )?;
    spool.close().map_err(io)?;
    out.into_inner()
        .map_err(io::IntoInnerError::into_error)
        .and_then(|file| file.sync_all())
        .map_err(io)?;
    write(dir, LEVELS, &plan.levels_csv())?;
    write(dir, PLAN, &plan.to_json())?;
    write_sums(dir, &FILES)?;
    Ok(plan)
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
    let json = read(dir, PLAN)?;
    let plan = SealedPlan::from_json(&json).map_err(Error::Undecodable)?;
    compare_text(PLAN, &plan.to_json(), &json)?;
    plan.check().map_err(Error::Inconsistent)?;
    compare_text(LEVELS, &plan.levels_csv(), &read(dir, LEVELS)?)?;
    let frame = SealedFrame::open(dir, &plan)?;
    check_frame(&plan, dir)?;
    Ok((plan, frame))
}

/// Copies the sealed files into a bulletin's folder and syncs them.
pub(super) fn copy_sealed(plan: &SealedPlan, seal: &Path, dir: &Path) -> Result<(), Error> {
    let io = |source| Error::Io {
        path: dir.join(FRAME),
        source,
    };
    std::fs::copy(seal.join(FRAME), dir.join(FRAME)).map_err(io)?;
    File::options()
        .append(true)
        .open(dir.join(FRAME))
        .and_then(|file| file.sync_all())
        .map_err(io)?;
    check_frame(plan, dir)?;
    write(dir, LEVELS, &plan.levels_csv())?;
    write(dir, PLAN, &plan.to_json())
}

/// Refuses a frame in `dir` that is not the one the plan was sealed over.
fn check_frame(plan: &SealedPlan, dir: &Path) -> Result<(), Error> {
    let found = digest(&dir.join(FRAME))?;
    if found == plan.frame_digest {
        return Ok(());
    }
    Err(Error::OtherDigest {
        file: FRAME.to_owned(),
        expected: plan.frame_digest.to_string(),
        found: found.to_string(),
    })
}
