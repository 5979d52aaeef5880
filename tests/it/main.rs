//! Integration tests: one binary, one link.
#![allow(clippy::unwrap_used)]

mod architecture;
mod assign;
mod audit_draw;
mod ceremony;
mod cli;
mod codes;
mod corridor;
mod datasets;
mod decode;
mod dirty;
mod documents;
mod draw_laws;
mod evaluation;
mod frequencies;
mod fuzz_corpus;
mod health;
mod hostile;
mod identity;
mod indicators;
mod ingest;
mod known_answers;
mod leak;
mod ledger;
mod page;
mod recognise;
mod risk;
mod rounds;
mod sealed;
mod second;
mod sent;
mod shared;
mod small_county;
mod statistics;
mod vocabulary;
