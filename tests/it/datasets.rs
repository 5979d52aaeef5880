//! Tests of datasets.
