//! Sealing a round: plans and sorted frames of all draws, then what commits to them, then `seal.json`.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::folder::{write, write_sums};
use super::super::frame::SealedFrame;
use super::super::seal::write_frame;
use super::super::{Error, FRAME, StratumSizes};
use super::base;
use super::commit::{Committer, key_digest};
use super::frame::PublicFrameWriter;
use super::merge::{Merged, MergedRow};
use super::seal::{PublicDraw, PublicSeal, SealFacts, is_text};
use super::{DrawFiles, PACKAGE, PUBLIC, SEAL, package_files, table_file};
use crate::plan::{Header, Proof, Purpose, SealedPlan, StratumPlan, ValidParams};
use crate::units::{Digest, DrawKey, FrameSource, Meter, Unreadable};

/// Gives, for a partition, the target of every row before cool-down, parallel to [`FrameSource::part`].
pub type Base<'a> = dyn Fn(usize) -> Result<Vec<f64>, Unreadable> + Sync + 'a;

/// One draw of a round, as it is sealed.
#[derive(Clone, Copy)]
pub struct DrawInput<'a> {
    /// Its item, or `measure`.
    pub name: &'a str,
    /// 实施部门.
    pub department: &'a str,
    /// What it is for.
    pub purpose: Purpose,
    /// Settings of its plan.
    pub params: &'a ValidParams,
    /// Its frame.
    pub frame: &'a dyn FrameSource,
    /// What the public is told instead of each stratum of the frame, parallel to [`FrameSource::strata`].
    pub public_labels: &'a [String],
    /// Targets before cool-down; none where they are the plan's own.
    pub base: Option<&'a Base<'a>>,
}

/// A draw whose plan is sealed and whose sorted frame is written.
struct Written {
    plan: SealedPlan,
    frame: SealedFrame,
    /// Public label of each stratum of the plan; none where the frame has no object of it.
    labels: Vec<Option<String>>,
}

