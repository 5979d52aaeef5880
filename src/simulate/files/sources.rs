//! Where credit events come from: one source per kind, with the headers of its own system.

use super::book::Form;
use super::county::ARREARS;
use super::grid::{Head, head};
use super::text::{Dialect, Encoding};

/// What a column of an event file shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Serial,
    Number,
    Name,
    /// 统一社会信用代码 or 注册号, whichever there is.
    Code,
    Uscc,
    OldNumber,
    Scheme,
    Kind,
    Happened,
    Known,
    Ended,
    /// 金额 as a number of 万元.
    TenThousands,
    /// 金额 as a number of 元.
    Yuan,
    /// 金额 as text with its unit.
    Money,
    Word(&'static str),
}

/// The file of one kind of event.
pub(super) struct Source {
    pub(super) kind: &'static str,
    pub(super) path: &'static str,
    pub(super) form: Form,
    pub(super) above: &'static [&'static str],
    pub(super) example: &'static [&'static str],
    pub(super) columns: &'static [Head<Of>],
}

const COMMA: Dialect = Dialect {
    delimiter: ',',
    encoding: Encoding::Utf8Bom,
    newline: "\r\n",
};
const GB18030: Dialect = Dialect {
    encoding: Encoding::Gb18030,
    ..COMMA
};
const TABS: Dialect = Dialect {
    delimiter: '\t',
    encoding: Encoding::Utf8,
    newline: "\n",
};

/// The template's own sample row has kind and authority swapped.
const PENALTY_EXAMPLE: &[&str] = &[
    "案例（请删除）",
    "馆市监罚〔2017〕1号",
    "2017-03-07",
    "无照经营",
    "馆陶县市场监督管理局",
    "罚款",
    "0.5",
];

/// The sources of events, by kind.
pub(super) const SOURCES: [Source; 10] = [
    Source {
        kind: "行政处罚",
        path: "行政处罚信息.xls",
        form: Form::Xlsx,
        above: &["行政处罚信息归集表（合成数据）"],
        example: PENALTY_EXAMPLE,
        columns: &[
            head("序号", Of::Serial),
            head("处罚决定书文号", Of::Number),
            head("处罚决定书签发日期", Of::Happened),
            head("违法行为类型", Of::Word("其他违法行为")),
            head("处罚种类", Of::Word("罚款")),
            head("处罚机关", Of::Word("馆陶县市场监督管理局")),
            head("罚款金额（万元）", Of::TenThousands),
            head("公示日期", Of::Known),
            head("企业名称", Of::Name),
            head("注册号", Of::OldNumber),
            head("统一社会信用代码", Of::Uscc),
        ],
    },
    Source {
        kind: "经营异常",
        path: "经营异常名录.csv",
        form: Form::Text(GB18030),
        above: &[],
        example: &[],
        columns: &[
            head("单位名称", Of::Name),
            head("统一社会信用代码", Of::Code),
            head("异常类型", Of::Kind),
            head("列入原因", Of::Word("未依照规定的期限公示年度报告")),
            head("列入日期", Of::Happened),
            head("公示日期", Of::Known),
            head("列入决定机构", Of::Word("馆陶县市场监督管理局")),
            head("移出原因", Of::Word("")),
            head("移出日期", Of::Ended),
            head("移出决定机构", Of::Word("")),
        ],
    },
    Source {
        kind: "严重违法失信",
        path: "严重违法失信名单.xls",
        form: Form::Html(Encoding::Utf8),
        above: &["严重违法失信名单（合成数据）"],
        example: &[],
        columns: &[
            head("序号", Of::Serial),
            head("企业名称", Of::Name),
            head("统一社会信用代码/注册号", Of::Code),
            head("列入原因", Of::Word("被列入经营异常名录届满3年")),
            head("列入日期", Of::Happened),
            head("公示日期", Of::Known),
            head("移出日期", Of::Ended),
        ],
    },
    Source {
        kind: "投诉举报",
        path: "12315投诉举报.csv",
        form: Form::Text(COMMA),
        above: &[],
        example: &[],
        columns: &[
            head("登记编号", Of::Number),
            head("被投诉举报单位", Of::Name),
            head("统一社会信用代码/注册号", Of::Code),
            head("发生日期", Of::Happened),
            head("录入日期", Of::Known),
            head("诉求类别", Of::Word("投诉")),
        ],
    },
    Source {
        kind: "年报逾期",
        path: "年报逾期名单.txt",
        form: Form::Text(TABS),
        above: &[],
        example: &[],
        columns: &[
            head("企业名称", Of::Name),
            head("注册号/统一社会信用代码", Of::Code),
            head("发生日期", Of::Happened),
            head("公示日期", Of::Known),
            head("补报日期", Of::Ended),
        ],
    },
    Source {
        kind: ARREARS,
        path: "欠税公告.xls",
        form: Form::Biff,
        above: &[
            "国家税务总局馆陶县税务局欠税公告（合成数据）",
            "单位：见金额栏",
        ],
        example: &[],
        columns: &[
            head("序号", Of::Serial),
            head("纳税人名称", Of::Name),
            head("纳税人识别号", Of::Code),
            head("发生日期", Of::Happened),
            head("公示日期", Of::Known),
            head("金额", Of::Money),
        ],
    },
    Source {
        kind: "失信被执行",
        path: "失信被执行人.xlsx",
        form: Form::SpreadsheetMl,
        above: &[],
        example: &[],
        columns: &[
            head("被执行人", Of::Name),
            head("统一社会信用代码/注册号", Of::Code),
            head("立案日期", Of::Happened),
            head("公示日期", Of::Known),
            head("执行标的（元）", Of::Yuan),
            head("移出日期", Of::Ended),
        ],
    },
    Source {
        kind: "抽检不合格",
        path: "抽检不合格.csv.gz",
        form: Form::Gzip(GB18030),
        above: &[],
        example: &[],
        columns: &[
            head("被抽样单位名称", Of::Name),
            head("统一社会信用代码/注册号", Of::Code),
            head("抽样日期", Of::Happened),
            head("公示日期", Of::Known),
            head("检验结论", Of::Word("不合格")),
        ],
    },
    Source {
        kind: "许可到期",
        path: "许可到期清单.csv",
        form: Form::Text(COMMA),
        above: &["许可到期清单（合成数据）"],
        example: &[],
        columns: &[
            head("企业名称", Of::Name),
            head("统一社会信用代码/注册号", Of::Code),
            head("到期日期", Of::Happened),
            head("录入日期", Of::Known),
        ],
    },
    Source {
        kind: "信用修复",
        path: "信用修复.xlsx",
        form: Form::Xlsx,
        above: &[],
        example: &[],
        columns: &[
            head("序号", Of::Serial),
            head("单位名称", Of::Name),
            head("统一社会信用代码/注册号", Of::Code),
            head("修复日期", Of::Happened),
            head("公示日期", Of::Known),
        ],
    },
];

/// What no file of its own has: objects under their old numbers, and kinds this project knows no source of.
pub(super) const REST: Source = Source {
    kind: "",
    path: "旧注册号主体补录.csv",
    form: Form::Text(COMMA),
    above: &[],
    example: &[],
    columns: &[
        head("单位名称", Of::Name),
        head("注册号", Of::Code),
        head("代码类型", Of::Scheme),
        head("事件类别", Of::Kind),
        head("发生日期", Of::Happened),
        head("录入日期", Of::Known),
        head("金额", Of::Money),
        head("移出日期", Of::Ended),
    ],
};
