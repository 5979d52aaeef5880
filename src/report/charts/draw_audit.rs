//! The draw against its own probabilities: z of every group of the frame, between the lines that chance seldom leaves.

use super::burden::fitted;
use super::{Drawn, chart, left_out};
use crate::evaluate::{AuditedGroup, DrawAudit, Evaluation, Standing};
use crate::report::Error;
use crate::report::canvas::{
    Anchor, Canvas, Entry, GREY, INK, Mark, NAVY, ORANGE, Plot, WIDTH, draw,
};
use crate::report::deterrence::{p_said, p_value};
use crate::report::format::{ABSENT, count, decimal, len, or_absent};
use crate::report::hits::attribute_name;
use crate::report::lang::{self, Lang, Phrase};
use crate::report::phrases::phrases;
use crate::report::view::Table;
use crate::report::words;

/// Groups on the picture: those farthest from what the plan gives. The table has all.
const SHOWN: usize = 14;
/// Ends of a 95 % range of a standard normal.
const USUAL: f64 = 1.96;
/// Below this the farthest of all groups is odder than chance explains: one honest draw in a hundred is suspected.
const ODD: f64 = 0.01;

phrases! {
    CHART = "抽取审计：各组抽中数与方案之差（z）", "Audit of the draw: drawn less planned, by group (z)";
    NOTE = "z 为抽中数减去方案给出的期望数，再除以标准差；虚线为 ±1.96。共检验 {0} 组，最大 |z| 为 {1}，按组数校正后 {2}：{3}。{4}", "z: objects drawn less those the plan gives, over the standard deviation; dashed: ±1.96. {0} groups tested, largest |z| {1}, corrected for their number {2}: {3}. {4}";
    FITS = "与方案相符", "as the plan says";
    ODD_SAYS = "偏离超出偶然，须核对抽取过程", "farther off than chance explains; look at how it was drawn";
    FIXED_SAYS = "{0} 组的数目由方案固定，分毫不差。", "{0} groups have numbers fixed by the plan, all exact.";
    BROKEN_SAYS = "{0} 组的数目由方案固定却与方案不符：抽取没有按方案执行。", "{0} groups have numbers fixed by the plan and differ from it: the draw did not follow the plan.";
    WHY_NONE = "本次没有抽取，或由旧版本程序生成。", "nothing was drawn, or an earlier version made the run.";
    WHY_FIXED = "各组的数目都由方案固定（或太小），没有可检验的组；逐组数目见下表。", "every group has a number fixed by the plan (or is too small): nothing to test.";
    AXIS = "z", "z";
    COL_EXPECTED = "期望抽中", "Expected";
    COL_SD = "标准差", "SD";
    COL_P = "p", "p";
    COL_STANDING = "说明", "Standing";
    TESTED = "已检验", "tested";
    FIXED = "方案固定，相符", "fixed, exact";
    BROKEN = "方案固定，不符", "fixed, differs";
    FEW = "太小，不检验", "too small";
    INSIDE = "±1.96 以内", "within ±1.96";
    OUTSIDE = "以外", "beyond";
}

/// z by group.
pub(in crate::report) fn draw_audit(lang: Lang, evaluation: &Evaluation) -> Drawn {
    let Some(audit) = &evaluation.draw_audit else {
        return Ok(left_out(lang, &CHART, &WHY_NONE));
    };
    let shown = farthest(audit);
    if shown.is_empty() {
        return Ok(left_out(lang, &CHART, &WHY_FIXED));
    }
    let height = 200 + 46 * u32::try_from(shown.len()).unwrap_or(14);
    let svg = draw(height, lang.say(&CHART), |canvas| {
        paint(lang, canvas, f64::from(height), &shown)
    })?;
    let note = note(lang, audit);
    let table = table(lang, audit);
    Ok(chart(lang, "draw_audit", &CHART, &note, svg, table))
}

fn farthest(audit: &DrawAudit) -> Vec<(&AuditedGroup, f64)> {
    let tested = audit.groups.iter();
    let mut tested: Vec<(&AuditedGroup, f64)> =
        tested.filter_map(|group| Some((group, group.z?))).collect();
    tested.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    tested.truncate(SHOWN);
    tested
}

