//! A chart surface: plot area, axes, marks and legend, drawn through the SVG backend of plotters.
//!
//! Everything is laid out for a picture 960 wide that a phone shows at some 360 pixels, so letters are 28 high here.

mod axes;

use plotters::prelude::{
    Color, DrawingBackend, IntoFont, RGBColor, SVGBackend, ShapeStyle, TextStyle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Error;
pub(super) use axes::{Plot, spread, spread_from, ticks};

/// Width of every chart.
pub(super) const WIDTH: u32 = 960;
/// Height of a letter.
pub(super) const LETTER: f64 = 28.0;
/// The system's Chinese sans-serif fonts: Windows, macOS, Linux desktops, 麒麟 and 统信.
pub(super) const FONTS: &str = "'Microsoft YaHei','PingFang SC','Noto Sans CJK SC','Source Han Sans SC','WenQuanYi Micro Hei','Noto Sans SC',sans-serif";

/// Main series: dark in greyscale too.
pub(super) const NAVY: RGBColor = RGBColor(11, 72, 133);
/// Second series: middle grey in greyscale.
pub(super) const ORANGE: RGBColor = RGBColor(217, 119, 6);
/// Third series and reference bars: light in greyscale.
pub(super) const LIGHT: RGBColor = RGBColor(158, 190, 222);
/// Letters.
pub(super) const INK: RGBColor = RGBColor(40, 48, 58);
/// Reference lines.
pub(super) const GREY: RGBColor = RGBColor(110, 118, 128);
/// Ground of an interval around a line: lighter than every line in greyscale.
pub(super) const BAND: RGBColor = RGBColor(216, 228, 240);
const RULE: RGBColor = RGBColor(225, 230, 236);

/// A place in pixels.
pub(super) type Place = (f64, f64);

/// Where a text hangs on its place.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// An entry of the legend.
pub(super) struct Entry {
    pub(super) mark: Mark,
    pub(super) color: RGBColor,
    pub(super) label: String,
}

/// The sign of a legend entry.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    Box,
    Outline,
    Line,
    Dashes,
    Dot,
    Diamond,
    Hatch,
    Band,
}

impl Entry {
    pub(super) fn new(mark: Mark, color: RGBColor, label: &str) -> Self {
        Self {
            mark,
            color,
            label: label.to_owned(),
        }
    }
}

/// A surface under way.
pub(super) struct Canvas<'a> {
    backend: SVGBackend<'a>,
}

/// Draws with `paint` on a surface `height` high; returns the SVG with its description and no fixed size.
pub(super) fn draw(
    height: u32,
    description: &str,
    paint: impl FnOnce(&mut Canvas) -> Result<(), Error>,
) -> Result<String, Error> {
    let mut svg = String::new();
    let mut canvas = Canvas {
        backend: SVGBackend::with_string(&mut svg, (WIDTH, height)),
    };
    paint(&mut canvas)?;
    canvas
        .backend
        .present()
        .map_err(|error| Error::Chart(error.to_string()))?;
    drop(canvas);
    Ok(finished(&svg, height, description))
}

