//! 随机抽查事项清单: the items a round may draw for, row by row; bounds that stand only as text are read from it.

use std::collections::BTreeMap;
use std::path::Path;

use polars::prelude::{DataFrame, PolarsResult};

use super::bounds::{Bounds, Level, parse_frequency, parse_ratio};
use super::{Error, Registers, at};

/// Stands between the number of an item and its 抽查子项 in an item's id.
const SUB_ITEM: char = '·';
/// 检查人员要求: anybody will do.
const NO_SPECIALTY: &str = "无需专业岗位资格";
/// 检查人员要求: somebody with a 岗位资质资格 must go.
const ANY_SPECIALTY: &str = "需专业岗位资格";

/// One row of the list of items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// 事项编号; with `·` and the 抽查子项 where several sub-items share a number.
    pub id: String,
    /// 事项名称.
    pub name: Option<String>,
    /// 抽查子项.
    pub sub_item: Option<String>,
    /// 抽查主体.
    pub department: Option<String>,
    /// 事项类别: 一般 or 重点.
    pub category: Option<String>,
    /// SQL condition on objects.
    pub applies_to: Option<String>,
    /// Least ratio, 0 ..= 1, as listed or read from the text.
    pub ratio_min: Option<f64>,
    /// Greatest ratio, 0 ..= 1, as listed or read from the text.
    pub ratio_max: Option<f64>,
    /// 抽查比例 as written.
    pub ratio_text: Option<String>,
    /// Most visits to one object in a year, as listed or read from the text.
    pub frequency_max: Option<u32>,
    /// 抽查频次 as written.
    pub frequency_text: Option<String>,
    /// 所需专长.
    pub required_specialty: Option<String>,
    /// What the text of the ratio says, where the list has no numbers of its own.
    pub ratio: Option<Bounds>,
    /// What the text of the frequency says, where the list has no number of its own.
    pub frequency: Option<Bounds>,
}

/// A cell of the list that a person must read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemForAPerson {
    /// 事项编号.
    pub item_id: String,
    /// `ratio_text` or `frequency_text`.
    pub column: &'static str,
    /// The cell as written.
    pub text: String,
    /// What of it is no bound.
    pub open: String,
}

impl Registers {
    /// The list of items, in the order of the table; none where the job reads none.
    ///
    /// A plain ratio (`5%`) is the most an 一般 item may take and the least a 重点 item must: both at once no whole number
    /// of objects keeps.
    ///
    /// # Errors
    /// A list that cannot be read.
    pub fn items(&self) -> Result<Option<Vec<Item>>, Error> {
        if !self.snapshot.has("items") {
            return Ok(None);
        }
        let frame = self.snapshot.scan("items", 0)?.collect();
        let rows = frame.and_then(|frame| rows(&frame, self.level));
        rows.map(|rows| Some(with_short_ids(rows)))
            .map_err(at(Path::new("items")))
    }

    /// Ratio and frequency cells that say more, or less, than bounds.
    ///
    /// # Errors
    /// A list that cannot be read.
    pub fn items_for_a_person(&self) -> Result<Vec<ItemForAPerson>, Error> {
        let items = self.items()?.unwrap_or_default();
        let cells = items.iter().flat_map(|item| {
            let ratio = (&item.ratio, "ratio_text", &item.ratio_text);
            let frequency = (&item.frequency, "frequency_text", &item.frequency_text);
            [ratio, frequency].map(|(bounds, column, text)| {
                let bounds = bounds.as_ref().filter(|bounds| bounds.needs_person)?;
                let text = text.clone()?;
                Some(ItemForAPerson {
                    item_id: item.id.clone(),
                    column,
                    open: bounds.note.clone().unwrap_or_else(|| text.clone()),
                    text,
                })
            })
        });
        Ok(cells.flatten().collect())
    }
}

fn rows(frame: &DataFrame, level: Option<Level>) -> PolarsResult<Vec<Item>> {
    let text = |name: &str, row: usize| -> PolarsResult<Option<String>> {
        Ok(frame.column(name)?.str()?.get(row).map(str::to_owned))
    };
    let number = |name: &str, row: usize| -> PolarsResult<Option<f64>> {
        Ok(frame.column(name)?.f64()?.get(row))
    };
    let item = |row: usize| {
        let most = frame.column("frequency_max")?.i64()?.get(row);
        let item = Item {
            id: text("item_id", row)?.unwrap_or_default(),
            name: text("name", row)?,
            sub_item: text("sub_item", row)?,
            department: text("department", row)?,
            category: text("category", row)?.map(category),
            applies_to: text("applies_to", row)?,
            ratio_min: number("ratio_min", row)?,
            ratio_max: number("ratio_max", row)?,
            ratio_text: text("ratio_text", row)?,
            frequency_max: most.and_then(|most| u32::try_from(most).ok()),
            frequency_text: text("frequency_text", row)?,
            required_specialty: text("required_specialty", row)?.and_then(specialty),
            ratio: None,
            frequency: None,
        };
        Ok(item.with_texts_read(level))
    };
    (0..frame.height()).map(item).collect()
}

