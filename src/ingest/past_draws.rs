//! Past draws of a partition as plain rows: who could be drawn, whom the draws made visited, and what became known afterwards.

use std::collections::HashMap;

use polars::prelude::{DataFrame, DataType, Expr, LazyFrame, PolarsResult, col, lit};

use super::error::Error;
use super::snapshot::Snapshot;
use crate::units::Day;

/// The rows of `draws` of one partition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PastDraws {
    /// Names of the draws; [`PastDraw::draw`] points here.
    pub draws: Vec<String>,
    /// Names of the strata, the empty name for none; [`PastDraw::stratum`] points here.
    pub strata: Vec<String>,
    /// Classes on record, the empty name for none; [`PastDraw::class`] points here.
    pub classes: Vec<String>,
    /// In the order of object, day, draw.
    pub rows: Vec<PastDraw>,
}

/// An object in the frame of a past draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PastDraw {
    /// Key of the object.
    pub object_key: u64,
    /// Place in [`PastDraws::draws`].
    pub draw: u32,
    /// Day of the draw.
    pub drawn_on: Day,
    /// Place in [`PastDraws::strata`].
    pub stratum: u32,
    /// Place in [`PastDraws::classes`].
    pub class: u32,
    /// Realised inclusion probability, 0 < π ≤ 1.
    pub pi: f64,
    /// 抽中.
    pub drawn: bool,
    /// An equal-probability draw over the whole frame that heeds nobody's past; else the main stream.
    pub measure: bool,
    /// Each object drawn by itself; else a fixed number per stratum (Pareto).
    pub poisson: bool,
}

/// A credit event of one of the kinds asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastEvent {
    /// Key of the object.
    pub object_key: u64,
    /// Day of the event.
    pub event_on: Day,
    /// Day it was known.
    pub known_on: Day,
    /// Place in the list of kinds.
    pub kind: usize,
}

/// A visit that names a draw, or that a draw is said to have caused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawVisit {
    /// Key of the object.
    pub object_key: u64,
    /// The draw it names.
    pub draw: Option<String>,
    /// Whether its channel is `draw`.
    pub by_draw: bool,
    /// Day of the visit.
    pub inspected_on: Day,
    /// Whether the object was met.
    pub visited: bool,
    /// Whether a problem was found, where the record says it.
    pub found: Option<bool>,
    /// Inspectors named.
    pub inspectors: Vec<String>,
}

impl Snapshot {
    /// The frames of past draws as far as partition `part` goes. Empty where the job reads none.
    ///
    /// # Errors
    /// When the partition cannot be read.
    pub fn past_draws(&self, part: usize) -> Result<PastDraws, Error> {
        if !self.has("draws") {
            return Ok(PastDraws::default());
        }
        let days = |name: &str| col(name).cast(DataType::Int32);
        let columns = [
            col("object_key"),
            col("draw_id"),
            days("drawn_on"),
            col("stratum").cast(DataType::String).fill_null(lit("")),
            col("risk_class").cast(DataType::String).fill_null(lit("")),
            col("pi"),
            col("drawn"),
            col("stream").eq(lit("measure")).alias("measure"),
            col("design").eq(lit("poisson")).alias("poisson"),
        ];
        read(self.scan("draws", part)?, &columns, draws)
    }

    /// Events of `kinds` of partition `part`, as far as known before the as-of day, by object and day known. Empty where the job
    /// reads none.
    ///
    /// # Errors
    /// When the partition cannot be read.
    pub fn past_events(&self, part: usize, kinds: &[String]) -> Result<Vec<PastEvent>, Error> {
        if !self.has("credit_events") {
            return Ok(Vec::new());
        }
        let days = |name: &str| col(name).cast(DataType::Int32);
        let known = days("known_on").fill_null(days("event_on"));
        let columns = [col("object_key"), days("event_on"), known, col("kind")];
        let is_asked = kinds
            .iter()
            .map(|kind| col("kind").eq(lit(kind.clone())))
            .reduce(Expr::or);
        let rows = self
            .scan("credit_events", part)?
            .filter(is_asked.unwrap_or(lit(false)));
        let mut events = read(rows, &columns, |rows| events(rows, kinds))?;
        events.sort_unstable_by_key(|event| (event.object_key, event.known_on, event.event_on));
        Ok(events)
    }

    /// Visits of partition `part` that a draw caused or that name one, by object, day and draw. Empty where the job reads none.
    ///
    /// # Errors
    /// When the partition cannot be read.
    pub fn draw_visits(&self, part: usize) -> Result<Vec<DrawVisit>, Error> {
        if !self.has("inspections") {
            return Ok(Vec::new());
        }
        let by_draw = col("channel").eq(lit("draw")).fill_null(lit(false));
        let columns = [
            col("object_key"),
            col("draw_id"),
            by_draw.clone().alias("by_draw"),
            col("inspected_on").cast(DataType::Int32),
            col("visited").fill_null(lit(true)),
            col("found"),
            col("inspector_ids"),
        ];
        let rows = self
            .scan("inspections", part)?
            .filter(by_draw.or(col("draw_id").is_not_null()));
        let mut found = read(rows, &columns, visits)?;
        found.sort_by(|a, b| {
            let key = |visit: &DrawVisit| (visit.object_key, visit.inspected_on);
            (key(a), &a.draw, &a.inspectors).cmp(&(key(b), &b.draw, &b.inspectors))
        });
        Ok(found)
    }
}

