//! Rules about what a world's register is made of: kinds, statuses, places, industries, items.

use super::found::Problems;
use crate::simulate::world::{Params, covered};

pub(super) fn kinds_and_places(params: &Params, found: &mut Problems) {
    found.distinct(
        "kind.name",
        params.kind.iter().map(|kind| kind.name.as_str()),
    );
    found.some_weight("kind.weight", params.kind.iter().map(|kind| kind.weight));
    for kind in &params.kind {
        let key = |field: &str| format!("kind.{}.{field}", kind.name);
        found.not_negative(key("risk"), kind.risk);
        found.law(key("age"), kind.age);
        if let Some(capital) = kind.capital {
            found.law(key("capital"), capital);
        }
        let two = |prefix: &String| prefix.len() == 2 && prefix.chars().all(|c| c.is_ascii_digit());
        let prefixes = !kind.prefixes.is_empty() && kind.prefixes.iter().all(two);
        found.require(
            prefixes,
            key("prefixes"),
            kind.prefixes.join(" "),
            "must be one or more pairs of digits",
        );
        let leads = kind.leads.chars().all(|c| c.is_ascii_digit());
        found.require(leads, key("leads"), &kind.leads, "must be digits, or empty");
        found.require(
            !kind.suffixes.is_empty(),
            key("suffixes"),
            "[]",
            "must not be empty",
        );
        let any = params
            .industry
            .iter()
            .any(|industry| industry.kinds.contains(&kind.name) && industry.weight > 0.0);
        found.require(
            any,
            key("name"),
            &kind.name,
            "at least one industry must have this kind",
        );
    }
    found.distinct(
        "status.name",
        params.status.iter().map(|status| status.name.as_str()),
    );
    found.some_weight(
        "status.weight",
        params.status.iter().map(|status| status.weight),
    );
    found.require(
        params.status.iter().any(|status| status.live),
        "status.live",
        false,
        "at least one status must be live",
    );
    found.distinct(
        "town.code",
        params.town.iter().map(|town| town.code.as_str()),
    );
    found.some_weight("town.weight", params.town.iter().map(|town| town.weight));
    for town in &params.town {
        found.not_negative(format!("town.{}.risk", town.code), town.risk);
        let on_earth = town.lat.abs() <= 85.0 && town.lon.abs() <= 180.0;
        found.require(
            on_earth,
            format!("town.{}.lat", town.code),
            town.lat,
            "must be a place, in degrees",
        );
    }
}

pub(super) fn industries_and_items(params: &Params, found: &mut Problems) {
    let kinds: Vec<&str> = params.kind.iter().map(|kind| kind.name.as_str()).collect();
    found.distinct(
        "industry.code",
        params
            .industry
            .iter()
            .map(|industry| industry.code.as_str()),
    );
    found.some_weight(
        "industry.weight",
        params.industry.iter().map(|industry| industry.weight),
    );
    for industry in &params.industry {
        let key = |field: &str| format!("industry.{}.{field}", industry.code);
        let four = industry.code.len() == 4 && industry.code.chars().all(|c| c.is_ascii_digit());
        found.require(
            four,
            key("code"),
            &industry.code,
            "must be a four-digit GB/T 4754-2017 class",
        );
        found.not_negative(key("risk"), industry.risk);
        found.among(&key("kinds"), &industry.kinds, &kinds, "kinds");
        let any = params
            .item
            .iter()
            .any(|item| covered(&item.industries, &industry.code) && item.weight > 0.0);
        found.require(
            any,
            key("code"),
            &industry.code,
            "at least one item must apply to it",
        );
    }
    found.distinct("item.id", params.item.iter().map(|item| item.id.as_str()));
    found.some_weight("item.weight", params.item.iter().map(|item| item.weight));
    let specialties: Vec<&str> = params
        .staff
        .specialties
        .iter()
        .map(String::as_str)
        .collect();
    for item in &params.item {
        let key = |field: &str| format!("item.{}.{field}", item.id);
        let known = ["一般", "重点"].contains(&item.category.as_str());
        found.require(
            known,
            key("category"),
            &item.category,
            "must be 一般 or 重点",
        );
        let ratios = item.ratio_min.into_iter().chain(item.ratio_max);
        ratios.for_each(|ratio| found.share(key("ratio"), ratio));
        found.among(
            &key("required_specialty"),
            item.required_specialty.as_slice(),
            &specialties,
            "staff.specialties",
        );
    }
}
