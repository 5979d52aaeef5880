//! Tests of risk.
