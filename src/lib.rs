//! 抽查.

pub mod units;

pub mod ingest;
pub mod registers;
pub mod indicators;
pub mod risk;
pub mod plan;
pub mod draw;
pub mod publish;
pub mod evaluate;
pub mod report;
pub mod sheets;
pub mod simulate;
