//! The whole walk: the same bytes in any order, cut and place, nothing from the future, and the project's own jobs.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use choucha::job::{Job, Overrides};
use choucha::units::{Day, Digest, HashName};
use polars::prelude::*;
use serde_json::Value as Json;

use crate::shared::shared;
use crate::small_county::{
    Office, copy_folder, files_of, finished_run, full_job, kept, light_job, root, with,
};

// --- the small county ----------------------------------------------------------------------------------------------

/// The finished `run` of the small county with both models, in the four partitions of its job.
fn full_run() -> &'static Path {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| {
        let office = Office::new();
        office.job(&full_job()).walk("run", &[]).succeeds();
        let folder = kept("small county in full").join("result");
        copy_folder(&office.path("result"), &folder);
        folder
    })
}

#[test]
fn partitions_and_threads_change_no_byte_of_a_result() {
    for (partitions, threads) in [("1", "1"), ("5", "2")] {
        let office = Office::new();
        let more = ["--partitions", partitions, "--threads", threads];
        office.job(&full_job()).walk("run", &more).succeeds();
        assert_same(
            &files_of(full_run()),
            &files_of(&office.path("result")),
            &more,
        );
    }
}

#[test]
fn the_order_of_source_rows_changes_no_byte_of_scores_seal_and_bulletin() {
    let office = Office::with_own_data();
    for table in [
        "objects",
        "inspections",
        "credit_events",
        "inspectors",
        "items",
        "outcomes",
    ] {
        rewrite(&office.data(&format!("{table}.parquet")), shuffled);
    }
    office.job(&full_job()).walk("run", &[]).succeeds();
    // Where a row stood is said only of refused rows and findings, and in the digests of the sources.
    let says_place = |name: &str| name.starts_with("refused") || name.starts_with("findings");
    let kept = |mut files: BTreeMap<String, Vec<u8>>| {
        files.retain(|name, _| name != "manifest.json" && !says_place(name));
        files
    };
    assert_same(
        &kept(files_of(full_run())),
        &kept(files_of(&office.path("result"))),
        &["shuffled"],
    );
    assert_ne!(
        files_of(full_run())["refused.csv"],
        office.read("result/refused.csv"),
        "the rows were in another order"
    );
}

#[test]
fn digests_are_of_content_and_not_of_places() {
    let office = Office::with_own_data();
    copy_folder(finished_run(), &office.path("result"));
    office.job(&with(light_job(), "run.partitions", 3));
    let said = office.walk("run", &["--threads", "1"]).succeeds();
    assert!(said.starts_with("nothing to do"), "{said}");

    let digest = |job: &toml::Table| {
        office.job(&job.clone());
        let overrides = Overrides {
            data: Some("x".to_owned()),
            ..Overrides::default()
        };
        Job::read(&office.path("job.toml"), &overrides)
            .unwrap()
            .digest
    };
    let plain = digest(&light_job());
    for (place, value) in [
        ("data", "elsewhere"),
        ("ingest.items.path", "{data}/事项.parquet"),
        ("outcomes.path", "{data}/结果.parquet"),
    ] {
        assert_eq!(digest(&with(light_job(), place, value)), plain, "{place}");
    }
    for (setting, value) in [
        ("title", "另一个标题"),
        ("ingest.objects.values.kind.path", "企业"),
        ("rehearsal.seed", "另一粒种子"),
    ] {
        assert_ne!(
            digest(&with(light_job(), setting, value)),
            plain,
            "{setting}"
        );
    }
}

