//! The ceremony as officers, supervisors and businesses meet it: every act in its turn, and every act out of its turn refused
//! with nothing written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use choucha::ledger::{Ledger, Stage, Writer};
use choucha::units::{Day, Moment};
use serde_json::Value as Json;
use toml::{Table, Value};

use crate::cli::{flip, write_sums};
use crate::small_county::{
    Answer, Office, copy_folder, data, files_of, kept, light, pipeline, with,
};

pub(crate) const ROUND: &str = "GT-2025-LH01";
/// A throw of thirteen dice, and where it comes from.
const DICE: &str = "6 1 5 2 4 3 6 6 1 2 3 5 4";
const THROWN: &str = "公证处现场掷骰子，公证员在场（演练）";
/// An event that no test lives to see.
const FAR: &str = "2099-01-15T08:00:00+08:00";
const PROGRAMME: &str =
    "version = \"2025-1\"\npublished_on = \"2025-01-02\"\nproof = \"县政府网站公告（演练用）\"\n";
/// What the commands of a kept office said.
const SAID: &str = "said.txt";

/// The joint round of the pipelines on the small county, whose few farms allow a smaller share.
pub(crate) fn job() -> Table {
    let mut job = light(pipeline("ceremony"));
    job["round"]["item"][1]["ratio"]["*"] = Value::Float(0.05);
    let job = with(job, "data", data().to_str().unwrap());
    with(job, "seed_rule.not_before", FAR)
}

/// A round of one department that anybody can recompute, in which no class moves a probability.
fn open_job() -> Table {
    let mut job = with(job(), "plan.proof", "open");
    job = with(job, "synthetic", false);
    job = with(job, "visits.first", "2100-01-04");
    job = with(job, "visits.last", "2100-02-26");
    job = with(job, "plan.strata", vec!["office"]);
    job = with(job, "plan.measure_of_size", "equal");
    job["plan"]["ratio"] = Value::Table(Table::from_iter([("*".to_owned(), Value::Float(0.03))]));
    let round = job["round"].as_table_mut().unwrap();
    round.remove("cool_down");
    round.remove("visits_per_year_max");
    round.remove("partners");
    round["item"].as_array_mut().unwrap().truncate(1);
    job
}

pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs()
}

fn moment(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap();
    Moment::from_unix(seconds).unwrap().to_string()
}

/// A command about the workspace `w`.
pub(crate) fn at_w<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [args, &["--workspace", "w"]].concat()
}

fn draw_args(seed: &str) -> Vec<&str> {
    let source = ["--seed", seed, "--seed-source", THROWN];
    at_w(&[&["draw", ROUND], &source[..]].concat())
}

fn void_args(reason: &str) -> Vec<&str> {
    let why = ["--reason", reason, "--office", "信用监管科"];
    at_w(&[&["record", "--round", ROUND, "--void"], &why[..]].concat())
}

/// A command that must succeed about the workspace; what it says is kept.
#[track_caller]
pub(crate) fn act(office: &Office, args: &[&str]) -> String {
    let said = office.choucha(&at_w(args)).succeeds();
    let before = fs::read_to_string(office.path(SAID)).unwrap_or_default();
    office.write(SAID, before + &said);
    said
}

/// An office with an empty workspace that knows the programme.
fn bureau(more: &[&str]) -> Office {
    let office = Office::new();
    let init = [
        "workspace",
        "init",
        "w",
        "--title",
        "馆陶县双随机抽查（演练）",
    ];
    office.choucha(&[&init, more].concat()).succeeds();
    office
        .write("programme.toml", PROGRAMME)
        .write("evidence.txt", "演练用凭证");
    act(&office, &["record", "--programme", "programme.toml"]);
    office
}

/// Seals the round shortly before its event, and gives the moment of the event.
pub(crate) fn seal_before_event(office: &Office, job: &Table) -> u64 {
    for seconds in [3, 6, 12, 24, 48] {
        let event = now() + seconds;
        office.job(&with(
            job.clone(),
            "seed_rule.not_before",
            moment(event).as_str(),
        ));
        let answer = office.choucha(&at_w(&["seal", "job.toml"]));
        if answer.code == Some(0) {
            office.write(SAID, answer.succeeds());
            return event;
        }
        let late = "a round is sealed before its seed can be known";
        assert!(answer.err.contains(late), "{answer:?}");
    }
    panic!("a seal takes a minute");
}

fn ledger(office: &Office) -> Ledger {
    Ledger::open(&office.path("w")).unwrap()
}

fn stage(office: &Office) -> Stage {
    ledger(office).state().round(ROUND).unwrap().stage()
}

/// Lodges the key of a sealed proof and publishes the seal, both in the second of the seal.
fn lodge_and_publish(office: &Office) {
    let ledger = ledger(office);
    let round = ledger.state().round(ROUND).unwrap();
    let sealed_at = round.sealed_at.to_string();
    if round.seal.key.is_some() {
        lodge(office, &sealed_at);
    }
    let place = ["--where", "县政府网站公示栏", "--published-at", &sealed_at];
    let receipt = ["record", "--round", ROUND, "--receipt", "evidence.txt"];
    act(office, &[&receipt[..], &place].concat());
}

fn lodge(office: &Office, moment: &str) {
    let custody = ["record", "--round", ROUND, "--custody", "evidence.txt"];
    let holder = [
        "--holder",
        "县纪委监委派驻纪检监察组",
        "--lodged-at",
        moment,
    ];
    act(office, &[&custody[..], &holder].concat());
}

/// The round of `job`, sealed, lodged and published; its event is over.
fn play_to_event(office: Office, job: &Table) -> Office {
    let event = seal_before_event(&office, job);
    lodge_and_publish(&office);
    while now() < event {
        sleep(Duration::from_millis(50));
    }
    office
}

fn keep(name: &str, office: &Office) -> PathBuf {
    let folder = kept(name);
    copy_folder(&office.path("."), &folder);
    folder
}

fn office_of(folder: &Path) -> Office {
    let office = Office::new();
    copy_folder(folder, &office.path("."));
    office
}

/// An office whose round is sealed and whose event is far away; its key is not lodged, its seal not published.
fn waiting() -> Office {
    static KEPT: OnceLock<PathBuf> = OnceLock::new();
    office_of(KEPT.get_or_init(|| {
        let office = bureau(&["--rehearsal"]);
        office.job(&job());
        act(&office, &["seal", "job.toml"]);
        keep("ceremony waiting", &office)
    }))
}

/// An office whose round can be drawn.
fn due() -> Office {
    static KEPT: OnceLock<PathBuf> = OnceLock::new();
    office_of(KEPT.get_or_init(|| {
        let office = play_to_event(bureau(&["--rehearsal"]), &job());
        keep("ceremony due", &office)
    }))
}

/// The same, drawn with [`DICE`], its inspectors assigned.
pub(crate) fn drawn() -> Office {
    static KEPT: OnceLock<PathBuf> = OnceLock::new();
    office_of(KEPT.get_or_init(|| {
        let office = due();
        draw_and_assign(&office);
        keep("ceremony drawn", &office)
    }))
}

fn draw_and_assign(office: &Office) {
    let source = ["--seed", DICE, "--seed-source", THROWN];
    act(office, &[&["draw", ROUND], &source[..]].concat());
    act(office, &["assign", ROUND]);
}

fn in_round(part: &str) -> String {
    format!("w/rounds/{ROUND}/{part}")
}

fn key_file() -> String {
    format!("w/keys/{ROUND}.key")
}

fn text(office: &Office, name: &str) -> String {
    String::from_utf8(office.read(name)).unwrap()
}

/// The first cells of a CSV file below the round, without its header.
fn ids(office: &Office, name: &str) -> Vec<String> {
    let table = text(office, &in_round(name));
    let cell = |line: &str| line.split(',').next().unwrap().to_owned();
    table.lines().skip(1).map(cell).collect()
}

fn verify_with_key<'a>(public: &'a str, key: &'a str) -> [&'a str; 4] {
    ["verify", public, "--key", key]
}

#[track_caller]
fn says(text: &str, fragments: &[&str]) {
    for fragment in fragments {
        assert!(text.contains(fragment), "{fragment:?} is not in {text}");
    }
}

