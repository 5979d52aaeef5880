//! Strata, ratios and floors to sizes, targets and lambda; sealed.
