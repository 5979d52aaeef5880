//! One register row into cells: the columns of its layout, and the dirt planted in it.

use super::county::County;
use super::grid::{Cell, Line};
use super::layout::{Layout, Money, Of, Words};
use super::plant::{Plant, Plants};
use super::spell::{self, DayForm, Tally};
use crate::simulate::object::Object;
use crate::simulate::table;

const NOT_A_DAY: [&str; 3] = ["2017年3月", "不详", "2017-02-30"];

/// Writes rows, and counts what it plants.
pub(super) struct Pen<'a> {
    pub(super) county: &'a County<'a>,
    pub(super) plants: &'a Plants,
    pub(super) tally: &'a mut Tally,
}

/// One register row on its way into cells.
pub(super) struct Row<'a> {
    pub(super) object: &'a Object,
    pub(super) plant: Option<Plant>,
    pub(super) serial: usize,
    pub(super) layout: &'a Layout,
}

impl Pen<'_> {
    /// The row of an object, with what becomes of it.
    pub(super) fn line(&mut self, layout: &Layout, index: usize, serial: usize) -> Line {
        let plant = self.plants.objects.get(&index).copied();
        self.count(plant, serial);
        let row = Row {
            object: &self.county.objects[index],
            plant,
            serial,
            layout,
        };
        let mut cells: Vec<Cell> = layout
            .columns
            .iter()
            .map(|column| self.cell(&row, column.of))
            .collect();
        if plant == Some(Plant::Ragged) {
            if serial.is_multiple_of(2) {
                cells.truncate(layout.columns.len() / 2);
            } else {
                cells.push(Cell::text("（东侧）"));
            }
        }
        Line {
            cells,
            fate: self.county.object_fate(index, self.plants),
        }
    }

    fn count(&mut self, plant: Option<Plant>, serial: usize) {
        let Some(plant) = plant else { return };
        self.tally.add(match plant {
            Plant::FullWidth => "row in full width",
            Plant::Ideographic => "row with U+3000",
            Plant::Invisible => "row with invisible characters",
            Plant::NumericCode => "code in a number cell",
            Plant::DamagedBesideOther => "damaged code beside a 注册号",
            Plant::Alias => "old 注册号 beside a code",
            Plant::DamagedCode => "damaged code",
            Plant::UnreadableDay => "成立日期 that is no day",
            Plant::ForeignCurrency => "capital in a foreign currency",
            Plant::Ragged if serial.is_multiple_of(2) => "row with cells too few",
            Plant::Ragged => "row with a cell too many",
        });
    }

    /// One cell, with the dirt planted in the row.
    pub(super) fn cell(&mut self, row: &Row, of: Of) -> Cell {
        let cell = self.plain_cell(row, of);
        match (row.plant, of) {
            (Some(Plant::FullWidth), Of::Established) => spell::day(
                row.object.established_on,
                &[DayForm::FullWidth],
                0,
                self.tally,
            ),
            (Some(Plant::FullWidth), Of::Closed | Of::Serial | Of::Name | Of::Phone) => cell,
            (Some(Plant::FullWidth), _) => spell::widened(cell),
            (Some(Plant::Ideographic), Of::Name | Of::Address) => {
                altered(cell, |text| spell::strewn(text, '\u{3000}', '\u{3000}'))
            }
            (Some(Plant::Ideographic), Of::Kind | Of::Status | Of::Office) => {
                altered(cell, |text| format!("\u{3000}{text} "))
            }
            (Some(Plant::Invisible), Of::Code | Of::Uscc | Of::OldNumber | Of::Kind) => {
                altered(cell, |text| spell::strewn(text, '\u{200b}', '\u{feff}'))
            }
            (Some(Plant::Invisible), Of::Name | Of::Status) => {
                altered(cell, |text| spell::strewn(text, '\u{200d}', '\u{200c}'))
            }
            (Some(Plant::Invisible), Of::Office | Of::Address) => {
                altered(cell, |text| spell::strewn(text, '\u{ad}', '\u{2028}'))
            }
            (Some(Plant::NumericCode), Of::Code) => {
                Cell::Number(row.object.id.parse().expect("15 digits"))
            }
            (Some(Plant::DamagedCode), Of::Code | Of::OldNumber) => {
                Cell::Text(spell::scientific(&row.object.id))
            }
            (Some(Plant::DamagedBesideOther), Of::Uscc) => Cell::text("9.11304E+17"),
            (Some(Plant::Alias), Of::OldNumber) => Cell::text(&self.plants.aliases[&row.object.id]),
            (Some(Plant::UnreadableDay), Of::Established) => {
                Cell::text(NOT_A_DAY[row.serial % NOT_A_DAY.len()])
            }
            (Some(Plant::ForeignCurrency), Of::Capital) => Cell::text("50万美元"),
            _ => cell,
        }
    }

    fn plain_cell(&mut self, row: &Row, of: Of) -> Cell {
        let (world, object, layout, turn) = (self.county.world, row.object, row.layout, row.serial);
        let params = &world.params;
        match of {
            Of::Serial => number(
                f64::from(u32::try_from(turn).expect("few rows")),
                layout.typed,
            ),
            Of::Code => Cell::text(&object.written_id),
            Of::Uscc if object.scheme == "uscc" => Cell::text(&object.written_id),
            Of::OldNumber if object.scheme != "uscc" => Cell::text(&object.written_id),
            Of::Scheme => Cell::text(object.scheme),
            Of::Name => Cell::text(&object.name),
            Of::Kind => Cell::Text(self.kind(object, layout.words)),
            Of::Status => Cell::Text(self.status(object, layout.words)),
            Of::Region => digits(&params.town[object.town].code, layout.typed),
            Of::Industry if layout.lettered => {
                Cell::Text(self.lettered(&params.industry[object.industry].code))
            }
            Of::Industry => digits(&params.industry[object.industry].code, layout.typed),
            Of::Office => Cell::text(&params.town[object.town].office),
            Of::Registrar => Cell::Text(format!("{}市场监督管理局", params.register.place)),
            Of::Address => Cell::text(&object.address),
            Of::Lat => object
                .place
                .map_or(Cell::Empty, |place| number(place.0, layout.typed)),
            Of::Lon => object
                .place
                .map_or(Cell::Empty, |place| number(place.1, layout.typed)),
            Of::Established => spell::day(object.established_on, layout.days, turn, self.tally),
            Of::Closed => match object.closed_on {
                Some(days) => spell::day(days, layout.days, turn, self.tally),
                None if layout.open_ends => spell::open_end(turn, self.tally),
                None => Cell::Empty,
            },
            Of::Capital => object
                .capital
                .map_or(Cell::Empty, |cents| self.capital(cents, layout.money, turn)),
            Of::Size => Cell::text(table::size(object.capital)),
            Of::Scope => self.scope(
                &params.industry[object.industry].name,
                layout.breaks && turn.is_multiple_of(9),
            ),
            Of::Owner => Cell::text(&object.owner),
            Of::Labels => spell::list(&table::labels(world, object), turn, self.tally),
            Of::Departments => spell::list(&table::departments(world, object), turn, self.tally),
            Of::Phone => Cell::Text(format!("1000000{:04}", turn % 10_000)),
            Of::Remark if turn.is_multiple_of(40) => Cell::text("法定代表人：䶮某（合成）"),
            Of::Remark | Of::Uscc | Of::OldNumber => Cell::Empty,
        }
    }

    fn kind(&mut self, object: &Object, words: Words) -> String {
        let kind = &self.county.world.params.kind[object.kind];
        let number = ["企业", "农民专业合作社", "个体工商户"]
            .iter()
            .position(|name| *name == kind.name);
        match (words, number) {
            (Words::Numbered, Some(at)) => {
                self.tally.add("kind by number");
                (at + 1).to_string()
            }
            (Words::Plain, _) => kind.name.clone(),
            _ => kind.written.clone(),
        }
    }

    fn status(&mut self, object: &Object, words: Words) -> String {
        let status = &self.county.world.params.status[object.status];
        match words {
            Words::Plain => status.name.clone(),
            Words::HalfWidth => status
                .written
                .replace('（', "(")
                .replace('）', ")")
                .replace('，', ","),
            Words::Shown | Words::Numbered => status.written.clone(),
        }
    }

    fn lettered(&mut self, code: &str) -> String {
        self.tally.add("industry with its letter");
        format!("{}{code}", section(code))
    }

    fn capital(&mut self, cents: i64, money: Money, turn: usize) -> Cell {
        match money {
            Money::TenThousands => spell::ten_thousands(cents),
            Money::Yuan => Cell::Number(spell::exact(cents, 100).parse().expect("digits")),
            Money::Words => spell::money(cents, turn, self.tally),
        }
    }

    fn scope(&mut self, scope: &str, broken: bool) -> Cell {
        if !broken {
            return Cell::text(scope);
        }
        self.tally.add("line break in a cell");
        let mut letters = scope.chars();
        let first: String = letters.next().into_iter().collect();
        Cell::Text(format!("{first}\n{}", letters.as_str()))
    }
}

