//! 国际对照: what studies of other places found, each with its design. Only results that were read in the source.

use crate::report::lang::{Lang, Phrase};
use crate::report::view::{Aside, Table};
use crate::report::words;

/// Study, design, result.
const STUDIES: &[[Phrase; 3]] = &[
    [
        Phrase::new(
            "Levine、Toffel、Johnson，Science 2012",
            "Levine, Toffel, Johnson, Science 2012",
        ),
        Phrase::new(
            "加州 409 家随机检查的企业配对 409 家",
            "409 randomly inspected firms in California, 409 matched",
        ),
        Phrase::new(
            "工伤 −9.4%（区间 −17.7 至 −2.1），工伤费用 −26%",
            "injuries −9.4% (−17.7 to −2.1), their cost −26%",
        ),
    ],
    [
        Phrase::new(
            "Johnson、Levine、Toffel，AEJ: Applied 2023",
            "Johnson, Levine, Toffel, AEJ: Applied 2023",
        ),
        Phrase::new(
            "美国职业安全检查摇号",
            "lottery of workplace inspections, United States",
        ),
        Phrase::new(
            "五年内每次检查少 2.4 起重伤（9%）；同一项目另一期限与口径为少 0.8 起，接近显著",
            "2.4 serious injuries fewer per inspection over five years (9%); another horizon and outcome of the same programme: 0.8, close to significance",
        ),
    ],
    [
        Phrase::new("Johnson，AER 2020", "Johnson, AER 2020"),
        Phrase::new(
            "罚款达 4 万美元发新闻稿",
            "press release from a fine of $40,000",
        ),
        Phrase::new(
            "5 公里内同行违规 −73%；一篇新闻稿约抵 210 次检查",
            "violations of peers within 5 km −73%; one release about as much as 210 inspections",
        ),
    ],
    [
        Phrase::new(
            "美国空气管理区，J. Regul. Econ. 2016",
            "US air districts, J. Regul. Econ. 2016",
        ),
        Phrase::new("面板数据（相关）", "panel data (association)"),
        Phrase::new(
            "同县其他企业平均多查 1 次，排放 −2.7%",
            "one more inspection of others in the county, emissions −2.7%",
        ),
    ],
    [
        Phrase::new("Telle，J. Public Econ. 2013", "Telle, J. Public Econ. 2013"),
        Phrase::new("挪威，随机分配", "Norway, random assignment"),
        Phrase::new(
            "预告多查：无效果；真的检查：被查者守法明显上升",
            "announcing more audits: no effect; an audit: own compliance up substantially",
        ),
    ],
    [
        Phrase::new(
            "Duflo 等，Econometrica 2018",
            "Duflo et al., Econometrica 2018",
        ),
        Phrase::new(
            "印度古吉拉特邦，随机加倍检查",
            "Gujarat, inspections doubled at random",
        ),
        Phrase::new(
            "通报加倍，守法仅略升，处罚不增：没有后果的检查作用小",
            "citations doubled, compliance only slightly up, no more penalties: visits without consequence do little",
        ),
    ],
    [
        Phrase::new(
            "Kleven 等，Econometrica 2011",
            "Kleven et al., Econometrica 2011",
        ),
        Phrase::new(
            "丹麦，4 万余纳税人随机",
            "Denmark, more than 40,000 filers at random",
        ),
        Phrase::new(
            "被查过、收到告知信者自报收入上升；第三方申报部分无变化",
            "a past audit and threat letters raise self-reported income, not third-party-reported income",
        ),
    ],
];

/// The box.
pub(super) fn aside(lang: Lang) -> Aside {
    let head = [&words::COL_STUDY, &words::COL_DESIGN, &words::COL_RESULT];
    let row = |study: &[Phrase; 3]| {
        study
            .each_ref()
            .map(|phrase| lang.say(phrase).to_owned())
            .to_vec()
    };
    let table = Table::new(lang, &head, STUDIES.iter().map(row).collect());
    Aside {
        heading: lang.say(&words::ABROAD).to_owned(),
        paragraphs: vec![lang.say(&words::ABROAD_NOTE).to_owned()],
        table: table.loose(3),
    }
}
