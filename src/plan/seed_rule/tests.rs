//! Rules of seeds: what they refuse, what they bind, and how a seed text is read.

use super::*;

const SHA: HashName = HashName::Sha256;

fn rule(event: &str, form: &str) -> SeedRule {
    let text = format!(
        "source = \"公证处\"\nevent = {event}\nnot_before = \"2025-07-01T21:15:00+08:00\"\nwritten = \"依次\"\nform = {form}"
    );
    toml::from_str(&text).unwrap()
}

fn dice(choose: u32) -> SeedRule {
    let form = format!(
        "{{ kind = \"numbers\", groups = [{{ name = \"骰子\", choose = {choose}, from = 6, repeat = true, ordered = true }}] }}"
    );
    rule("\"1\"", &form)
}

fn lottery(events: &str) -> SeedRule {
    rule(
        events,
        "{ kind = \"numbers\", groups = [{ name = \"红球\", choose = 6, from = 33, repeat = false, ordered = false, width = 2 }, \
         { name = \"蓝球\", choose = 1, from = 16, repeat = false, ordered = false, width = 2 }] }",
    )
}

fn commitments() -> (SeedRule, String) {
    let values = [
        ("纪委", "00112233445566778899aabbccddeeff"),
        ("市监局", "ffeeddccbbaa99887766554433221100"),
    ];
    let offices: Vec<String> = values
        .iter()
        .map(|(name, value)| {
            let commitment = Office::commit(SHA, name, value);
            format!("{{ name = \"{name}\", commitment = \"{commitment}\" }}")
        })
        .collect();
    let form = format!(
        "{{ kind = \"commit_reveal\", offices = [{}] }}",
        offices.join(", ")
    );
    let text = values.map(|(name, value)| format!("{name}={value}"));
    (rule("\"1\"", &form), text.join(";"))
}

fn refusals(rule: &SeedRule) -> Vec<String> {
    let problems = rule.check().unwrap_err();
    problems
        .iter()
        .map(|problem| format!("{} = {}: {}", problem.key, problem.value, problem.rule))
        .collect()
}

#[test]
fn thirteen_dice_are_enough_and_twelve_are_not() {
    assert_eq!(dice(13).outcomes(), 6_u128.pow(13));
    assert_eq!(dice(13).check(), Ok(()));
    assert_eq!(
        refusals(&dice(12)),
        [
            "form = 2176782336 outcomes: a seed rule must have at least 2^32 = 4294967296 outcomes: throw 13 dice, or take two or more numbered events together"
        ]
    );
}

#[test]
fn one_lottery_draw_is_refused_and_two_together_pass() {
    let one = lottery("\"2025076\"");
    assert_eq!(one.outcomes(), 1_107_568 * 16);
    assert!(refusals(&one)[0].starts_with("form = 17721088 outcomes"));
    let two = lottery("[\"2025076\", \"2025077\"]");
    assert_eq!(two.outcomes(), (1_107_568_u128 * 16).pow(2));
    assert_eq!(two.check(), Ok(()));
    let text = "01 02 03 04 05 33 + 16 + 07 08 09 10 11 12 + 01";
    assert_eq!(two.beacon(SHA, text).as_deref(), Ok(text));
}

#[test]
fn outcomes_saturate() {
    assert_eq!(
        rule("\"1\"", "{ kind = \"hex\", digits = 64 }").outcomes(),
        u128::MAX
    );
    assert_eq!(
        rule("\"1\"", "{ kind = \"hex\", digits = 8 }").outcomes(),
        1 << 32
    );
    assert_eq!(dice(60).outcomes(), u128::MAX);
    assert_eq!(binomial(1_000_000, 500_000), u128::MAX);
    assert_eq!(binomial(80, 20), 3_535_316_142_212_174_320);
    assert_eq!(binomial(5, 5), 1);
}

#[test]
fn a_rule_reads_what_it_writes() {
    for rule in [
        dice(13),
        lottery("[\"1\", \"2\"]"),
        commitments().0,
        rule("\"1\"", "{ kind = \"hex\", digits = 64 }"),
    ] {
        let json = serde_json::to_string(&rule).unwrap();
        assert_eq!(serde_json::from_str::<SeedRule>(&json).unwrap(), rule);
    }
    let json = serde_json::to_value(dice(13)).unwrap();
    assert_eq!(json["event"], serde_json::json!(["1"]));
    assert_eq!(json["not_before"], "2025-07-01T21:15:00+08:00");
}