#[test]
fn nothing_known_on_or_after_the_as_of_day_reaches_a_class() {
    let office = Office::with_own_data();
    rewrite(&office.data("inspections.parquet"), |visits| {
        let known_before = visits.clone().filter(col("known_on").lt(as_of()));
        let published_later = visits.clone().with_columns([
            concat_str([lit("p-"), col("visit_id")], "", false).alias("visit_id"),
            as_of().alias("known_on"),
            lit(true).alias("found"),
            lit(99.0).alias("severity"),
        ]);
        let made_later = visits.with_columns([
            concat_str([lit("m-"), col("visit_id")], "", false).alias("visit_id"),
            as_of().alias("inspected_on"),
            lit(NULL).cast(DataType::Date).alias("known_on"),
            col("found").not().alias("found"),
        ]);
        concat(
            [made_later, published_later, known_before],
            UnionArgs::default(),
        )
        .unwrap()
    });
    rewrite(&office.data("credit_events.parquet"), |events| {
        let known_before = events.clone().filter(col("known_on").lt(as_of()));
        let entered_later = events.with_columns([
            as_of().alias("known_on"),
            lit("严重违法失信").alias("kind"),
            lit(1_i64).cast(DataType::Int64).alias("amount"),
        ]);
        concat([entered_later, known_before], UnionArgs::default()).unwrap()
    });
    rewrite(&office.data("objects.parquet"), |objects| {
        let closes_later = col("注吊销日期").fill_null(as_of());
        objects.with_column(closes_later.alias("注吊销日期"))
    });
    let said = office.job(&full_job()).walk("seal", &[]).succeeds();
    assert!(!said.contains("+ 3 known later"), "{said}");
    let before = files_of(full_run());
    assert!(before["risk.parquet"] == office.read("result/risk.parquet"));
    for file in ["seal/plan.json", "seal/frame.csv", "seal/levels.csv"] {
        assert!(
            before[file] == office.read(&format!("result/{file}")),
            "{file}"
        );
    }
}

#[test]
fn what_was_known_the_day_before_does_reach_a_class() {
    let office = Office::with_own_data();
    rewrite(&office.data("credit_events.parquet"), |events| {
        events.with_columns([
            lit("严重违法失信").alias("kind"),
            lit(NULL).cast(DataType::Date).alias("ended_on"),
        ])
    });
    office.job(&light_job()).walk("score", &[]).succeeds();
    let risk = office.read("result/risk.parquet");
    assert!(
        risk != files_of(finished_run())["risk.parquet"],
        "the test above would see a difference"
    );
}

// --- the county ----------------------------------------------------------------------------------------------------

/// SHA-256 of the county's plan, frame and drawn list. They change when data, scorecard or job change: then read the new
/// list, say why in the change log, and edit these lines.
const COUNTY: [(&str, &str); 3] = [
    (
        "public/plan.json",
        "5d759841d308ae0d96ae6f0cc5301b5cf2de59d20aa0995c4f6479da88bf10c6",
    ),
    (
        "public/frame.csv",
        "cd1fc1209dad5de1726e09b3810c5231a7f85b4c2e94e1561aedded9b7c2a68b",
    ),
    (
        "public/drawn.csv",
        "8b1d7e464aa2ebc592589ec3a257e34ac5a1d297bca280b39fbf98e73cecc955",
    ),
];

#[test]
fn every_job_of_the_project_passes_check() {
    let office = Office::new();
    office
        .choucha_at_root(&["check", "pipelines/guantao.toml"])
        .succeeds();
    let Some(data) = shared("every_job_of_the_project_passes_check", "data/chicago") else {
        return;
    };
    let chicago = [
        "check",
        "pipelines/chicago.toml",
        "--data",
        data.to_str().unwrap(),
    ];
    office.choucha_at_root(&chicago).succeeds();
    let Some(data) = shared("every_job_of_the_project_passes_check", "data/nyc") else {
        return;
    };
    let nyc = [
        "check",
        "pipelines/nyc.toml",
        "--data",
        data.to_str().unwrap(),
    ];
    office.choucha_at_root(&nyc).succeeds();
}

#[test]
fn without_its_data_the_chicago_job_says_what_it_looked_for() {
    let office = Office::new();
    let answer = office.choucha_at_root(&["check", "pipelines/chicago.toml", "--data", "没有"]);
    assert_eq!(answer.code, Some(3));
    assert!(
        answer
            .err
            .contains("ingest.objects.path names \"没有/register.parquet\", which does not exist"),
        "{}",
        answer.err
    );
}

#[test]
fn the_county_is_drawn_as_it_was() {
    let office = Office::on(&root().join("datasets/guantao"));
    let out = office.path("result");
    let mut job = full_job();
    job.remove("deterrence"); // thousands of re-draws, of which nothing that is pinned knows
    let said = office.job(&job).walk("run", &[]).succeeds();
    assert!(said.contains("drawn: 1470 of 27780 objects"), "{said}");
    let found = COUNTY.map(|(file, _)| (file, digest_of(&out.join(file)).to_string()));
    let pinned = COUNTY.map(|(file, digest)| (file, digest.to_owned()));
    assert_eq!(found, pinned);
    office.choucha(&["verify", "result/public"]).succeeds();
    let evaluation = evaluation(&out);
    assert_eq!(evaluation["facts"]["synthetic"], true);
    assert_eq!(evaluation["facts"]["rehearsal"], true);
    assert!(evaluation["estimates"].is_object(), "outcomes are known");
    assert_adds_up(&evaluation);
}

