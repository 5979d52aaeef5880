//! Documents that name a path or a command are checked: what they name exists.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

const DOCUMENTS: &[&str] = &[
    "README.md",
    "README.zh-CN.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "pipelines/README.md",
    "datasets/README.md",
];

/// Folders a path in a document starts with when it means a file of this project.
const FOLDERS: &[&str] = &[
    "src/",
    "pipelines/",
    "datasets/",
    "notebooks/",
    "benches/",
    "tests/",
    ".ci/",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn texts() -> Vec<(&'static str, String)> {
    DOCUMENTS
        .iter()
        .map(|name| {
            (
                *name,
                fs::read_to_string(root().join(name))
                    .unwrap_or_else(|_| panic!("{name} is missing")),
            )
        })
        .collect()
}

/// What stands between back-ticks, and in fenced blocks word by word.
fn quoted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, block) in text.split("```").enumerate() {
        if index % 2 == 1 {
            found.extend(block.split_whitespace().map(str::to_owned));
            continue;
        }
        found.extend(block.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    found
}

#[test]
fn every_path_a_document_names_exists() {
    let mut missing = Vec::new();
    for (name, text) in texts() {
        for word in quoted(&text) {
            let is_ours = FOLDERS.iter().any(|folder| word.starts_with(folder));
            if is_ours && !word.contains(['*', '<', '…']) && !root().join(&word).exists() {
                missing.push(format!("{name}: {word}"));
            }
        }
        let folder = root().join(name).parent().unwrap().to_owned();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if !link.contains("::") && !link.starts_with("http") && !folder.join(link).exists() {
                missing.push(format!("{name}: link {link}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_command_a_document_names_exists() {
    let help = Command::new(env!("CARGO_BIN_EXE_choucha"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let known: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.trim().is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(
        known.contains(&"run"),
        "the help lists its commands: {help}"
    );
    let mut unknown = Vec::new();
    for (name, text) in texts() {
        for word in quoted(&text)
            .iter()
            .filter_map(|word| word.strip_prefix("choucha "))
        {
            let command = word.split_whitespace().next().unwrap_or("");
            if !known.contains(&command) {
                unknown.push(format!("{name}: choucha {command}"));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn both_readmes_name_the_same_commands_and_files() {
    let english = fs::read_to_string(root().join("README.md")).unwrap();
    let chinese = fs::read_to_string(root().join("README.zh-CN.md")).unwrap();
    let named = |text: &str| {
        let mut words: Vec<String> = quoted(text)
            .into_iter()
            .filter(|word| word.is_ascii())
            .collect();
        words.sort();
        words.dedup();
        words
    };
    assert_eq!(named(&english), named(&chinese));
}