#[test]
fn unknown_keys_are_refused() {
    let json = serde_json::to_string(&dice(13)).unwrap();
    for (known, unknown) in [
        ("\"written\"", "\"extra\":1,\"written\""),
        ("\"separator\"", "\"extra\":1,\"separator\""),
        ("\"width\"", "\"extra\":1,\"width\""),
    ] {
        let json = json.replace(known, unknown);
        assert!(serde_json::from_str::<SeedRule>(&json).is_err(), "{json}");
    }
}

#[test]
fn every_problem_is_named_at_once() {
    let mut broken = dice(0);
    broken.source = " ".to_owned();
    broken.event = vec!["1".to_owned(), "1".to_owned()];
    let SeedForm::Numbers { groups, separator } = &mut broken.form else {
        unreachable!()
    };
    "＋".clone_into(separator);
    groups[0].ordered = false;
    groups[0].width = 12;
    assert_eq!(
        refusals(&broken),
        [
            "source = \" \": must not be empty",
            "event = 1: an event must be named once",
            "form.groups[0].choose = 0: choose must lie in 1 ..= 10000",
            "form.groups[0].width = 12: width must be 0, or hold the largest number and be at most 9",
            "form.groups[0].ordered = false: numbers that may repeat must be ordered: sorted throws are not equally likely",
            "form.separator = \"＋\": a separator must be written in its plain form (NFKC), since the seed text is read in it",
        ]
    );
}

#[test]
fn a_seed_by_commitments_needs_two_offices_with_plain_names() {
    let (mut rule, _) = commitments();
    let SeedForm::CommitReveal { offices } = &mut rule.form else {
        unreachable!()
    };
    offices[1].name = " a=b".to_owned();
    offices[1].commitment = offices[0].commitment;
    let found = refusals(&rule);
    assert!(
        found[0].starts_with("form.offices[1].name = \" a=b\""),
        "{found:?}"
    );
    assert!(found[1].ends_with("two offices must not have the same commitment"));
    let SeedForm::CommitReveal { offices } = &mut rule.form else {
        unreachable!()
    };
    offices.truncate(1);
    assert!(refusals(&rule)[0].starts_with("form.offices = 1: "));
}

#[test]
fn only_numbers_take_several_events_together() {
    let rule = rule("[\"1\", \"2\"]", "{ kind = \"hex\", digits = 64 }");
    assert_eq!(
        refusals(&rule),
        ["event = 1, 2: only a rule of numbers may take several events together"]
    );
}

#[test]
fn other_spellings_of_one_throw_are_one_beacon() {
    let beacon = "1 2 3 4 5 6 1 2 3 4 5 6 6";
    for text in [
        beacon,
        "  1 2 3 4 5 6 1 2 3 4 5 6 6\r\n",
        "１ ２ ３ ４ ５ ６ １ ２ ３ ４ ５ ６ ６",
        "1\u{3000}2\u{3000}3 4 5 6 1 2 3 4 5 6 6\u{3000}",
        "1\u{a0}2\u{2003}3 4 5 6 1 2 3 4 5 6 6",
    ] {
        assert_eq!(
            dice(13).beacon(SHA, text).as_deref(),
            Ok(beacon),
            "{text:?}"
        );
    }
}

#[test]
fn hidden_and_foreign_characters_are_named_by_code_point() {
    for (text, code) in [
        ("1 2\u{200b} 3", "U+200B"),
        ("\u{feff}1 2 3", "U+FEFF"),
        ("1 2 \u{0663}", "U+0663"),
        ("1 2 三", "U+4E09"),
        ("1\t2 3", "U+0009"),
        ("1, 2, 3", "U+002C"),
        ("1 2 \u{2212}3", "U+2212"),
    ] {
        let refusal = dice(13).beacon(SHA, text).unwrap_err().to_string();
        assert!(refusal.contains(code), "{refusal}");
    }
}