/// Fonts are named once, at the root; width and height go, so that the page decides.
fn finished(svg: &str, height: u32, description: &str) -> String {
    let body = svg
        .split_once('>')
        .map_or("", |(_, body)| body)
        .replace(" font-family=\"sans-serif\"", "");
    let description = escaped(description);
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"{description}\" font-family=\"{FONTS}\"><title>{description}</title>{}",
        body.trim_end()
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

impl Canvas<'_> {
    pub(super) fn rectangle(
        &mut self,
        from: Place,
        to: Place,
        color: RGBColor,
    ) -> Result<(), Error> {
        let (from, to) = (pixel(from), pixel(to));
        let corners = (
            (from.0.min(to.0), from.1.min(to.1)),
            (from.0.max(to.0), from.1.max(to.1)),
        );
        done(
            self.backend
                .draw_rect(corners.0, corners.1, &color.filled(), true),
        )
    }

    pub(super) fn line(
        &mut self,
        points: &[Place],
        color: RGBColor,
        width: u32,
    ) -> Result<(), Error> {
        let style: ShapeStyle = color.stroke_width(width);
        done(
            self.backend
                .draw_path(points.iter().map(|&point| pixel(point)), &style),
        )
    }

    /// A straight dashed line.
    pub(super) fn dashes(&mut self, from: Place, to: Place, color: RGBColor) -> Result<(), Error> {
        self.dashed(&[from, to], color, 3)
    }

    /// A dashed line through points: told from a solid one without colour.
    pub(super) fn dashed(
        &mut self,
        points: &[Place],
        color: RGBColor,
        width: u32,
    ) -> Result<(), Error> {
        let mut walked = 0.0;
        for pair in points.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let length = (to.0 - from.0).hypot(to.1 - from.1);
            let at = |along: f64| {
                (
                    from.0 + (to.0 - from.0) * along / length,
                    from.1 + (to.1 - from.1) * along / length,
                )
            };
            let mut along = 0.0;
            while along < length {
                let phase = (walked + along) % 24.0;
                let end = (along
                    + if phase < 14.0 {
                        14.0 - phase
                    } else {
                        24.0 - phase
                    })
                .max(along + 0.5)
                .min(length);
                if phase < 14.0 {
                    self.line(&[at(along), at(end)], color, width)?;
                }
                along = end;
            }
            walked += length;
        }
        Ok(())
    }

    /// A line with end strokes; upright or flat.
    pub(super) fn whisker(&mut self, from: Place, to: Place, color: RGBColor) -> Result<(), Error> {
        let cap = if (from.0 - to.0).abs() < (from.1 - to.1).abs() {
            (10.0, 0.0)
        } else {
            (0.0, 10.0)
        };
        self.line(&[from, to], color, 3)?;
        for end in [from, to] {
            self.line(
                &[
                    (end.0 - cap.0, end.1 - cap.1),
                    (end.0 + cap.0, end.1 + cap.1),
                ],
                color,
                3,
            )?;
        }
        Ok(())
    }

    pub(super) fn dot(&mut self, center: Place, color: RGBColor) -> Result<(), Error> {
        done(
            self.backend
                .draw_circle(pixel(center), 9, &color.filled(), true),
        )
    }

    pub(super) fn diamond(&mut self, (x, y): Place, color: RGBColor) -> Result<(), Error> {
        let corners = [(x - 11.0, y), (x, y - 11.0), (x + 11.0, y), (x, y + 11.0)];
        done(
            self.backend
                .fill_polygon(corners.map(pixel), &color.filled()),
        )
    }

    /// A filled shape.
    pub(super) fn area(&mut self, corners: &[Place], color: RGBColor) -> Result<(), Error> {
        done(
            self.backend
                .fill_polygon(corners.iter().map(|&corner| pixel(corner)), &color.filled()),
        )
    }

    pub(super) fn text(
        &mut self,
        text: &str,
        at: Place,
        anchor: Anchor,
        color: RGBColor,
    ) -> Result<(), Error> {
        let hangs = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        // The backend divides the size by 1.24 and would set the middle by an ex, which differs between fonts.
        let font = ("sans-serif", LETTER * 1.24).into_font();
        let style = TextStyle::from(font)
            .color(&color)
            .pos(Pos::new(hangs, VPos::Center));
        done(
            self.backend
                .draw_text(text, &style, pixel((at.0, at.1 + LETTER * 0.1))),
        )
    }

    /// A text on a white ground, so that lines behind it do not cross it.
    pub(super) fn label(
        &mut self,
        text: &str,
        at: Place,
        anchor: Anchor,
        color: RGBColor,
    ) -> Result<(), Error> {
        let width = text_width(text);
        let left = match anchor {
            Anchor::Start => at.0,
            Anchor::Middle => at.0 - width / 2.0,
            Anchor::End => at.0 - width,
        };
        let half = LETTER * 0.52;
        self.rectangle(
            (left - 2.0, at.1 - half),
            (left + width + 2.0, at.1 + half),
            RGBColor(255, 255, 255),
        )?;
        self.text(text, at, anchor, color)
    }

    /// A white box with a dark edge: a class that has no rank.
    pub(super) fn outline(&mut self, from: Place, to: Place) -> Result<(), Error> {
        self.rectangle(from, to, RGBColor(255, 255, 255))?;
        self.line(&[from, (to.0, from.1), to, (from.0, to.1), from], INK, 3)
    }

    /// Lays entries out from the left, wrapping at the right edge; returns the height used.
    pub(super) fn legend(&mut self, entries: &[Entry]) -> Result<f64, Error> {
        let (left, right) = (16.0, f64::from(WIDTH) - 16.0);
        let (mut x, mut y) = (left, 26.0);
        for entry in entries {
            let width = 54.0 + text_width(&entry.label) + 34.0;
            if x > left && x + width - 34.0 > right {
                x = left;
                y += LETTER * 1.5;
            }
            self.mark(entry, (x, y))?;
            self.text(&entry.label, (x + 54.0, y), Anchor::Start, INK)?;
            x += width;
        }
        Ok(y + 26.0)
    }

    fn mark(&mut self, entry: &Entry, (x, y): Place) -> Result<(), Error> {
        match entry.mark {
            Mark::Box => self.rectangle((x + 8.0, y - 12.0), (x + 40.0, y + 12.0), entry.color),
            Mark::Outline => self.outline((x + 8.0, y - 12.0), (x + 40.0, y + 12.0)),
            Mark::Line => self.line(&[(x, y), (x + 44.0, y)], entry.color, 5),
            Mark::Dashes => self.dashes((x, y), (x + 44.0, y), entry.color),
            Mark::Dot => self.dot((x + 24.0, y), entry.color),
            Mark::Diamond => self.diamond((x + 24.0, y), entry.color),
            Mark::Hatch => [8.0, 20.0, 32.0].into_iter().try_for_each(|left| {
                let (from, to) = ((x + left, y + 12.0), (x + left + 9.0, y - 12.0));
                self.line(&[from, to], entry.color, 2)
            }),
            Mark::Band => {
                self.rectangle((x, y - 12.0), (x + 44.0, y + 12.0), BAND)?;
                self.line(&[(x, y), (x + 44.0, y)], entry.color, 5)
            }
        }
    }
}

/// Width of a text on paper: a Chinese character is as wide as high.
pub(super) fn text_width(text: &str) -> f64 {
    let em = |c: char| match c {
        'i' | 'l' | 'j' | '.' | ',' | ' ' | '\'' => 0.32,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.9,
        c if c.is_ascii_uppercase() => 0.7,
        c if c.is_ascii() || c == '–' => 0.58,
        _ => 1.0,
    };
    text.chars().map(em).sum::<f64>() * LETTER
}

fn done<E: std::fmt::Display>(result: Result<(), E>) -> Result<(), Error> {
    result.map_err(|error| Error::Chart(error.to_string()))
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "places lie on a surface of at most a few thousand pixels"
)]
fn pixel((x, y): Place) -> (i32, i32) {
    (x.round() as i32, y.round() as i32)
}
