//! What a refusal says: the place, the value, the rule; and which exit code a failure of that kind has.

use std::fmt;

/// One broken rule in a settings file. `file` is filled in by the job reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path of the file, as the user wrote it; empty until known.
    pub file: String,
    /// Dotted key inside the file, for example `plan.ratio.D`.
    pub key: String,
    /// The value that breaks the rule, as text.
    pub value: String,
    /// The rule, as a lower-case sentence without a full stop.
    pub rule: String,
}

impl Problem {
    /// A broken rule at `key`, in the file that is being read.
    pub fn new(key: impl Into<String>, value: impl fmt::Display, rule: impl Into<String>) -> Self {
        Self {
            file: String::new(),
            key: key.into(),
            value: value.to_string(),
            rule: rule.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} = {}: {}",
            self.file, self.key, self.value, self.rule
        )
    }
}

/// The kind of a failure; its number is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The command line or a settings file breaks a rule.
    Usage = 1,
    /// Something inside a bulletin or seal is undecodable, missing, extra or changed.
    Verification = 2,
    /// Input data cannot be used.
    Data = 3,
    /// The design cannot be executed.
    Design = 4,
    /// An audit of a draw found a departure from the design it declares.
    Departure = 6,
    /// A bug of this program, or a machine that fails it (disk full, no permission).
    Bug = 70,
    /// Another run is writing the same folder.
    Locked = 75,
    /// Interrupted by the user.
    Interrupted = 130,
}
