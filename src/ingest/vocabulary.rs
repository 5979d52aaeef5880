//! The words of results, follow-ups and lists as platforms have written them. Source: `regulation.md` §2.10 to §2.12.

use super::results::ResultForm;

/// Codes of 公示信息抽查 and the codes of 综合抽查 they became.
pub(super) const GEN1: &[(&str, &str)] = &[
    ("1", "1"),
    ("2", "B"),
    ("3", "B"),
    ("4", "6"),
    ("5", "C"),
    ("6", "8"),
    ("7", "9"),
    ("8", "10"),
    ("9", "11"),
];

/// Codes of 综合抽查 in use; A is a total of reports.
pub(super) const GEN2: &[&str] = &[
    "1", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "A", "B", "C", "D", "E", "F", "G",
];

/// 2 (违反工商行政管理相关规定) was retired for B, C, 6 and D; D is what is left of it.
const RETIRED: (&str, &str) = ("2", "D");

/// Texts without marks and brackets, and their code. Of several codes a report adds up, the one named first.
const TEXTS: &[(&str, &str)] = &[
    // 公示信息抽查
    ("正常", "1"),
    ("未按规定公示即时信息", "B"),
    ("未按规定公示年报信息", "B"),
    ("未按规定公示年报", "B"),
    ("通过登记的住所经营场所无法联系", "6"),
    ("公示信息隐瞒真实情况弄虚作假", "C"),
    ("不予配合情节严重", "8"),
    ("已办理营业执照注销", "9"),
    ("被吊销营业执照", "10"),
    ("被撤销登记", "11"),
    // 综合抽查
    ("未发现问题", "1"),
    ("违反工商行政管理相关规定", "D"),
    ("违反食品药品管理相关规定", "3"),
    ("违反质量技术监督相关规定", "4"),
    ("违反其他部门相关规定", "5"),
    ("已关闭停业或正在组织清算", "7"),
    ("不配合检查情节严重", "8"),
    ("注销", "9"),
    ("被吊销", "10"),
    ("被撤销", "11"),
    ("迁出", "12"),
    ("未按规定公示应当公示的信息", "B"),
    ("违反其他工商行政管理规定行为", "D"),
    ("发现问题经责令已改正", "E"),
    ("未发现开展本次抽查涉及的经营活动", "F"),
    ("违反公安部门相关规定", "G"),
    // reports and grouped columns
    ("发现问题已责令改正", "E"),
    ("发现问题待后续处理", "A"),
    ("迁移注销等其他情况", "12"),
    ("工商", "D"),
    ("食药", "3"),
    ("质监", "4"),
    ("其他部门", "5"),
    // mobile clients and short forms
    ("合格", "1"),
    ("不合格", "A"),
    ("未发现违法违规行为", "1"),
    ("已责令改正", "E"),
    ("责令改正", "E"),
    ("未按规定公示", "B"),
    ("通过登记的住所或经营场所无法联系", "6"),
    ("通过登记的住所无法联系", "6"),
    ("无法联系", "6"),
    ("查无下落", "6"),
    ("不配合检查", "8"),
    ("已关闭停业", "7"),
    ("已注销", "9"),
    ("已吊销", "10"),
    ("吊销", "10"),
    ("撤销登记", "11"),
    ("已迁出", "12"),
];

/// Words of 后续处置 in the snapshot: what became of a problem that was found.
///
/// ```
/// use choucha::ingest::{FOLLOW_UPS, NONE_NEEDED, PENDING};
/// assert!(FOLLOW_UPS.contains(&NONE_NEEDED) && FOLLOW_UPS.contains(&PENDING));
/// ```
pub const FOLLOW_UPS: [&str; 10] = [
    NONE_NEEDED,
    "责令改正",
    "行政处罚",
    "立案",
    "移送",
    "抄告",
    "列入异常",
    "转日常监管",
    "其他",
    PENDING,
];
/// The follow-up of a problem that is settled already; the platforms close such a case at once.
pub const NONE_NEEDED: &str = "无需处置";
/// The follow-up that has not come yet.
pub const PENDING: &str = "待处置";

