//! Tests of known_answers.