/// Seals a round into the new folders `dir/public` and, where the proof is sealed, `dir/package`: one partition per
/// thread is in memory. `tables` are committed by name; `key` must be fresh and known to nobody outside.
///
/// # Errors
/// Facts that a seal cannot state, a key that is missing or superfluous, a design that cannot be executed, a frame that
/// cannot be used, an object only the measurement draw holds, a folder that cannot be written.
pub fn write_round(
    facts: &SealFacts,
    draws: &[DrawInput<'_>],
    tables: &BTreeMap<String, Vec<u8>>,
    key: Option<&DrawKey>,
    dir: &Path,
    meter: &Meter,
) -> Result<PublicSeal, Error> {
    let committer = Committer::new(facts.hash, facts.proof, key)?;
    let mut seal = outline(facts, draws, tables, key);
    seal.check()?;
    check_inputs(draws, tables)?;
    let public = make(dir, PUBLIC)?;
    let package = match facts.proof {
        Proof::Open => public.clone(),
        Proof::Sealed => make(dir, PACKAGE)?,
    };
    let mut written = Vec::new();
    for (index, draw) in draws.iter().enumerate() {
        written.push(write_draw(facts, draw, index, &package, meter)?);
        if let Some(digest) = base::write(draw, index, &committer, &package)? {
            seal.commitments.insert(base::name(index), digest);
        }
        meter.report("seal draws", index as u64 + 1, draws.len() as u64);
    }
    for (name, bytes) in tables {
        write(&package, &table_file(name), bytes)?;
        let digest = committer.table(name, bytes);
        seal.commitments.insert(name.clone(), digest);
    }
    seal.frame_digest = write_public_frame(draws, &written, &public)?;
    for ((index, draw), written) in draws.iter().enumerate().zip(&written) {
        commit(&mut seal.draws[index], draw.name, written, &committer)?;
        meter.report("commit", index as u64 + 1, draws.len() as u64);
    }
    seal.check()?;
    write(&public, SEAL, &seal.to_json())?;
    let files = package_files(draws.len(), seal.commitments.keys());
    if facts.proof == Proof::Sealed {
        write_sums(&package, &names(&files))?;
        write_sums(&public, &[FRAME, SEAL])?;
    } else {
        write_sums(&public, &names(&public_files(&seal)))?;
    }
    Ok(seal)
}

/// Files of a seal's public folder, ascending.
pub(super) fn public_files(seal: &PublicSeal) -> Vec<String> {
    let mut files = match seal.proof {
        Proof::Open => package_files(seal.draws.len(), seal.commitments.keys()),
        Proof::Sealed => Vec::new(),
    };
    files.extend([FRAME, SEAL].map(str::to_owned));
    files.sort();
    files
}

pub(super) fn names(files: &[String]) -> Vec<&str> {
    files.iter().map(String::as_str).collect()
}

/// Makes a folder that must not be there yet.
pub(super) fn make(dir: &Path, name: &str) -> Result<std::path::PathBuf, Error> {
    let path = dir.join(name);
    match std::fs::create_dir(&path) {
        Ok(()) => Ok(path),
        Err(source) => Err(Error::Io { path, source }),
    }
}

/// The seal without what follows from the frames.
fn outline(
    facts: &SealFacts,
    draws: &[DrawInput<'_>],
    tables: &BTreeMap<String, Vec<u8>>,
    key: Option<&DrawKey>,
) -> PublicSeal {
    let committer = |key| key_digest(facts.hash, key);
    let none = Digest([0; 32]);
    let mut seal = PublicSeal::of(facts);
    seal.key = key.map(committer);
    seal.draws = draws
        .iter()
        .map(|draw| PublicDraw {
            name: draw.name.to_owned(),
            department: draw.department.to_owned(),
            purpose: draw.purpose,
            strata: Vec::new(),
            n_lines: 0,
            lines: none,
            levels: none,
            plan: none,
        })
        .collect();
    seal.commitments = tables.keys().map(|name| (name.clone(), none)).collect();
    seal
}

fn check_inputs(draws: &[DrawInput<'_>], tables: &BTreeMap<String, Vec<u8>>) -> Result<(), Error> {
    let unusable = |key: String, value: &str, rule: &str| Error::Unusable {
        key,
        value: value.to_owned(),
        rule: rule.to_owned(),
    };
    for (index, draw) in draws.iter().enumerate() {
        let key = format!("draws[{index}].public_labels");
        if draw.public_labels.len() != draw.frame.strata().len() {
            let count = draw.public_labels.len().to_string();
            return Err(unusable(key, &count, "every stratum must have one"));
        }
        if let Some(label) = draw.public_labels.iter().find(|label| !is_text(label)) {
            let rule = "must not be empty and must not contain control characters";
            return Err(unusable(key, label, rule));
        }
    }
    match tables.keys().find(|name| base::is_base(name)) {
        Some(name) => {
            let rule = "a table must not have the name of a table of targets before cool-down";
            Err(unusable("tables".to_owned(), name, rule))
        }
        None => Ok(()),
    }
}

/// Seals one plan, and writes its sorted frame, level table and plan.
fn write_draw(
    facts: &SealFacts,
    draw: &DrawInput<'_>,
    index: usize,
    dir: &Path,
    meter: &Meter,
) -> Result<Written, Error> {
    let header = Header {
        title: facts.title.clone(),
        as_of: facts.as_of,
        synthetic: facts.synthetic,
        rehearsal: facts.rehearsal,
    };
    let files = DrawFiles::of(index);
    let plan = write_frame(draw.params, &header, draw.frame, dir, &files.frame, meter);
    let plan = plan.map_err(|error| match error {
        Error::Plan(source) => Error::PlanOf {
            draw: draw.name.to_owned(),
            source,
        },
        other => other,
    })?;
    if plan.hash != facts.hash {
        return Err(Error::Unusable {
            key: format!("draws[{index}].params.hash"),
            value: format!("{:?}", plan.hash),
            rule: format!("must be that of the round, {:?}", facts.hash),
        });
    }
    write(dir, &files.levels, &plan.levels_csv())?;
    write(dir, &files.plan, &plan.to_json())?;
    let frame = SealedFrame::open(dir, &files.frame, &files.levels, &plan)?;
    let public: BTreeMap<&String, &String> =
        draw.frame.strata().iter().zip(draw.public_labels).collect();
    let label = |stratum: &StratumPlan| public.get(&stratum.label).map(|&label| label.clone());
    Ok(Written {
        labels: plan.strata.iter().map(label).collect(),
        plan,
        frame,
    })
}

/// Writes the public frame in one stream over the draws' sorted frames; its digest.
fn write_public_frame(
    draws: &[DrawInput<'_>],
    written: &[Written],
    public: &Path,
) -> Result<Digest, Error> {
    let mut objects = Merged::new(written.iter().map(|draw| &draw.frame))?;
    let mut out = PublicFrameWriter::create(public, draws.len())?;
    let mut cells = Vec::with_capacity(draws.len());
    while let Some(MergedRow { id, strata }) = objects.next_object()? {
        let item_holds = |(draw, at): (&DrawInput, &Option<usize>)| {
            draw.purpose == Purpose::Targets && at.is_some()
        };
        if !draws.iter().zip(strata).any(item_holds) {
            return Err(Error::MeasuredAlone { id: id.to_owned() });
        }
        cells.clear();
        for (draw, at) in written.iter().zip(strata) {
            cells.push(at.and_then(|at| draw.labels[at].as_deref()));
        }
        out.row(id, &cells)?;
    }
    out.finish()
}

/// What the seal says of a draw, from its plan and sorted frame.
fn commit(
    public: &mut PublicDraw,
    name: &str,
    written: &Written,
    committer: &Committer,
) -> Result<(), Error> {
    let Written {
        plan,
        frame,
        labels,
    } = written;
    public.strata = public_sizes(plan, labels);
    public.n_lines = plan.n_units();
    public.lines = committer.lines(name, plan, frame)?;
    public.levels = committer.levels(name, plan);
    public.plan = committer.plan(name, &plan.to_json());
    Ok(())
}

/// Sizes by public stratum, ascending by label.
pub(super) fn public_sizes(plan: &SealedPlan, labels: &[Option<String>]) -> Vec<StratumSizes> {
    let mut sizes: BTreeMap<&String, (u64, u64)> = BTreeMap::new();
    for (stratum, label) in plan.strata.iter().zip(labels) {
        if let Some(label) = label.as_ref().filter(|_| stratum.n_units > 0) {
            let (n_units, n) = sizes.entry(label).or_default();
            *n_units += stratum.n_units;
            *n += stratum.n;
        }
    }
    sizes
        .into_iter()
        .map(|(label, (n_units, n))| StratumSizes {
            label: label.clone(),
            n_units,
            n,
        })
        .collect()
}
