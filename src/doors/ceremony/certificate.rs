//! 证书: one page with every digest, what the proof rests on, and the command to recheck; it prints to A4.

use std::fmt::Display;
use std::path::PathBuf;

use serde::Serialize;

use super::super::cannot;
use crate::error::Error;
use crate::ledger::{self, Entry, Ledger, Line, Round};
use crate::plan::Proof;
use crate::publish::{self, NOTICE, PublicSeal, RoundBulletin};
use crate::runs::replace_file;
use crate::sheets;
use crate::units::{Digest, HashName};

const TEMPLATE: &str = include_str!("certificate.html");

#[derive(Serialize)]
struct Page {
    title: String,
    round: String,
    badges: Vec<String>,
    facts: Vec<Row>,
    draws: Vec<DrawRow>,
    events: Vec<Event>,
    digests: Vec<Row>,
    rests_on: Vec<String>,
    commands: Vec<String>,
    footer: String,
}

#[derive(Serialize)]
struct Row {
    zh: &'static str,
    en: &'static str,
    value: String,
}

#[derive(Serialize)]
struct DrawRow {
    name: String,
    department: String,
    n_units: u64,
    n: u64,
}

#[derive(Serialize)]
struct Event {
    seq: u64,
    at: String,
    what: String,
}

fn row(zh: &'static str, en: &'static str, value: impl Display) -> Row {
    Row {
        zh,
        en,
        value: format!("{value}"),
    }
}

/// Writes `rounds/ID/certificate.html` from what is published and what the ledger says, and gives its place. It is written again
/// after every act of the round, so no entry names it.
pub(super) fn write(ledger: &Ledger, id: &str) -> Result<PathBuf, Error> {
    let public = ledger.folder(id, "draw/public");
    let (seal, bulletin) = publish::read_bulletin(&public)?;
    let round = ledger.state().round(id)?;
    let page = Page {
        title: seal.title.clone(),
        round: id.to_owned(),
        badges: badges(&seal),
        facts: facts(&seal, &bulletin, round),
        draws: draws(&seal),
        events: events(ledger, id),
        digests: digests(&seal, &bulletin, ledger),
        rests_on: rests_on(&seal, round),
        commands: commands(&seal),
        footer: format!(
            "choucha {} · 本页由账本和公示文件生成，不含信用风险分类、分值和入样概率 / made from the ledger and the published files; no class, score or probability",
            super::super::VERSION
        ),
    };
    let html = sheets::page("certificate.html", TEMPLATE, &page)?;
    let path = ledger.folder(id, "certificate.html");
    replace_file(&path, html.as_bytes()).map_err(|_| {
        let source = std::io::Error::other("is it open in another program?");
        cannot("write", &path)(source)
    })?;
    Ok(path)
}

fn badges(seal: &PublicSeal) -> Vec<String> {
    let mut badges = Vec::new();
    if seal.rehearsal {
        badges.push(NOTICE.to_owned());
    }
    if seal.synthetic {
        badges.push("合成数据 / synthetic data".to_owned());
    }
    badges
}

