#![doc = include_str!("../ARCHITECTURE.md")]

pub mod units;

pub mod codes;
pub mod ledger;

pub mod assign;
pub mod draw;
pub mod evaluate;
pub mod indicators;
pub mod ingest;
pub mod plan;
pub mod publish;
pub mod registers;
pub mod report;
pub mod risk;

pub mod audit;
pub mod backtest;
pub mod sheets;
pub mod simulate;
pub mod tune;

pub mod corridor;
pub mod doors;
pub mod error;
pub mod facts;
mod init;
pub mod job;
pub mod progress;
pub mod runs;
