//! The back-test of a job: how its models would have ranked the past, written for people and for programs.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::health::language_of;
use super::said::{UNCHANGED, said_of_counts, said_of_leftovers, said_unchanged};
use super::{Place, Said, cannot, finish_named, finished, make, settings_of_digest, walk};
use crate::error::Error;
use crate::evaluate::{
    Averaged, CHOSEN, Measures, ModelReplay, PolicyKind, PolicyMeasures, Rolling,
};
use crate::ingest;
use crate::job::BacktestJob;
use crate::runs::{RunFolder, Settings};
use crate::units::Meter;
use crate::{backtest as workshop, report};

/// The numbers of a back-test.
const NUMBERS: &str = "backtest.json";
/// Its page.
const PAGE: &str = "backtest.html";

/// Tries the models of a job on its past.
///
/// # Errors
/// Sources that cannot be used, a cut-off that cannot be ranked, a model that cannot be fitted; the previous result is then
/// unchanged.
pub fn backtest(place: &Place, language: &str, meter: &Meter) -> Result<Said, Error> {
    let job = read(place)?;
    let made_from = made_from(&job)?;
    let out = place.out_of(&job.name, "-backtest");
    if finished(&out, &made_from).is_some_and(|manifest| manifest.language == language) {
        return Ok(said_unchanged(&out, PAGE, UNCHANGED));
    }
    let folder = RunFolder::begin(&out)?;
    let staging = folder.staging()?.to_owned();
    let work = make(&staging.join("work"))?;
    let tried = workshop::run(&job, &work, meter)?;
    let mut notes = tried.snapshot.notes();
    notes.extend(walk::save_noted(&tried.snapshot, &staging, language)?);
    write(&tried.rolling, language, &staging)?;
    let mut lines = said_of_leftovers(&folder);
    lines.extend(said_of_counts(&tried.snapshot));
    lines.extend(said_of(&tried.rolling));
    let named = (job.name.as_str(), tried.snapshot.as_of().to_string());
    finish_named(folder, &work, named, language, made_from, notes)?;
    lines.push(format!("open {}", out.join(PAGE).display()));
    Ok(Said {
        kind: None,
        lines,
        json: json!({ "out": out, "done": true, "backtest": tried.rolling }),
    })
}

/// The problems of a job file that is a back-test and nothing more.
///
/// # Errors
/// The problems, or a file the job names that cannot be read.
pub(super) fn check(place: &Place) -> Result<Said, Error> {
    let job = read(place)?;
    let n_files = made_from(&job)?.inputs.len();
    let file = place.job.display();
    let line = format!("{file}: no problem found; {n_files} input files can be read");
    let json = json!({ "job": job.name, "problems": [], "inputs": n_files });
    Ok(Said {
        kind: None,
        lines: vec![line],
        json,
    })
}

fn read(place: &Place) -> Result<BacktestJob, Error> {
    let mut job = BacktestJob::read(&place.job, &place.overrides).map_err(Error::Settings)?;
    job.ingest = job.ingest.with_cache(place.decoded(&job.name));
    Ok(job)
}

fn made_from(job: &BacktestJob) -> Result<Settings, Error> {
    let mut files = ingest::inputs(&job.ingest)?;
    if let Some(list) = job.backtest.listed() {
        files.extend(ingest::list_inputs(list)?);
    }
    Ok(settings_of_digest(job.digest, &files))
}

fn write(rolling: &Rolling, language: &str, staging: &Path) -> Result<(), Error> {
    let numbers = (NUMBERS.to_owned(), rolling.to_json()?);
    let pages = report::backtest(rolling, language_of(language))?;
    for (name, bytes) in std::iter::once(numbers).chain(pages) {
        let path = staging.join(name);
        fs::write(&path, bytes).map_err(cannot("write", &path))?;
    }
    Ok(())
}

fn said_of(rolling: &Rolling) -> Vec<String> {
    let row = |name: &str, measures: &Measures| {
        format!(
            "  {name:<16} AUC {:.4}  AP {:.4}  P@10% {:.4}  P@20% {:.4}",
            measures.auc, measures.ap, measures.p10, measures.p20
        )
    };
    let mean = &rolling.mean;
    let rows = mean.get(CHOSEN).map_or(0, |measures| measures.rows);
    let mut said = vec![format!(
        "{} cut-offs, {rows} rows; means by rows:",
        rolling.folds.len()
    )];
    let names = rolling.facts.models.iter().map(String::as_str);
    let measured = names
        .chain([CHOSEN])
        .filter_map(|name| Some((name, mean.get(name)?)));
    said.extend(measured.map(|(name, measures)| row(name, measures)));
    let choices = rolling.folds.iter();
    let choices: Vec<String> = choices
        .map(|fold| format!("{} {}", fold.cutoff, fold.choice.name))
        .collect();
    said.push(format!("chosen on past folds: {}", choices.join(", ")));
    if let Some(window) = &rolling.window {
        said.push(format!(
            "window of {} visits seen from {}, chosen {}:",
            window.replay.n, window.cutoff, window.choice.name
        ));
        let models = window.replay.models.iter();
        said.extend(models.map(|(name, model)| said_of_window(name, model)));
    }
    let selective = rolling.selective.iter();
    said.extend(selective.flat_map(|own| own.policies.iter().map(said_of_policy)));
    said.extend(
        rolling
            .facts
            .notes
            .iter()
            .map(|note| format!("note: {note}")),
    );
    said
}

fn said_of_policy(own: &PolicyMeasures) -> String {
    let name = match own.policy.kind {
        PolicyKind::Equal => "equal".to_owned(),
        PolicyKind::Greedy => "greedy".to_owned(),
        PolicyKind::Explore(share) => format!("explore {share}"),
        PolicyKind::Power(gamma) => format!("power {gamma}"),
    };
    let weighted = if own.policy.weighted { ", 1/π" } else { "" };
    let name = format!("{name}{weighted}");
    let with_error = |one: Averaged| match one.standard_error {
        Some(error) => format!("{:+.4} (se {error:.4})", one.value),
        None => format!("{:+.4}", one.value),
    };
    let market = own.market.map_or_else(
        || "no estimate".to_owned(),
        |market| {
            let (bias, cover) = (with_error(market.bias), 100.0 * market.coverage);
            format!("bias {bias} RMSE {:.4} covers {cover:.1}%", market.rmse)
        },
    );
    let against = own.against_greedy.map_or_else(String::new, |against| {
        format!("  against greedy {}", with_error(against))
    });
    format!(
        "  {name:<16} hits {}  lift {:.3}  raw {:+.4}  market {market}  model {}{against}",
        with_error(own.hit_rate),
        own.lift,
        own.raw_bias.value,
        with_error(own.model_bias)
    )
}

fn said_of_window(name: &str, model: &ModelReplay) -> String {
    let or_none =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
    format!(
        "  {name:<16} AUC {}  within {}  AP {}  days earlier {}  first half {}  P@10% {}  P@20% {}",
        or_none(model.auc),
        or_none(model.auc_within_inspector),
        or_none(model.average_precision),
        or_none(model.days_earlier),
        model.first_half_found,
        or_none(model.precision_at_10),
        or_none(model.precision_at_20)
    )
}
