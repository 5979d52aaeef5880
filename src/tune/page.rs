//! The page with sliders: one file that works offline, from the tables that were computed before.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Tuning;
use super::words::words;
use crate::report::Lang;
use crate::sheets;

const TEMPLATE: &str = include_str!("page.html");

#[derive(Serialize)]
struct Context<'a> {
    lang: &'a str,
    t: BTreeMap<&'static str, &'static str>,
    tuning: &'a Tuning,
    fragment: String,
    /// Tables and words as JSON that no markup can end.
    data: String,
}

#[derive(Serialize)]
struct Data<'a> {
    lang: &'a str,
    t: &'a BTreeMap<&'static str, &'static str>,
    tuning: &'a Tuning,
}

/// The page of a tuning.
///
/// # Errors
/// When the template is wrong.
pub fn page(tuning: &Tuning, lang: Lang) -> Result<String, sheets::Error> {
    let t = words(lang);
    let code = match lang {
        Lang::Zh => "zh-CN",
        Lang::En => "en",
    };
    let data = Data {
        lang: code,
        t: &t,
        tuning,
    };
    let data = serde_json::to_string(&data).expect("plain values serialise");
    let context = Context {
        lang: code,
        tuning,
        fragment: tuning.fragment(),
        data: data.replace('<', "\\u003c"),
        t,
    };
    sheets::page("tuning.html", TEMPLATE, &context)
}