/// `一般检查事项` is 一般; any other text stays as it is.
fn category(text: String) -> String {
    let known = ["一般", "重点"];
    let short = known.into_iter().find(|short| {
        let rest = text.strip_prefix(short);
        rest.is_some_and(|rest| ["检查事项", "抽查事项", "事项", "检查"].contains(&rest))
    });
    short.map_or(text, str::to_owned)
}

/// The specialty a 检查人员要求 asks for.
fn specialty(text: String) -> Option<String> {
    match text.as_str() {
        NO_SPECIALTY | "无" => None,
        ANY_SPECIALTY => Some(super::staff::QUALIFIED.to_owned()),
        _ => Some(text),
    }
}

impl Item {
    fn with_texts_read(mut self, level: Option<Level>) -> Self {
        if self.ratio_min.is_none() && self.ratio_max.is_none() {
            self.ratio = self
                .ratio_text
                .as_deref()
                .map(|text| parse_ratio(text, level));
        }
        if let Some(bounds) = &self.ratio {
            (self.ratio_min, self.ratio_max) = match (bounds.min, bounds.max) {
                (Some(min), Some(max)) if min.total_cmp(&max).is_eq() => {
                    let is_key = self.category.as_deref() == Some("重点");
                    (is_key.then_some(min), (!is_key).then_some(max))
                }
                sides => sides,
            };
        }
        if self.frequency_max.is_none() {
            let text = self.frequency_text.as_deref();
            self.frequency = text.map(|text| parse_frequency(text, level));
        }
        if let Some(bounds) = self.frequency.as_ref().filter(|bounds| !bounds.of_draws) {
            self.frequency_max = bounds.per_year_max.map(at_least_once);
        }
        self
    }

    /// The number of the item, without its sub-item.
    #[must_use]
    pub fn number(&self) -> &str {
        let sub_item = self.sub_item.as_deref();
        let number =
            sub_item.and_then(|sub_item| self.id.strip_suffix(sub_item)?.strip_suffix(SUB_ITEM));
        number.unwrap_or(&self.id)
    }
}

/// Whole times in one year of a window: once in two years is at most once in any year.
fn at_least_once(times: f64) -> u32 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "times of a cell are at most 52 a year times a number that fits"
    )]
    let times = times.ceil() as u32;
    times
}

/// A sub-item that alone has its number goes by the number.
fn with_short_ids(mut items: Vec<Item>) -> Vec<Item> {
    let mut shared: BTreeMap<String, u32> = BTreeMap::new();
    for item in &items {
        *shared.entry(item.number().to_owned()).or_default() += 1;
    }
    for item in &mut items {
        if shared[item.number()] == 1 {
            item.id = item.number().to_owned();
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::{Item, category, specialty, with_short_ids};

    fn item(category: &str, ratio: &str, frequency: &str) -> Item {
        let item = Item {
            category: Some(category.to_owned()),
            ratio_text: Some(ratio.to_owned()),
            frequency_text: Some(frequency.to_owned()),
            ..Item::default()
        };
        item.with_texts_read(None)
    }

    #[test]
    fn a_plain_ratio_is_a_ceiling_for_ordinary_items_and_a_floor_for_key_items() {
        let ordinary = item("一般", "5%", "对同一单位每2年抽查不超过1次");
        assert_eq!((ordinary.ratio_min, ordinary.ratio_max), (None, Some(0.05)));
        assert_eq!(ordinary.frequency_max, Some(1));
        let key = item("重点", "33%", "每年不超过2次");
        assert_eq!((key.ratio_min, key.ratio_max), (Some(0.33), None));
        assert_eq!(key.frequency_max, Some(2));
    }

    #[test]
    fn listed_numbers_are_not_overruled_by_the_text() {
        let listed = Item {
            ratio_max: Some(0.02),
            frequency_max: Some(3),
            ratio_text: Some("不低于5%".to_owned()),
            frequency_text: Some("每年不超过1次".to_owned()),
            ..Item::default()
        };
        assert_eq!(listed.clone().with_texts_read(None), listed);
    }

    #[test]
    fn draws_an_office_organises_are_no_cap_on_visits() {
        let organised = item("一般", "5%", "每年组织1次");
        assert_eq!(organised.frequency_max, None);
    }

    #[test]
    fn categories_and_requirements_have_short_forms() {
        assert_eq!(category("重点检查事项".to_owned()), "重点");
        assert_eq!(category("一般（县级）".to_owned()), "一般（县级）");
        assert_eq!(specialty("无需专业岗位资格".to_owned()), None);
        assert_eq!(
            specialty("需专业岗位资格".to_owned()).as_deref(),
            Some("专业岗位资格")
        );
    }

    #[test]
    fn a_number_with_one_sub_item_needs_no_suffix() {
        let of = |id: &str, sub_item: Option<&str>| Item {
            id: id.to_owned(),
            sub_item: sub_item.map(str::to_owned),
            ..Item::default()
        };
        let items = vec![
            of("A01·年报", Some("年报")),
            of("A01·即时信息", Some("即时信息")),
            of("A02·住所", Some("住所")),
            of("A03", None),
        ];
        let ids: Vec<String> = with_short_ids(items)
            .into_iter()
            .map(|item| item.id)
            .collect();
        assert_eq!(ids, ["A01·年报", "A01·即时信息", "A02", "A03"]);
    }
}