fn read<T>(
    rows: LazyFrame,
    columns: &[Expr],
    plain: impl FnOnce(&DataFrame) -> PolarsResult<T>,
) -> Result<T, Error> {
    let frame = rows.select(columns).collect();
    frame
        .and_then(|frame| plain(&frame))
        .map_err(Error::engine("read past draws"))
}

/// Texts by their first appearance.
#[derive(Default)]
struct Names {
    of: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Names {
    fn place(&mut self, text: &str) -> u32 {
        if let Some(&place) = self.of.get(text) {
            return place;
        }
        let place = u32::try_from(self.texts.len()).expect("names of draws and strata are few");
        self.texts.push(text.to_owned());
        self.of.insert(text.to_owned(), place);
        place
    }
}

fn draws(rows: &DataFrame) -> PolarsResult<PastDraws> {
    let (mut draws, mut strata) = (Names::default(), Names::default());
    let mut classes = Names::default();
    let keys = rows.column("object_key")?.u64()?.iter();
    let named = rows.column("draw_id")?.str()?.iter();
    let days = rows.column("drawn_on")?.i32()?.iter();
    let layers = rows.column("stratum")?.str()?.iter();
    let layers = layers.zip(rows.column("risk_class")?.str()?.iter());
    let pis = rows.column("pi")?.f64()?.iter();
    let flag =
        |name: &str| Ok::<_, polars::prelude::PolarsError>(rows.column(name)?.bool()?.iter());
    let flags = flag("drawn")?.zip(flag("measure")?).zip(flag("poisson")?);
    let all = keys.zip(named).zip(days.zip(layers)).zip(pis.zip(flags));
    let plain = all.map(
        |(((key, draw), (day, (stratum, class))), (pi, flags))| PastDraw {
            object_key: key.unwrap_or_default(),
            draw: draws.place(draw.unwrap_or_default()),
            drawn_on: Day::from_days(day.unwrap_or_default()),
            stratum: strata.place(stratum.unwrap_or_default()),
            class: classes.place(class.unwrap_or_default()),
            pi: pi.unwrap_or_default(),
            drawn: flags.0.0 == Some(true),
            measure: flags.0.1 == Some(true),
            poisson: flags.1 == Some(true),
        },
    );
    let rows = plain.collect();
    Ok(PastDraws {
        draws: draws.texts,
        strata: strata.texts,
        classes: classes.texts,
        rows,
    })
}

fn events(rows: &DataFrame, kinds: &[String]) -> PolarsResult<Vec<PastEvent>> {
    let keys = rows.column("object_key")?.u64()?.iter();
    let happened = rows.column("event_on")?.i32()?.iter();
    let known = rows.column("known_on")?.i32()?.iter();
    let named = rows.column("kind")?.str()?.iter();
    let all = keys.zip(happened).zip(known.zip(named));
    let plain = all.filter_map(|((key, event_on), (known_on, kind))| {
        Some(PastEvent {
            object_key: key?,
            event_on: Day::from_days(event_on?),
            known_on: Day::from_days(known_on?),
            kind: kinds
                .iter()
                .position(|asked| Some(asked.as_str()) == kind)?,
        })
    });
    Ok(plain.collect())
}

fn visits(rows: &DataFrame) -> PolarsResult<Vec<DrawVisit>> {
    let keys = rows.column("object_key")?.u64()?.iter();
    let named = rows.column("draw_id")?.str()?.iter();
    let days = rows.column("inspected_on")?.i32()?.iter();
    let flag =
        |name: &str| Ok::<_, polars::prelude::PolarsError>(rows.column(name)?.bool()?.iter());
    let flags = flag("by_draw")?.zip(flag("visited")?.zip(flag("found")?));
    let teams = rows.column("inspector_ids")?.list()?;
    let all = keys.zip(named).zip(days.zip(flags)).enumerate();
    let plain = all.map(|(row, ((key, draw), (day, (by_draw, (visited, found)))))| {
        let team = teams.get_as_series(row);
        let team = team.as_ref().map(|team| team.str()).transpose()?;
        let people = team.into_iter().flat_map(|team| team.iter().flatten());
        Ok(DrawVisit {
            object_key: key.unwrap_or_default(),
            draw: draw.map(str::to_owned),
            by_draw: by_draw == Some(true),
            inspected_on: Day::from_days(day.unwrap_or_default()),
            visited: visited != Some(false),
            found,
            inspectors: people.map(str::to_owned).collect(),
        })
    });
    plain.collect()
}
