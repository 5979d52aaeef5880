//! 抽查比例: an exact decimal ratio, and how a ratio of a count becomes a whole number.

use serde::{Deserialize, Deserializer, Serialize};

/// How a ratio of a count is rounded to whole objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// 四舍五入.
    HalfUp,
    /// 向上取整: the ratio is a minimum.
    Ceiling,
}

/// A ratio in 0 ..= 1, held in millionths so that rounding is exact on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Ratio {
    millionths: u32,
}

impl Ratio {
    const SCALE: u64 = 1_000_000;
    /// Nothing of anything.
    pub const ZERO: Self = Self { millionths: 0 };

    /// The ratio nearest to `value`, if `value` is in 0 ..= 1 and has at most six decimals.
    ///
    /// ```
    /// use choucha::units::{Ratio, Rounding};
    /// let ratio = Ratio::from_f64(0.05).unwrap();
    /// assert_eq!(ratio.of(30_001, Rounding::Ceiling), 1_501);
    /// assert_eq!(ratio.of(9, Rounding::HalfUp), 0);
    /// assert!(Ratio::from_f64(1.5).is_none());
    /// ```
    #[must_use]
    pub fn from_f64(value: f64) -> Option<Self> {
        let scaled = (value * 1e6).round();
        let exact = (scaled / 1e6 - value).abs() < 1e-12;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to lie in 0 ..= 1e6"
        )]
        let millionths = ((0.0..=1e6).contains(&scaled) && exact).then_some(scaled as u32)?;
        Some(Self { millionths })
    }

    /// The share of `count` objects that this ratio means.
    #[must_use]
    pub fn of(self, count: u64, rounding: Rounding) -> u64 {
        let product = u128::from(count) * u128::from(self.millionths);
        let scale = u128::from(Self::SCALE);
        let rounded = match rounding {
            Rounding::HalfUp => (2 * product + scale) / (2 * scale),
            Rounding::Ceiling => product.div_ceil(scale),
        };
        u64::try_from(rounded).expect("a ratio of at most one cannot exceed the count")
    }

    /// As a float, for display.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.millionths) / 1e6
    }
}

impl<'de> Deserialize<'de> for Ratio {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(deserializer)?;
        Self::from_f64(value).ok_or_else(|| {
            serde::de::Error::custom("a ratio must lie in 0 ..= 1 with at most six decimals")
        })
    }
}
