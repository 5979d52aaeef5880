//! Rounds of record on the page of `choucha evaluate`: four cards of the last round with results, every round, every item.

use super::content::card;
use super::format::{bracketed, count, decimal, interval, or_absent, percent};
use super::lang::{self, Lang, Phrase};
use super::phrases::phrases;
use super::view::{Card, Section, Table};
use super::{deterrence, with_rows};
use crate::evaluate::{Evaluation, Figure, N_MIN, PastItem, PastRound, PastRounds, TrendPoint};

phrases! {
    SECTION = "历次批次", "Rounds of record";
    INTRO = "共 {0} 个批次。概率取自账本；递补之后按门槛票号的概率加权，几个事项共用一张票时取其中最大者。", "{0} rounds. Probabilities are the ledger's; after replacements those of the threshold tickets, the largest where several items share a ticket.";
    FEW = "有结果少于 {0} 户的不给比率。", "No rate is given below {0} results.";
    COUNTS = "其中：{0}。", "Of these: {0}.";
    COUNTED = "{0} {1}", "{0} {1}";
    UNUSABLE = "无法检查", "could not be inspected";
    MOVED_UP = "递补", "moved up";
    WITHOUT_RESULT = "尚无结果", "no result yet";
    DRAWN_AGAIN = "重新抽取、不计的批次", "rounds drawn again, not counted";
    OTHER = "其他", "others";
    TABLE_ROUNDS = "各批次", "Round by round";
    TABLE_ITEMS = "各抽查事项（各用本事项抽取的抽样框、概率和层；检查结果是整次上门的结果）", "Item by item: frame, probabilities and strata of its own draw; a result is that of the whole visit";
    COL_ROUND = "批次", "Round";
    COL_FRAME = "抽样框", "Frame";
    COL_DRAWN = "抽中", "Drawn";
    COL_SUM = "Σπ", "Σπ";
    COL_RESULTS = "有结果", "Results";
    COL_ITEM = "事项", "Item";
    COL_DEPARTMENT = "实施部门", "Department";
    CARD_RAW = "{0}：{1} 户有结果，{2} 户发现问题{3}。", "{0}: {1} with a result, {2} with a finding{3}.";
    CARD_PREVALENCE = "{0}：按入样概率加权，抽样框 {1} 户中估计存在问题的比例{2}。", "{0}: weighted by inclusion probability, the share of the {1} objects of the frame with a problem{2}.";
    CARD_DONE = "已有结果", "With a result";
    CARD_DONE_SAYS = "全部 {0} 个批次共抽中 {1} 户，{2} 户已有结果。", "All {0} rounds drew {1} objects, {2} of which have a result.";
}

/// The cards; `None` where the page is not of rounds of record.
pub(super) fn cards(lang: Lang, evaluation: &Evaluation) -> Option<Vec<Card>> {
    let past = of_record(evaluation)?;
    let points = evaluation.over_time.as_ref().map(|found| &found.points);
    let last = points?.iter().rfind(|point| point.n > 0)?;
    let range = |figure: &Figure| interval(lang, figure.interval(), percent);
    let raw = [
        &last.id,
        &count(last.n),
        &count(last.hits),
        &range(&last.raw),
    ];
    let market = [&last.id, &count(last.n_frame), &range(&last.prevalence)];
    let sum = |of: fn(&PastRound) -> u64| past.rounds.iter().map(of).sum::<u64>();
    let (drawn, valid) = (sum(|round| round.n_drawn), sum(|round| round.n_valid));
    let rounds = past.rounds.len().to_string();
    let done = [rounds.as_str(), &count(drawn), &count(valid)];
    let share = |figure: &Figure| or_absent(figure.value, percent);
    Some(vec![
        card(
            lang,
            &lang::HIT_RATE,
            share(&last.raw),
            lang.fill(&CARD_RAW, &raw.map(String::as_str)),
        ),
        card(
            lang,
            &lang::PREVALENCE,
            share(&last.prevalence),
            lang.fill(&CARD_PREVALENCE, &market.map(String::as_str)),
        ),
        card(
            lang,
            &CARD_DONE,
            count(valid),
            lang.fill(&CARD_DONE_SAYS, &done),
        ),
        deterrence::card(lang, evaluation),
    ])
}

