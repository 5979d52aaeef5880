//! The words of one clause of a 抽查比例 or 抽查频次 cell; a clause with a word nobody foresaw is not read at all.

/// One word that means something; everything else that is known is passed over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Word {
    /// A share, or a range of shares, 0 ..= 1.
    Share(f64, f64),
    /// A number of times, or a range of them.
    Times(u32, u32),
    /// What follows is a lower bound.
    Least,
    /// What follows is an upper bound.
    Most,
    /// What stands before is a lower bound.
    AtLeast,
    /// What stands before is an upper bound.
    AtMost,
    /// So many periods make a year.
    PeriodsPerYear(u32),
    /// A period of so many years.
    Years(u32),
    /// As long as a licence is valid, however long that is.
    Licence,
    /// Every one of the times takes the share.
    Each,
    /// In several draws that add up to the share.
    InParts,
    /// Draws that an office organises are counted.
    Organised,
    /// Visits to one object are counted.
    SameObject,
}

/// Longer words before those they begin with.
const MEANT: &[(&str, Word)] = &[
    ("不得低于", Word::Least),
    ("不得少于", Word::Least),
    ("不低于", Word::Least),
    ("不少于", Word::Least),
    ("不小于", Word::Least),
    ("至少", Word::Least),
    ("最低", Word::Least),
    ("最少", Word::Least),
    (">=", Word::Least),
    ("≥", Word::Least),
    ("不得超过", Word::Most),
    ("不得高于", Word::Most),
    ("不超过", Word::Most),
    ("不高于", Word::Most),
    ("不多于", Word::Most),
    ("不大于", Word::Most),
    ("至多", Word::Most),
    ("最多", Word::Most),
    ("最高", Word::Most),
    ("<=", Word::Most),
    ("≤", Word::Most),
    ("及以上", Word::AtLeast),
    ("以上", Word::AtLeast),
    ("及以下", Word::AtMost),
    ("以下", Word::AtMost),
    ("以内", Word::AtMost),
    ("之内", Word::AtMost),
    ("每半年", Word::PeriodsPerYear(2)),
    ("每季度", Word::PeriodsPerYear(4)),
    ("每季", Word::PeriodsPerYear(4)),
    ("每个月", Word::PeriodsPerYear(12)),
    ("每月", Word::PeriodsPerYear(12)),
    ("/季度", Word::PeriodsPerYear(4)),
    ("/季", Word::PeriodsPerYear(4)),
    ("/月", Word::PeriodsPerYear(12)),
    ("每年度", Word::PeriodsPerYear(1)),
    ("每年", Word::PeriodsPerYear(1)),
    ("全年", Word::PeriodsPerYear(1)),
    ("年度", Word::PeriodsPerYear(1)),
    ("年内", Word::PeriodsPerYear(1)),
    ("一年", Word::PeriodsPerYear(1)),
    ("/年", Word::PeriodsPerYear(1)),
    ("许可证有效期内", Word::Licence),
    ("许可有效期内", Word::Licence),
    ("有效期内", Word::Licence),
    ("各抽查", Word::Each),
    ("各", Word::Each),
    ("分次", Word::InParts),
    ("分批", Word::InParts),
    ("组织", Word::Organised),
    ("同一检查对象", Word::SameObject),
    ("同一市场主体", Word::SameObject),
    ("同一单位", Word::SameObject),
    ("同一企业", Word::SameObject),
    ("同一对象", Word::SameObject),
];

/// Words that change no bound.
const PASSED_OVER: &[&str] = &[
    "抽查比例",
    "检查比例",
    "抽取比例",
    "抽查频次",
    "检查频次",
    "监管对象总数",
    "检查对象总数",
    "市场主体总数",
    "企业总数",
    "检查对象",
    "市场主体",
    "总户数",
    "总数",
    "总量",
    "户数",
    "随机抽查",
    "抽查",
    "检查",
    "抽取",
    "比例",
    "频次",
    "原则上",
    "一般",
    "达到",
    "控制在",
    "按照",
    "应当",
    "开展",
    "进行",
    "实施",
    "对",
    "在",
    "按",
    "应",
    "为",
    "的",
    "约",
    ":",
    "、",
];

/// The meaning of every word of `clause`, in order; none where a word is unknown.
pub(super) fn words(clause: &str) -> Option<Vec<Word>> {
    let (mut rest, mut found) = (clause, Vec::new());
    while !rest.is_empty() {
        let (word, after) = next(rest)?;
        found.extend(word);
        rest = after;
    }
    Some(found)
}

fn next(rest: &str) -> Option<(Option<Word>, &str)> {
    if let Some((word, after)) = number(rest) {
        return Some((Some(word), after));
    }
    let meant = MEANT
        .iter()
        .find_map(|(text, word)| Some((Some(*word), rest.strip_prefix(text)?)));
    let passed = || {
        PASSED_OVER
            .iter()
            .find_map(|text| Some((None, rest.strip_prefix(text)?)))
    };
    meant.or_else(passed)
}

