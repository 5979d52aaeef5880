//! Words that names and addresses are made of; every combination is invented.

use rand::{Rng, RngExt};

const CHARACTERS: [&str; 48] = [
    "恒", "瑞", "盛", "嘉", "禾", "润", "达", "顺", "兴", "泰", "隆", "安", "鑫", "宏", "远", "丰",
    "裕", "德", "信", "诚", "昌", "永", "聚", "源", "福", "康", "益", "民", "佳", "美", "华", "茂",
    "广", "通", "正", "合", "旺", "祥", "和", "景", "明", "春", "秋", "陶", "卫", "河", "冀", "南",
];
const SURNAMES: [&str; 24] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林",
    "何", "郭", "马", "罗", "梁", "宋", "郑", "谢",
];
const GIVEN: [&str; 24] = [
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明",
    "超", "霞", "平", "刚", "玲", "辉", "鹏", "宁",
];
const ROADS: [&str; 14] = [
    "新华街",
    "文化路",
    "金凤大道",
    "陶山街",
    "政府街",
    "筑先路",
    "建设路",
    "幸福路",
    "东外环路",
    "工业园区纬一路",
    "农贸市场",
    "商贸城",
    "永济街",
    "健康路",
];

fn pick<'a>(words: &[&'a str], rng: &mut impl Rng) -> &'a str {
    words[rng.random_range(0..words.len())]
}

/// 字号: two or three characters.
pub(super) fn trade_name(rng: &mut impl Rng) -> String {
    let characters = if rng.random_bool(0.25) { 3 } else { 2 };
    (0..characters).map(|_| pick(&CHARACTERS, rng)).collect()
}

/// Name of a person.
pub(super) fn person(rng: &mut impl Rng) -> String {
    let given = if rng.random_bool(0.6) { 2 } else { 1 };
    let mut name = pick(&SURNAMES, rng).to_owned();
    (0..given).for_each(|_| name.push_str(pick(&GIVEN, rng)));
    name
}

/// 住所 below the township.
pub(super) fn street(rng: &mut impl Rng) -> String {
    format!("{}{}号", pick(&ROADS, rng), rng.random_range(1..400))
}

/// ASCII as its full-width forms, as an input method leaves them.
pub(super) fn full_width(text: &str) -> String {
    let widened = |c: char| match c {
        '!'..='~' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
        _ => c,
    };
    text.chars().map(widened).collect()
}
