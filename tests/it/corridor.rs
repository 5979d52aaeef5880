//! Tests of corridor.
