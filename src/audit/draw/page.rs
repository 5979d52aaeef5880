//! An audit as lines of text and as one page for A4 paper.

use serde::Serialize;

use super::error::Error;
use super::family::{Finding, Verdict, Withheld};
use super::reach::{Reach, Reached};
use super::words::Words;
use super::{Audit, Refused};
use crate::report::Lang;
use crate::sheets;

const TEMPLATE: &str = include_str!("page.html");
/// Refused rows that are shown.
const REFUSED_SHOWN: usize = 20;

/// Headings of the page, by the name the template uses.
const HEADINGS: &[(&str, &str, &str)] = &[
    ("title", "抽查名单审计", "Audit of a drawn list"),
    ("declared", "声明的抽法", "declared design"),
    ("tests", "检验", "Tests"),
    ("test", "检验项目", "test"),
    ("says", "结论", "what it says"),
    ("value", "统计量", "statistic"),
    ("expected", "随机抽取时", "in random draws"),
    ("effect", "偏离", "effect"),
    ("p", "p", "p"),
    ("adjusted", "校正后 p", "adjusted p"),
    (
        "districts",
        "抽不到或被漏抽的辖区",
        "Districts out of reach or left out",
    ),
    ("district", "辖区", "district"),
    ("objects", "户数", "objects"),
    (
        "unreachable",
        "间隔法够不到的户数",
        "objects no start reaches",
    ),
    ("reach", "情况", "reach"),
    (
        "chance",
        "随机抽取时一户不中的机会",
        "chance of none in a random draw",
    ),
    ("withheld", "未做的检验及原因", "Tests withheld, and why"),
    ("refused", "无法采用的行", "Rows that could not be used"),
    ("method", "方法", "Method"),
];

