//! Every cell of the published list with its bounds written out, and what is not taken for one.

use super::{Bounds, Level, parse_frequency, parse_ratio};

fn draw(min: Option<f64>, max: Option<f64>) -> Bounds {
    Bounds {
        min,
        max,
        ..Bounds::default()
    }
}

fn noted(mut bounds: Bounds, note: &str) -> Bounds {
    bounds.note = Some(note.to_owned());
    bounds
}

fn for_a_person(bounds: Bounds) -> Bounds {
    Bounds {
        needs_person: true,
        ..bounds
    }
}

/// At most `max`, in one draw and in the year.
fn yearly(max: f64) -> Bounds {
    Bounds {
        year_max: Some(max),
        window_years: Some(1),
        ..draw(None, Some(max))
    }
}

fn a_year(min: Option<f64>, max: Option<f64>) -> Bounds {
    Bounds {
        per_year_min: min,
        per_year_max: max,
        window_years: Some(1),
        ..Bounds::default()
    }
}

#[test]
fn the_listed_ratio_cells_have_these_bounds() {
    let third = Some(0.33);
    let cells = [
        (
            "不低于3%或按专项计划确定",
            noted(draw(Some(0.03), None), "按专项计划确定"),
        ),
        ("100%", draw(Some(1.0), Some(1.0))),
        (
            "根据实际需要，一般不超过10%/年",
            noted(yearly(0.1), "根据实际需要"),
        ),
        ("不超过总数的2%", draw(None, Some(0.02))),
        ("5%", draw(Some(0.05), Some(0.05))),
        ("33%", draw(third, third)),
        ("不超过10%/年", yearly(0.1)),
        ("不超过30%/年", yearly(0.3)),
        ("抽查比例不少于2‰", draw(Some(0.002), None)),
        (
            "市局抽查比例不少于30%",
            for_a_person(noted(Bounds::default(), "市局抽查比例不少于30%")),
        ),
        (
            "每年1次20%；或者每年2次各10%",
            Bounds {
                year_min: Some(0.2),
                year_max: Some(0.2),
                of_draws: true,
                min: Some(0.1),
                max: Some(0.2),
                ..a_year(Some(1.0), Some(2.0))
            },
        ),
        (
            "每年1次33%；或者每年分次达到33%",
            Bounds {
                year_min: third,
                year_max: third,
                of_draws: true,
                max: third,
                ..a_year(Some(1.0), None)
            },
        ),
        (
            "省级不超过2%，市、县…结合当地实际",
            for_a_person(noted(
                Bounds::default(),
                "省级不超过2%；市、县…结合当地实际",
            )),
        ),
        (
            "10%，其中重点检查单位不低于8%",
            for_a_person(noted(
                draw(Some(0.1), Some(0.1)),
                "其中重点检查单位不低于8%",
            )),
        ),
        (
            "结合登记事项检查一并开展",
            for_a_person(noted(Bounds::default(), "结合登记事项检查一并开展")),
        ),
        (
            "根据实际情况确定",
            for_a_person(noted(Bounds::default(), "根据实际情况确定")),
        ),
    ];
    for (text, bounds) in cells {
        assert_eq!(parse_ratio(text, None), bounds, "{text}");
    }
}

#[test]
fn the_listed_frequency_cells_have_these_bounds() {
    let licence = Bounds {
        window_years: None,
        ..a_year(None, Some(2.0))
    };
    let organised = "市级局每年组织1次；县级局每月组织1次";
    let cells = [
        ("每年不少于1次", a_year(Some(1.0), None)),
        ("每年不超过2次", a_year(None, Some(2.0))),
        (
            "对同一单位每2年抽查不超过1次",
            Bounds {
                window_years: Some(2),
                ..a_year(None, Some(0.5))
            },
        ),
        ("在许可有效期内同一单位不超过2次", for_a_person(licence)),
        (organised, for_a_person(noted(Bounds::default(), organised))),
        ("1—2次/年", a_year(Some(1.0), Some(2.0))),
    ];
    for (text, bounds) in cells {
        assert_eq!(parse_frequency(text, None), bounds, "{text}");
    }
}

#[test]
fn an_office_that_says_its_level_gets_the_bounds_of_its_level() {
    let text = "市级局每年组织1次；县级局每月组织1次";
    let organised = |times: f64, other: &str| {
        let bounds = a_year(Some(times), Some(times));
        noted(
            Bounds {
                of_draws: true,
                ..bounds
            },
            other,
        )
    };
    let city = parse_frequency(text, Some(Level::City));
    assert_eq!(city, organised(1.0, "县级局每月组织1次"));
    let county = parse_frequency(text, Some(Level::County));
    assert_eq!(county, organised(12.0, "市级局每年组织1次"));
    let text = "省级不超过2%，市、县…结合当地实际";
    assert_eq!(parse_ratio(text, Some(Level::Province)).max, Some(0.02));
    let county = parse_ratio(text, Some(Level::County));
    assert_eq!((county.max, county.needs_person), (None, true));
    let text = "市局抽查比例不少于30%";
    assert_eq!(parse_ratio(text, Some(Level::City)), draw(Some(0.3), None));
}

#[test]
fn other_spellings_of_the_same_bounds_are_read_alike() {
    for text in ["３％－５％", "3%～5%", "3-5%", "不低于3%、不超过5%"] {
        assert_eq!(
            parse_ratio(text, None),
            draw(Some(0.03), Some(0.05)),
            "{text}"
        );
    }
    for text in ["10%以内", "控制在10%以下", "最高百分之十", "≤ 10 %"] {
        assert_eq!(parse_ratio(text, None), draw(None, Some(0.1)), "{text}");
    }
    assert_eq!(
        parse_frequency("每半年一次", None),
        a_year(Some(2.0), Some(2.0))
    );
    assert_eq!(
        parse_frequency("每两年至少一次", None).per_year_min,
        Some(0.5)
    );
}

#[test]
fn a_bound_of_a_part_is_not_taken_for_the_whole() {
    for text in [
        "餐饮单位10%",
        "食品生产企业20%，餐饮单位10%",
        "不少于5户",
        "3次",
    ] {
        let bounds = parse_ratio(text, None);
        assert!(bounds.needs_person, "{text}");
        assert_eq!((bounds.min, bounds.max), (None, None), "{text}");
    }
    assert!(parse_frequency("不超过2次", None).needs_person);
}
