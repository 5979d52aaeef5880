//! Files that are open in another program: spreadsheet programs keep an owner file beside a workbook while it is open.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Error;

/// Refuses a folder in which a file is open: `~$x.xlsx` (Excel), `.~x.xlsx` (WPS) or `.~lock.x.xlsx#` (`LibreOffice`)
/// stands beside it.
pub(super) fn refuse_open_below(folder: &Path) -> Result<(), Error> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            refuse_open_below(&path)?;
        } else if let Some(file) = owned_by(&path).filter(|file| file.exists()) {
            return Err(Error::OpenElsewhere { file, owner: path });
        }
    }
    Ok(())
}

/// Refuses one file that is open.
pub(super) fn refuse_open(file: &Path) -> Result<(), Error> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let owners = [
        format!("~${name}"),
        format!(".~{name}"),
        format!(".~lock.{name}#"),
    ];
    let owner = owners.iter().map(|owner| file.with_file_name(owner));
    match owner.into_iter().find(|owner| owner.exists()) {
        Some(owner) if file.exists() => Err(Error::OpenElsewhere {
            file: file.to_owned(),
            owner,
        }),
        _ => Ok(()),
    }
}

/// Whether the system refused because another program holds the file (sharing or lock violation).
pub(super) fn is_in_use(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ResourceBusy
        || (cfg!(windows) && matches!(error.raw_os_error(), Some(32 | 33)))
}

/// The file that an owner file stands for.
fn owned_by(owner: &Path) -> Option<PathBuf> {
    let name = owner.file_name()?.to_str()?;
    let lock = name
        .strip_prefix(".~lock.")
        .and_then(|rest| rest.strip_suffix('#'));
    let other = || name.strip_prefix("~$").or(name.strip_prefix(".~"));
    let file = lock.or_else(other).filter(|name| !name.is_empty())?;
    Some(owner.with_file_name(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_file_says_that_its_workbook_is_open() {
        for owner in ["~$health.xlsx", ".~health.xlsx", ".~lock.health.xlsx#"] {
            let place = tempfile::tempdir().unwrap();
            let below = place.path().join("refused");
            fs::create_dir(&below).unwrap();
            let file = below.join("health.xlsx");
            fs::write(below.join(owner), "").unwrap();
            assert!(refuse_open_below(place.path()).is_ok(), "stale: {owner}");
            fs::write(&file, "").unwrap();
            let error = refuse_open_below(place.path()).unwrap_err();
            let said = error.to_string();
            assert!(
                said.contains("health.xlsx") && said.contains(owner),
                "{said}"
            );
            assert!(refuse_open(&file).is_err());
            fs::remove_file(below.join(owner)).unwrap();
            assert!(refuse_open_below(place.path()).is_ok() && refuse_open(&file).is_ok());
        }
    }
}
