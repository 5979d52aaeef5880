//! How each office lays out its register: headers, words, spellings.

use super::county::Shape;
use super::grid::{Head, head, under};
use super::spell::{DayForm, IN_SHEET, IN_TEXT};

/// What a column of a register file shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Serial,
    /// 统一社会信用代码 or 注册号, whichever there is.
    Code,
    Uscc,
    OldNumber,
    Scheme,
    Name,
    Kind,
    Status,
    Region,
    Industry,
    Office,
    Registrar,
    Address,
    Lat,
    Lon,
    Established,
    Closed,
    Capital,
    Size,
    Scope,
    Owner,
    Labels,
    Departments,
    Phone,
    Remark,
}

/// How a file writes 注册资本.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Money {
    /// A number under a header that says 万元.
    TenThousands,
    /// A number under a header that says 元.
    Yuan,
    /// A text with its unit.
    Words,
}

/// How a file writes the words of a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// As the platform shows them.
    Shown,
    /// As this project calls them.
    Plain,
    /// Half-width brackets and commas.
    HalfWidth,
    /// Kinds by the platform's number.
    Numbered,
}

/// One way to keep a register.
#[derive(Clone, Copy, Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one habit of an office, and they go together in any way"
)]
pub(super) struct Layout {
    pub(super) columns: &'static [Head<Of>],
    pub(super) days: &'static [DayForm],
    pub(super) money: Money,
    pub(super) words: Words,
    /// Industries with the letter of their section.
    pub(super) lettered: bool,
    /// Numbers in number cells.
    pub(super) typed: bool,
    /// An absent end as 9999-09-09 or 长期.
    pub(super) open_ends: bool,
    /// Line breaks inside cells.
    pub(super) breaks: bool,
}

const GROUPED: &[Head<Of>] = &[
    head("序号", Of::Serial),
    under("主体信息", "统一社会信用代码/注册号", Of::Code),
    under("主体信息", "企业名称", Of::Name),
    under("主体信息", "主体类别", Of::Kind),
    under("主体信息", "登记状态", Of::Status),
    under("主体信息", "成立日期", Of::Established),
    under("主体信息", "注吊销日期", Of::Closed),
    under("主体信息", "注册资本（万元）", Of::Capital),
    under("主体信息", "企业规模", Of::Size),
    under("主体信息", "法定代表人标识", Of::Owner),
    under("监管信息", "管辖单位", Of::Office),
    under("监管信息", "行政区划代码", Of::Region),
    under("监管信息", "行业代码", Of::Industry),
    under("监管信息", "监管标签", Of::Labels),
    under("监管信息", "监管部门", Of::Departments),
    under("监管信息", "经营范围", Of::Scope),
    under("住所信息", "住所", Of::Address),
    under("住所信息", "纬度", Of::Lat),
    under("住所信息", "经度", Of::Lon),
    head("备注", Of::Remark),
];

const SECOND_SHEET: &[Head<Of>] = &[
    head("序号", Of::Serial),
    head("企业(机构)名称", Of::Name),
    head("注册号/统一社会信用代码", Of::Code),
    head("市场主体类型", Of::Kind),
    head("登记状态", Of::Status),
    head("住所(DOM)", Of::Address),
    head("纬度", Of::Lat),
    head("经度", Of::Lon),
    head("成立日期", Of::Established),
    head("注吊销日期", Of::Closed),
    head("注册资本（元）", Of::Capital),
    head("企业规模", Of::Size),
    head("行政区划代码", Of::Region),
    head("行业代码", Of::Industry),
    head("管辖单位", Of::Office),
    head("经营范围", Of::Scope),
    head("法定代表人标识", Of::Owner),
    head("监管标签", Of::Labels),
    head("监管部门", Of::Departments),
];

const EXPORTED: &[Head<Of>] = &[
    head("序号", Of::Serial),
    head("统一社会信用代码/注册号", Of::Code),
    head("企业名称", Of::Name),
    head("成立日期", Of::Established),
    head("主体类别", Of::Kind),
    head("登记机关", Of::Registrar),
    head("管辖单位", Of::Office),
    head("登记状态", Of::Status),
    head("注吊销日期", Of::Closed),
    head("住所(DOM)", Of::Address),
    head("纬度", Of::Lat),
    head("经度", Of::Lon),
    head("行政区划代码", Of::Region),
    head("行业代码", Of::Industry),
    head("注册资本(万元)", Of::Capital),
    head("企业规模", Of::Size),
    head("经营范围", Of::Scope),
    head("法定代表人标识", Of::Owner),
    head("监管标签", Of::Labels),
    head("监管部门", Of::Departments),
    head("备注", Of::Remark),
];

