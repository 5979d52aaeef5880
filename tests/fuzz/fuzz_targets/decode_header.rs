//! Any bytes against the rule `decode_header`.
#![no_main]
#[path = "rules.rs"]
#[allow(dead_code, reason = "each target uses one rule")]
mod rules;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rules::decode_header(bytes));
