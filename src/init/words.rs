//! Words of registers that choucha knows: how a proposal turns them into the canonical ones (`regulation.md` §3.5).

use std::collections::BTreeMap;

/// Statuses by the beginnings they are written with, brackets and marks left out; the longest beginning wins.
const STATUS: &[(&str, &str)] = &[
    ("存续", "存续"),
    ("在营", "存续"),
    ("在业", "存续"),
    ("在册", "存续"),
    ("开业", "存续"),
    ("正常", "存续"),
    ("吊销", "吊销未注销"),
    ("已吊销", "吊销未注销"),
    ("吊销未注销", "吊销未注销"),
    ("吊销已注销", "注销"),
    ("吊销后注销", "注销"),
    ("注销", "注销"),
    ("已注销", "注销"),
    ("撤销", "撤销"),
    ("已撤销", "撤销"),
    ("迁出", "迁出"),
    ("已迁出", "迁出"),
    ("迁往", "迁出"),
    ("停业", "停业"),
    ("歇业", "停业"),
    ("清算", "清算"),
    ("正在清算", "清算"),
];

const KIND: &[(&str, &str)] = &[
    ("企业", "企业"),
    ("内资企业", "企业"),
    ("外资企业", "企业"),
    ("私营企业", "企业"),
    ("有限责任公司", "企业"),
    ("有限公司", "企业"),
    ("股份", "企业"),
    ("合伙企业", "企业"),
    ("普通合伙", "企业"),
    ("个人独资企业", "企业"),
    ("国有", "企业"),
    ("全民所有制", "企业"),
    ("集体所有制", "企业"),
    ("分公司", "企业"),
    ("分支机构", "企业"),
    ("个体", "个体工商户"),
    ("农民专业合作", "农民专业合作社"),
    ("农专社", "农民专业合作社"),
    ("农合", "农民专业合作社"),
    ("农民合作社", "农民专业合作社"),
    ("合作社", "农民专业合作社"),
    ("外企代表机构", "外国（地区）企业常驻代表机构"),
    ("外国", "外国（地区）企业常驻代表机构"),
    ("常驻代表机构", "外国（地区）企业常驻代表机构"),
    ("非市场主体", "非市场主体"),
    ("机关", "非市场主体"),
    ("事业单位", "非市场主体"),
    ("社会团体", "非市场主体"),
    ("社会组织", "非市场主体"),
    ("民办非企业", "非市场主体"),
    ("基金会", "非市场主体"),
];

/// Codes of 主体类别 on the platforms; meant only where no other value stands beside them.
const KIND_CODES: &[(&str, &str)] = &[
    ("1", "企业"),
    ("2", "农民专业合作社"),
    ("3", "个体工商户"),
    ("4", "外国（地区）企业常驻代表机构"),
];

const CHANNEL: &[(&str, &str)] = &[
    ("draw", "draw"),
    ("双随机", "draw"),
    ("随机抽查", "draw"),
    ("抽查", "draw"),
    ("不定向", "draw"),
    ("定向", "draw"),
    ("complaint", "complaint"),
    ("投诉", "complaint"),
    ("举报", "complaint"),
    ("campaign", "campaign"),
    ("专项", "campaign"),
    ("other", "other"),
    ("其他", "other"),
    ("日常", "other"),
];

/// Columns whose words are looked at.
pub(super) const COLUMNS: &[(&str, &str)] = &[
    ("objects", "status"),
    ("objects", "kind"),
    ("inspections", "channel"),
];

/// What the words of a column become.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Proposal {
    /// Words that change, and into what.
    pub(super) values: Vec<(String, &'static str)>,
    /// Words nothing is known of, with their number of rows.
    pub(super) unknown: Vec<(String, u64)>,
}

/// What `words`, with their numbers of rows, become in `column` of `table`.
pub(super) fn propose(table: &str, column: &str, words: &BTreeMap<String, u64>) -> Proposal {
    let codes = || {
        words
            .keys()
            .all(|word| KIND_CODES.iter().any(|(code, _)| code == word))
    };
    let known: &[(&str, &'static str)] = match (table, column) {
        ("objects", "status") => STATUS,
        ("objects", "kind") if codes() => KIND_CODES,
        ("objects", "kind") => KIND,
        ("inspections", "channel") => CHANNEL,
        _ => &[],
    };
    let mut proposal = Proposal::default();
    for (word, n) in words {
        match meaning(known, word) {
            Some(canonical) if canonical == word => {}
            Some(canonical) => proposal.values.push((word.clone(), canonical)),
            None => proposal.unknown.push((word.clone(), *n)),
        }
    }
    proposal
}

fn meaning(known: &[(&str, &'static str)], word: &str) -> Option<&'static str> {
    let bare: String = word
        .chars()
        .filter(|letter| !letter.is_whitespace() && !"，,、（）()/".contains(*letter))
        .collect();
    let fitting = known.iter().filter(|(start, _)| bare.starts_with(start));
    fitting
        .max_by_key(|(start, _)| start.len())
        .map(|(_, canonical)| *canonical)
}

#[cfg(test)]
mod tests {
    use super::{Proposal, propose};

    fn proposed(column: &str, words: &[&str]) -> Proposal {
        propose(
            "objects",
            column,
            &words.iter().map(|word| ((*word).to_owned(), 1)).collect(),
        )
    }

    #[test]
    fn known_words_become_the_canonical_ones_and_unknown_ones_are_counted() {
        let found = proposed(
            "status",
            &[
                "存续",
                "存续（在营、开业、在册）",
                "吊销，未注销",
                "吊销,已注销",
                "停业、歇业",
                "不详",
            ],
        );
        let values: Vec<(&str, &str)> = found
            .values
            .iter()
            .map(|(word, canonical)| (word.as_str(), *canonical))
            .collect();
        assert_eq!(
            values,
            [
                ("停业、歇业", "停业"),
                ("吊销,已注销", "注销"),
                ("吊销，未注销", "吊销未注销"),
                ("存续（在营、开业、在册）", "存续")
            ]
        );
        assert_eq!(found.unknown, [("不详".to_owned(), 1)]);
    }

    #[test]
    fn platform_codes_are_kinds_only_where_nothing_else_stands_beside_them() {
        assert_eq!(
            proposed("kind", &["1", "3"]).values,
            [("1".to_owned(), "企业"), ("3".to_owned(), "个体工商户")]
        );
        let mixed = proposed("kind", &["1", "个体户"]);
        assert_eq!(mixed.values, [("个体户".to_owned(), "个体工商户")]);
        assert_eq!(mixed.unknown, [("1".to_owned(), 1)]);
    }
}