const TWO_CODES: &[Head<Of>] = &[
    head("企业名称", Of::Name),
    head("统一社会信用代码", Of::Uscc),
    head("注册号", Of::OldNumber),
    head("主体类型", Of::Kind),
    head("登记状态", Of::Status),
    head("成立日期", Of::Established),
    head("注吊销日期", Of::Closed),
    head("注册资本", Of::Capital),
    head("企业规模", Of::Size),
    head("行业代码", Of::Industry),
    head("行政区划代码", Of::Region),
    head("管辖单位", Of::Office),
    head("经营范围", Of::Scope),
    head("法定代表人标识", Of::Owner),
    head("联系电话", Of::Phone),
    head("监管标签", Of::Labels),
    head("监管部门", Of::Departments),
    head("纬度", Of::Lat),
    head("经度", Of::Lon),
    head("住所", Of::Address),
];

const WITH_SCHEME: &[Head<Of>] = &[
    head("企业名称", Of::Name),
    head("注册号", Of::Code),
    head("代码类型", Of::Scheme),
    head("主体类别", Of::Kind),
    head("登记状态", Of::Status),
    head("成立日期", Of::Established),
    head("注吊销日期", Of::Closed),
    head("注册资本", Of::Capital),
    head("企业规模", Of::Size),
    head("行业代码", Of::Industry),
    head("行政区划代码", Of::Region),
    head("管辖单位", Of::Office),
    head("住所", Of::Address),
    head("纬度", Of::Lat),
    head("经度", Of::Lon),
    head("经营范围", Of::Scope),
    head("法定代表人标识", Of::Owner),
    head("监管标签", Of::Labels),
    head("监管部门", Of::Departments),
];

/// The second sheet of a township that keeps two.
pub(super) const SECOND: Layout = Layout {
    columns: SECOND_SHEET,
    days: IN_SHEET,
    money: Money::Yuan,
    words: Words::Plain,
    lettered: false,
    typed: true,
    open_ends: false,
    breaks: false,
};

/// The list of numbers from before the 15-digit standard.
pub(super) const OLD_NUMBERS: Layout = Layout {
    columns: WITH_SCHEME,
    days: IN_TEXT,
    money: Money::Words,
    words: Words::Shown,
    lettered: false,
    typed: false,
    open_ends: true,
    breaks: false,
};

/// What a department sends of the objects nobody else registers.
pub(super) const DEPARTMENTS: Layout = Layout {
    columns: SECOND_SHEET,
    days: IN_TEXT,
    money: Money::Yuan,
    words: Words::Shown,
    lettered: true,
    typed: false,
    open_ends: false,
    breaks: false,
};

/// The layout of a township's register; of two sheets, the first.
pub(super) fn of(shape: Shape) -> Layout {
    let base = Layout {
        columns: EXPORTED,
        days: IN_TEXT,
        money: Money::TenThousands,
        words: Words::Shown,
        lettered: false,
        typed: false,
        open_ends: false,
        breaks: false,
    };
    match shape {
        Shape::TwoSheets => Layout {
            columns: GROUPED,
            days: IN_SHEET,
            lettered: true,
            open_ends: true,
            ..base
        },
        Shape::Gb18030 => base,
        Shape::TwoCodes => Layout {
            columns: TWO_CODES,
            money: Money::Words,
            words: Words::HalfWidth,
            breaks: true,
            ..base
        },
        Shape::SpreadsheetMl => Layout {
            columns: GROUPED,
            days: IN_SHEET,
            typed: true,
            ..base
        },
        Shape::Html => Layout {
            words: Words::Plain,
            lettered: true,
            open_ends: true,
            ..base
        },
        Shape::Biff => Layout {
            columns: SECOND_SHEET,
            days: IN_SHEET,
            money: Money::Yuan,
            words: Words::Numbered,
            typed: true,
            ..base
        },
        Shape::Gzip => Layout {
            words: Words::Numbered,
            ..base
        },
        Shape::Unicode => Layout {
            columns: TWO_CODES,
            money: Money::Words,
            words: Words::Plain,
            ..base
        },
    }
}
