//! The bulletin of a round (批次), version 2: one seal, one seed, one or more draws; open, or sealed under a draw key.
//!
//! What the public may read is written by `seal`, `frame` and `public`, which are handed labels and lists and never see a
//! level, a key or a stream; what is not public is written by `package` and `internal`.

mod base;
mod commit;
mod drawn;
mod frame;
mod internal;
mod issue;
mod merge;
mod move_up;
mod probabilities;
mod public;
mod read;
mod seal;
mod select;
mod slip;
mod verify;
mod write;

pub use issue::issue_round;
pub use move_up::{MovedUp, move_up};
pub use public::{Receipt, RoundBulletin};
pub use read::{SealedDraw, SealedRound, read_bulletin, read_round};
pub use seal::{Excluded, Programme, PublicDraw, PublicSeal, SealFacts, Superseded};
pub use select::draw_round;
pub use slip::{
    Hex16, HexFloat, OpenedLine, Sibling, Slip, SlipLine, SlipVerified, slip, verify_slip,
};
pub use verify::{RoundVerified, SaidOfRound, verify_round};
pub use write::{Base, DrawInput, write_round};

/// The seal.
const SEAL: &str = "seal.json";
/// Folder of what is published.
const PUBLIC: &str = "public";
/// Folder of what the supervisor gets.
const PACKAGE: &str = "package";
/// Folder of what the office keeps.
const INTERNAL: &str = "internal";

/// Whether a folder holds the bulletin of a round, or its seal's public files, rather than a bulletin of version 1.
#[must_use]
pub fn is_round(public: &std::path::Path) -> bool {
    public.join(SEAL).exists()
}

/// Names of the files of draw `index` (from 0).
struct DrawFiles {
    frame: String,
    levels: String,
    plan: String,
}

impl DrawFiles {
    fn of(index: usize) -> Self {
        let draw = index + 1;
        Self {
            frame: format!("draw-{draw}.frame.csv"),
            levels: format!("draw-{draw}.levels.csv"),
            plan: format!("draw-{draw}.plan.json"),
        }
    }
}

/// Name of the file of a committed table.
fn table_file(name: &str) -> String {
    format!("table-{name}")
}

/// Files of all draws and tables, ascending.
fn package_files<'a>(n_draws: usize, tables: impl Iterator<Item = &'a String>) -> Vec<String> {
    let draws = (0..n_draws).map(DrawFiles::of);
    let mut files: Vec<String> = draws.flat_map(|f| [f.frame, f.levels, f.plan]).collect();
    files.extend(tables.map(|name| table_file(name)));
    files.sort();
    files
}
