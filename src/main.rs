//! The `choucha` command.
fn main() {}
