//! Snapshot to registers: objects, inspectors and items as of a day.
