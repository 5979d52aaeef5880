//! The auditors' workshop: what can be said about a draw from its lists alone, and about a ledger from what it published.

pub mod chain;
pub mod draw;
