//! The replay of selective labels on the page of a back-test: hits against what is still known of the market.

use super::words;
use crate::evaluate::{Averaged, PolicyFacts, PolicyKind, PolicyMeasures, Rolling, Selective};
use crate::report::Error;
use crate::report::canvas::{Anchor, Canvas, Entry, GREY, INK, LIGHT, Mark, ORANGE, draw, ticks};
use crate::report::charts::{Drawn, chart, percent_axis, upright};
use crate::report::format::{ABSENT, count, len, or_absent, percent};
use crate::report::lang::Lang;
use crate::report::view::{Section, Table};
use crate::report::{section, with_rows};

const HEIGHT: u32 = 640;
/// Standard errors to either side of a mean.
const WHISKER: f64 = 1.96;

/// The section, where a job asked for the replay.
pub(super) fn shown(lang: Lang, rolling: &Rolling) -> Result<Option<Section>, Error> {
    let Some(own) = &rolling.selective else {
        return Ok(None);
    };
    let drawn = vec![hits(lang, own)];
    let mut section = section(lang, "selective", &words::SECTION_SELECTIVE, drawn)?;
    let facts = &own.facts;
    let first = facts.rounds.first().copied().unwrap_or(0);
    section.paragraphs = vec![
        lang.fill(
            &words::SELECTIVE_SAYS,
            &[
                &count(facts.n),
                &facts.rounds.len().to_string(),
                &percent(facts.budget),
                &facts.replicates.to_string(),
            ],
        ),
        lang.fill(&words::SELECTIVE_FIRST, &[&count(first)]),
        lang.fill(
            &words::SELECTIVE_BOUNDS,
            &[
                &percent(facts.floor),
                &percent(facts.cap),
                words::design(&facts.design, lang),
            ],
        ),
        lang.say(&words::SELECTIVE_NO_ESTIMATE).to_owned(),
    ];
    section
        .paragraphs
        .extend(own.policies.iter().filter_map(|one| compared(lang, one)));
    section.tables = with_rows(vec![table(lang, own)]);
    Ok(Some(section))
}

/// Whether a policy finds as much as the greedy one, by two standard errors.
fn compared(lang: Lang, own: &PolicyMeasures) -> Option<String> {
    let (against, market) = (own.against_greedy?, own.market?);
    let error = against.standard_error?;
    let PolicyKind::Power(_) = own.policy.kind else {
        return None;
    };
    let phrase = if against.value < -2.0 * error {
        &words::SELECTIVE_LESS
    } else if against.value > 2.0 * error {
        &words::SELECTIVE_MORE
    } else {
        &words::SELECTIVE_EQUAL
    };
    let (name, numbers) = (name(own.policy, lang), [against.value, error].map(points));
    let coverage = percent(market.coverage);
    Some(lang.fill(phrase, &[&name, &numbers[0], &numbers[1], &coverage]))
}

fn name(policy: PolicyFacts, lang: Lang) -> String {
    let own = match policy.kind {
        PolicyKind::Equal => lang.say(&words::POLICY_EQUAL).to_owned(),
        PolicyKind::Greedy => lang.say(&words::POLICY_GREEDY).to_owned(),
        PolicyKind::Explore(share) => lang.fill(&words::POLICY_EXPLORE, &[&percent(share)]),
        PolicyKind::Power(gamma) => lang.fill(&words::POLICY_POWER, &[&gamma.to_string()]),
    };
    if policy.weighted {
        lang.fill(&words::POLICY_WEIGHTED, &[&own])
    } else {
        own
    }
}

/// A difference of shares in points.
fn points(value: f64) -> String {
    format!("{:+.2}", 100.0 * value)
}

fn with_error(own: Averaged, value: String) -> String {
    match own.standard_error {
        Some(error) => format!("{value} (±{:.2})", 100.0 * error),
        None => value,
    }
}