/// The page of an audit, complete in itself.
///
/// # Errors
/// When the template cannot be filled.
pub fn page(audit: &Audit, lang: Lang) -> Result<String, Error> {
    let heading =
        |(name, zh, en): &(&'static str, &'static str, &'static str)| (*name, pick(lang, zh, en));
    let sheet = Sheet {
        lang: pick(lang, "zh-CN", "en"),
        t: HEADINGS.iter().map(heading).collect(),
        title: audit.title.clone().unwrap_or_default(),
        verdict: verdict(audit, lang),
        departure: audit.departure,
        design: audit.design.pick(lang).to_owned(),
        facts: facts(audit, lang),
        tests: audit
            .tests
            .iter()
            .map(|finding| row(finding, lang))
            .collect(),
        districts: audit
            .districts
            .iter()
            .map(|one| district(one, lang))
            .collect(),
        withheld: audit
            .withheld
            .iter()
            .map(|one| withheld(one, lang))
            .collect(),
        notes: audit
            .notes
            .iter()
            .map(|note| note.pick(lang).to_owned())
            .collect(),
        refused: refused(&audit.refused, lang),
        method: method(audit, lang),
    };
    Ok(sheets::page("audit.html", TEMPLATE, &sheet)?)
}

/// What the template is filled with.
#[derive(Serialize)]
struct Sheet {
    lang: &'static str,
    t: std::collections::BTreeMap<&'static str, &'static str>,
    title: String,
    verdict: String,
    departure: bool,
    design: String,
    facts: String,
    tests: Vec<Row>,
    districts: Vec<Vec<String>>,
    withheld: Vec<[String; 2]>,
    notes: Vec<String>,
    refused: Vec<String>,
    method: String,
}

/// One test as the table shows it.
#[derive(Serialize)]
struct Row {
    departure: bool,
    name: String,
    sentence: String,
    statistic: String,
    value: String,
    expected: String,
    effect: String,
    p: String,
    adjusted: String,
}

/// The lines of an audit.
pub(super) fn lines(audit: &Audit, lang: Lang) -> Vec<String> {
    let mut lines = vec![facts(audit, lang)];
    lines.push(format!(
        "{}: {}",
        pick(lang, "声明的抽法", "declared design"),
        audit.design.pick(lang)
    ));
    for finding in &audit.tests {
        let mark = match finding.verdict {
            Verdict::Departure => pick(lang, "异常", "DEPARTURE"),
            Verdict::NoDeparture => pick(lang, "正常", "ok"),
        };
        let name = finding.name.pick(lang);
        let p = format!(
            "p {}, {} {}",
            chance(finding.p),
            pick(lang, "校正后", "adjusted"),
            chance(finding.p_adjusted)
        );
        lines.push(format!(
            "{mark} {name}: {} ({p})",
            finding.sentence.pick(lang)
        ));
    }
    lines.extend(audit.districts.iter().map(|one| told(one, lang)));
    for one in &audit.withheld {
        let [name, reason] = withheld(one, lang);
        lines.push(format!(
            "{} {name}: {reason}",
            pick(lang, "未做", "withheld")
        ));
    }
    lines.extend(
        audit
            .notes
            .iter()
            .map(|note| format!("{}: {}", pick(lang, "注", "note"), note.pick(lang))),
    );
    lines.extend(refused(&audit.refused, lang));
    lines.push(verdict(audit, lang));
    lines
}

fn pick(lang: Lang, zh: &'static str, en: &'static str) -> &'static str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

fn verdict(audit: &Audit, lang: Lang) -> String {
    let n = audit
        .tests
        .iter()
        .filter(|finding| finding.verdict == Verdict::Departure)
        .count();
    let all = audit.tests.len();
    let words = match (n, all) {
        (_, 0) => Words::new("没有可做的检验。", "No test could be made."),
        (0, _) => Words::new(
            format!(
                "{all} 项检验均未发现名单偏离声明的抽法。这不证明抽取是随机的，只说明没有显出不随机。"
            ),
            format!(
                "None of {all} tests found a departure from the declared design. That does not prove the draw random; it shows no sign that it was not."
            ),
        ),
        _ => Words::new(
            format!(
                "{all} 项检验中有 {n} 项发现名单偏离声明的抽法。偏离说明名单不像按声明的抽法抽出，不说明是谁、为何如此。"
            ),
            format!(
                "{n} of {all} tests found that the list departs from the declared design. A departure says that the list is not what that design gives, not who did it or why."
            ),
        ),
    };
    words.pick(lang).to_owned()
}

fn facts(audit: &Audit, lang: Lang) -> String {
    let rounds: Vec<String> = audit
        .rounds
        .iter()
        .map(|round| match round.label.as_str() {
            "" => round.n.to_string(),
            label => format!("{label} ({})", round.n),
        })
        .collect();
    let (n, rounds) = (audit.n_objects, rounds.join(pick(lang, "、", ", ")));
    let strata = match (lang, audit.n_strata) {
        (_, 1) => String::new(),
        (Lang::Zh, n) => format!("，分 {n} 层"),
        (Lang::En, n) => format!(" in {n} strata"),
    };
    match lang {
        Lang::Zh => format!("名录 {n} 户{strata}；各批次抽中户数：{rounds}"),
        Lang::En => format!("register: {n} objects{strata}; drawn by round: {rounds}"),
    }
}

fn row(finding: &Finding, lang: Lang) -> Row {
    let expected = match finding.usual {
        Some([low, high]) => format!(
            "{} ({} – {})",
            figure(finding.expected),
            figure(low),
            figure(high)
        ),
        None => figure(finding.expected),
    };
    Row {
        departure: finding.verdict == Verdict::Departure,
        name: finding.name.pick(lang).to_owned(),
        sentence: finding.sentence.pick(lang).to_owned(),
        statistic: finding.statistic.pick(lang).to_owned(),
        value: figure(finding.value),
        expected,
        effect: format!(
            "{} {}",
            figure(finding.effect.value),
            finding.effect.unit.pick(lang)
        ),
        p: chance(finding.p),
        adjusted: chance(finding.p_adjusted),
    }
}

fn withheld(one: &Withheld, lang: Lang) -> [String; 2] {
    [&one.name, &one.reason].map(|words| words.pick(lang).to_owned())
}

fn name_of(one: &Reached, lang: Lang) -> String {
    match one.district.as_str() {
        "" => pick(lang, "（空白）", "(blank)").to_owned(),
        name => name.to_owned(),
    }
}

fn fate(reach: Reach, lang: Lang) -> &'static str {
    match reach {
        Reach::Never => pick(lang, "不可能被抽中", "could never be drawn"),
        Reach::PartlyNever => pick(lang, "部分不可能被抽中", "partly could never be drawn"),
        Reach::Always => pick(lang, "一定会被抽中", "certain to be drawn"),
        Reach::PartlyAlways => pick(lang, "部分一定会被抽中", "partly certain to be drawn"),
        Reach::LeftOut => pick(lang, "一户也没有抽中", "nobody was drawn"),
    }
}

