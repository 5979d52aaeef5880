//! The house stays livable: no ring between rooms, packages behind their walls, licences permissive.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which rooms a room may name; every room may use `units`.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("codes", &[]),
    ("ledger", &[]),
    ("sheets", &[]),
    ("ingest", &["codes"]),
    ("registers", &["ingest", "codes"]),
    ("indicators", &["registers", "ingest"]),
    ("risk", &["indicators"]),
    ("plan", &["risk", "registers"]),
    ("draw", &["plan"]),
    ("assign", &["draw", "registers"]),
    ("publish", &["draw", "plan"]),
    ("evaluate", &["plan", "draw", "risk", "ingest"]),
    ("report", &["evaluate", "registers", "sheets"]),
];

/// Named by the rooms' callers only: they may use every room and no room names them.
const CALLERS: &[&str] = &[
    "main", "cli", "job", "corridor", "doors", "error", "facts", "init", "runs", "progress",
    "simulate", "audit", "backtest", "tune",
];

/// Where a walled package may be named: files or folders below `src`.
const WALLS: &[(&str, &[&str])] = &[
    ("sha2", &["units"]),
    ("sm3", &["units"]),
    ("hmac", &["units"]),
    ("getrandom", &["doors"]),
    (
        "unicode_normalization",
        &[
            "units",
            "ingest",
            "draw",
            "plan/seed_rule.rs",
            "plan/seed_rule",
        ],
    ),
    ("clap", &["cli.rs"]),
    ("indicatif", &["progress.rs"]),
    ("tracing_subscriber", &["main.rs"]),
    ("ctrlc", &["main.rs"]),
    (
        "toml",
        &[
            "job.rs",
            "init.rs",
            "indicators",
            "risk",
            "simulate",
            "ledger",
            "audit",
        ],
    ),
    ("linfa", &["risk"]),
    ("linfa_logistic", &["risk"]),
    ("ndarray", &["risk"]),
    (
        "csv",
        &[
            "ingest",
            "registers",
            "assign",
            "publish",
            "ledger",
            "audit",
            "doors",
        ],
    ),
    ("rust_xlsxwriter", &["sheets", "simulate/files/xlsx.rs"]),
    ("minijinja", &["sheets"]),
    ("plotters", &["report"]),
    ("arrow", &["ingest", "publish", "ledger"]),
    ("parquet", &["ingest", "publish", "ledger"]),
    (
        "polars",
        &[
            "ingest",
            "registers",
            "indicators",
            "risk",
            "evaluate",
            "simulate",
        ],
    ),
    ("calamine", &["ingest/decode"]),
    ("quick_xml", &["ingest/decode"]),
    ("html5ever", &["ingest/decode"]),
    ("zip", &["ingest/decode"]),
    ("flate2", &["ingest/decode", "simulate/files"]),
    ("encoding_rs", &["ingest/decode", "simulate/files"]),
    ("memchr", &["ingest/decode"]),
    ("strsim", &["ingest"]),
    ("rand", &["simulate", "evaluate"]),
    ("rand_chacha", &["simulate", "evaluate", "audit"]),
    ("rand_distr", &["simulate", "evaluate"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The first path part below `src`, without `.rs`.
fn room_of(path: &Path) -> String {
    let below = path.strip_prefix(root().join("src")).unwrap();
    let first = below
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Shipped source text without comments, so that prose and unit tests name nothing.
fn code(path: &Path) -> String {
    if path.ends_with("tests.rs") {
        return String::new();
    }
    let text = fs::read_to_string(path).unwrap();
    let shipped = text.split("#[cfg(test)]").next().unwrap_or("");
    shipped
        .lines()
        .map(|line| line.split("//").next().unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Names that follow `crate::` in a file, in `use crate::{a::…, b::…}` too.
fn named_rooms(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let is_group = after.starts_with('{');
        let group = if is_group {
            after[1..].split("};").next().unwrap_or("")
        } else {
            after
        };
        let mut depth = 0_i32;
        let mut word = String::new();
        let mut at_start = true;
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => at_start = true,
                _ if !at_start => {}
                c if c.is_alphanumeric() || c == '_' => word.push(c),
                c if c.is_whitespace() && word.is_empty() => {}
                _ => {
                    rooms.insert(std::mem::take(&mut word));
                    at_start = false;
                    if !is_group {
                        break;
                    }
                }
            }
        }
        if !word.is_empty() {
            rooms.insert(word);
        }
    }
    rooms
}

#[test]
fn names_after_crate_are_found_in_every_form() {
    let code = "use crate::units::Day; use crate::{plan::{Level, Plan}, draw}; fn f() -> crate::risk::RiskTable {}";
    let expected = ["draw", "plan", "risk", "units"].map(str::to_owned);
    assert_eq!(named_rooms(code), BTreeSet::from(expected));
}

#[test]
fn no_room_names_a_later_room() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_NAME.iter().copied().collect();
    let mut broken = Vec::new();
    for path in sources(&root().join("src")) {
        let room = room_of(&path);
        let Some(may) = allowed.get(room.as_str()) else {
            assert!(
                CALLERS.contains(&room.as_str()) || room == "lib",
                "{} is in no list of this test",
                path.display()
            );
            continue;
        };
        for named in named_rooms(&code(&path)) {
            let is_room = allowed.contains_key(named.as_str()) || CALLERS.contains(&named.as_str());
            if is_room && named != room && named != "units" && !may.contains(&named.as_str()) {
                broken.push(format!("{} names {named}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_list_of_rooms_has_no_ring() {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for (room, may) in MAY_NAME {
        assert!(
            may.iter().all(|earlier| seen.contains(earlier)),
            "{room} names a room that is not before it"
        );
        seen.insert(room);
    }
}

#[test]
fn walled_packages_are_named_behind_their_walls_only() {
    let mut broken = Vec::new();
    for path in sources(&root().join("src")) {
        let below = path
            .strip_prefix(root().join("src"))
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/");
        let code = code(&path);
        for (package, places) in WALLS {
            let inside = places
                .iter()
                .any(|place| below == *place || below.starts_with(&format!("{place}/")));
            if !inside && names_package(&code, package) {
                broken.push(format!("{below} names {package}"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// Whether `package::` or `use package` stands in the code as a path of its own.
fn names_package(code: &str, package: &str) -> bool {
    let path = format!("{package}::");
    let before_ok =
        |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    code.match_indices(&path).any(|(at, _)| before_ok(at))
        || code.contains(&format!("use {package};"))
}

#[test]
fn every_file_opens_with_its_purpose() {
    let folders = ["src", "tests", "benches"].map(|folder| root().join(folder));
    for path in folders.iter().flat_map(|folder| sources(folder)) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("//!") || text.starts_with("#![doc"),
            "{} says no purpose",
            path.display()
        );
    }
}

#[test]
fn the_root_holds_nothing_but_the_agreed_folders() {
    let agreed = [
        "src",
        "pipelines",
        "datasets",
        "notebooks",
        "benches",
        "tests",
        "target",
        "runs",
    ];
    for entry in fs::read_dir(root()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type().unwrap().is_dir();
        assert!(
            !is_folder || name.starts_with('.') || agreed.contains(&name.as_str()),
            "{name} is not agreed"
        );
    }
}

#[test]
fn every_linked_licence_is_allowed() {
    let policy: toml::Table = fs::read_to_string(root().join("deny.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let allow: Vec<&str> = policy["licenses"]["allow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
            "--offline",
            "--manifest-path",
        ])
        .arg(root().join("Cargo.toml"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let refused: Vec<String> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|package| !is_allowed(package["license"].as_str().unwrap_or(""), &allow))
        .map(|package| {
            format!(
                "{} {}: {}",
                package["name"], package["version"], package["license"]
            )
        })
        .collect();
    assert!(refused.is_empty(), "{refused:#?}");
}

/// Whether an SPDX expression can be met with allowed licences: one of an OR, all of an AND.
fn is_allowed(expression: &str, allow: &[&str]) -> bool {
    let expression = expression.replace(" / ", " OR ").replace('/', " OR ");
    let expression = expression.trim();
    if let Some(parts) = split(expression, " OR ") {
        return parts.iter().any(|part| is_allowed(part, allow));
    }
    if let Some(parts) = split(expression, " AND ") {
        return parts.iter().all(|part| is_allowed(part, allow));
    }
    let bare = expression
        .strip_prefix('(')
        .and_then(|e| e.strip_suffix(')'));
    bare.map_or_else(
        || allow.contains(&expression),
        |inner| is_allowed(inner, allow),
    )
}

/// The operands of `operator` outside parentheses, if it stands there.
fn split(expression: &str, operator: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    let mut rest = expression;
    while let Some(c) = rest.chars().next() {
        if depth == 0 && rest.starts_with(operator) {
            parts.push(String::new());
            rest = &rest[operator.len()..];
            continue;
        }
        depth = match c {
            '(' => depth + 1,
            ')' => depth.saturating_sub(1),
            _ => depth,
        };
        parts.last_mut().unwrap().push(c);
        rest = &rest[c.len_utf8()..];
    }
    (parts.len() > 1).then_some(parts)
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    let allow = ["MIT", "Zlib"];
    for met in [
        "MIT",
        "MIT OR GPL-3.0",
        "MIT/GPL-2.0",
        "(GPL-3.0 OR MIT) AND Zlib",
    ] {
        assert!(is_allowed(met, &allow), "{met}");
    }
    assert!(
        is_allowed("MIT OR GPL-3.0 AND LGPL-2.1", &allow),
        "AND binds tighter than OR"
    );
    for unmet in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(GPL-3.0 OR LGPL-2.1) AND MIT",
    ] {
        assert!(!is_allowed(unmet, &allow), "{unmet}");
    }
}
