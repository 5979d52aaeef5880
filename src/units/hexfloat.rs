//! Hexadecimal floats: the exact bits of an f64 as text that C, Java and Python read too.

/// Writes a finite f64 as Python's `float.hex` does.
///
/// ```
/// use choucha::units::format_hex;
/// assert_eq!(format_hex(0.1), "0x1.999999999999ap-4");
/// assert_eq!(format_hex(-2.0), "-0x1.0000000000000p+1");
/// assert_eq!(format_hex(0.0), "0x0.0p+0");
/// ```
///
/// # Panics
/// On infinities and NaN, which no plan holds.
#[must_use]
pub fn format_hex(value: f64) -> String {
    assert!(value.is_finite(), "only finite floats are written");
    let bits = value.to_bits();
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let mantissa = bits & ((1 << 52) - 1);
    let exponent = i64::try_from((bits >> 52) & 0x7ff).expect("eleven bits fit");
    match (exponent, mantissa) {
        (0, 0) => format!("{sign}0x0.0p+0"),
        (0, _) => format!("{sign}0x0.{mantissa:013x}p-1022"),
        _ => format!("{sign}0x1.{mantissa:013x}p{:+}", exponent - 1023),
    }
}

/// Reads what [`format_hex`] writes, and nothing else: one value has one spelling.
///
/// ```
/// use choucha::units::parse_hex;
/// assert_eq!(parse_hex("0x1.999999999999ap-4"), Some(0.1));
/// assert_eq!(parse_hex("0x1.8p+0"), None);
/// ```
#[must_use]
pub fn parse_hex(text: &str) -> Option<f64> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (1_u64 << 63, rest),
        None => (0, text),
    };
    let (digits, exponent) = rest.strip_prefix("0x")?.split_once('p')?;
    let (lead, fraction) = digits.split_once('.')?;
    let mantissa = u64::from_str_radix(fraction, 16).ok()?;
    let exponent: i64 = exponent.parse().ok()?;
    let biased = match lead {
        "1" => u64::try_from(exponent.checked_add(1023)?)
            .ok()
            .filter(|e| (1..2047).contains(e))?,
        "0" => 0,
        _ => return None,
    };
    let value = f64::from_bits(sign | biased << 52 | mantissa);
    (value.is_finite() && format_hex(value) == text).then_some(value)
}
