//! Integration tests: one binary, one link.
#![allow(clippy::unwrap_used)]

mod architecture;
mod cli;
mod corridor;
mod datasets;
mod documents;
mod draw_laws;
mod evaluation;
mod fuzz_corpus;
mod indicators;
mod ingest;
mod known_answers;
mod page;
mod risk;
mod shared;
mod small_county;
mod statistics;