#[test]
fn a_sealed_joint_round_is_played_from_the_empty_workspace_to_its_certificate() {
    let office = drawn();
    assert_eq!(stage(&office), Stage::Drawn);
    let public = in_round("draw/public");
    let said = office.choucha(&["verify", &public]).succeeds();
    assert!(said.starts_with("commitments hold\n"), "{said}");
    says(&said, &["not checked: the committed tables"]);
    let said = office
        .choucha(&verify_with_key(&public, &key_file()))
        .succeeds();
    assert!(said.starts_with("same\n"), "{said}");
    let teams = "inspectors: the teams of ";
    says(
        &said,
        &[
            teams,
            ", drawn again, and 0 replacements are the same",
            "checked: the draw, made again, gives drawn.csv",
        ],
    );
    let said = act(&office, &["workspace", "check"]);
    says(
        &said,
        &["w: 7 lines, every artefact is what the ledger names"],
    );
    let seal = format!("{public}/seal.json");
    let said = act(&office, &["audit", "--heads", &seal]);
    says(
        &said,
        &["nothing is wrong: 7 lines of the ledger were held against 1 published heads, 1 seals"],
    );
    let said = act(&office, &["audit", "--heads", &public]);
    says(&said, &["1 seals and 1 bulletins", "sequence,head: 7,"]);
    let bulletin: Json = serde_json::from_slice(&office.read(&format!("{public}/bulletin.json")))
        .expect("a bulletin is JSON");
    assert_eq!(bulletin["seed_text"], DICE);
    let certificate = text(&office, &in_round("certificate.html"));
    let digest = bulletin["seal_digest"].as_str().unwrap();
    says(
        &certificate,
        &[
            ROUND,
            "演练",
            DICE,
            digest,
            "县纪委监委派驻纪检监察组",
            "随机派员",
        ],
    );
}

#[test]
fn a_bulletin_verifies_far_from_its_workspace_with_the_package_and_the_key() {
    let office = drawn();
    copy_folder(&office.path(&in_round("draw/public")), &office.path("网站"));
    copy_folder(
        &office.path(&in_round("seal/package")),
        &office.path("卷宗"),
    );
    office.write("key", office.read(&key_file()));
    fs::remove_dir_all(office.path("w")).unwrap();
    let said = office.choucha(&["verify", "网站"]).succeeds();
    assert!(said.starts_with("commitments hold\n"), "{said}");
    let with_package = ["verify", "网站", "--key", "key", "--package", "卷宗"];
    let said = office.choucha(&with_package).succeeds();
    assert!(said.starts_with("same\n"), "{said}");
    office.refuses(&verify_with_key("网站", "key"), 1, &["--package"]);
}

#[test]
fn slips_of_drawn_and_other_businesses_verify_plain_and_opened() {
    let office = drawn();
    let drawn = ids(&office, "draw/public/drawn.csv");
    let frame = ids(&office, "draw/public/frame.csv");
    let other = frame.iter().find(|id| !drawn.contains(id)).unwrap();
    let seal = in_round("draw/public/seal.json");
    for id in [&drawn[0], other] {
        for more in [&[][..], &["--opened"]] {
            let slip = [&["slip", ROUND, id, "--out", "slip.json"], more].concat();
            act(&office, &slip);
            let said = office.choucha(&["verify", "slip.json"]).succeeds();
            let stood = format!("the slip holds: {id} stood in the frame of round {ROUND}");
            says(&said, &[&stood]);
            let against = ["verify", "slip.json", "--seal", &seal];
            office.choucha(&against).succeeds();
            let slip = text(&office, "slip.json");
            assert_eq!(slip.contains("\"stratum\""), !more.is_empty(), "{slip}");
        }
    }
    let wide: String = drawn[0]
        .to_lowercase()
        .chars()
        .map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap())
        .collect();
    let before = office.read("slip.json");
    act(&office, &["slip", ROUND, &wide, "--out", "slip.json"]);
    assert_ne!(office.read("slip.json"), before);
    let said = office.choucha(&["verify", "slip.json"]).succeeds();
    says(&said, &[&drawn[0]]);
}

#[test]
fn a_slip_is_refused_for_strangers_and_opened_only_after_the_draw() {
    let office = waiting();
    let slip = |id: &str, more: &[&str]| -> Vec<String> {
        let args = [&["slip", ROUND, id, "--out", "slip.json"], more].concat();
        at_w(&args).into_iter().map(str::to_owned).collect()
    };
    let stranger = "object \"91130433MA00000000\" stands in no frame (抽样框) of round";
    office.refuses(&slip("91130433MA00000000", &[]), 1, &[stranger]);
    let id = ids(&office, "seal/public/frame.csv").swap_remove(0);
    let opened = slip(&id, &["--opened"]);
    office.refuses(
        &opened,
        1,
        &["is sealed: ", "needs a drawn round", "opened slip"],
    );
    office.choucha(&slip(&id, &[])).succeeds();
}

/// Some of the committed tables.
const TABLES: [&str; 3] = ["table-inspectors", "table-objects", "table-settings"];

#[test]
fn any_changed_file_of_bulletin_and_package_is_named() {
    let office = drawn();
    let (public, key) = (in_round("draw/public"), key_file());
    let plain = ["verify", public.as_str()];
    let keyed = verify_with_key(&public, &key);
    for (folder, verify) in [("draw/public", &plain[..]), ("seal/package", &keyed[..])] {
        let folder = office.path(&in_round(folder));
        let like_others = ["draw-2.", "draw-3.", "table-"];
        let is_one = |name: &str| !like_others.iter().any(|one| name.starts_with(one));
        let files = files_of(&folder).into_iter();
        for (name, bytes) in files.filter(|(name, _)| is_one(name) || TABLES.contains(&&name[..])) {
            flip(&folder.join(&name), bytes.len() / 2);
            let named = if name == "SHA256SUMS" { "" } else { &name };
            office.refuses(verify, 2, &[named]);
            if name != "SHA256SUMS" {
                let sums = fs::read(folder.join("SHA256SUMS")).unwrap();
                write_sums(&folder);
                let answer = office.choucha(&keyed);
                assert_eq!(answer.code, Some(2), "{name}: {answer:?}");
                fs::write(folder.join("SHA256SUMS"), sums).unwrap();
            }
            fs::write(folder.join(&name), bytes).unwrap();
        }
    }
    office.choucha(&keyed).succeeds();
}

#[test]
fn a_changed_table_of_teams_is_named_by_whoever_holds_the_key_and_by_the_ledger() {
    let office = drawn();
    let name = in_round("assign/public/assignments.csv");
    let whole = text(&office, &name);
    let mut teams: Vec<&str> = whole.lines().collect();
    teams.remove(1);
    for changed in [
        teams.join("\n") + "\n",
        whole.replacen("GUANTAO-J", "GUANTAO-K", 1),
    ] {
        office.write(&name, changed);
        let public = in_round("draw/public");
        let verify = verify_with_key(&public, "w/keys/GT-2025-LH01.key");
        office.refuses(&verify, 2, &["assignments.csv", "line 2"]);
        office.refuses(
            &at_w(&["workspace", "check"]),
            2,
            &["assignments.csv was changed"],
        );
    }
}

#[test]
fn another_key_is_refused_and_no_key_is_ever_shown() {
    let office = drawn();
    let key = text(&office, &key_file());
    let first = if key.starts_with('0') { "1" } else { "0" };
    let other = format!("{first}{}", &key[1..]);
    office.write("other.key", &other).write("no.key", "0000");
    let public = in_round("draw/public");
    let wrong = "the draw key (抽签密钥) is not the one that seal.json commits to";
    for (file, code, said) in [
        ("other.key", 2, wrong),
        ("no.key", 1, "no.key: a key file is one line of 64"),
    ] {
        office.refuses(&verify_with_key(&public, file), code, &[said]);
        let said = office.choucha(&verify_with_key(&public, file)).err;
        assert!(!said.contains(other.trim()) && !said.contains("0000"));
    }
    office.refuses(
        &verify_with_key(&public, "没有.key"),
        1,
        &["没有.key: cannot read it"],
    );
    office.write(&key_file(), &other);
    let found = "keys/GT-2025-LH01.key does not open the seal of round GT-2025-LH01";
    office.refuses(&at_w(&["workspace", "check"]), 2, &[found]);
}