fn district(one: &Reached, lang: Lang) -> Vec<String> {
    vec![
        name_of(one, lang),
        one.n_objects.to_string(),
        one.n_unreachable.to_string(),
        fate(one.reach, lang).to_owned(),
        one.chance_of_none.map_or_else(|| "–".to_owned(), chance),
    ]
}

/// A district in one line.
fn told(one: &Reached, lang: Lang) -> String {
    let (name, n, blind) = (name_of(one, lang), one.n_objects, one.n_unreachable);
    let fate = fate(one.reach, lang);
    let chance = one.chance_of_none.map(chance);
    match (lang, one.reach) {
        (Lang::Zh, Reach::PartlyNever | Reach::PartlyAlways) => {
            format!("  {name}（{n} 户）：{fate}（{blind} 户）")
        }
        (Lang::En, Reach::PartlyNever | Reach::PartlyAlways) => {
            format!("  {name} ({n} objects): {fate} ({blind})")
        }
        (Lang::Zh, _) => {
            let chance = chance.map_or_else(String::new, |chance| {
                format!("；随机抽取时一户不中的机会为 {chance}")
            });
            format!("  {name}（{n} 户）：{fate}{chance}")
        }
        (Lang::En, _) => {
            let chance = chance.map_or_else(String::new, |chance| {
                format!("; chance of none in a random draw {chance}")
            });
            format!("  {name} ({n} objects): {fate}{chance}")
        }
    }
}

fn refused(all: &[Refused], lang: Lang) -> Vec<String> {
    let mut lines: Vec<String> = all
        .iter()
        .take(REFUSED_SHOWN)
        .map(Refused::to_string)
        .collect();
    if all.len() > REFUSED_SHOWN {
        let rest = all.len() - REFUSED_SHOWN;
        lines.push(match lang {
            Lang::Zh => format!("……另有 {rest} 行，见 audit.json"),
            Lang::En => format!("… and {rest} more, in audit.json"),
        });
    }
    lines
}

fn method(audit: &Audit, lang: Lang) -> String {
    let (n, seed) = (audit.replicates, audit.seed.to_string());
    let level = 100.0 * audit.level;
    match lang {
        Lang::Zh => format!(
            "每项检验把名单与按声明的抽法模拟的 {n} 份名单比较，p =（1 + 至少同样异常的份数）÷（1 + {n}）；各项 p 按 Holm 法校正，使随机抽取的名单被任何一项误判的机会不超过 {level}%。检查人员按各人次数重新随机搭配 {n} 次。模拟用 ChaCha12，种子为名单与抽法文件的摘要：{seed}。"
        ),
        Lang::En => format!(
            "Each test compares the list with {n} lists simulated under the declared design: p = (1 + lists at least as odd) / (1 + {n}). Holm's correction holds the chance that any test blames a random list at {level}%. Inspectors are paired anew {n} times with everybody's number of visits kept. Simulations use ChaCha12; their seed is the digest of lists and design: {seed}."
        ),
    }
}

/// Three figures, or whole where large.
fn figure(value: f64) -> String {
    let size = value.abs();
    if size >= 100.0 || value.fract().abs() < f64::EPSILON {
        format!("{value:.0}")
    } else if size >= 10.0 {
        format!("{value:.1}")
    } else if size >= 0.01 {
        format!("{value:.3}")
    } else {
        format!("{value:.2e}")
    }
}

/// A probability; never shown as zero.
fn chance(p: f64) -> String {
    if p >= 0.0001 {
        format!("{p:.4}")
    } else if p > 0.0 {
        format!("{p:.1e}")
    } else {
        "0".to_owned()
    }
}