/// Every row read was accepted, refused or known later.
fn assert_adds_up(evaluation: &Json) {
    let tables = evaluation["facts"]["tables"].as_array().unwrap();
    assert_eq!(tables.len(), 6);
    for table in tables {
        let n = |key: &str| table[key].as_u64().unwrap();
        assert_eq!(
            n("read"),
            n("accepted") + n("refused") + n("later"),
            "{table}"
        );
    }
}

// --- Chicago -------------------------------------------------------------------------------------------------------

/// The finished run of the Chicago job, or nothing where the data are absent.
fn chicago(test: &str) -> Option<&'static Path> {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    let data = shared(test, "data/chicago")?;
    Some(RUN.get_or_init(|| {
        let out = kept("chicago").join("result");
        walk_chicago("run", &data, &out);
        out
    }))
}

fn walk_chicago(command: &str, data: &Path, out: &Path) {
    let (data, out) = (data.to_str().unwrap(), out.to_str().unwrap());
    let job = "pipelines/chicago.toml";
    Office::new()
        .choucha_at_root(&[command, job, "--data", data, "--out", out])
        .succeeds();
}

#[test]
fn chicago_is_replayed_with_the_published_figures() {
    let Some(run) = chicago("chicago_is_replayed_with_the_published_figures") else {
        return;
    };
    let evaluation = evaluation(run);
    let backtest = &evaluation["backtest"];
    assert_eq!(backtest["n"], 1637);
    assert_eq!(backtest["positives"], 258);
    assert_eq!(backtest["first_half_found_as_done"], 141);
    assert!(
        evaluation["estimates"].is_null(),
        "the drawn list has no outcomes"
    );
    let figure = |of: &Json, model: &str, figure: &str| {
        of["models"][model][figure]
            .as_f64()
            .unwrap_or_else(|| panic!("{model} has no {figure}"))
    };
    let own = &evaluation["by_rule"]["own"];
    assert_eq!(
        own["chosen"], "logistic",
        "the job's own model stands beside"
    );
    let of_rule = ["logistic", "boosted", "blend", "past_rate", "rank_sum"];
    let of_job = ["logistic", "scorecard", "past_rate", "days_since_last"];
    let all = of_rule.map(|name| (backtest, name)).into_iter();
    for (of, name) in all.chain(of_job.map(|name| (own, name))) {
        for key in [
            "auc",
            "auc_within_inspector",
            "average_precision",
            "days_earlier",
            "first_half_found",
            "precision_at_10",
            "precision_at_20",
        ] {
            assert!(figure(of, name, key).is_finite(), "{name}.{key}");
        }
    }
    let chosen = backtest["chosen"].as_str().unwrap();
    assert_eq!(evaluation["by_rule"]["choice"]["name"], chosen);
    for key in ["auc", "days_earlier"] {
        let (choice, past) = (
            figure(backtest, chosen, key),
            figure(backtest, "past_rate", key),
        );
        assert!(choice > past, "{key}");
    }
    for (key, least) in [
        ("auc", 0.64),
        ("days_earlier", 5.8),
        ("first_half_found", 172.0),
        ("auc_within_inspector", 0.57),
    ] {
        let found = figure(backtest, chosen, key);
        assert!(found >= least, "{key} = {found}");
    }
}

#[test]
fn the_choice_for_chicagos_window_looks_at_windows_that_had_ended() {
    let Some(run) = chicago("the_choice_for_chicagos_window_looks_at_windows_that_had_ended")
    else {
        return;
    };
    let by_rule = &evaluation(run)["by_rule"];
    assert_eq!(by_rule["cutoff"], "2014-09-02");
    let past = by_rule["choice"]["past"].as_array().unwrap();
    assert_eq!(past.len(), 4);
    for cutoff in past {
        let cutoff: Day = cutoff.as_str().unwrap().parse().unwrap();
        assert!(cutoff.plus(60) <= "2014-09-02".parse().unwrap(), "{cutoff}");
    }
    let last: Day = by_rule["trained"]["last"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(last < "2014-04-17".parse().unwrap(), "{last}");
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains("模型由声明的规则在 2014-09-02 之前已结束的窗口上选定"));
    assert!(page.contains("本任务自己的模型，按 2014-09-02 的评分"));
}