#[test]
fn a_changed_slip_is_named() {
    let office = drawn();
    let id = ids(&office, "draw/public/drawn.csv").swap_remove(0);
    let out = ["--opened", "--out", "凭条.json"];
    act(&office, &[&["slip", ROUND, &id], &out[..]].concat());
    let n = office.read("凭条.json").len();
    for at in [n / 7, n / 3, n / 2, n - 40] {
        flip(&office.path("凭条.json"), at);
        office.refuses(
            &["verify", "凭条.json"],
            2,
            &["凭条.json: this slip does not hold"],
        );
        flip(&office.path("凭条.json"), at);
    }
    let elsewhere = text(&office, &in_round("draw/public/seal.json")).replace("LH01", "LH02");
    office.write("seal.json", elsewhere);
    let against = ["verify", "凭条.json", "--seal", "seal.json"];
    office.refuses(&against, 2, &["seal.json"]);
}

#[test]
fn an_open_round_of_record_is_recomputed_by_anybody() {
    let office = play_to_event(bureau(&[]), &open_job());
    draw_and_assign(&office);
    assert!(!office.path("w/keys").join(format!("{ROUND}.key")).exists());
    let public = in_round("draw/public");
    let said = office.choucha(&["verify", &public]).succeeds();
    assert!(said.starts_with("same\n"), "{said}");
    says(
        &said,
        &[
            "inspectors: the teams of ",
            "checked: the draw, made again, gives drawn.csv",
        ],
    );
    let seal: Json = serde_json::from_slice(&office.read(&format!("{public}/seal.json"))).unwrap();
    assert_eq!(
        (&seal["proof"], &seal["rehearsal"]),
        (&"open".into(), &false.into())
    );
    let key = ["--custody", "evidence.txt", "--holder", "纪委"];
    let custody = [&["record", "--round", ROUND], &key[..]].concat();
    let no_key = "has an open proof: there is no draw key to lodge or to lose";
    office.refuses(&at_w(&custody), 1, &[no_key]);
    let slip = ["slip", ROUND, "91", "--out", "slip.json"];
    office.refuses(&at_w(&slip), 1, &["proof = \"sealed\""]);
    let table = format!("{public}/draw-1.levels.csv");
    flip(&office.path(&table), 30);
    office.refuses(&["verify", &public], 2, &["draw-1.levels.csv"]);
}

#[test]
fn a_round_with_sm3_is_played_and_verified() {
    let office = play_to_event(bureau(&["--rehearsal"]), &with(job(), "plan.hash", "sm3"));
    draw_and_assign(&office);
    let public = in_round("draw/public");
    let said = office
        .choucha(&verify_with_key(&public, &key_file()))
        .succeeds();
    assert!(said.starts_with("same\n"), "{said}");
    says(&said, &["inspectors: the teams of "]);
    says(
        &text(&office, &format!("{public}/seal.json")),
        &["\"hash\": \"sm3\""],
    );
    let id = ids(&office, "draw/public/drawn.csv").swap_remove(0);
    let slip = ["slip", ROUND, &id, "--opened", "--out", "slip.json"];
    act(&office, &slip);
    office.choucha(&["verify", "slip.json"]).succeeds();
    let seal = format!("{public}/seal.json");
    act(&office, &["audit", "--heads", &seal]);
}

#[test]
fn a_seed_that_does_not_fit_the_rule_draws_nothing() {
    let office = due();
    for (seed, said) in [
        ("", "has 0 numbers, the seed rule says 13"),
        ("6 1 5", "has 3 numbers, the seed rule says 13"),
        (
            "6 1 5 2 4 3 6 6 1 2 3 5 7",
            "7 is no number of \"骰子\": the seed rule says 1 ..= 6",
        ),
        ("6,1,5,2,4,3,6,6,1,2,3,5,4", "(U+002C)"),
        ("6 1 5 2 4 3 6 6 1 2 3 5 四", "(U+56DB)"),
        (
            "06 1 5 2 4 3 6 6 1 2 3 5 4",
            "is another spelling: this outcome must be written \"6 1 5",
        ),
        ("6 1 5 2 4 3 6 6 1 2 3 5 4\u{200b}", "(U+200B)"),
    ] {
        office.refuses(&draw_args(seed), 1, &[said]);
    }
    let empty = ["draw", ROUND, "--seed", DICE, "--seed-source", " "];
    office.refuses(
        &at_w(&empty),
        1,
        &["the seed source \" \" must not be empty"],
    );
}

#[test]
fn other_spellings_of_one_seed_are_one_draw() {
    let first = files_of(&drawn().path(&in_round("draw")));
    for seed in [
        "６ １ ５ ２ ４ ３ ６ ６ １ ２ ３ ５ ４",
        "6\u{3000}1\u{3000}5\u{3000}2 4 3 6 6 1 2 3 5 4\u{3000}",
        " \u{2466}".replace('\u{2466}', DICE).as_str(),
        "⑥ ① 5\u{a0}2 ₄ ³ 6 6 1 2 3 5 𝟒\r\n",
    ] {
        let office = due();
        office.choucha(&draw_args(seed)).succeeds();
        let again = files_of(&office.path(&in_round("draw")));
        assert_eq!(again.len(), first.len(), "{seed:?}");
        for (name, bytes) in &again {
            assert!(first[name] == *bytes, "{seed:?}: {name}");
        }
        says(
            &text(&office, "w/ledger.jsonl"),
            &[&format!("\"seed_text\":\"{DICE}\"")],
        );
    }
}

#[test]
fn several_offices_make_a_seed_that_opens_their_commitments() {
    let office = bureau(&["--rehearsal"]);
    let made = ["市场监督管理局", "农业农村局"].map(|name| {
        let said = office
            .choucha(&["commit", name, "--format", "json"])
            .succeeds();
        let said: Json = serde_json::from_str(&said).unwrap();
        let text = |key: &str| said[key].as_str().unwrap().to_owned();
        (name, text("value"), text("commitment"))
    });
    let form = made.iter().map(|(name, _, commitment)| {
        let entry = [("name", *name), ("commitment", commitment)];
        let entry = entry.map(|(key, text)| (key.to_owned(), Value::from(text)));
        Value::Table(Table::from_iter(entry))
    });
    let mut job = job();
    let rule = job["seed_rule"].as_table_mut().unwrap();
    rule["form"] = Value::Table(Table::from_iter([
        ("kind".to_owned(), Value::from("commit_reveal")),
        ("offices".to_owned(), Value::Array(form.collect())),
    ]));
    let office = play_to_event(office, &job);
    let seed = |values: [&str; 2]| {
        let parts = made.iter().zip(values);
        let parts: Vec<String> = parts
            .map(|((name, ..), value)| format!("{name}={value}"))
            .collect();
        parts.join(";")
    };
    let (first, second) = (made[0].1.as_str(), made[1].1.as_str());
    let forged = seed([first, first]);
    office.refuses(&draw_args(&forged), 1, &["农业农村局", "commit"]);
    let half = format!("市场监督管理局={first}");
    office.refuses(&draw_args(&half), 1, &["the seed rule says 2"]);
    office
        .choucha(&draw_args(&seed([first, second])))
        .succeeds();
    let public = in_round("draw/public");
    let said = office
        .choucha(&verify_with_key(&public, &key_file()))
        .succeeds();
    assert!(said.starts_with("same\n"), "{said}");
}

#[test]
fn nothing_is_drawn_before_custody_receipt_and_the_hour_of_the_event() {
    let office = waiting();
    let custody = "its key is not lodged with the supervisor";
    office.refuses(&draw_args(DICE), 1, &[custody]);
    let sealed_at = ledger(&office).state().rounds()[0].sealed_at.to_string();
    lodge(&office, &sealed_at);
    let receipt = "no receipt says that its seal was published outside the bureau";
    office.refuses(&draw_args(DICE), 1, &[receipt]);
    let place = ["--where", "网站", "--published-at"];
    let receipt = ["record", "--round", ROUND, "--receipt", "evidence.txt"];
    let receipt = [&receipt[..], &place].concat();
    let impossible = "must lie between the seal";
    for time in [FAR, "2025-01-01T00:00:00+08:00"] {
        let at = at_w(&[&receipt[..], &[time]].concat());
        office.refuses(&at, 1, &["its seal was published at", impossible]);
    }
    let no_offset = at_w(&[&receipt[..], &["2026-01-01T00:00:00"]].concat());
    office.refuses(&no_offset, 1, &["a time must be written with its offset"]);
    act(&office, &[&receipt[..], &[&sealed_at]].concat());
    let early = format!("the event of its seed rule is not before {FAR}");
    office.refuses(&draw_args(DICE), 1, &[&early]);
    assert_eq!(stage(&office), Stage::Published);
    office.refuses(&at_w(&["assign", ROUND]), 1, &["needs a drawn round"]);
    let twice = at_w(&[&receipt[..], &[&sealed_at]].concat());
    office.refuses(&twice, 1, &["the receipt of its seal is already recorded"]);
}

