//! What outcomes, peers, verdicts and refusals of deterrence are called.

use crate::evaluate::{DeterrenceOutcome as Outcome, Peers, Refusal, Verdict, Wording};
use crate::report::lang::{self, Lang, Phrase};
use crate::report::words;

/// What an outcome is called.
pub(super) fn outcome(outcome: Outcome) -> &'static Phrase {
    match outcome {
        Outcome::SeenForEveryone => &words::OUT_EVERYONE,
        Outcome::MeasureRevisits => &words::OUT_MEASURE,
        Outcome::AllRevisits => &words::OUT_ALL,
        Outcome::RegistryExit => &words::OUT_EXIT,
        Outcome::Before => &words::OUT_BEFORE,
        Outcome::PlaceboOutcome => &words::OUT_PLACEBO,
    }
}

/// Which peers, in words.
pub(super) fn peers(lang: Lang, peers: Peers) -> String {
    let radius = |km: f64| {
        if km.fract() == 0.0 {
            format!("{km:.0}")
        } else {
            format!("{km}")
        }
    };
    match peers {
        Peers::Cell => lang.say(&words::PEERS_CELL).to_owned(),
        Peers::Ring { from, to } => lang.fill(&words::PEERS_RING, &[&radius(from), &radius(to)]),
        Peers::OtherIndustry { from, to } => {
            lang.fill(&words::PEERS_OTHER, &[&radius(from), &radius(to)])
        }
    }
}

/// What may be said.
pub(in crate::report) fn verdict(verdict: Verdict) -> &'static Phrase {
    match verdict {
        Verdict::Significant => &words::SIGNIFICANT,
        Verdict::NotSignificant => &lang::NOT_SIGNIFICANT,
        Verdict::TooFew => &words::TOO_FEW,
        Verdict::Refused => &words::REFUSED,
    }
}

/// 因果 or 相关.
pub(in crate::report) fn wording(wording: Wording) -> &'static Phrase {
    match wording {
        Wording::Causal => &words::CAUSAL,
        Wording::Association => &words::ASSOCIATION,
    }
}

/// Why a number is not given.
pub(in crate::report) fn refusal(refusal: Refusal) -> &'static Phrase {
    match refusal {
        Refusal::NoWave => &words::R_NO_WAVE,
        Refusal::NoOutcome => &words::R_NO_OUTCOME,
        Refusal::NoRevisit => &words::R_NO_REVISIT,
        Refusal::AllCertain => &words::R_ALL_CERTAIN,
        Refusal::EmptyArm => &words::R_EMPTY_ARM,
        Refusal::NoVariation => &words::R_NO_VARIATION,
        Refusal::OneCluster => &words::R_ONE_CLUSTER,
        Refusal::TooFewRevisits => &words::R_FEW_REVISITS,
        Refusal::TooFewObjects => &words::R_FEW_OBJECTS,
        Refusal::MainStreamRevisits => &words::R_MAIN_STREAM,
        Refusal::NoRedraw => &words::R_NO_REDRAW,
        Refusal::WeakTakeUp => &words::R_WEAK,
        Refusal::NoExposure => &words::R_NO_EXPOSURE,
        Refusal::NoPlace => &words::R_NO_PLACE,
        Refusal::TooManyPairs => &words::R_TOO_MANY,
        Refusal::NoHistory => &words::R_NO_HISTORY,
        Refusal::MissingByArm => &words::R_MISSING,
        Refusal::ExitByArm => &words::R_EXIT,
        Refusal::PlaceboMoved => &words::R_PLACEBO,
        Refusal::MergedStrata => &words::R_MERGED,
        Refusal::CertainOutside => &words::R_CERTAIN,
        Refusal::NotAssignedByLot => &words::R_NOT_BY_LOT,
        Refusal::OneInspector => &words::R_ONE_INSPECTOR,
        Refusal::NoDoubleInspection => &words::R_NO_DOUBLE,
        Refusal::NoSharedFinding => &words::R_NO_SHARED,
    }
}