#[test]
fn no_inspector_is_a_feature_of_the_chicago_job() {
    for file in ["indicators/chicago.toml", "scorecards/chicago.toml"] {
        let text = fs::read_to_string(root().join("pipelines").join(file)).unwrap();
        let table: toml::Table = text.parse().unwrap();
        assert!(!table.to_string().contains("inspector"), "{file}");
    }
    let Some(run) = chicago("no_inspector_is_a_feature_of_the_chicago_job") else {
        return;
    };
    let models = &evaluation(run)["facts"]["models"];
    assert!(models[0]["coefficients"].as_array().unwrap().len() > 5);
    assert!(!models.to_string().contains("inspector"), "{models}");
}

#[test]
fn chicago_is_scored_without_looking_into_the_window() {
    let Some(run) = chicago("chicago_is_scored_without_looking_into_the_window") else {
        return;
    };
    let from = shared("", "data/chicago").unwrap();
    let data = kept("chicago scrambled");
    copy_folder(&from, &data);
    let inspections = data.join("inspections.parquet");
    let whole = fs::read(&inspections).unwrap();
    rewrite(&inspections, |visits| {
        let later = || col("date").gt_eq(day("2014-09-02"));
        let change = |name: &str, other: Expr| when(later()).then(other).otherwise(col(name));
        visits.with_columns([
            change("found", col("found").not()).alias("found"),
            change("severity", lit(100.0) - col("severity")).alias("severity"),
            change("criticalCount", col("criticalCount") + lit(7)).alias("criticalCount"),
            change("seriousCount", lit(50) - col("seriousCount")).alias("seriousCount"),
            change("minorCount", lit(0)).alias("minorCount"),
            change("Results", lit("Scrambled")).alias("Results"),
        ])
    });
    assert!(fs::read(&inspections).unwrap() != whole);
    let out = data.join("result");
    walk_chicago("score", &data, &out);
    assert!(
        fs::read(out.join("risk.parquet")).unwrap() == fs::read(run.join("risk.parquet")).unwrap()
    );
}

// --- helpers -------------------------------------------------------------------------------------------------------

#[track_caller]
fn assert_same(
    expected: &BTreeMap<String, Vec<u8>>,
    found: &BTreeMap<String, Vec<u8>>,
    what: &[&str],
) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(expected), names(found), "{what:?}");
    for (name, bytes) in expected {
        assert!(*bytes == found[name], "{what:?}: {name} differs");
    }
}

fn evaluation(run: &Path) -> Json {
    serde_json::from_slice(&fs::read(run.join("evaluation.json")).unwrap()).unwrap()
}

fn digest_of(path: &Path) -> Digest {
    HashName::Sha256.digest(&[&fs::read(path).unwrap()])
}

fn day(text: &str) -> Expr {
    lit(text)
        .cast(DataType::String)
        .str()
        .to_date(StrptimeOptions {
            format: Some("%Y-%m-%d".into()),
            ..StrptimeOptions::default()
        })
}

fn as_of() -> Expr {
    day("2025-01-01")
}

/// Puts what `change` makes of a Parquet file in its place.
fn rewrite(path: &Path, change: impl FnOnce(LazyFrame) -> LazyFrame) {
    let table = ParquetReader::new(File::open(path).unwrap())
        .finish()
        .unwrap();
    let mut changed = change(table.lazy()).collect().unwrap();
    ParquetWriter::new(File::create(path).unwrap())
        .finish(&mut changed)
        .unwrap();
}

/// The rows in an order far from their own, the same each time.
fn shuffled(table: LazyFrame) -> LazyFrame {
    let table = table.collect().unwrap();
    let n = u32::try_from(table.height()).unwrap();
    let mut order: Vec<u32> = (0..n).collect();
    order.sort_by_key(|row| row.wrapping_mul(2_654_435_769));
    table
        .take(&IdxCa::from_vec("order".into(), order))
        .unwrap()
        .lazy()
}