#[test]
fn a_seal_is_drawn_once_and_its_inspectors_too() {
    let office = drawn();
    let before = format!("with the seed \"{DICE}\": one seal is drawn once");
    for seed in [DICE, "1 1 1 1 1 1 1 1 1 1 1 1 1", "no seed"] {
        office.refuses(&draw_args(seed), 1, &[&before]);
    }
    let twice = "its assignment is already recorded";
    office.refuses(&at_w(&["assign", ROUND]), 1, &[twice]);
    let round = in_round("");
    let in_folder = ["draw", &round, "--seed", DICE, "--seed-source", THROWN];
    office.refuses(&in_folder, 1, &[&before]);
}

#[test]
fn a_round_id_is_sealed_once() {
    let office = waiting();
    let twice = "was sealed before (line 3); a round id is used once";
    office.refuses(&at_w(&["seal", "job.toml"]), 1, &[twice]);
    office.job(&with(job(), "round.id", "gt-2025-lh01"));
    office.refuses(&at_w(&["seal", "job.toml"]), 1, &[twice]);
}

#[test]
fn a_round_or_workspace_that_is_not_there_is_named() {
    let office = waiting();
    let draw = ["draw", "GT-9", "--seed", DICE, "--seed-source", THROWN];
    office.refuses(&at_w(&draw), 1, &["round \"GT-9\" is not in the ledger"]);
    let named = "a draw of record needs a workspace: --workspace DIR";
    office.refuses(&draw, 1, &[named]);
    let elsewhere = [&draw[..], &["--workspace", "没有"]].concat();
    office.refuses(&elsewhere, 1, &["没有: the folder is no workspace"]);
    let init = ["workspace", "init", "w", "--title", "x"];
    office.refuses(&init, 1, &["w: the folder exists and is not empty"]);
}

