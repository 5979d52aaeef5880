//! Every rule of a world file, and every place where a file breaks one.

mod found;
mod register;

use found::Problems;
use register::{industries_and_items, kinds_and_places};

use super::dirt;
use super::files;
use super::world::{Params, TABLES};
use crate::ingest::{FOLLOW_UPS, PENDING};
use crate::units::Problem;

/// The largest world: 2·10^8 objects, the nation.
const OBJECTS_MAX: u64 = 200_000_000;

/// All problems of a world file, in the order of its keys.
pub(super) fn problems(params: &Params) -> Vec<Problem> {
    let mut found = Problems::default();
    frame(params, &mut found);
    settings(params, &mut found);
    kinds_and_places(params, &mut found);
    industries_and_items(params, &mut found);
    visits(params, &mut found);
    follow_up(params, &mut found);
    events(params, &mut found);
    deterrent(params, &mut found);
    if found.0.is_empty() {
        dirt_fits(params, &mut found);
    }
    found.0
}

fn frame(params: &Params, found: &mut Problems) {
    found.require(
        params.version == 1,
        "version",
        params.version,
        "this program reads version 1",
    );
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    let named = !params.name.is_empty() && params.name.chars().all(plain);
    found.require(
        named,
        "name",
        &params.name,
        "must be one or more of a-z, 0-9, _ and -",
    );
    let labelled = params.title.contains("合成") || params.title.contains("synthetic");
    found.require(
        labelled,
        "title",
        &params.title,
        "must say 合成 or synthetic",
    );
    found.require(!params.seed.is_empty(), "seed", "\"\"", "must not be empty");
    found.require(
        params.first_day < params.as_of,
        "first_day",
        params.first_day,
        "must lie before as_of",
    );
    found.require(
        (1..=3660).contains(&params.window_days),
        "window_days",
        params.window_days,
        "must lie in 1 ..= 3660",
    );
    found.require(
        (1..=OBJECTS_MAX).contains(&params.objects),
        "objects",
        params.objects,
        "must lie in 1 ..= 200000000",
    );
    found.require(
        (1..=1_000_000).contains(&params.chunk),
        "chunk",
        params.chunk,
        "must lie in 1 ..= 1000000",
    );
    found.require(
        (1..=999).contains(&params.parts),
        "parts",
        params.parts,
        "must lie in 1 ..= 999",
    );
    let few = params.files.is_none() || params.objects <= files::OBJECTS_MAX;
    found.require(
        few,
        "objects",
        params.objects,
        "must be at most 60000 in a world with dirt = \"files\": a sheet of an .xls has 65,536 rows",
    );
    for table in params.headers.keys() {
        let known = TABLES.contains(&table.as_str());
        found.require(
            known,
            format!("headers.{table}"),
            table,
            "must name a table of the world",
        );
    }
}

fn settings(params: &Params, found: &mut Problems) {
    let register = &params.register;
    let six = (100_000..=999_000).contains(&register.authority);
    found.require(
        six,
        "register.authority",
        register.authority,
        "must be a six-digit GB/T 2260 code",
    );
    found.share("register.reg15_share", register.reg15_share);
    found.share("register.shared_address", register.shared_address);
    found.share("register.shared_owner", register.shared_owner);
    found.share("register.located", register.located);
    found.law("register.scatter", register.scatter);
    let propensity = &params.propensity;
    found.law("propensity.frailty", propensity.frailty);
    found.law("propensity.strictness", propensity.strictness);
    found.not_negative("propensity.visit_hazard", propensity.visit_hazard);
    found.not_negative("propensity.deterrence", propensity.deterrence);
    let days = propensity.deterrence_days;
    found.require(
        days >= 0,
        "propensity.deterrence_days",
        days,
        "must not be negative",
    );
    found.share("visits.unreachable", params.visits.unreachable);
    found.share("visits.not_engaged", params.visits.not_engaged);
    found.share("visits.second_code", params.visits.second_code);
    found.not_negative(
        "visits.unreachable_elasticity",
        params.visits.unreachable_elasticity,
    );
    found.law("visits.lag", params.visits.lag);
    found.law("visits.severity", params.visits.severity);
    staff(params, found);
}

fn staff(params: &Params, found: &mut Problems) {
    let staff = &params.staff;
    found.require(
        (2..=100_000).contains(&staff.inspectors),
        "staff.inspectors",
        staff.inspectors,
        "must lie in 2 ..= 100000",
    );
    found.share("staff.inactive", staff.inactive);
    found.share("staff.former_employer", staff.former_employer);
    found.law("staff.certificate", staff.certificate);
    found.law("staff.absence", staff.absence);
    found.require(
        !staff.departments.is_empty(),
        "staff.departments",
        "[]",
        "must name at least one department",
    );
    found.require(
        !staff.specialties.is_empty(),
        "staff.specialties",
        "[]",
        "must name at least one specialty",
    );
}