fn facts(seal: &PublicSeal, bulletin: &RoundBulletin, round: &Round) -> Vec<Row> {
    let proof = match seal.proof {
        Proof::Open => "公开证明：任何人可全部重算 / open: anyone recomputes everything",
        Proof::Sealed => {
            "封存证明：公众核对承诺，监督人凭密钥全部重算 / sealed: the public checks commitments, the supervisor recomputes all"
        }
    };
    let mut facts = vec![
        row("基准日", "as of", seal.as_of),
        row(
            "检查对象",
            "objects drawn",
            format!("{} / {}", bulletin.n, bulletin.n_units),
        ),
        row("证明方式", "proof", proof),
        row(
            "种子事件",
            "seed event",
            format!(
                "{} · {} · 不早于 {}",
                seal.seed_rule.source,
                seal.seed_rule.event.join("、"),
                seal.seed_rule.not_before
            ),
        ),
        row(
            "种子",
            "seed text",
            format!("{}（{}）", bulletin.seed_text, bulletin.seed_source),
        ),
    ];
    let departments = std::iter::once(&seal.lead).chain(&seal.partners);
    let departments: Vec<&str> = departments
        .map(String::as_str)
        .filter(|name| !name.is_empty())
        .collect();
    if !departments.is_empty() {
        facts.insert(
            1,
            row(
                "发起、配合部门",
                "lead and partners",
                departments.join("、"),
            ),
        );
    }
    if let Some(programme) = &seal.programme {
        let text = format!(
            "{}，{} 公布：{}",
            programme.version, programme.published_on, programme.proof
        );
        facts.push(row("年度计划", "programme", text));
    }
    if let Some(receipt) = &bulletin.receipt {
        let text = format!("{} · {}", receipt.place, receipt.published_at);
        facts.push(row("封存公示", "seal published", text));
    }
    if let Some(custody) = &round.custody {
        let text = format!("{} · {}", custody.holder, custody.lodged_at);
        facts.push(row("密钥保管", "key lodged with", text));
    }
    facts.extend(after_the_draw(round));
    facts
}

/// What became of the drawn list: teams, targets that cannot be inspected, those who moved up.
fn after_the_draw(round: &Round) -> Vec<Row> {
    let mut rows = Vec::new();
    if !round.assigned.is_empty() {
        let sum = |of: fn(&ledger::Assign) -> u64| -> u64 {
            round.assigned.iter().map(|(_, one)| of(one)).sum()
        };
        let (teams, short) = (sum(|one| one.n_visits), sum(|one| one.n_shortfalls));
        let text =
            format!("{teams} 次检查已派员，{short} 次缺员 / {teams} teams, {short} shortfalls");
        rows.push(row("随机派员", "inspectors", text));
    }
    if let Some((_, last)) = round.unusable.last() {
        let sum = |of: fn(&ledger::Unusable) -> u64| -> u64 {
            round.unusable.iter().map(|(_, one)| of(one)).sum()
        };
        let (gone, up) = (sum(|one| one.n_unusable), sum(|one| one.n_substitutes));
        let missing = last.n_missing;
        let text = format!(
            "{gone} 户无法检查，{up} 户递补，{missing} 户无可递补 / {gone} unusable, {up} moved up, {missing} without a reserve"
        );
        rows.push(row("无法检查与递补", "replaced targets", text));
    }
    rows
}

fn draws(seal: &PublicSeal) -> Vec<DrawRow> {
    let draw = |draw: &publish::PublicDraw| DrawRow {
        name: match draw.purpose {
            crate::plan::Purpose::Measure => "测量流（等概率）measurement".to_owned(),
            crate::plan::Purpose::Targets => draw.name.clone(),
        },
        department: draw.department.clone(),
        n_units: draw.n_lines,
        n: draw.n(),
    };
    seal.draws.iter().map(draw).collect()
}

fn events(ledger: &Ledger, id: &str) -> Vec<Event> {
    let of_round = ledger
        .lines()
        .iter()
        .filter(|line| line.entry.round() == Some(id));
    let event = |line: &Line| {
        Some(Event {
            seq: line.seq,
            at: line.at.to_string(),
            what: what(&line.entry)?,
        })
    };
    of_round.filter_map(event).collect()
}

