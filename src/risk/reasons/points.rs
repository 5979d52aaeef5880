//! What a factor of the card gives, in words: points added or taken away, and what would lower them.
//!
//! Ranking counts points from a factor's fewest, so that a credit an object lacks counts against it. A reader is told the
//! card's own points: where the fewest lie below zero the fact that would take points away is named, and where they lie
//! above zero the points that everybody has.

use super::words::{NO_RECORD, Unit, short};
use crate::risk::card::{At, Least};

impl Least {
    /// Points of a row whose gain is counted from the fewest.
    pub(super) fn points(&self, gain: f64) -> f64 {
        gain + whole(self.points)
    }

    /// `，加6分`, `，未减分，满1次可减3分`, `，加20分，此项最低2分`.
    pub(super) fn say(&self, gain: f64, unit: Unit, text: &mut String) {
        let points = self.points(gain);
        if points > 0.0 {
            text.push_str("，加");
            short(points, text);
            text.push('分');
        } else if points < 0.0 {
            text.push_str("，减");
            short(-points, text);
            text.push('分');
        } else {
            text.push_str("，未减分");
        }
        match self.points {
            0 => (),
            1.. => {
                text.push_str("，此项最低");
                short(whole(self.points), text);
                text.push('分');
            }
            ..0 => {
                text.push('，');
                self.at.say(unit, text);
                text.push_str("可减");
                short(-whole(self.points), text);
                text.push('分');
            }
        }
    }
}

impl At {
    fn say(&self, unit: Unit, text: &mut String) {
        let mut bound = |words: &str, value: f64| {
            text.push_str(words);
            unit.say(value, text);
        };
        match (self, unit) {
            (Self::Between(None, None), _) => text.push_str("有记录"),
            (Self::Between(None, Some(_)), Unit::YesNo) => text.push_str("为否"),
            (Self::Between(Some(_), _), Unit::YesNo) => text.push_str("为是"),
            (Self::Between(from, below), _) => {
                if let Some(from) = from {
                    bound("满", *from);
                }
                if let Some(below) = below {
                    bound("不足", *below);
                }
            }
            (Self::Text(own), _) => {
                text.push_str("为“");
                text.push_str(own);
                text.push('”');
            }
            (Self::Others, _) => text.push_str("为其他"),
            (Self::Missing, _) => text.push_str(NO_RECORD),
        }
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a card's points are at most a million"
)]
pub(super) fn whole(points: i64) -> f64 {
    points as f64
}

#[cfg(test)]
mod tests {
    use super::{At, Least, Unit};

    fn said(points: i64, at: At, unit: &str, gain: f64) -> String {
        let mut text = String::new();
        Least { points, at }.say(gain, Unit::of(unit), &mut text);
        text
    }

    #[test]
    fn a_credit_that_is_lacking_adds_nothing_and_is_named() {
        let repairs = || At::Between(Some(1.0), None);
        assert_eq!(said(-3, repairs(), "times", 3.0), "，未减分，满1次可减3分");
        let partly = At::Between(Some(3.0), Some(5.0));
        assert_eq!(
            said(-3, partly, "times", 2.0),
            "，减1分，满3次不足5次可减3分"
        );
        assert_eq!(
            said(-3, At::Missing, "times", 9.0),
            "，加6分，无记录可减3分"
        );
    }

    #[test]
    fn what_would_lower_the_points_is_said_in_the_words_of_its_unit() {
        let cases = [
            (At::Between(None, Some(0.08)), "share", "不足8%"),
            (At::Between(None, Some(1.0)), "0/1", "为否"),
            (At::Between(Some(1.0), None), "0/1", "为是"),
            (At::Between(None, None), "days", "有记录"),
            (At::Text("连锁".to_owned()), "text", "为“连锁”"),
            (At::Others, "text", "为其他"),
        ];
        for (at, unit, words) in cases {
            let expected = format!("，未减分，{words}可减2分");
            assert_eq!(said(-2, at, unit, 2.0), expected);
        }
    }

    #[test]
    fn points_that_everybody_has_are_counted_and_said() {
        assert_eq!(said(0, At::Missing, "times", 18.0), "，加18分");
        assert_eq!(said(2, At::Missing, "times", 18.0), "，加20分，此项最低2分");
    }
}
