//! Ids of rounds: names of folders, arguments of commands, and words on a certificate that no other word looks like.

/// Longest id, in UTF-8 bytes.
const BYTES_MAX: usize = 80;

/// Whether `id` can be the id of a round; otherwise the rule it breaks.
///
/// # Errors
/// The rule.
pub fn check_round_id(id: &str) -> Result<(), &'static str> {
    let is_plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}')
    };
    if id.is_empty() || id.len() > BYTES_MAX {
        return Err("an id of a round must have 1 to 80 bytes");
    }
    if !id.chars().all(|c| is_plain(c) || "-_. ".contains(c)) {
        return Err(
            "an id of a round must be written in Chinese characters, A to Z, digits, - _ . and spaces",
        );
    }
    if !id.starts_with(is_plain) || id.ends_with(['.', ' ']) {
        return Err(
            "an id of a round must begin with a letter or digit and not end with a full stop or a space",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_looks_like_no_other() {
        for good in ["GT-2025-LH01", "馆陶 2025 第1批", "a.b_c"] {
            assert_eq!(check_round_id(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "МY-01",
            "ＭＹ-01",
            "MY\u{200b}-01",
            "e\u{301}",
            "é",
            "=1+1",
            "-rf",
            ".a",
            "a.",
            "a ",
            "a/b",
            "a\u{202e}b",
            "a\nb",
        ] {
            assert!(check_round_id(bad).is_err(), "{bad:?}");
        }
    }
}
