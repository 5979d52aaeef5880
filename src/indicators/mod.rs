//! Declared aggregates, rows keyed (object_key, as_of).
