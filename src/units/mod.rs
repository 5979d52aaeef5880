//! Shared vocabulary of the rooms: days, object keys, digests, exact floats as text, the frame a draw reads.

mod day;
mod digest;
mod frame;
mod hexfloat;
mod meter;
mod object_id;
mod problem;
mod ratio;
mod waves;

pub use day::{AsOf, Day};
pub use digest::{Digest, DigestWriter, HashName, PrefixedHash};
pub use frame::{FramePart, FrameSource, Ids, Unreadable};
pub use hexfloat::{format_hex, parse_hex};
pub use meter::Meter;
pub use object_id::{ObjectId, ObjectKey, UnusableId};
pub use problem::{Kind, Problem};
pub use ratio::{Ratio, Rounding};
pub use waves::{collect_waves, in_waves};