/// Texts of follow-ups without marks and brackets, and their word. The first six are those of a provincial platform.
const FOLLOWED: &[(&str, &str)] = &[
    ("未发现问题或相关问题已规范已改正无需后续处置", NONE_NEEDED),
    ("停止检查反馈至日常监管部门依法依规处理", "转日常监管"),
    (
        "违反本部门相关规定责令改正后续跟踪由日常监管部门负责",
        "责令改正",
    ),
    ("发现案件线索初步固定证据后移送办案机构", "移送"),
    ("违反其他部门相关规定抄告相关部门", "抄告"),
    ("其他", "其他"),
    ("无需后续处置", NONE_NEEDED),
    ("无需后续处理", NONE_NEEDED),
    ("无需处理", NONE_NEEDED),
    ("已规范", NONE_NEEDED),
    ("当场改正", NONE_NEEDED),
    ("责令整改", "责令改正"),
    ("责令限期改正", "责令改正"),
    ("限期改正", "责令改正"),
    ("限期整改", "责令改正"),
    ("已责令改正", "责令改正"),
    ("下达责令改正通知书", "责令改正"),
    ("处罚", "行政处罚"),
    ("当场处罚", "行政处罚"),
    ("已处罚", "行政处罚"),
    ("立案查处", "立案"),
    ("立案调查", "立案"),
    ("立案处理", "立案"),
    ("已立案", "立案"),
    ("移送办案机构", "移送"),
    ("移送司法机关", "移送"),
    ("移送公安机关", "移送"),
    ("移送有关部门", "移送"),
    ("移送其他部门", "移送"),
    ("已移送", "移送"),
    ("移交", "移送"),
    ("抄告相关部门", "抄告"),
    ("列入经营异常名录", "列入异常"),
    ("列入经营异常", "列入异常"),
    ("标记经营异常状态", "列入异常"),
    ("列异", "列入异常"),
    ("转日常监管部门", "转日常监管"),
    ("反馈至日常监管部门", "转日常监管"),
    ("未处置", PENDING),
    ("未处理", PENDING),
    ("待处理", PENDING),
    ("待后续处置", PENDING),
    ("待后续处理", PENDING),
    ("处置中", PENDING),
    ("处理中", PENDING),
];

/// The word of 后续处置 that a text means; a text of which nothing is known stays as it is.
pub(super) fn follow_up(text: &str) -> &str {
    let folded = folded(text);
    let word = FOLLOW_UPS.iter().find(|word| **word == folded);
    let known = || FOLLOWED.iter().find(|(from, _)| *from == folded);
    let meant = word.copied().or_else(|| known().map(|(_, word)| *word));
    meant.unwrap_or(text)
}

/// Codes of 移出原因 (经营异常名录).
const EXIT_REASONS: &[&str] = &[
    "补报年报",
    "履行公示义务",
    "更正",
    "变更住所",
    "重新取得联系",
    "届满3年转入",
    "注吊销",
];

/// The code of 综合抽查 that one part of a result cell means: a code of its generation, a text, or both (`1-正常`).
pub(super) fn code_of(part: &str, form: Option<ResultForm>) -> Option<&'static str> {
    let is_short = part.len() <= 2 && part.is_ascii();
    if is_short && form != Some(ResultForm::Text) {
        return code(part, form);
    }
    let folded = folded(part);
    if folded.len() <= 2 && folded.is_ascii() {
        return code(&folded, form).filter(|_| form != Some(ResultForm::Text));
    }
    let below = part.rsplit_once('/').map(|(_, below)| self::folded(below));
    [Some(folded), below]
        .into_iter()
        .flatten()
        .find_map(|folded| text(&folded).or_else(|| text(without_code(&folded))))
}