/// A share (`3%`, `2‰`, `3-5%`, `百分之三`), a number of times (`2次`, `1-2次`) or of years (`每2年`, `2年内`).
fn number(rest: &str) -> Option<(Word, &str)> {
    for (word, whole) in [("百分之", 100), ("千分之", 1_000)] {
        if let Some(after) = rest.strip_prefix(word) {
            let (value, after) = Decimal::read(after)?;
            let share = value.over(whole);
            return Some((Word::Share(share, share), after));
        }
    }
    if let Some(after) = rest.strip_prefix('每') {
        let (value, after) = Decimal::read(after)?;
        let after = after.strip_prefix('个').unwrap_or(after);
        return Some((Word::Years(value.whole()?), after.strip_prefix('年')?));
    }
    let (low, after) = Decimal::read(rest)?;
    let (low_unit, after) = unit(after);
    let (high, high_unit, after) = match after
        .strip_prefix(['-', '至', '到'])
        .and_then(Decimal::read)
    {
        Some((high, after)) => {
            let (unit, after) = unit(after);
            (high, unit, after)
        }
        None => (low, low_unit, after),
    };
    if let Some(whole) = high_unit {
        let share = Word::Share(low.over(low_unit.unwrap_or(whole)), high.over(whole));
        return Some((share, after));
    }
    if low_unit.is_some() {
        return None;
    }
    if let Some(after) = after.strip_prefix('次') {
        return Some((Word::Times(low.whole()?, high.whole()?), after));
    }
    let years = after.strip_prefix("年内")?;
    Some((Word::Years(low.whole()?), years))
}

fn unit(rest: &str) -> (Option<u64>, &str) {
    let per = |sign, whole| Some((Some(whole), rest.strip_prefix(sign)?));
    per('%', 100)
        .or_else(|| per('‰', 1_000))
        .unwrap_or((None, rest))
}

/// An unsigned decimal number as it is written: `digits / 10^places`.
#[derive(Clone, Copy)]
struct Decimal {
    digits: u64,
    places: u32,
}

impl Decimal {
    fn read(text: &str) -> Option<(Self, &str)> {
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
        if end == 0 {
            return chinese(text);
        }
        let (number, after) = text.split_at(end);
        let (before, behind) = number.split_once('.').unwrap_or((number, ""));
        let digits = format!("{before}{behind}");
        let value = Self {
            digits: digits.parse().ok().filter(|_| digits.len() <= 9)?,
            places: u32::try_from(behind.len()).ok()?,
        };
        Some((value, after))
    }

    /// This number of `whole` parts of one: a single division, so that `0.3%` is the float nearest 0.003.
    fn over(self, whole: u64) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "both lie below 2^53")]
        let share = self.digits as f64 / (whole * 10_u64.pow(self.places)) as f64;
        share
    }

    fn whole(self) -> Option<u32> {
        let whole = (self.places == 0).then_some(self.digits)?;
        u32::try_from(whole).ok().filter(|&whole| whole > 0)
    }
}

/// 一 to 九十九, 两 for 二.
fn chinese(text: &str) -> Option<(Decimal, &str)> {
    const DIGITS: &str = "一二三四五六七八九";
    let digit = |c: char| match c {
        '两' => Some(2),
        c => DIGITS
            .chars()
            .position(|digit| digit == c)
            .map(|place| place as u64 + 1),
    };
    let mut after = text;
    let take = |after: &mut &str| {
        let mut letters = after.chars();
        let value = digit(letters.next()?)?;
        *after = letters.as_str();
        Some(value)
    };
    let first = take(&mut after);
    let digits = match after.strip_prefix('十') {
        Some(behind) => {
            after = behind;
            first.unwrap_or(1) * 10 + take(&mut after).unwrap_or(0)
        }
        None => first?,
    };
    Some((Decimal { digits, places: 0 }, after))
}

#[cfg(test)]
mod tests {
    use super::{Word, words};

    #[test]
    fn shares_are_the_nearest_floats() {
        for (text, share) in [
            ("3%", 0.03),
            ("0.3%", 0.003),
            ("2‰", 0.002),
            ("百分之十五", 0.15),
            ("百分之5", 0.05),
            ("千分之二", 0.002),
        ] {
            assert_eq!(words(text), Some(vec![Word::Share(share, share)]), "{text}");
        }
        assert_eq!(words("3-5%"), Some(vec![Word::Share(0.03, 0.05)]));
        assert_eq!(words("3%-5%"), Some(vec![Word::Share(0.03, 0.05)]));
    }

    #[test]
    fn an_unknown_word_makes_the_clause_unread() {
        assert_eq!(words("食品生产企业20%"), None);
        assert_eq!(words("5户"), None);
        assert_eq!(words("3%-5次"), None);
        assert_eq!(
            words("每两年1次"),
            Some(vec![Word::Years(2), Word::Times(1, 1)])
        );
    }
}