fn altered(cell: Cell, how: impl Fn(&str) -> String) -> Cell {
    match cell {
        Cell::Text(text) => Cell::Text(how(&text)),
        other => other,
    }
}

fn number(value: f64, typed: bool) -> Cell {
    if typed {
        Cell::Number(value)
    } else {
        Cell::Text(value.to_string())
    }
}

/// A code of digits; in a number cell only where no zero is lost.
fn digits(code: &str, typed: bool) -> Cell {
    match code.parse() {
        Ok(value) if typed && !code.starts_with('0') => Cell::Number(value),
        _ => Cell::text(code),
    }
}

/// Letter of the GB/T 4754-2017 section of a code without one.
fn section(code: &str) -> char {
    const LAST: [(u32, char); 20] = [
        (5, 'A'),
        (12, 'B'),
        (43, 'C'),
        (46, 'D'),
        (50, 'E'),
        (52, 'F'),
        (60, 'G'),
        (62, 'H'),
        (65, 'I'),
        (69, 'J'),
        (70, 'K'),
        (72, 'L'),
        (75, 'M'),
        (79, 'N'),
        (82, 'O'),
        (83, 'P'),
        (85, 'Q'),
        (90, 'R'),
        (96, 'S'),
        (97, 'T'),
    ];
    let division: u32 = code.get(..2).and_then(|two| two.parse().ok()).unwrap_or(97);
    LAST.iter()
        .find(|(last, _)| division <= *last)
        .map_or('T', |(_, letter)| *letter)
}

#[cfg(test)]
mod tests {
    use super::section;

    #[test]
    fn codes_belong_to_the_section_of_their_division() {
        let letters: String = ["0141", "1411", "5211", "6210", "8040", "9521"]
            .map(section)
            .iter()
            .collect();
        assert_eq!(letters, "ACFHOS");
    }
}