fn note(lang: Lang, audit: &DrawAudit) -> String {
    let n = |standing: Standing| {
        let groups = audit.groups.iter();
        groups.filter(|group| group.standing == standing).count() as u64
    };
    let (broken, fixed) = (n(Standing::Broken), n(Standing::Fixed));
    let rest = match (broken, fixed) {
        (0, 0) => String::new(),
        (0, fixed) => lang.fill(&FIXED_SAYS, &[&count(fixed)]),
        (broken, _) => lang.fill(&BROKEN_SAYS, &[&count(broken)]),
    };
    let says = if audit.p.is_some_and(|p| p < ODD) {
        &ODD_SAYS
    } else {
        &FITS
    };
    let p = audit.p.map_or_else(|| ABSENT.to_owned(), p_said);
    let z = or_absent(audit.z_max, decimal);
    let said = lang.fill(
        &NOTE,
        &[&count(audit.n_tested), &z, &p, lang.say(says), &rest],
    );
    said.trim_end().to_owned()
}

/// `行政区划 130433100 馆陶镇`.
fn label(lang: Lang, group: &AuditedGroup) -> String {
    let name = attribute_name(lang, &group.by);
    format!("{name} {}", lang.name(&group.label))
}

fn paint(
    lang: Lang,
    canvas: &mut Canvas,
    height: f64,
    shown: &[(&AuditedGroup, f64)],
) -> Result<(), Error> {
    let legend = canvas.legend(&[
        Entry::new(Mark::Dot, NAVY, lang.say(&INSIDE)),
        Entry::new(Mark::Diamond, ORANGE, lang.say(&OUTSIDE)),
    ])?;
    let far = shown
        .iter()
        .map(|(_, z)| z.abs())
        .fold(3.0, f64::max)
        .ceil();
    let bottom = len(shown.len());
    let plot = Plot::new(
        (430.0, f64::from(WIDTH) - 40.0),
        (legend + 10.0, height - 110.0),
        (-far, far),
        (bottom, 0.0),
    );
    plot.y_axis(canvas, &[], decimal)?;
    plot.x_axis(canvas, &[-far, 0.0, far], |z| format!("{z:.0}"))?;
    let below = (plot.across(0.0), plot.up(bottom) + 74.0);
    canvas.text(lang.say(&AXIS), below, Anchor::Middle, INK)?;
    for edge in [-USUAL, USUAL] {
        canvas.dashes(plot.at((edge, 0.0)), plot.at((edge, bottom)), GREY)?;
    }
    canvas.line(&[plot.at((0.0, 0.0)), plot.at((0.0, bottom))], GREY, 2)?;
    for (slot, (group, z)) in shown.iter().enumerate() {
        let y = len(slot) + 0.5;
        let name = fitted(&label(lang, group), 398.0);
        canvas.text(&name, (16.0, plot.up(y)), Anchor::Start, INK)?;
        if z.abs() <= USUAL {
            canvas.dot(plot.at((*z, y)), NAVY)?;
        } else {
            canvas.diamond(plot.at((*z, y)), ORANGE)?;
        }
    }
    Ok(())
}

fn table(lang: Lang, audit: &DrawAudit) -> Table {
    let head = [
        &words::COL_GROUP,
        &lang::COL_N_FRAME,
        &COL_EXPECTED,
        &lang::COL_N_DRAWN,
        &COL_SD,
        &AXIS,
        &COL_P,
        &COL_STANDING,
    ];
    let row = |group: &AuditedGroup| {
        let standing = match group.standing {
            Standing::Tested => &TESTED,
            Standing::Fixed => &FIXED,
            Standing::Broken => &BROKEN,
            Standing::Few => &FEW,
        };
        vec![
            label(lang, group),
            count(group.n_frame),
            format!("{:.1}", group.expected),
            count(group.n_drawn),
            decimal(group.sd),
            or_absent(group.z, decimal),
            or_absent(group.p, p_value),
            lang.say(standing).to_owned(),
        ]
    };
    Table::new(lang, &head, audit.groups.iter().map(row).collect())
}
