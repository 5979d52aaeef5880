//! Credit events: one file per kind, as its source writes it.

use super::book::{Book, Form, Parcel};
use super::county::{ARREARS, County, named};
use super::grid::{Cell, Fate, Frame, Line, Reference};
use super::plant::{FactPlant, Plants};
use super::sources::{Of, REST, SOURCES, Source};
use super::spell::{self, DayForm, IN_SHEET, IN_TEXT, OF_TIMES, Tally};
use crate::simulate::history::Event;
use crate::simulate::identity;

const FOLDER: &str = "信用事件";

/// The event files.
pub(super) fn parcels(county: &County, plants: &Plants, tally: &mut Tally) -> Vec<Parcel> {
    let mut pen = Pen {
        county,
        plants,
        tally,
    };
    SOURCES
        .iter()
        .chain([&REST])
        .map(|source| Parcel::One(pen.book(source)))
        .collect()
}

struct Pen<'a> {
    county: &'a County<'a>,
    plants: &'a Plants,
    tally: &'a mut Tally,
}

impl Pen<'_> {
    fn book(&mut self, source: &Source) -> Book {
        let county = self.county;
        let here = |(_, event): &(usize, &Event)| source_of(county, event) == source.kind;
        let rows = county.events.iter().enumerate().filter(here).zip(1..);
        let mut lines: Vec<Line> = rows
            .map(|((index, event), turn)| Line {
                cells: source
                    .columns
                    .iter()
                    .map(|column| self.cell(Some(index), event, turn, source, column.of))
                    .collect(),
                fate: county.event_fate(index, self.plants),
            })
            .collect();
        if source.kind == ARREARS {
            self.zero_tails(source, &mut lines);
        }
        let frame = Frame {
            sheet: "Sheet1",
            above: source.above,
            example: source.example,
            table: "credit_events",
            ..Frame::default()
        };
        Book {
            path: format!("{FOLDER}/{}", source.path),
            form: source.form,
            grids: vec![frame.around(source.columns, lines)],
        }
    }

    /// Further arrears under codes of digits alone that a number cell has cut after fifteen.
    fn zero_tails(&mut self, source: &Source, lines: &mut Vec<Line>) {
        let county = self.county;
        let pattern = county
            .events
            .iter()
            .find(|event| source_of(county, event) == source.kind)
            .cloned();
        let Some(mut event) = pattern else { return };
        (event.happened_on, event.known_on) = (Some(county.as_of() - 60), county.as_of() - 30);
        for turn in 0..county.dirt().zero_tail {
            self.tally.add("code with zeros after fifteen digits");
            let serial = lines.len() + 1;
            let mut cells: Vec<Cell> = Vec::new();
            for column in source.columns {
                cells.push(match column.of {
                    Of::Code => Cell::Number(identity::cut_code(
                        county.world.params.register.authority,
                        turn,
                    )),
                    of => self.cell(None, &event, serial, source, of),
                });
            }
            lines.push(Line {
                cells,
                fate: Some(Fate {
                    table: "credit_events",
                    rule: "object-unknown",
                    column: None,
                    row: String::new(),
                    reference: Reference::Absent,
                }),
            });
        }
    }

    fn cell(
        &mut self,
        index: Option<usize>,
        event: &Event,
        turn: usize,
        source: &Source,
        of: Of,
    ) -> Cell {
        let county = self.county;
        let plant = index.and_then(|index| self.plants.events.get(&index).copied());
        let forms: &[DayForm] = match source.form {
            Form::Text(_) | Form::Gzip(_) | Form::Html(_) => IN_TEXT,
            _ => IN_SHEET,
        };
        match of {
            Of::Serial => Cell::Text(turn.to_string()),
            Of::Number => Cell::Text(format!("馆市监〔2024〕{turn}号")),
            Of::Name => Cell::text(county.name_of(&event.object_id)),
            Of::Code => Cell::Text(named(
                &event.object_id,
                plant,
                turn,
                self.plants,
                self.tally,
            )),
            Of::Uscc | Of::OldNumber => {
                let code = named(&event.object_id, plant, turn, self.plants, self.tally);
                let is_old = code.chars().count() != 18;
                if is_old == (of == Of::OldNumber) {
                    Cell::Text(code)
                } else {
                    Cell::Empty
                }
            }
            Of::Scheme => Cell::text(event.scheme),
            Of::Kind => Cell::text(&county.world.params.event[event.kind].kind),
            Of::Happened => event.happened_on.map_or(Cell::Empty, |days| {
                spell::day(days, forms, turn, self.tally)
            }),
            Of::Known => spell::day(event.known_on, OF_TIMES, turn, self.tally),
            Of::Ended => match event.ended_on {
                Some(days) => spell::day(days, forms, turn, self.tally),
                None => spell::open_end(turn, self.tally),
            },
            Of::Money if plant == Some(FactPlant::Unreadable) => {
                self.tally.add("amount in a foreign currency");
                Cell::text("8万港元")
            }
            Of::Money => event
                .amount
                .map_or(Cell::Empty, |cents| spell::money(cents, turn, self.tally)),
            Of::TenThousands => event.amount.map_or(Cell::Empty, spell::ten_thousands),
            Of::Yuan => event.amount.map_or(Cell::Empty, |cents| {
                Cell::Number(spell::exact(cents, 100).parse().expect("digits"))
            }),
            Of::Word(word) => Line::texts([word]).cells.remove(0),
        }
    }
}

/// Kind of the file an event stands in.
fn source_of(county: &County, event: &Event) -> &'static str {
    let kind = &county.world.params.event[event.kind].kind;
    let own = SOURCES
        .iter()
        .find(|source| source.kind == kind && event.scheme != "legacy");
    own.map_or(REST.kind, |source| source.kind)
}
