//! Progress bars on a terminal, finished steps in the log: the only file that knows `indicatif`.

use std::collections::HashMap;
use std::io::IsTerminal;
use std::sync::Mutex;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::units::Meter;

/// A meter that logs finished steps, and draws one bar per step on standard error when that is a terminal.
#[must_use]
pub fn meter(quiet: bool) -> Meter {
    let bars = (!quiet && std::io::stderr().is_terminal()).then(Bars::default);
    Meter::new(move |step, done, total| {
        if done >= total {
            tracing::info!(step, total, "done");
        }
        if let Some(bars) = &bars {
            bars.show(step, done, total);
        }
    })
}

#[derive(Default)]
struct Bars {
    screen: MultiProgress,
    by_step: Mutex<HashMap<String, ProgressBar>>,
}

impl Bars {
    fn show(&self, step: &str, done: u64, total: u64) {
        let Ok(mut bars) = self.by_step.lock() else {
            return;
        };
        let bar = bars
            .entry(step.to_owned())
            .or_insert_with(|| self.screen.add(new_bar(step, total)));
        bar.set_length(total);
        bar.set_position(done);
        if done >= total {
            bar.finish();
        }
    }
}

fn new_bar(step: &str, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template(
        "{prefix:24} {bar:30} {human_pos}/{human_len}  {elapsed} (left {eta})",
    )
    .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(total).with_style(style);
    bar.set_prefix(step.to_owned());
    bar
}
