//! Scores per model, integer risk points, class, reasons.
