//! Shared vocabulary of the rooms: days, object keys, digests, exact floats as text, the frame a draw reads.

mod day;
mod digest;
mod frame;
mod hexfloat;
pub mod identifier;
mod inert;
mod merkle;
mod meter;
mod moment;
mod object_id;
mod probability_sum;
mod problem;
mod ratio;
mod round_id;
mod secret;
mod spread;
mod waves;

pub use day::{AsOf, Day};
pub use digest::{Digest, DigestWriter, HashName, PrefixedHash};
pub use frame::{FramePart, FrameSource, Ids, Unreadable};
pub use hexfloat::{format_hex, parse_hex};
pub use inert::{inert, text_cell};
pub use merkle::{MerkleRoot, leaf_hash, merkle_path, node_hash, root_from_path};
pub use meter::Meter;
pub use moment::Moment;
pub use object_id::{DERIVED, ObjectId, ObjectKey, UnusableId};
pub use probability_sum::ProbabilitySum;
pub use problem::{Kind, Problem};
pub use ratio::{Ratio, Rounding};
pub use round_id::check_round_id;
pub use secret::{DrawKey, KeyedHash, Tag};
pub use spread::{Spread, bin_of, bin_start};
pub use waves::{collect_waves, in_waves};
