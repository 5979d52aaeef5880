//! Evaluation to charts and pages.