/// A bare code of its generation; a leading zero is none.
fn code(text: &str, form: Option<ResultForm>) -> Option<&'static str> {
    let text = text.strip_prefix('0').unwrap_or(text);
    let of = |pairs: &[(&str, &'static str)]| {
        let found = pairs.iter().find(|(from, _)| *from == text);
        found.map(|(_, to)| *to)
    };
    match form {
        Some(ResultForm::Gen1) => of(GEN1),
        Some(ResultForm::Gen2) if text == RETIRED.0 => Some(RETIRED.1),
        _ => GEN2.iter().copied().find(|code| *code == text),
    }
}

fn text(folded: &str) -> Option<&'static str> {
    let found = TEXTS.iter().find(|(text, _)| *text == folded);
    found.map(|(_, code)| *code)
}

/// Half-width and upper case, without blanks, marks and brackets.
fn folded(text: &str) -> String {
    let letter = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        c => c,
    };
    let is_mark = |c: &char| c.is_whitespace() || "、，,。.;:()[]【】“”\"'-_·".contains(*c);
    let kept = text.chars().map(letter).filter(|c| !is_mark(c));
    kept.map(|c| c.to_ascii_uppercase()).collect()
}

fn without_code(folded: &str) -> &str {
    folded.trim_matches(|c: char| c.is_ascii_alphanumeric())
}

/// 移出原因 in words where it is one of the codes 1 to 7.
pub(super) fn exit_reason(text: &str) -> &str {
    let place = match text.as_bytes() {
        [digit @ b'1'..=b'7'] => usize::from(digit - b'1'),
        _ => return text,
    };
    EXIT_REASONS[place]
}

#[cfg(test)]
mod tests {
    use super::super::results::{HitCodes, Meaning};
    use super::*;

    #[test]
    fn every_text_means_a_code_in_use() {
        for (text, code) in TEXTS {
            assert!(GEN2.contains(code), "{text}");
            assert_eq!(folded(text), *text);
            assert_eq!(code_of(text, None), Some(*code), "{text}");
        }
    }

    #[test]
    fn every_code_has_a_default_meaning_and_the_first_generation_keeps_its_own() {
        let rule = HitCodes::default();
        let meaning = |code: &str| rule.strongest([code]).unwrap().unwrap();
        for code in GEN2 {
            meaning(code);
        }
        let of_gen1 = GEN1.iter().map(|(_, code)| meaning(code));
        let (hit, void) = (Meaning::Hit, Meaning::Void);
        assert_eq!(
            of_gen1.collect::<Vec<_>>(),
            [
                Meaning::Clean,
                hit,
                hit,
                Meaning::Unreachable,
                hit,
                hit,
                void,
                void,
                void
            ]
        );
    }

    #[test]
    fn texts_are_known_with_brackets_codes_and_group_headings() {
        for (text, code) in [
            ("通过登记的住所（经营场所）无法联系", "6"),
            ("1-正常", "1"),
            ("4 通过登记的住所(经营场所)无法联系", "6"),
            ("正常（1）", "1"),
            ("检查结果/未发现问题", "1"),
            ("发现问题待后续处理/食药", "3"),
            ("ｂ", "B"),
            ("03", "3"),
        ] {
            assert_eq!(code_of(text, None), Some(code), "{text}");
        }
        assert_eq!(code_of("其他情形", None), None);
        assert_eq!(code_of("13", None), None);
    }

    #[test]
    fn follow_ups_become_words_of_the_list_and_what_is_not_known_stays() {
        for (text, word) in FOLLOWED {
            assert!(FOLLOW_UPS.contains(word), "{text}");
            assert_eq!((folded(text).as_str(), follow_up(text)), (*text, *word));
        }
        for word in FOLLOW_UPS {
            assert_eq!(follow_up(word), word);
        }
        let long = "违反本部门相关规定，责令改正；后续跟踪由日常监管部门负责";
        assert_eq!(follow_up(long), "责令改正");
        assert_eq!(follow_up("不予立案"), "不予立案");
    }

    #[test]
    fn exit_reasons_are_words() {
        assert_eq!(exit_reason("5"), "重新取得联系");
        assert_eq!(exit_reason("补报了年报"), "补报了年报");
        assert_eq!(exit_reason("8"), "8");
    }
}