fn visits(params: &Params, found: &mut Problems) {
    found.distinct(
        "round.draw_id",
        params.round.iter().map(|round| round.draw_id.as_str()),
    );
    for round in &params.round {
        found.share(format!("round.{}.ratio", round.draw_id), round.ratio);
        let inside = round.from >= params.first_day && round.days >= 1 && round.from < params.as_of;
        found.require(
            inside,
            format!("round.{}.from", round.draw_id),
            round.from,
            "must last a day or more, in first_day .. as_of",
        );
    }
    for campaign in &params.campaign {
        found.share("campaign.share", campaign.share);
        found.not_negative("campaign.elasticity", campaign.elasticity);
        let inside =
            campaign.from >= params.first_day && campaign.days >= 1 && campaign.from < params.as_of;
        found.require(
            inside,
            "campaign.from",
            campaign.from,
            "must last a day or more, in first_day .. as_of",
        );
    }
    found.distinct(
        "finding.code",
        params.finding.iter().map(|finding| finding.code.as_str()),
    );
    found.some_weight(
        "finding.weight",
        params.finding.iter().map(|finding| finding.weight),
    );
}

fn follow_up(params: &Params, found: &mut Problems) {
    let Some(rule) = &params.follow_up else {
        return;
    };
    found.share("follow_up.unpublished", rule.unpublished);
    found.law("follow_up.publication", rule.publication);
    found.share("follow_up.untended", rule.untended);
    found.share("follow_up.unclosed", rule.unclosed);
    found.law("follow_up.closing", rule.closing);
    let words = || rule.measure.iter().map(|measure| measure.word.as_str());
    found.distinct("follow_up.measure.word", words());
    let known = FOLLOW_UPS.into_iter().filter(|word| *word != PENDING);
    let known: Vec<&str> = known.collect();
    for word in words() {
        let rule = format!("must be one of {}", known.join("、"));
        let is_known = known.contains(&word);
        found.require(is_known, "follow_up.measure.word", word, rule);
    }
    let weights = rule.measure.iter().map(|measure| measure.weight);
    found.some_weight("follow_up.measure.weight", weights);
}

fn events(params: &Params, found: &mut Problems) {
    let kinds: Vec<&str> = params.kind.iter().map(|kind| kind.name.as_str()).collect();
    found.distinct(
        "event.kind",
        params.event.iter().map(|event| event.kind.as_str()),
    );
    let repairs = params.event.iter().filter(|event| event.is_repair).count();
    let needed = params.event.iter().any(|event| event.repaired > 0.0);
    found.require(
        repairs == 1 || !needed,
        "event.is_repair",
        repairs,
        "exactly one kind must be the repair of the others",
    );
    for event in &params.event {
        let key = |field: &str| format!("event.{}.{field}", event.kind);
        found.not_negative(key("rate"), event.rate);
        found.not_negative(key("elasticity"), event.elasticity);
        found.law(key("lag"), event.lag);
        event
            .amount
            .into_iter()
            .for_each(|law| found.law(key("amount"), law));
        event
            .stay
            .into_iter()
            .for_each(|law| found.law(key("stay"), law));
        found.share(key("repaired"), event.repaired);
        found.share(key("after_finding"), event.after_finding);
        found.share(key("visited"), event.visited);
        found.among(&key("kinds"), &event.kinds, &kinds, "kinds");
        if let Some(on) = &event.on {
            let dated = format!("2023-{on}").parse::<crate::units::Day>().is_ok() && on.len() == 5;
            found.require(dated, key("on"), on, "must be a month and day, MM-DD");
        }
    }
}

fn deterrent(params: &Params, found: &mut Problems) {
    let Some(rule) = &params.deterrent else {
        return;
    };
    let kinds: Vec<&str> = params
        .event
        .iter()
        .map(|event| event.kind.as_str())
        .collect();
    found.among("deterrent.kinds", &rule.kinds, &kinds, "kinds of events");
    found.share("deterrent.factor", rule.factor);
    found.require(
        (1..=3660).contains(&rule.days),
        "deterrent.days",
        rule.days,
        "must lie in 1 ..= 3660",
    );
    if let Some(peers) = rule.peers {
        found.require(
            peers > 0.0 && peers <= 1.0,
            "deterrent.peers",
            peers,
            "must lie above 0 and be at most 1",
        );
    }
}

fn dirt_fits(params: &Params, found: &mut Problems) {
    for chunk in 0..params.objects.div_ceil(params.chunk) {
        let objects = chunk * params.chunk..((chunk + 1) * params.chunk).min(params.objects);
        let room = (objects.end - objects.start) / 2;
        let wanted = dirt::in_chunk(params, &objects).spellings();
        if wanted > room {
            let rule = format!("rows with an odd spelling may be at most half of a chunk, {room}");
            found.0.push(Problem::new("dirt", wanted, rule));
            return;
        }
    }
}
