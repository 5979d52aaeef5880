//! Tests of draw_laws.