fn what(entry: &Entry) -> Option<String> {
    Some(match entry {
        Entry::Seal(_) => "封存 sealed".to_owned(),
        Entry::Custody(body) => format!("密钥交存 key lodged: {}", body.holder),
        Entry::Receipt(body) => format!("封存公示 seal published: {}", body.place),
        Entry::Draw(body) => format!("抽取 drawn: {}", body.n),
        Entry::Assign(_) => "随机派员 inspectors drawn".to_owned(),
        Entry::Replace(body) => format!(
            "更换检查人员 inspector replaced: {} → {}",
            body.inspector, body.substitute
        ),
        Entry::Entrust(body) => format!("第三方机构参与 institution: {}", body.institution),
        Entry::Unusable(body) => format!(
            "无法检查 unusable: {}，递补 moved up: {}",
            body.n_unusable, body.n_substitutes
        ),
        Entry::Result(body) => format!("检查结果 results: {}", body.n_visits),
        Entry::KeyLost(body) => format!("密钥遗失 key lost: {}", body.reason),
        Entry::Void(body) => format!("作废 void: {}", body.reason),
        Entry::Init(_) | Entry::Programme(_) | Entry::External(_) => return None,
    })
}

fn digests(seal: &PublicSeal, bulletin: &RoundBulletin, ledger: &Ledger) -> Vec<Row> {
    let mut rows = vec![
        row("封存书", "seal", bulletin.seal_digest),
        row("种子", "seed", bulletin.seed),
        row("抽样框", "frame.csv", seal.frame_digest),
        row("抽中名单", "drawn.csv", bulletin.drawn_digest),
        row("承诺（合并）", "commitments, together", together(seal)),
    ];
    if let Some(key) = seal.key {
        rows.push(row("密钥承诺", "key", key));
    }
    if let Some(receipt) = &bulletin.receipt {
        rows.push(row("公示凭证", "receipt", receipt.evidence));
    }
    for draw in &seal.draws {
        rows.push(Row {
            zh: "名单与层表",
            en: "lines, levels, plan",
            value: format!(
                "{}: {} · {} · {}",
                draw.name,
                short(draw.lines),
                short(draw.levels),
                short(draw.plan)
            ),
        });
    }
    rows.push(row(
        "账本前一行",
        "ledger before the seal",
        format!("{} · {}", seal.sequence - 1, seal.previous_head),
    ));
    rows.push(row(
        "账本现在",
        "ledger now",
        format!("{} · {}", ledger.sequence(), ledger.head()),
    ));
    rows
}

/// One digest over all committed tables, each of which stands in seal.json.
fn together(seal: &PublicSeal) -> Digest {
    let lines = seal.commitments.iter();
    let lines: Vec<String> = lines
        .map(|(name, digest)| format!("{digest}  {name}\n"))
        .collect();
    HashName::Sha256.digest(&[lines.concat().as_bytes()])
}

fn short(digest: Digest) -> String {
    let text = digest.to_string();
    format!("{}…", &text[..16])
}

fn rests_on(seal: &PublicSeal, round: &Round) -> Vec<String> {
    let mut rests = vec![
        "封存书在种子事件之前已在单位之外公示：凭上列公示凭证核对 / the seal was published outside the bureau before the event: compare the receipt".to_owned(),
        "种子事件的结果确如所记：与公布的结果核对 / the event had this outcome: compare the published one".to_owned(),
    ];
    if seal.proof == Proof::Sealed {
        rests.push("密钥在抽取前已交存监督人；层与概率由监督人凭密钥和卷宗重算 / the supervisor holds the key and recomputes levels and probabilities".to_owned());
    }
    if round.key_lost.is_some() {
        rests.push("密钥已遗失：层与概率不能再重算，公众核对的承诺仍然有效 / the key is lost: levels can no longer be recomputed; the public check still holds".to_owned());
    }
    rests.push("哈希函数抗碰撞；名录库按基准日如实登记 / the hash resists collisions; the register was true as of the day".to_owned());
    rests
}

fn commands(seal: &PublicSeal) -> Vec<String> {
    let mut commands = vec!["choucha verify draw/public".to_owned()];
    if seal.proof == Proof::Sealed {
        commands.push(
            "choucha verify draw/public --key KEY --package seal/package    # 监督人 / supervisor"
                .to_owned(),
        );
        commands.push("choucha verify slip.json                                       # 企业凭条 / a business's slip".to_owned());
    }
    commands
}