fn table(lang: Lang, own: &Selective) -> Table {
    let head = [
        &words::COL_POLICY,
        &words::COL_HITS,
        &words::COL_LIFT,
        &words::COL_RAW_BIAS,
        &words::COL_MARKET_BIAS,
        &words::COL_RMSE,
        &words::COL_COVERAGE,
        &words::COL_MODEL_BIAS,
        &words::COL_GREEDY,
    ];
    let row = |one: &PolicyMeasures| {
        let market = |of: fn(&crate::evaluate::MarketError) -> String| {
            let none = || lang.say(&words::UNDEFINED).to_owned();
            one.market.as_ref().map_or_else(none, of)
        };
        vec![
            name(one.policy, lang),
            with_error(one.hit_rate, percent(one.hit_rate.value)),
            format!("{:.2}", one.lift),
            points(one.raw_bias.value),
            market(|own| points(own.bias.value)),
            market(|own| format!("{:.2}", 100.0 * own.rmse)),
            market(|own| percent(own.coverage)),
            points(one.model_bias.value),
            one.against_greedy.map_or_else(
                || ABSENT.to_owned(),
                |against| with_error(against, points(against.value)),
            ),
        ]
    };
    let rows = own.policies.iter().map(row).collect();
    Table::new(lang, &head, rows).titled(lang.say(&words::TABLE_SELECTIVE).to_owned())
}

/// Hit rate of every policy; where the market stays known, how far its estimate misses.
fn hits(lang: Lang, own: &Selective) -> Drawn {
    let title = &words::CHART_SELECTIVE;
    let highs = own.policies.iter().map(|one| high(one.hit_rate));
    let ticks = ticks(highs.fold(0.0, f64::max).min(1.0));
    let svg = draw(HEIGHT, lang.say(title), |canvas| {
        paint(lang, canvas, own, &ticks)
    })?;
    let rows = own.policies.iter().enumerate().map(|(place, one)| {
        let rmse = or_absent(one.market.map(|market| market.rmse), percent);
        vec![
            (place + 1).to_string(),
            name(one.policy, lang),
            percent(one.hit_rate.value),
            rmse,
        ]
    });
    let head = [
        &words::COL_NUMBER,
        &words::COL_POLICY,
        &words::COL_HITS,
        &words::COL_RMSE,
    ];
    let mut table = Table::new(lang, &head, rows.collect());
    table.n_text = 2;
    let note = lang.say(&words::CHART_SELECTIVE_NOTE);
    Ok(chart(lang, "backtest_selective", title, note, svg, table))
}

fn high(own: Averaged) -> f64 {
    own.value + WHISKER * own.standard_error.unwrap_or(0.0)
}

fn paint(lang: Lang, canvas: &mut Canvas, own: &Selective, ticks: &[f64]) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Box, LIGHT, lang.say(&words::LEGEND_HITS)),
        Entry::new(Mark::Dot, ORANGE, lang.say(&words::LEGEND_RMSE)),
    ])?;
    let top = ticks.last().copied().unwrap_or(1.0);
    let n = own.policies.len();
    let plot = upright(f64::from(HEIGHT), legend, (0.0, len(n)), (0.0, top));
    plot.y_axis(canvas, ticks, percent_axis(top))?;
    for (slot, one) in own.policies.iter().enumerate() {
        let (middle, rate) = (len(slot) + 0.5, one.hit_rate.value);
        let is_greedy = one.policy.kind == PolicyKind::Greedy;
        let color = if is_greedy { GREY } else { LIGHT };
        canvas.rectangle(
            plot.at((middle - 0.3, 0.0)),
            plot.at((middle + 0.3, rate)),
            color,
        )?;
        let low = 2.0 * rate - high(one.hit_rate);
        canvas.whisker(
            plot.at((middle, low)),
            plot.at((middle, high(one.hit_rate))),
            INK,
        )?;
        if let Some(market) = one.market {
            canvas.dot(plot.at((middle, market.rmse)), ORANGE)?;
        }
        let (x, bottom) = plot.at((middle, 0.0));
        canvas.text(
            &(slot + 1).to_string(),
            (x, bottom + 28.0),
            Anchor::Middle,
            INK,
        )?;
    }
    let (across, up) = (lang.say(&words::COL_POLICY), lang.say(&words::COL_HITS));
    plot.titles(canvas, across, up)
}
