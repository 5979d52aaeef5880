//! Code tables inside the product: administrative divisions (GB/T 2260, with history) and industries (GB/T 4754).
//!
//! The tables stand in `datasets/codes/` with their provenance, are compiled in as text and read when they are first asked for.
//! Files mix notations; a code is read as far as it is certain, and what is uncertain is said rather than guessed.

mod divisions;
mod industries;

pub use divisions::{
    DIVISION_DIGITS_MIN, Division, Level, Month, Standing, division, divisions, standing,
};
pub use industries::{
    Edition, Industry, Reading, industries, industry, industry_of, is_within, older_industry,
    prefix_of,
};

/// Text as codes are written: full-width letters and digits made half-width, capitals, no blanks.
fn folded(text: &str) -> String {
    let half = |letter: char| match letter {
        '！'..='～' => {
            let distance = u32::from('！') - u32::from('!');
            char::from_u32(u32::from(letter) - distance).unwrap_or(letter)
        }
        _ => letter.to_ascii_uppercase(),
    };
    text.chars()
        .filter(|letter| !letter.is_whitespace())
        .map(half)
        .map(|letter| letter.to_ascii_uppercase())
        .collect()
}

/// The fields of a line of a table without quoted fields.
fn fields<const N: usize>(line: &'static str) -> [&'static str; N] {
    let mut fields = [""; N];
    for (place, field) in fields.iter_mut().zip(line.split(',')) {
        *place = field;
    }
    fields
}
