//! A past draw as plain values: who could be drawn, with what probability, who was, and what happened afterwards.

use std::sync::Arc;

use crate::units::Day;

/// One round of a past draw, over its whole frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Wave {
    /// Name of the round.
    pub id: String,
    /// Day of the draw.
    pub drawn_on: Day,
    /// Days after the draw in which outcomes count.
    pub window_days: u32,
    /// Labels of the strata of the draw.
    pub strata: Vec<String>,
    /// Event times of [`WaveUnit::series`], in windows relative to the draw: 0 is the window after it, -1 the one before.
    pub series_times: Vec<i32>,
    /// Objects of the frame, strictly ascending by key.
    pub units: Vec<WaveUnit>,
}

/// An object in the frame of a wave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WaveUnit {
    /// Internal key, the same in every wave.
    pub key: u64,
    /// Index into [`Wave::strata`].
    pub stratum: u32,
    /// Risk class, the same codes in every wave.
    pub class: Option<u16>,
    /// Industry, the same codes in every wave; another industry nearby is a placebo.
    pub industry: u32,
    /// Industry × district: peers who hear of each other's inspections, and the clusters of every variance.
    pub cell: u32,
    /// Latitude and longitude, in degrees.
    pub place: Option<(f64, f64)>,
    /// Realised inclusion probability of this round, 0 < π ≤ 1.
    pub pi: f64,
    /// 抽中.
    pub drawn: bool,
    /// A visit took place because of this draw.
    pub visited: bool,
    /// Outcome seen for everyone in the window after the draw (0 or 1, or a count); `None` where the window is not over.
    pub outcome: Option<f64>,
    /// The same outcome in the window before the draw.
    pub before: Option<f64>,
    /// An outcome the draw cannot move, in the window after it.
    pub placebo: Option<f64>,
    /// Left the register (注销, 吊销) in the window after the draw.
    pub exited: bool,
    /// The outcome in further windows, parallel to [`Wave::series_times`]; empty where not known.
    pub series: Arc<[Option<f64>]>,
    /// A later visit by a draw of known probability: of the next day on which any draw had the object in its frame.
    pub revisit: Option<Revisit>,
    /// The next measurement draw that had it in its frame, with that draw's own probability; where absent, [`WaveUnit::revisit`] stands
    /// if a measurement draw brought it.
    pub remeasured: Option<Revisit>,
}

impl WaveUnit {
    /// The later visit by the measurement stream.
    #[must_use]
    pub fn by_measure(&self) -> Option<&Revisit> {
        let revisit = self.revisit.as_ref();
        let own = revisit.filter(|revisit| revisit.stream == Stream::Measure);
        self.remeasured.as_ref().or(own)
    }
}

/// A later visit, drawn with known probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Revisit {
    /// Realised probability of the later draw, given all that was known when it was made; 0 < π² ≤ 1.
    pub pi2: f64,
    /// Whether the later visit found a violation; `None` where there was no valid result.
    pub found: Option<bool>,
    /// Which draw brought it.
    pub stream: Stream,
    /// Leave-one-out strictness of those who visited (`leave_one_out` of the detection module).
    pub strictness: Option<f64>,
}

/// Which of a round's draws brought a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// The draw by class: its probabilities answer to earlier findings.
    Main,
    /// The equal-probability draw over the whole frame, whatever was found before.
    Measure,
}
