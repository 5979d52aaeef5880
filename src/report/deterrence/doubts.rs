//! What the tables of past draws leave in doubt: visits that fit no draw, kinds of events nobody ever entered.

use crate::evaluate::{Evaluation, PastRounds};
use crate::report::format::{count, percent};
use crate::report::lang::{Lang, Phrase};
use crate::report::phrases::phrases;

/// Share of visits set aside from which the confidence falls.
const SHARE_MAX: f64 = 0.01;

phrases! {
    SET_ASIDE = "{0} 次检查对不上任何抽取而未计入（{1}），占 {2}", "{0} visits fit no draw and are not counted ({1}), {2} of all";
    REASON = "{0} {1}", "{0} {1}";
    KINDS = "从未有过“{0}”的事件，请核对名称", "no event of kind “{0}” is known: check its name";
    DRAW_UNKNOWN = "历次抽取中没有该抽取", "of a draw that is not in the table";
    NOT_NAMED = "未写明是哪次抽取", "naming no draw";
    NOT_IN_FRAME = "不在该次抽样框内", "not in the frame of their draw";
    NOT_DRAWN = "该次未抽中", "not drawn by it";
    BEFORE_DRAW = "日期早于抽取", "dated before their draw";
}

/// Every doubt, and whether it lowers the confidence.
pub(super) fn doubts(lang: Lang, evaluation: &Evaluation) -> Vec<(String, bool)> {
    let Some(past) = &evaluation.past else {
        return Vec::new();
    };
    let kinds = &past.kinds_without_events;
    let named = kinds.join(lang.pick("”“", "”, “"));
    let unknown = (!kinds.is_empty()).then(|| (lang.fill(&KINDS, &[&named]), true));
    set_aside(lang, past).into_iter().chain(unknown).collect()
}

/// Visits that name a draw, or should, and contradict it.
fn set_aside(lang: Lang, past: &PastRounds) -> Option<(String, bool)> {
    let faults = past.set_aside.iter();
    let faults: Vec<(&Phrase, u64)> = faults
        .filter_map(|one| Some((fault(&one.label)?, one.n)))
        .collect();
    let n: u64 = faults.iter().map(|(_, n)| n).sum();
    let used: u64 = past.rounds.iter().map(|round| round.n_visited).sum();
    if n == 0 {
        return None;
    }
    let reasons = faults.iter();
    let reasons = reasons.map(|(why, n)| lang.fill(&REASON, &[lang.say(why), &count(*n)]));
    let reasons: Vec<String> = reasons.collect();
    #[expect(clippy::cast_precision_loss, reason = "counts of visits are small")]
    let share = n as f64 / (n + used) as f64;
    let all = [
        &count(n),
        &reasons.join(lang.pick("，", ", ")),
        &percent(share),
    ];
    let all = all.map(String::as_str);
    Some((lang.fill(&SET_ASIDE, &all), share > SHARE_MAX))
}

/// A fault of the tables; other reasons to leave a visit out are none.
fn fault(label: &str) -> Option<&'static Phrase> {
    Some(match label {
        "draw-unknown" => &DRAW_UNKNOWN,
        "draw-not-named" => &NOT_NAMED,
        "not-in-frame" => &NOT_IN_FRAME,
        "not-drawn" => &NOT_DRAWN,
        "before-draw" => &BEFORE_DRAW,
        _ => return None,
    })
}
