//! The charts: one function each, from the evaluation to a picture with its data table, or the reason why there is none.

mod burden;
mod data;
mod deterrence;
mod draw_audit;
mod frontier;
mod heat;
mod movement;
mod ranking;
mod rates;
mod replay;
mod stated;
mod strictness;
mod trend;

use serde::Serialize;

use super::Error;
use super::canvas::{Plot, WIDTH};
use super::format::{percent, percent_whole};
use super::lang::{Lang, Phrase};
use super::view::Table;

pub(super) use burden::burden;
pub(super) use data::{points, refusals};
pub(super) use deterrence::{dose, event_study};
pub(super) use draw_audit::draw_audit;
pub(super) use frontier::frontier;
pub(super) use heat::heat;
pub(super) use movement::{migration, psi};
pub(super) use ranking::{
    calibration, calibration_picture, calibration_table, gains, lift, lift_picture, lift_table,
};
pub(super) use rates::{hit_rate, sampling};
pub(super) use replay::{auc, by_day, replay_gains, replay_lift};
pub(super) use stated::stated;
pub(super) use strictness::strictness;
pub(super) use trend::{trend, trend_table};

/// A chart on the page.
#[derive(Serialize)]
pub(super) struct Chart {
    pub(super) id: &'static str,
    pub(super) title: String,
    pub(super) note: String,
    pub(super) svg: String,
    pub(super) table: Table,
}

/// A chart, or why it is left out.
pub(super) enum Drawing {
    Chart(Box<Chart>),
    LeftOut { title: String, why: &'static Phrase },
}

/// A drawing, unless the backend failed.
pub(super) type Drawn = Result<Drawing, Error>;

/// A chart that is left out, and why.
pub(super) fn left_out(lang: Lang, title: &Phrase, why: &'static Phrase) -> Drawing {
    Drawing::LeftOut {
        title: lang.say(title).to_owned(),
        why,
    }
}

/// Plot area of an upright chart below a legend of the given height.
pub(super) fn upright(height: f64, legend: f64, x: (f64, f64), y: (f64, f64)) -> Plot {
    Plot::new(
        (116.0, f64::from(WIDTH) - 48.0),
        (legend + 56.0, height - 104.0),
        x,
        y,
    )
}

/// A chart with its picture and its table.
pub(super) fn chart(
    lang: Lang,
    id: &'static str,
    title: &Phrase,
    note: &str,
    svg: String,
    table: Table,
) -> Drawing {
    titled(id, lang.say(title).to_owned(), note, svg, table)
}

/// The same under a title whose places are filled.
pub(super) fn titled(
    id: &'static str,
    title: String,
    note: &str,
    svg: String,
    table: Table,
) -> Drawing {
    Drawing::Chart(Box::new(Chart {
        id,
        title,
        note: note.to_owned(),
        svg,
        table,
    }))
}

/// One decimal where whole per cents would repeat.
pub(super) fn percent_axis(top: f64) -> fn(f64) -> String {
    if top < 0.08 { percent } else { percent_whole }
}

/// A share as percentage points: `1.2`, `-0.4`.
pub(super) fn percent_points(share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    let is_small = text.trim_start_matches('-') == "0.0" && share.abs() > 1e-9;
    if is_small {
        format!("{:.2}", share * 100.0)
    } else if text == "-0.0" {
        "0.0".to_owned()
    } else {
        text
    }
}
