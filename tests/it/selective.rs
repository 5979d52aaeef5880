//! The replay of selective labels: every policy learns only from what it saw, and the estimates are held against the truth.

use serde_json::Value as Json;
use toml::{Table, Value};

use crate::backtest::{Town, job, office, result};
use crate::shared::shared;
use crate::small_county::{Office, pipeline, with};

fn replayed() -> Table {
    let own = "replicates = 3\ngammas = [1.0, 4.0]\nexplored = [0.2]\nindicators = [\"own_rate\", \"n_routine\"]";
    let own: Table = own.parse().unwrap();
    with(job(), "backtest.selective", Value::Table(own))
}

fn policy<'a>(tried: &'a Json, kind: &str, weighted: bool) -> &'a Json {
    let policies = tried["selective"]["policies"].as_array().unwrap();
    let is_it = |one: &&Json| {
        let (own, is_weighted) = (&one["policy"]["kind"], one["policy"]["weighted"].as_bool());
        let name = own.as_str().map_or_else(|| own.to_string(), str::to_owned);
        name == kind && is_weighted == Some(weighted)
    };
    let found = policies.iter().find(is_it);
    found.unwrap_or_else(|| panic!("{kind} in {policies:?}"))
}

fn number(value: &Json, path: &str) -> f64 {
    let found = value.pointer(path).and_then(Json::as_f64);
    found.unwrap_or_else(|| panic!("{path} of {value}"))
}

#[test]
fn a_replay_counts_every_visit_once_and_says_what_cannot_be_known() {
    let town = Town::new();
    let office = office(&town, &replayed());
    let tried = result(&office, &["--lang", "en"]);
    let facts = &tried["selective"]["facts"];
    let rounds = facts["rounds"].as_array().unwrap();
    let n: u64 = rounds.iter().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(facts["n"].as_u64(), Some(n));
    assert_eq!(
        facts["features"],
        serde_json::json!(["n_routine", "own_rate"])
    );
    let policies = tried["selective"]["policies"].as_array().unwrap();
    assert_eq!(
        policies.len(),
        7,
        "equal, greedy, one explored, two γ, each plain and weighted"
    );
    let greedy = policy(&tried, "greedy", false);
    assert!(greedy["market"].is_null() && greedy["against_greedy"].is_null());
    assert!(
        greedy["no_estimate"]
            .as_str()
            .unwrap()
            .contains("never visited")
    );
    let equal = policy(&tried, "equal", false);
    let lift = number(equal, "/lift");
    assert!(
        (lift - 1.0).abs() < 0.15,
        "an equal draw finds the base rate: {lift}"
    );
    let page = String::from_utf8(office.read("result/backtest.html")).unwrap();
    for said in [
        "Seeing only what one visits",
        "highest risks only",
        "undefined",
    ] {
        assert!(page.contains(said), "{said}");
    }
    std::fs::remove_dir_all(office.path("result")).unwrap();
    let again = result(
        &office,
        &["--lang", "en", "--threads", "1", "--partitions", "3"],
    );
    assert_eq!(tried["selective"], again["selective"]);
}

#[test]
fn a_replay_that_cannot_be_made_says_why() {
    let town = Town::new();
    let cases = [
        (
            "backtest.selective.indicators",
            Value::from(vec!["nobody"]),
            1,
            "selective.indicators",
        ),
        (
            "backtest.selective.columns",
            Value::from(vec!["item_id"]),
            1,
            "selective.columns",
        ),
        (
            "backtest.selective.floor",
            Value::from(0.5),
            1,
            "below the budget",
        ),
        (
            "backtest.selective.from",
            Value::from("2030-01-01"),
            3,
            "no visits in its days",
        ),
    ];
    for (key, value, code, fragment) in cases {
        let office = office(&town, &with(replayed(), key, value));
        office.refuses(&office.args("backtest", &["--quiet"]), code, &[fragment]);
    }
}

#[test]
fn chicagos_replay_lies_in_the_bands_of_the_second_implementation() {
    let (Some(data), Some(path)) = (
        shared("chicagos_replay", "data/chicago"),
        shared("chicagos_replay", "vectors/evaluation.json"),
    ) else {
        return;
    };
    let all: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let table = all["selective_labels_replay_chicago"]["table"]
        .as_array()
        .unwrap();
    let expected = |policy: &str, weighted: bool, key: &str| {
        let is_it = |row: &&Json| row["policy"] == policy && row["ipw_training"] == weighted;
        table.iter().find(is_it).unwrap()[key].as_f64().unwrap()
    };
    let office = Office::on(&data);
    let own = with(
        pipeline("chicago-selective"),
        "backtest.selective.replicates",
        20,
    );
    let own = with(own, "backtest.selective.gammas", Value::from(vec![4.0]));
    office.job(&with(
        own,
        "backtest.selective.explored",
        Value::from(vec![0.1]),
    ));
    let tried = result(&office, &[]);
    assert_eq!(tried["selective"]["facts"]["n"], 18_712);
    assert_eq!(
        tried["selective"]["facts"]["rounds"]
            .as_array()
            .unwrap()
            .len(),
        14
    );
    for (name, kind, weighted) in [
        ("srs", "equal", false),
        ("greedy", "greedy", false),
        ("eps0.1", r#"{"explore":0.1}"#, false),
        ("pow0.05_4", r#"{"power":4.0}"#, false),
        ("pow0.05_4", r#"{"power":4.0}"#, true),
    ] {
        let own = policy(&tried, kind, weighted);
        let error = number(own, "/hit_rate/standard_error").hypot(0.0015);
        let off = number(own, "/hit_rate/value") - expected(name, weighted, "hit_rate");
        assert!(
            off.abs() < 3.0 * error,
            "{name}: hit rate off by {off}, error {error}"
        );
        if name != "greedy" {
            let ratio = number(own, "/market/rmse") / expected(name, weighted, "rmse_hajek");
            assert!((0.7..1.4).contains(&ratio), "{name}: RMSE {ratio} times");
        }
    }
    let power = policy(&tried, r#"{"power":4.0}"#, true);
    let against = number(power, "/against_greedy/value");
    assert!(
        against.abs() < 0.012,
        "as many hits as the greedy policy: {against}"
    );
}