#[test]
fn a_throw_that_breaks_the_rule_is_refused_with_rule_and_value() {
    let said = |text: &str| dice(13).beacon(SHA, text).unwrap_err().to_string();
    assert_eq!(
        said("1 2 3"),
        "the seed text \"1 2 3\" has 3 numbers, the seed rule says 13"
    );
    assert_eq!(
        said("1 2 3 4 5 6 1 2 3 4 5 6 7"),
        "7 is no number of \"骰子\": the seed rule says 1 ..= 6"
    );
    assert_eq!(
        said("1 2 3 4 5 6 1 2 3 4 5 6 4294967297"),
        "4294967297 is no number of \"骰子\": the seed rule says 1 ..= 6"
    );
    for other in ["01 2 3 4 5 6 1 2 3 4 5 6 6", "1  2 3 4 5 6 1 2 3 4 5 6 6"] {
        assert_eq!(
            said(other),
            format!(
                "the seed text {other:?} is another spelling: this outcome must be written \"1 2 3 4 5 6 1 2 3 4 5 6 6\""
            )
        );
    }
    assert!(said("").contains("has 0 numbers"));
}

#[test]
fn a_lottery_draw_is_written_ascending_padded_and_with_its_separator() {
    let rule = lottery("[\"1\", \"2\"]");
    let good = "01 02 03 04 05 33 + 16 + 07 08 09 10 11 12 + 01";
    assert!(rule.beacon(SHA, &good.replace('+', "＋")).is_ok());
    let said = |from: &str, to: &str| {
        let text = good.replacen(from, to, 1);
        rule.beacon(SHA, &text).unwrap_err()
    };
    assert_eq!(
        said("01 02", "02 01"),
        Unfit::Order {
            group: "红球".to_owned(),
            before: 2,
            number: 1
        }
    );
    assert!(matches!(
        said("04 05", "04 04"),
        Unfit::Twice { number: 4, .. }
    ));
    assert!(matches!(said("33 + 16", "33 + 17"), Unfit::Number { .. }));
    for (from, to) in [("01 02", "1 02"), (" + 16", "+16"), (" + 16", " 16")] {
        assert!(matches!(said(from, to), Unfit::Spelling { .. }), "{to}");
    }
}

#[test]
fn a_hexadecimal_seed_has_its_length_and_lower_case() {
    let rule = rule("\"1\"", "{ kind = \"hex\", digits = 8 }");
    assert_eq!(rule.check(), Ok(()));
    assert_eq!(rule.beacon(SHA, " ００ff00ff ").as_deref(), Ok("00ff00ff"));
    let said = |text: &str| rule.beacon(SHA, text).unwrap_err().to_string();
    assert!(said("00FF00ff").contains("'F' (U+0046) as character 3"));
    assert!(said("00ff").contains("has 4 hexadecimal digits, the seed rule says 8"));
}

#[test]
fn every_value_opens_its_commitment_in_the_order_of_the_rule() {
    let (rule, text) = commitments();
    assert_eq!(rule.check(), Ok(()));
    assert_eq!(rule.beacon(SHA, &text).as_deref(), Ok(text.as_str()));
    let refusal = |text: &str| rule.beacon(SHA, text).unwrap_err();
    let (first, second) = text.split_once(';').unwrap();
    assert!(matches!(
        refusal(&format!("{second};{first}")),
        Unfit::OtherOffice { place: 1, .. }
    ));
    assert!(matches!(refusal(first), Unfit::Count { found: 1, .. }));
    assert!(matches!(
        refusal(&format!("{first};{first}")),
        Unfit::OtherOffice { place: 2, .. }
    ));
    assert!(matches!(
        refusal(&format!("{text};")),
        Unfit::Count { found: 3, .. }
    ));
    assert!(matches!(
        refusal(&text.replacen("00112233", "10112233", 1)),
        Unfit::Commitment { .. }
    ));
    assert!(matches!(
        refusal(&text.replacen("00112233", "", 1)),
        Unfit::Value { .. }
    ));
    assert!(
        rule.beacon(HashName::Sm3, &text).is_err(),
        "the hash is the round's"
    );
}

#[test]
fn a_seal_is_published_before_the_event_and_drawn_after_it() {
    let rule = dice(13);
    let at = |text: &str| text.parse::<Moment>().unwrap();
    assert_eq!(
        rule.check_published(at("2025-07-01T13:14:59Z")),
        Ok(()),
        "offsets are compared as moments"
    );
    let refusal = rule.check_published(rule.not_before).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the seal was published at 2025-07-01T21:15:00+08:00, and must be published before the event of the seed rule (not_before = 2025-07-01T21:15:00+08:00)"
    );
    assert_eq!(rule.check_known(rule.not_before), Ok(()));
    assert!(rule.check_known(at("2025-07-01T21:14:59+08:00")).is_err());
}