#[test]
fn a_seal_folder_that_changes_before_the_draw_is_never_drawn_from() {
    let office = due();
    for (folder, name) in [
        ("seal/package", "draw-1.plan.json"),
        ("seal/package", "draw-1.frame.csv"),
        ("seal/package", "draw-2.levels.csv"),
        ("seal/package", "table-inspectors"),
        ("seal/package", "table-objects"),
        ("seal/package", "table-teams"),
        ("seal/public", "frame.csv"),
        ("seal/public", "seal.json"),
    ] {
        let folder = office.path(&in_round(folder));
        let whole = files_of(&folder);
        flip(&folder.join(name), whole[name].len() / 2);
        office.refuses(&draw_args(DICE), 2, &[name]);
        write_sums(&folder);
        office.refuses(&draw_args(DICE), 2, &[name]);
        fs::remove_file(folder.join(name)).unwrap();
        office.refuses(&draw_args(DICE), 2, &[name]);
        for (name, bytes) in whole {
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
    office.choucha(&draw_args(DICE)).succeeds();
}

#[test]
fn another_whole_seal_in_the_place_of_the_sealed_one_is_never_drawn_from() {
    let office = due();
    let other = waiting();
    let seal = office.path(&in_round("seal"));
    fs::remove_dir_all(&seal).unwrap();
    copy_folder(&other.path(&in_round("seal")), &seal);
    let key = other.path(&key_file());
    let key = key.to_str().unwrap();
    let with_key = [&draw_args(DICE)[..], &["--key", key]].concat();
    office.refuses(&with_key, 2, &["seal/public/seal.json", "was changed"]);
    let id = ids(&other, "seal/public/frame.csv").swap_remove(0);
    let slip = ["slip", ROUND, &id, "--out", "slip.json", "--key", key];
    office.refuses(&at_w(&slip), 2, &["seal/public/seal.json", "was changed"]);
}

#[test]
fn a_draw_needs_the_sealed_key() {
    let office = due();
    let key = text(&office, &key_file());
    let first = if key.starts_with('0') { "1" } else { "0" };
    let other = format!("{first}{}", &key[1..]);
    for (kept, said) in [
        (other.as_str(), "the key does not open the seal of round"),
        ("nonsense", "found no key"),
    ] {
        office.write(&key_file(), kept);
        office.refuses(&draw_args(DICE), 2, &[said]);
    }
    fs::remove_file(office.path(&key_file())).unwrap();
    let missing = "take it from the supervisor who holds it, or record its loss";
    office.refuses(&draw_args(DICE), 1, &[missing]);
    office.write("other.key", &other).write("right.key", &key);
    let wrong = [&draw_args(DICE)[..], &["--key", "other.key"]].concat();
    office.refuses(&wrong, 2, &["is not the one that seal.json commits to"]);
    let right = [&draw_args(DICE)[..], &["--key", "right.key"]].concat();
    office.choucha(&right).succeeds();
}

#[test]
fn a_programme_version_must_be_in_the_ledger_before_anything_is_read() {
    let office = bureau(&["--rehearsal"]);
    let unknown = with(job(), "programme", "2025-9");
    office.job(&with(unknown, "data", "没有"));
    let said = "carries out version \"2025-9\" of the programme (年度抽查工作计划), which is not in the ledger: record it first";
    office.refuses(&at_w(&["seal", "job.toml"]), 1, &[said]);
    let again = at_w(&["record", "--programme", "programme.toml"]);
    office.refuses(&again, 1, &["is already in the ledger"]);
    office.write("later.toml", PROGRAMME.replace("2025-", "2098-"));
    let later = at_w(&["record", "--programme", "later.toml"]);
    office.refuses(&later, 1, &["was published on 2098-01-02, after"]);
    office.write("bad.toml", "version = \"2025-2\"\n");
    let bad = at_w(&["record", "--programme", "bad.toml"]);
    office.refuses(&bad, 1, &["bad.toml: missing field `published_on`"]);
}

#[test]
fn a_seal_after_its_event_or_of_an_open_round_is_refused_before_anything_is_read() {
    let office = waiting();
    let next = with(with(job(), "round.id", "GT-2025-LH02"), "data", "没有");
    office.job(&with(
        next.clone(),
        "seed_rule.not_before",
        "2025-01-15T08:00:00+08:00",
    ));
    let late = "a round is sealed before its seed can be known";
    office.refuses(&at_w(&["seal", "job.toml"]), 1, &[late]);
    office.job(&next);
    let again = ["seal", "job.toml", "--supersedes", ROUND];
    let first =
        "supersedes \"GT-2025-LH01\", which is sealed: draw it first, or declare it void (作废)";
    office.refuses(&at_w(&again), 1, &[first]);
    let unknown = ["seal", "job.toml", "--supersedes", "GT-9"];
    office.refuses(&at_w(&unknown), 1, &["round \"GT-9\" is not in the ledger"]);
}

#[test]
fn an_open_round_of_record_must_not_rest_on_the_class() {
    let office = bureau(&[]);
    office.job(&with(job(), "plan.proof", "open"));
    let said = [
        "信用风险分类结果不公开",
        "plan.strata: risk_class",
        "plan.measure_of_size: risk_points",
        "round.cool_down",
        "set plan.proof = \"sealed\"",
    ];
    office.refuses(&at_w(&["seal", "job.toml"]), 1, &said);
    for key in ["programme", "seed_rule"] {
        let mut without = job();
        without.remove(key);
        office.job(&without);
        let said = format!("{key} = (absent): a draw of record needs this key");
        office.refuses(&at_w(&["seal", "job.toml"]), 1, &[&said]);
    }
}

#[test]
fn a_round_is_void_with_a_reason_before_its_event_and_then_never_drawn() {
    let office = waiting();
    office.refuses(
        &at_w(&["record", "--round", ROUND, "--void"]),
        1,
        &["--reason", "--office"],
    );
    office.refuses(&void_args(" "), 1, &["reason must not be empty"]);
    office
        .choucha(&void_args("名录库有误，重新封存"))
        .succeeds();
    assert_eq!(stage(&office), Stage::Voided);
    let void = ["was declared void (作废) at", "名录库有误，重新封存"];
    office.refuses(&draw_args(DICE), 1, &void);
    office.refuses(&void_args("再次"), 1, &void);
    office.refuses(&at_w(&["assign", ROUND]), 1, &["is void (作废)"]);
    let said = act(&office, &["audit"]);
    says(
        &said,
        &["note: round GT-2025-LH01 was declared void", "信用监管科"],
    );
}

#[test]
fn a_published_round_is_not_void_after_its_event() {
    let office = due();
    let late = "a published round is declared void (作废) before that, or drawn";
    office.refuses(&void_args("结果不合意"), 1, &[late]);
    let drawn = drawn();
    drawn.refuses(&void_args("结果不合意"), 1, &["one seal is drawn once"]);
}

#[test]
fn a_round_is_drawn_again_only_after_its_draw_and_only_once() {
    let office = drawn();
    let next = with(job(), "round.id", "GT-2025-LH02");
    office.job(&next);
    act(&office, &["seal", "job.toml", "--supersedes", ROUND]);
    let seal = text(&office, "w/rounds/GT-2025-LH02/seal/public/seal.json");
    let first = ledger(&office).state().round(ROUND).unwrap().seal.seal;
    says(&seal, &[&format!("\"{ROUND}\""), &first.to_string()]);
    says(
        &act(&office, &["audit"]),
        &["note: round GT-2025-LH01 was drawn again as round GT-2025-LH02"],
    );
    office.job(&with(next, "round.id", "GT-2025-LH03"));
    let third = ["seal", "job.toml", "--supersedes", ROUND];
    let twice = "round \"GT-2025-LH01\" is already superseded by \"GT-2025-LH02\"";
    office.refuses(&at_w(&third), 1, &[twice]);
}

#[test]
fn a_round_whose_key_is_lost_before_the_draw_can_only_be_void_with_that_reason() {
    let office = due();
    let why = ["--reason", "保险柜失火", "--office", "纪检监察组"];
    let lost = [&["record", "--round", ROUND, "--key-lost"], &why[..]].concat();
    office.refuses(&at_w(&lost), 1, &["so it is not lost"]);
    fs::remove_file(office.path(&key_file())).unwrap();
    act(&office, &lost);
    office.refuses(
        &at_w(&lost),
        1,
        &["the loss of its key is already recorded"],
    );
    office.refuses(&draw_args(DICE), 1, &["is lost (保险柜失火)", "作废"]);
    office.refuses(
        &void_args("名录库有误"),
        1,
        &["with the recorded reason \"保险柜失火\""],
    );
    office.choucha(&void_args("保险柜失火")).succeeds();
    says(
        &act(&office, &["workspace", "check"]),
        &["note: the key of round GT-2025-LH01 is lost (保险柜失火)"],
    );
    let told = [
        "when its seed could be known since",
        "and its seal was published",
    ];
    office.refuses(&at_w(&["audit"]), 2, &told);
    let seal = in_round("seal/public/seal.json");
    office.refuses(&at_w(&["audit", "--heads", &seal]), 2, &told);
}

#[test]
fn a_key_lost_after_the_draw_leaves_the_public_proof() {
    let office = drawn();
    fs::remove_file(office.path(&key_file())).unwrap();
    let kept = "note: the key of round GT-2025-LH01 is with 县纪委监委派驻纪检监察组 alone";
    says(&act(&office, &["workspace", "check"]), &[kept]);
    let why = ["--reason", "硬盘损坏", "--office", "纪检监察组"];
    act(
        &office,
        &[&["record", "--round", ROUND, "--key-lost"], &why[..]].concat(),
    );
    act(&office, &["workspace", "check"]);
    says(
        &text(&office, &in_round("certificate.html")),
        &["密钥已遗失"],
    );
    let said = office
        .choucha(&["verify", &in_round("draw/public")])
        .succeeds();
    assert!(said.starts_with("commitments hold\n"), "{said}");
}

#[test]
fn of_two_programs_that_draw_at_once_one_draws() {
    let office = due();
    let seeds = [DICE, "1 1 1 1 1 1 1 1 1 1 1 1 1"];
    let children = seeds.map(|seed| {
        let mut command = office.command(&draw_args(seed));
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        piped.spawn().unwrap()
    });
    let outputs: Vec<Output> = children
        .into_iter()
        .map(|child| child.wait_with_output().unwrap())
        .collect();
    let (done, other): (Vec<&Output>, Vec<&Output>) =
        outputs.iter().partition(|output| output.status.success());
    assert_eq!((done.len(), other.len()), (1, 1), "{outputs:?}");
    let said = String::from_utf8_lossy(&other[0].stderr);
    match other[0].status.code() {
        Some(75) => says(
            &said,
            &[
                "the workspace is being written by",
                "only one may write at a time",
            ],
        ),
        code => {
            assert_eq!(code, Some(1), "{said}");
            says(&said, &["one seal is drawn once"]);
        }
    }
    let lines = text(&office, "w/ledger.jsonl");
    assert_eq!(lines.matches("\"kind\":\"draw\"").count(), 1);
    act(&office, &["workspace", "check"]);
    let verify = [in_round("draw/public"), key_file()];
    let verify = verify_with_key(&verify[0], &verify[1]);
    office.choucha(&verify).succeeds();
}

#[test]
fn a_clock_that_went_back_writes_nothing() {
    let office = due();
    let later: Moment = "2098-07-01T00:00:00+08:00".parse().unwrap();
    let mut writer = Writer::open(&office.path("w"), "test", later).unwrap();
    let programme = PROGRAMME.replace("2025-1", "2098-1");
    writer
        .record_programme(later, "programme.toml", programme.as_bytes())
        .unwrap();
    drop(writer);
    let said = [
        "the clock says ",
        "and the last entry was made at 2098-07-01T00:00:00+08:00: set the clock right",
    ];
    office.refuses(&draw_args(DICE), 1, &said);
    office.write("other.toml", PROGRAMME.replace("2025-1", "2025-3"));
    let record = at_w(&["record", "--programme", "other.toml"]);
    office.refuses(&record, 1, &said);
    office.job(&with(job(), "round.id", "GT-2025-LH02"));
    office.refuses(&at_w(&["seal", "job.toml"]), 1, &said);
}

/// Cuts bytes from the end of the ledger.
fn cut(office: &Office, n: usize) {
    let whole = office.read("w/ledger.jsonl");
    office.write("w/ledger.jsonl", &whole[..whole.len() - n]);
}

#[test]
fn a_line_that_a_writer_could_not_finish_is_set_aside_and_said() {
    let office = due();
    let whole = office.read("w/ledger.jsonl");
    office.write(
        "w/ledger.jsonl",
        [&whole[..], b"{\"seq\":6,\"at\""].concat(),
    );
    let torn =
        "line 6: the last line, 13 bytes without a line feed, was not finished; it does not count";
    says(&act(&office, &["workspace", "check"]), &[torn]);
    let said = office.choucha(&draw_args(DICE)).succeeds();
    says(
        &said,
        &[torn, "it was set aside as ledger.torn-6", "drawn: "],
    );
    assert_eq!(office.read("w/ledger.torn-6"), b"{\"seq\":6,\"at\"");
    act(&office, &["workspace", "check"]);
}

#[test]
fn a_complete_line_that_was_cut_off_is_found_and_never_written_over() {
    let office = drawn();
    let whole = office.read("w/ledger.jsonl");
    cut(&office, 20);
    let torn = "line 7: the last line, ";
    let said = [torn, "was complete once and is cut off now"];
    office.refuses(&at_w(&["workspace", "check"]), 2, &said);
    office.refuses(&at_w(&["audit"]), 2, &said);
    office.refuses(&draw_args("1 1 1 1 1 1 1 1 1 1 1 1 1"), 2, &said);
    office.write("w/ledger.jsonl", &whole);
    let last = whole[..whole.len() - 1]
        .iter()
        .rposition(|&byte| byte == b'\n')
        .unwrap();
    cut(&office, whole.len() - 1 - last);
    let end =
        "ledger.jsonl ends after line 6, expected 7 lines as ledger.head says: the end was cut off";
    for args in [
        at_w(&["workspace", "check"]),
        at_w(&["audit"]),
        at_w(&["assign", ROUND]),
        draw_args(DICE),
    ] {
        office.refuses(&args, 2, &[end]);
    }
}

#[test]
fn a_changed_line_of_the_ledger_is_named_by_every_command() {
    let office = due();
    let whole = text(&office, "w/ledger.jsonl");
    let holder = whole.replace("派驻纪检监察组", "派驻纪检监察二组");
    assert_ne!(holder, whole);
    office.write("w/ledger.jsonl", holder);
    let changed = "ledger.jsonl, line 4: the line was changed";
    for args in [
        at_w(&["workspace", "check"]),
        at_w(&["audit"]),
        draw_args(DICE),
        at_w(&["workspace", "backup", "--to", "copy"]),
    ] {
        office.refuses(&args, 2, &[changed]);
    }
}

/// A list of heads with the one that the ledger has now.
fn heads(office: &Office) -> String {
    let ledger = ledger(office);
    format!("sequence,head\n{},{}\n", ledger.sequence(), ledger.head())
}

#[test]
fn two_draws_of_one_seal_in_two_copies_of_a_workspace_are_told_from_what_was_published() {
    let (office, copy) = (drawn(), due());
    let other = "1 1 1 1 1 1 2 2 2 2 2 2 2";
    copy.choucha(&draw_args(other)).succeeds();
    let public = office.path(&in_round("draw/public"));
    let published = copy.path("published");
    copy_folder(&public, &published);
    fs::rename(published.join("bulletin.json"), published.join("公告.json")).unwrap();
    let told = ["公告.json is a bulletin", DICE, other, "drawn twice"];
    copy.refuses(&at_w(&["audit", "--heads", "published"]), 2, &told);
    let says_so = act(&copy, &["audit"]);
    says(&says_so, &["nothing published was compared"]);
    copy.write("empty/readme.txt", "");
    let nothing = "nothing of the kind is there";
    copy.refuses(&at_w(&["audit", "--heads", "empty"]), 3, &[nothing]);
    copy.write("ledger.head", office.read("w/ledger.head"));
    let head = ["ledger.head names line 7"];
    copy.refuses(&at_w(&["audit", "--heads", "ledger.head"]), 2, &head);
}

#[test]
fn what_cannot_be_is_not_sealed() {
    let record = bureau(&[]);
    record.job(&with(
        with(open_job(), "synthetic", true),
        "visits.first",
        "2025-03-03",
    ));
    let said = ["synthetic", "--rehearsal", "visits.first = 2025-03-03"];
    record.refuses(&at_w(&["seal", "job.toml"]), 1, &said);
    let office = bureau(&["--rehearsal"]);
    office.job(&with(job(), "as_of", "2098-01-01"));
    let said = ["as_of = 2098-01-01", "a day that has come"];
    office.refuses(&at_w(&["seal", "job.toml"]), 1, &said);
    for id in ["-rf", "МY-01", "ＭＹ-01", "=1+1"] {
        office.job(&with(job(), "round.id", id));
        office.refuses(
            &["check", "job.toml"],
            1,
            &["round.id", "an id of a round must"],
        );
    }
}

#[test]
fn an_audit_tells_a_fork_a_cut_tail_a_rival_and_a_round_that_was_never_drawn() {
    let (office, other) = (waiting(), waiting());
    for (office, version) in [(&office, "2025-2"), (&other, "2025-3")] {
        office.write("programme.toml", PROGRAMME.replace("2025-1", version));
        act(office, &["record", "--programme", "programme.toml"]);
    }
    office.write("heads.csv", heads(&office));
    let said = act(&office, &["audit", "--heads", "heads.csv"]);
    says(
        &said,
        &["nothing is wrong: 4 lines of the ledger were held against 1 published heads"],
    );
    office.write("heads.csv", heads(&other));
    let audit = at_w(&["audit", "--heads", "heads.csv"]);
    let fork = "heads.csv says the head after line 4 is";
    office.refuses(&audit, 2, &[fork, "the ledger was forked or rewritten"]);
    let shorter = waiting();
    shorter.write("heads.csv", heads(&office));
    let tail = "names line 4, and the chain ends after line 3: its end was cut off";
    shorter.refuses(&audit, 2, &[tail]);

    let due = due();
    let open = "round GT-2025-LH01 was neither drawn nor declared void (作废), and its seed can be known since";
    due.refuses(&at_w(&["audit"]), 2, &[open]);
    let rival = shorter.path(&in_round("seal/public/seal.json"));
    let audit = ["audit", "--heads", rival.to_str().unwrap()];
    due.refuses(&at_w(&audit), 2, &["two seals rival"]);
    let nonsense = ["audit", "--heads", "programme.toml"];
    due.refuses(
        &at_w(&nonsense),
        3,
        &["programme.toml: expected heads (CSV `sequence,head`"],
    );
}

#[test]
fn a_round_that_cannot_be_drawn_names_clause_and_smallest_repair() {
    let office = bureau(&["--rehearsal"]);
    office.job(&with(job(), "round.visits_per_year_max", 0));
    let zero = "round.visits_per_year_max = 0: the cap must be at least 1, or be left out";
    office.refuses(&at_w(&["seal", "job.toml"]), 1, &[zero]);

    let mut dense = job();
    dense["round"]["item"][1]["ratio"]["*"] = Value::Float(0.5);
    office.job(&dense);
    let bound = [
        "item \"SX12\": 一般检查事项抽查比例严格进行限制: the draw must take at most 0.1",
        "multiplying every ratio by",
    ];
    office.refuses(&at_w(&["seal", "job.toml"]), 4, &bound);

    let mut visits = "object_id,inspected_on,department\n".to_owned();
    for id in ids(&waiting(), "seal/public/frame.csv") {
        for day in ["2025-02-03", "2025-05-06"] {
            writeln!(visits, "{id},{day},消防救援大队").unwrap();
        }
    }
    office.write("visits.csv", visits);
    act(&office, &["record", "--external", "visits.csv"]);
    office.job(&job());
    let cap = [
        "年度检查频次上限（国办发〔2024〕54号）: visits_per_year_max = 2 takes 1383 objects out of draw \"SX02\"",
        "visits_per_year_max = 3 suffices",
    ];
    office.refuses(&at_w(&["seal", "job.toml"]), 4, &cap);
}

#[test]
fn a_register_with_nobody_certified_gives_shortfalls_and_not_a_failed_job() {
    let office = bureau(&["--rehearsal"]);
    let mut people = "inspector_id,department,office,region_code\n".to_owned();
    for n in 1..=6 {
        writeln!(people, "J{n},市场监督管理局,城关所,130433").unwrap();
    }
    office.write("inspectors.csv", people);
    let path = office.path("inspectors.csv");
    let job = with(job(), "ingest.inspectors.path", path.to_str().unwrap());
    let office = play_to_event(office, &job);
    draw_and_assign(&office);
    let table = text(&office, &in_round("assign/public/assignments.csv"));
    let rows: Vec<&str> = table.lines().skip(1).collect();
    assert!(!rows.is_empty());
    for row in &rows {
        let is_lead = row.contains(",市场监督管理局,");
        let rule = if is_lead { "certificate" } else { "register" };
        assert!(row.ends_with(&format!(",,{rule},2")), "{row}");
    }
    let said = text(&office, SAID);
    says(
        &said,
        &[&format!(
            "inspectors: 0 of {} visits have their team",
            rows.len()
        )],
    );
    says(&said, &["派员缺口 市场监督管理局: ", "visits, certificate"]);
    let verify = [in_round("draw/public"), key_file()];
    let verify = verify_with_key(&verify[0], &verify[1]);
    says(
        &office.choucha(&verify).succeeds(),
        &["inspectors: the teams of "],
    );
    says(
        &text(&office, &in_round("certificate.html")),
        &[&format!("0 teams, {} shortfalls", rows.len())],
    );
}

#[test]
fn visits_of_others_are_recorded_whole_or_not_at_all() {
    let office = waiting();
    let id = ids(&office, "seal/public/frame.csv").swap_remove(0);
    office.write(
        "visits.csv",
        format!(
            "object_id,inspected_on,department\n{id},2025-13-01,消防\n{id},2025-02-01,\n{id},2099-01-01,消防\n{id},2025-03-01,消防\n{id},2025/3/1,消防\n"
        ),
    );
    let record = at_w(&["record", "--external", "visits.csv"]);
    let twice = format!("visits.csv: line 6, object_id = {id}: the same row must stand once");
    let said = [
        "4 problems, nothing was recorded",
        "visits.csv: line 2, inspected_on = 2025-13-01: must be a day",
        "visits.csv: line 3, department = : must not be empty",
        "visits.csv: line 4, inspected_on = 2099-01-01: must not be after today",
        &twice,
    ];
    office.refuses(&record, 3, &said);
    office.write(
        "visits.csv",
        format!("统一社会信用代码,检查日期,检查部门\n{id},2025年3月1日,消防\n"),
    );
    act(&office, &["record", "--external", "visits.csv"]);
    office.refuses(&record, 3, &["line 2, object_id", "is recorded already"]);
    let gone = ["record", "--external", "没有.csv"];
    office.refuses(&at_w(&gone), 1, &["没有.csv: cannot read it"]);
    let custody = ["--custody", "没有.pdf", "--holder", "纪委"];
    let custody = [&["record", "--round", ROUND], &custody[..]].concat();
    let gone = "没有.pdf: the evidence cannot be read";
    office.refuses(&at_w(&custody), 1, &[gone]);
}

#[test]
fn results_are_of_drawn_objects_after_the_draw_and_each_once() {
    let office = drawn();
    let drawn = ids(&office, "draw/public/drawn.csv");
    let frame = ids(&office, "draw/public/frame.csv");
    let other = frame.iter().find(|id| !drawn.contains(id)).unwrap();
    let today = drawn_on(&office);
    let header = "object_id,inspected_on,found,codes\n";
    let record = ["record", "--round", ROUND, "--results", "results.csv"];
    office.write(
        "results.csv",
        format!(
            "{header}{},2025-01-20,是,\n{},{today},也许,\n{},{today},否,A\n{2},{today},是,B\n",
            drawn[0], drawn[1], drawn[2]
        ),
    );
    let early = format!(
        "line 2, inspected_on = 2025-01-20: must not be before {today}, the day of the draw"
    );
    let twice = format!(
        "line 5, object_id = {}: the same row must stand once, it is line 4",
        drawn[2]
    );
    let said = [
        "3 problems, nothing was recorded",
        &early,
        "line 3, found = 也许: must be 是 or 否",
        &twice,
    ];
    office.refuses(&at_w(&record), 3, &said);
    office.write("results.csv", format!("{header}{other},{today},否,\n"));
    let not_drawn =
        format!("results.csv: line 2, object_id = {other}: was not drawn in this round");
    office.refuses(&at_w(&record), 3, &[&not_drawn]);
    office.write(
        "results.csv",
        format!("{header}{},{today},是,C1\n", drawn[0]),
    );
    act(&office, &record);
    office.refuses(&at_w(&record), 3, &["has its result in this round already"]);
    act(&office, &["workspace", "check"]);
    waiting().refuses(
        &at_w(&["record", "--round", ROUND, "--results", "programme.toml"]),
        1,
        &["is sealed: a result needs a drawn round"],
    );
}

#[test]
fn rounds_of_record_are_evaluated_with_the_probabilities_the_ledger_keeps() {
    let office = waiting();
    office.refuses(
        &at_w(&["evaluate"]),
        3,
        &["no round of this workspace is drawn yet"],
    );
    let office = drawn();
    let drawn = ids(&office, "draw/public/drawn.csv");
    let today = drawn_on(&office);
    let rows = drawn.iter().enumerate().skip(1).map(|(at, id)| {
        let found = if at % 3 == 0 { "是" } else { "否" };
        format!("{id},{today},{found},\n")
    });
    let rows: String = rows.collect();
    office.write(
        "results.csv",
        format!("object_id,inspected_on,found,codes\n{rows}"),
    );
    let record = ["record", "--round", ROUND, "--results", "results.csv"];
    act(&office, &record);
    let said = office
        .choucha(&at_w(&["evaluate", "--out", "评估"]))
        .succeeds();
    assert!(said.contains("without-result: 1"), "{said}");
    let evaluation: Json = serde_json::from_slice(&office.read("评估/evaluation.json")).unwrap();
    let round = &evaluation["past"]["rounds"][0];
    let n_drawn = round["n_drawn"].as_u64().unwrap();
    assert_eq!(n_drawn, drawn.len() as u64);
    assert_eq!(round["n_valid"].as_u64().unwrap(), n_drawn - 1);
    assert_eq!(round["stream"], "main+measure");
    let sum_pi = round["sum_pi"].as_f64().unwrap();
    #[allow(clippy::cast_precision_loss, reason = "some hundred objects")]
    let off = (sum_pi - n_drawn as f64).abs();
    assert!(off < 5.0 * sum_pi.sqrt(), "{sum_pi} {n_drawn}");
    let point = &evaluation["over_time"]["points"][0];
    assert_eq!(point["id"], ROUND);
    assert_eq!(point["n"].as_u64().unwrap(), n_drawn - 1);
    assert!(
        evaluation["deterrence"].is_null(),
        "no job says what happened afterwards"
    );

    let mut job = with(job(), "as_of", "2035-01-01");
    job = with(job, "workspace.path", "w");
    job = with(job, "deterrence.outcomes", vec!["投诉举报"]);
    job = with(job, "deterrence.redraws", 99);
    office.job(&job);
    office
        .choucha(&["evaluate", "job.toml", "--out", "评估二"])
        .succeeds();
    let evaluation: Json = serde_json::from_slice(&office.read("评估二/evaluation.json")).unwrap();
    let wave = &evaluation["deterrence"]["waves"][0];
    assert_eq!(wave["wave"], ROUND);
    assert_eq!(wave["n_drawn"].as_u64().unwrap(), n_drawn);
    assert_eq!(wave["n_visited"].as_u64().unwrap(), n_drawn - 1);
    let headline = &evaluation["deterrence"]["headline"];
    assert!(
        headline["averted"].is_null(),
        "nobody had an event in ten years: {headline:#}"
    );
}

#[test]
fn a_business_is_shown_with_class_chance_and_result_of_its_round() {
    let office = drawn();
    let drawn = ids(&office, "draw/public/drawn.csv");
    let frame = ids(&office, "draw/public/frame.csv");
    let other = frame.iter().find(|id| !drawn.contains(id)).unwrap();
    let today = drawn_on(&office);
    let header = "object_id,inspected_on,found,codes";
    office.write(
        "results.csv",
        format!("{header}\n{},{today},是,C1\n", drawn[0]),
    );
    act(
        &office,
        &["record", "--round", ROUND, "--results", "results.csv"],
    );
    let shown = |id: &str| -> Json {
        let said = office
            .choucha(&at_w(&["show", id, "--format", "json"]))
            .succeeds();
        serde_json::from_str::<Json>(&said).unwrap()["history"][0].clone()
    };
    let then = shown(&drawn[0]);
    assert_eq!(
        (then["name"].as_str(), then["drawn"].as_bool()),
        (Some(ROUND), Some(true))
    );
    assert_eq!(then["result"], format!("{today} 发现问题 C1"));
    assert!(
        then["points"].as_u64() > Some(0) && then["class"].as_str() != Some(""),
        "{then}"
    );
    assert!(then["pi"].as_f64() > Some(0.0), "{then}");
    let then = shown(other);
    assert_eq!(
        (then["drawn"].as_bool(), &then["result"]),
        (Some(false), &Json::Null)
    );
    act(&office, &["workspace", "check"]);
}

/// Targets of the first item that were not sure to be taken: somebody moves up for each. The key is another one in every run.
fn drawn_by_lot(office: &Office, n: usize) -> Vec<String> {
    let kept = text(office, &in_round("draw/internal/drawn.csv"));
    let by_lot = kept
        .lines()
        .filter(|line| line.contains(",SX02,") && line.contains(",false,"));
    let id = |line: &str| line.split(',').next().unwrap().to_owned();
    by_lot.take(n).map(id).collect()
}

/// The folder of the first entry of targets that are gone.
fn replaced(office: &Office) -> String {
    let entries = fs::read_dir(office.path(&in_round(""))).unwrap();
    let mut names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.find(|name| name.starts_with("replaced-")).unwrap()
}

/// The day on which the round was drawn.
pub(crate) fn drawn_on(office: &Office) -> Day {
    let ledger = ledger(office);
    let (at, _) = ledger.state().round(ROUND).unwrap().draw().unwrap();
    at.day()
}

#[test]
fn gone_targets_are_replaced_from_the_reserve_and_get_inspectors_of_their_own() {
    let office = drawn();
    let drawn = ids(&office, "draw/public/drawn.csv");
    let gone = drawn_by_lot(&office, 3);
    let frame = ids(&office, "draw/public/frame.csv");
    let other = frame.iter().find(|id| !drawn.contains(id)).unwrap();
    let evidence = ["--evidence", "evidence.txt"];
    let record = ["record", "--round", ROUND, "--unusable", "gone.csv"];
    office.refuses(&at_w(&record), 1, &["--evidence"]);
    let record = [&record[..], &evidence].concat();
    let write = |rows: &str| {
        office.write("gone.csv", format!("统一社会信用代码,原因\n{rows}"));
    };
    write(&format!(
        "{other},失联\n{0},\n{1},注销\n{1},注销\n",
        gone[0], gone[1]
    ));
    let empty = "line 3, reason = : must not be empty";
    let twice = format!(
        "line 5, object_id = {}: the same row must stand once",
        gone[1]
    );
    office.refuses(&at_w(&record), 3, &[empty, &twice]);
    write(&format!("{other},失联\n"));
    office.refuses(&at_w(&record), 3, &["was not drawn in this round"]);
    office.refuses(
        &at_w(&["assign", ROUND]),
        1,
        &["its assignment is already recorded"],
    );

    write(&format!(
        "{},失联\n{},注销\n{},失联\n",
        gone[0], gone[1], gone[2]
    ));
    let said = act(&office, &record);
    assert!(said.contains("3 targets cannot be inspected"), "{said}");
    office.refuses(
        &at_w(&record),
        3,
        &["is recorded as unusable in this round already"],
    );
    let folder = replaced(&office);
    let substitutes = ids(&office, &format!("{folder}/public/substitutes.csv"));
    assert!(!substitutes.is_empty());
    let list = text(&office, &in_round("draw/public/drawn.csv"));
    let moved = text(
        &office,
        &in_round(&format!("{folder}/public/substitutes.csv")),
    );
    let is_new = |line: &str| !list.lines().any(|drawn| drawn == line);
    assert!(
        moved.lines().skip(1).all(is_new),
        "a new visit, or one with more items"
    );
    assert!(said.contains(&format!("{} of the reserve move up", substitutes.len())));
    act(&office, &["assign", ROUND]);
    office.refuses(
        &at_w(&["assign", ROUND]),
        1,
        &["its assignment is already recorded"],
    );
    let teams = ids(&office, "assign-2/public/assignments.csv");
    let mut visits = substitutes.iter().filter(|id| !drawn.contains(id));
    assert!(visits.all(|id| teams.contains(id)));
    assert!(gone.iter().all(|id| !teams.contains(id)));

    let today = drawn_on(&office);
    let row = format!(
        "object_id,inspected_on,found,codes\n{},{today},否,\n",
        substitutes[0]
    );
    office.write("results.csv", row);
    act(
        &office,
        &["record", "--round", ROUND, "--results", "results.csv"],
    );
    act(&office, &["audit"]);
    let (public, key) = (in_round("draw/public"), key_file());
    let verify = verify_with_key(&public, &key);
    let said = office.choucha(&verify).succeeds();
    let reserve = format!(
        "reserve: 3 targets cannot be inspected, and the {} that moved up are the same",
        substitutes.len()
    );
    assert!(said.contains(&reserve), "{said}");
    let name = in_round(&format!("{folder}/public/substitutes.csv"));
    let stranger = |id: &&String| !drawn.contains(id) && !substitutes.contains(id);
    let stranger = frame.iter().find(stranger).unwrap();
    let forged = text(&office, &name).replacen(&substitutes[0], stranger, 1);
    office.write(&name, forged);
    office.refuses(&verify, 2, &["substitutes.csv"]);
}

#[test]
fn an_institution_assists_at_a_visit_and_is_no_inspector() {
    let office = drawn();
    let teams = text(&office, &in_round("assign/public/assignments.csv"));
    let visit: Vec<&str> = teams.lines().nth(1).unwrap().split(',').collect();
    let entrust = |object: &str, expires: &str| {
        let mut args = at_w(&["record", "--round", ROUND, "--entrust", "evidence.txt"]);
        args.extend([
            "--department",
            visit[1],
            "--institution",
            "邯郸市检验检测中心",
        ]);
        args.extend(["--qualification", "CMA-130433", "--report-id", "B-7"]);
        let args = args.into_iter().map(str::to_owned);
        args.chain(["--object", object, "--expires", expires].map(str::to_owned))
            .collect::<Vec<String>>()
    };
    let expired = "qualification";
    office.refuses(
        &entrust(visit[0], "2025-01-01"),
        1,
        &["邯郸市检验检测中心", expired],
    );
    office.refuses(
        &entrust("91130433NOBODY", "2030-01-01"),
        1,
        &["91130433NOBODY", "team"],
    );
    let said = office.choucha(&entrust(visit[0], "2030-01-01")).succeeds();
    assert!(said.contains("it is no inspector"), "{said}");
    assert_eq!(
        text(&office, &in_round("assign/public/assignments.csv")),
        teams
    );
    let (public, key) = (in_round("draw/public"), key_file());
    office.choucha(&verify_with_key(&public, &key)).succeeds();
    act(&office, &["audit"]);
}

#[test]
fn the_key_stands_in_its_file_alone() {
    let office = drawn();
    let key = text(&office, &key_file());
    let key = key.trim();
    let bytes: Vec<u8> = (0..32)
        .map(|i| u8::from_str_radix(&key[2 * i..2 * i + 2], 16).unwrap())
        .collect();
    let id = ids(&office, "draw/public/drawn.csv").swap_remove(0);
    let slip = ["slip", ROUND, &id, "--opened", "--out", "slip.json"];
    let loud = ["--log", "trace", "--format", "json"];
    let verify = [in_round("draw/public"), key_file()];
    let [verify, public, flag, file] = verify_with_key(&verify[0], &verify[1]);
    let answers: Vec<Answer> = vec![
        office.choucha(&[&at_w(&slip)[..], &loud].concat()),
        office.choucha(&[&[verify, public, flag, file], &loud[..]].concat()),
        due().choucha(&[&draw_args(DICE)[..], &loud].concat()),
        office.choucha(&[&draw_args(DICE)[..], &["--key", file]].concat()),
    ];
    let codes: Vec<_> = answers.iter().map(|answer| answer.code).collect();
    assert_eq!(codes, [Some(0), Some(0), Some(0), Some(1)]);
    for Answer { out, err, .. } in &answers {
        assert!(!out.contains(key) && !err.contains(key));
    }
    let mut seen = BTreeSet::new();
    for (name, held) in office.files() {
        let lower = String::from_utf8_lossy(&held).to_lowercase();
        let raw = held.windows(32).any(|window| window == bytes);
        if lower.contains(key) || raw {
            seen.insert(name);
        }
    }
    assert_eq!(seen, BTreeSet::from([key_file()]));
}

#[cfg(unix)]
#[test]
fn a_key_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let office = bureau(&["--rehearsal"]);
    office.job(&job());
    act(&office, &["seal", "job.toml"]);
    let mode = |path: &str| {
        fs::metadata(office.path(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!((mode(&key_file()), mode("w/keys")), (0o600, 0o700));
    act(&office, &["workspace", "backup", "--to", "plain"]);
    assert!(files_of(&office.path("plain/keys")).is_empty());
    act(
        &office,
        &["workspace", "backup", "--to", "whole", "--with-keys"],
    );
    assert_eq!(mode(&key_file().replace("w/", "whole/")), 0o600);
    let copied: BTreeMap<String, Vec<u8>> = files_of(&office.path("whole"));
    let mut own = files_of(&office.path("w"));
    own.remove(".lock");
    assert_eq!(copied.len(), own.len());
    assert!(copied == own, "a backup is the workspace");
}
