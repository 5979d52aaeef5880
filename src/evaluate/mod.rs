//! Hit rate, prevalence, lift, opportunity cost, with intervals.
