//! The shared reference pack beside the project: read where it is, skipped aloud where it is not.

use std::path::PathBuf;

/// Path of `shared/<below>`, or `None` after saying that `test` is skipped.
///
/// Panics where `CHOUCHA_REQUIRE_SHARED` is set and the folder is missing.
pub(crate) fn shared(test: &str, below: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(below);
    if path.exists() {
        return Some(path);
    }
    assert!(
        std::env::var_os("CHOUCHA_REQUIRE_SHARED").is_none(),
        "{test}: {} is required and missing",
        path.display()
    );
    eprintln!("skipped: {test} needs {}", path.display());
    None
}
