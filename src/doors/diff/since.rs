//! `choucha report RUN --since EARLIER`: what changed between two finished runs of one register, for the report.

use std::path::Path;

use super::super::past_run::PastRun;
use super::changes::changes;
use crate::error::Error;
use crate::evaluate::{
    self, Evaluation, Migration, N_MIN, OverTime, OverTimeParams, RoundsRefused, Since,
};
use crate::units::Kind;

/// Holds a run against an earlier one of the same register.
///
/// # Errors
/// A folder that is no finished run or was changed since; runs in the wrong order, of synthetic and of real data, or with
/// less than half of the smaller frame in both; a round whose results contradict its draw.
pub(in crate::doors) fn since(run: &Path, earlier: &Path) -> Result<Since, Error> {
    let (before, now) = (PastRun::open(earlier)?, PastRun::open(run)?);
    let (old, new) = (&before.evaluation.facts, &now.evaluation.facts);
    let refused = |rule: String| Error::File {
        what: "report what changed since",
        path: earlier.to_owned(),
        kind: Kind::Data,
        source: std::io::Error::other(rule),
    };
    if old.as_of >= new.as_of {
        return Err(refused(format!(
            "its as-of day {} is not before that of the run, {}",
            old.as_of, new.as_of
        )));
    }
    if old.synthetic != new.synthetic {
        let rule = "one run is of synthetic data, the other is not";
        return Err(refused(rule.to_owned()));
    }
    let migration = changes(&before, &now)?.migration;
    check_frames(&migration).map_err(refused)?;
    let (drifts, alone) = match (&before.profile, &now.profile) {
        (Some(from), Some(to)) => evaluate::compare(from, to),
        _ => (Vec::new(), Vec::new()),
    };
    let (rounds, refused) = match rounds(&before, &now)? {
        Ok(rounds) => (rounds, None),
        Err(refused) => (None, Some(refused)),
    };
    Ok(Since {
        run: before.manifest.run,
        job: before.manifest.job.clone(),
        as_of: old.as_of,
        same_settings: before.same_settings(&now),
        settings: before.changed_settings(&now),
        migration,
        drifts,
        alone,
        rounds,
        refused,
    })
}

/// Runs of other registers have few objects in common.
fn check_frames(migration: &Migration) -> Result<(), String> {
    let both: u64 = migration.n.iter().flatten().sum();
    let sizes = [&migration.left, &migration.came].map(|alone| both + alone.iter().sum::<u64>());
    let smaller = sizes[0].min(sizes[1]);
    if both == 0 || both * 2 < smaller {
        return Err(format!(
            "{both} objects stand in both frames, of {} and {}: these are not two runs of one register",
            sizes[0], sizes[1]
        ));
    }
    Ok(())
}

/// Both rounds side by side, or why they are not.
fn rounds(
    before: &PastRun,
    now: &PastRun,
) -> Result<Result<Option<OverTime>, RoundsRefused>, Error> {
    let (Some(old), Some(new)) = (&before.round, &now.round) else {
        return Ok(Err(RoundsRefused::NoResults));
    };
    let rule = |evaluation: &Evaluation| {
        let estimates = evaluation.estimates.as_ref();
        estimates.map(|found| (found.hit_rule, found.unreachable_is_hit))
    };
    if rule(&before.evaluation) != rule(&now.evaluation) {
        return Ok(Err(RoundsRefused::HitRule));
    }
    let labels = |round: &evaluate::RoundResults| {
        let groups = round.groups.iter();
        groups.map(|group| group.label.clone()).collect::<Vec<_>>()
    };
    if labels(old) != labels(new) {
        return Ok(Err(RoundsRefused::Classes));
    }
    let replicates = now.evaluation.estimates.as_ref();
    let params = OverTimeParams {
        replicates: replicates.map_or(0, |found| found.replicates),
        minimum: N_MIN,
    };
    let rounds = [old.clone(), new.clone()];
    Ok(Ok(evaluate::over_time(
        params,
        &rounds,
        &now.manifest.run.0,
    )?))
}
