//! What is written for programs and for whoever edits a job: `tuning.json`, and ratios to paste.

use super::number::rounded;
use super::{ClassFacts, Played, Tuning, Verdict};

impl Tuning {
    /// The bytes of `tuning.json`.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("plain values serialise");
        bytes.push(b'\n');
        bytes
    }

    /// 抽查比例 to paste into a job, as TOML; in comments what they lead to in the long run, where that was played.
    #[must_use]
    pub fn fragment(&self) -> String {
        let heading = "# 抽查比例: paste over [plan.ratio] of the job\n".to_owned();
        let comments = self.chosen().map(comments).unwrap_or_default();
        let line = |class: &ClassFacts| format!("{:?} = {}\n", class.code, decimal(class.ratio));
        let lines = self.classes.iter().map(line);
        [heading, comments, "[plan.ratio]\n".to_owned()]
            .into_iter()
            .chain(lines)
            .collect()
    }

    /// What the ratios to go on with lead to.
    fn chosen(&self) -> Option<&Played> {
        let is_chosen = |class: &ClassFacts, ratio: Option<&f64>| {
            ratio.is_some_and(|ratio| (ratio - class.ratio).abs() < 1e-9)
        };
        let mut points = self.points.iter();
        let point = points.find(|point| {
            let mut classes = self.classes.iter();
            classes.all(|class| is_chosen(class, point.ratios.get(&class.code)))
        });
        point?.long_run.as_ref()
    }
}

fn comments(played: &Played) -> String {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let (low, high) = played.violation;
    let violation = format!("{} to {}", percent(low), percent(high));
    let (least, most) = played.change;
    let change = format!("{:+.2} to {:+.2} points", least * 100.0, most * 100.0);
    let verdict = match played.verdict {
        Verdict::Base => "the plan in force".to_owned(),
        Verdict::Fewer => format!("fewer than under the plan in force, {change}"),
        Verdict::More => format!("more than under the plan in force, {change}"),
        Verdict::Open => format!("against the plan in force {change}: open"),
    };
    format!(
        "# 长期推演 (assumed firms, no forecast): violations in the long run {violation}; {verdict}\n"
    )
}

/// A ratio as TOML reads it: always with a point.
fn decimal(ratio: f64) -> String {
    format!("{:?}", rounded(ratio, 6))
}
