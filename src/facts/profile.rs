//! The run's own distribution, kept for the next run to be held against.

use super::Roll;
use crate::corridor::Scored;
use crate::error::Error;
use crate::evaluate::{ColumnKind, PROFILE_FORMAT, Profile, ProfileClass, ProfileColumn};
use crate::job::Job;
use crate::units::Spread;

/// How the frame is spread over classes, scores and indicators.
///
/// # Errors
/// When a partition cannot be read.
pub fn profile(job: &Job, scored: &Scored, roll: &Roll) -> Result<Profile, Error> {
    let spreads = scored.table.spreads()?;
    let indicators = scored.indicators.iter().zip(spreads);
    let indicators = indicators.map(|(indicator, spread)| ProfileColumn {
        name: indicator.name.clone(),
        zh: indicator.zh.clone(),
        en: indicator.en.clone(),
        kind: ColumnKind::Indicator,
        spread,
    });
    let models = scores(scored)?;
    Ok(Profile {
        format: PROFILE_FORMAT,
        job: job.name.clone(),
        as_of: job.as_of,
        settings: job.digest,
        model: scored
            .risk
            .models()
            .first()
            .map_or_else(String::new, |model| model.name.clone()),
        classes: classes(scored),
        n: scored.registers.n_frame(),
        columns: [class_column(scored, roll)]
            .into_iter()
            .chain(models)
            .chain(indicators)
            .collect(),
    })
}

fn classes(scored: &Scored) -> Vec<ProfileClass> {
    let all = scored.risk.classes().iter();
    all.map(|class| ProfileClass {
        code: class.code.clone(),
        name: class.name.clone(),
        points_from: class.points_from,
    })
    .collect()
}

fn class_column(scored: &Scored, roll: &Roll) -> ProfileColumn {
    let mut spread = Spread::default();
    for (class, points) in scored.risk.classes().iter().zip(&roll.points) {
        let n: u64 = points.values().sum();
        spread.texts.insert(class.code.clone(), n);
    }
    spread.texts.retain(|_, n| *n > 0);
    ProfileColumn {
        name: "class".to_owned(),
        zh: "信用风险分类".to_owned(),
        en: "class".to_owned(),
        kind: ColumnKind::Class,
        spread,
    }
}

fn scores(scored: &Scored) -> Result<Vec<ProfileColumn>, Error> {
    let mut columns: Vec<ProfileColumn> = Vec::new();
    for part in 0..scored.risk.n_parts() {
        let objects = scored.registers.frame_part(part, &[])?;
        let risk = scored.risk.part(part)?;
        for (at, (model, values)) in risk.scores.iter().enumerate() {
            if columns.len() == at {
                columns.push(score_column(model));
            }
            for key in &objects.keys {
                let value = risk.keys.binary_search(key).ok().map(|row| values[row]);
                columns[at].spread.number(value);
            }
        }
    }
    Ok(columns)
}

fn score_column(model: &str) -> ProfileColumn {
    ProfileColumn {
        name: model.to_owned(),
        zh: format!("{model} 得分"),
        en: format!("score of {model}"),
        kind: ColumnKind::Score,
        spread: Spread::default(),
    }
}
