//! Workbooks and pages as bytes.
