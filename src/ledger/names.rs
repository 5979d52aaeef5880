//! Names that can stand on every system the bureaus use, Windows above all.

/// Longest name, in UTF-8 bytes.
const BYTES_MAX: usize = 80;

/// Names Windows keeps for devices.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Whether `name` can name a folder everywhere; otherwise the rule it breaks.
pub(super) fn check_name(name: &str) -> Result<(), &'static str> {
    let stem = name.split('.').next().unwrap_or(name).to_lowercase();
    if name.is_empty() || name.len() > BYTES_MAX {
        return Err("a name must have 1 to 80 bytes");
    }
    if name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|'])
        || name.chars().any(char::is_control)
    {
        return Err("a name must not contain / \\ : * ? \" < > | or control characters");
    }
    if name.starts_with(['.', ' ']) || name.ends_with(['.', ' ']) {
        return Err("a name must not begin or end with a full stop or a space");
    }
    if DEVICES.contains(&stem.as_str()) {
        return Err("the system keeps that name for a device");
    }
    Ok(())
}

/// Whether `path` is a relative path of such names, joined by `/`.
pub(super) fn is_relative(path: &str) -> bool {
    path.split('/').all(|name| check_name(name).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_id_is_a_folder_name_on_every_system() {
        for good in ["GT-2025-01", "馆陶 2025 第1批", "a.b"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in [
            "", ".", "..", "a/b", "a\\b", "C:", ".git", "a.", "a ", "nul", "NUL.txt", "a\nb",
        ] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
        assert!(check_name(&"长".repeat(27)).is_err());
        assert!(is_relative("rounds/a/seal") && !is_relative("rounds/../a") && !is_relative("/a"));
    }
}