/// Every round and every item; `None` where the page is not of rounds of record.
pub(super) fn section(lang: Lang, evaluation: &Evaluation) -> Option<Section> {
    let past = of_record(evaluation)?;
    let points = evaluation.over_time.as_ref();
    let points = points.map_or(&[][..], |found| &found.points);
    let counted = past.set_aside.iter().map(|one| {
        let label = lang.say(label(&one.label));
        lang.fill(&COUNTED, &[label, &count(one.n)])
    });
    let counted: Vec<String> = counted.collect();
    let mut paragraphs = vec![lang.fill(&INTRO, &[&past.rounds.len().to_string()])];
    if !counted.is_empty() {
        let counted = counted.join(lang.pick("；", "; "));
        paragraphs.push(lang.fill(&COUNTS, &[&counted]));
    }
    paragraphs.push(lang.fill(&FEW, &[&count(N_MIN)]));
    Some(Section {
        id: "rounds",
        heading: lang.say(&SECTION).to_owned(),
        paragraphs,
        tables: with_rows(vec![rounds(lang, past, points), items(lang, &past.items)]),
        ..Section::default()
    })
}

/// The account of rounds of record: an evaluation that has one and no draw of its own.
pub(super) fn of_record(evaluation: &Evaluation) -> Option<&PastRounds> {
    let past = evaluation.past.as_ref();
    past.filter(|_| evaluation.facts.seed.is_none())
}

fn label(label: &str) -> &'static Phrase {
    match label {
        "unusable" => &UNUSABLE,
        "moved-up" => &MOVED_UP,
        "without-result" => &WITHOUT_RESULT,
        "drawn-again" => &DRAWN_AGAIN,
        _ => &OTHER,
    }
}

fn rounds(lang: Lang, past: &PastRounds, points: &[TrendPoint]) -> Table {
    let row = |round: &PastRound| {
        let point = points.iter().find(|point| point.id == round.draw_id);
        let mut row = vec![
            round.draw_id.clone(),
            round.drawn_on.to_string(),
            count(round.n_frame),
            count(round.n_drawn),
            decimal(round.sum_pi),
            count(round.n_valid),
            count(round.n_found),
        ];
        row.extend(rates(point));
        row
    };
    let head = [
        &COL_ROUND,
        &lang::COL_DAY,
        &COL_FRAME,
        &COL_DRAWN,
        &COL_SUM,
        &COL_RESULTS,
        &lang::COL_HITS,
        &lang::HIT_RATE,
        &lang::PREVALENCE,
    ];
    let table = Table::new(lang, &head, past.rounds.iter().map(row).collect());
    Table {
        n_text: 2,
        ..table.titled(lang.say(&TABLE_ROUNDS).to_owned())
    }
}

fn items(lang: Lang, items: &[PastItem]) -> Table {
    let of_item = |item: &PastItem| {
        let row = |point: &TrendPoint| {
            let mut row = vec![
                item.item.clone(),
                item.department.clone(),
                point.id.clone(),
                count(point.n_frame),
                count(point.n),
                count(point.hits),
            ];
            row.extend(rates(Some(point)));
            row
        };
        item.points.iter().map(row).collect::<Vec<_>>()
    };
    let head = [
        &COL_ITEM,
        &COL_DEPARTMENT,
        &COL_ROUND,
        &COL_FRAME,
        &COL_RESULTS,
        &lang::COL_HITS,
        &lang::HIT_RATE,
        &lang::PREVALENCE,
    ];
    let table = Table::new(lang, &head, items.iter().flat_map(of_item).collect());
    Table {
        n_text: 3,
        ..table.titled(lang.say(&TABLE_ITEMS).to_owned())
    }
}

/// Hit rate and prevalence with their intervals.
fn rates(point: Option<&TrendPoint>) -> [String; 2] {
    let none = Figure::NONE;
    let of = |figure: Option<&Figure>| bracketed(figure.unwrap_or(&none), percent);
    [
        of(point.map(|point| &point.raw)),
        of(point.map(|point| &point.prevalence)),
    ]
}
