//! One list beside fair draws: each test over them, and the districts it could not reach.

use super::crosstab::{Crosstab, furthest};
use super::fair::{Contrast, Fair, Side};
use super::family::{Draft, Family, Finding, Test, Verdict};
use super::files::canonical;
use super::input::whole;
use super::lineup::Spacing;
use super::panel::{Measure, PER_LINEUP, Panel, shut_out};
use super::reach::{Missed, Reached, reached};
use super::words::{self, Told, Words};
use super::yardstick::Yardstick;

/// One list under the yardstick.
pub(super) struct Look<'a> {
    pub(super) yardstick: &'a Yardstick,
    pub(super) drawn: &'a [Vec<u32>],
    pub(super) observed: &'a [f64],
}

impl Look<'_> {
    fn panel(&self) -> &Panel {
        &self.yardstick.panel
    }

    fn observed(&self, measure: Measure) -> f64 {
        self.observed[self.panel().place(measure)]
    }

    fn contrasts(&self, measures: &[Measure], sides: &[Side]) -> Vec<Contrast> {
        let both = |measure: &Measure| {
            let measure = self.panel().place(*measure);
            sides.iter().map(move |&side| Contrast { measure, side })
        };
        measures.iter().flat_map(both).collect()
    }

    /// Makes a test over fair draws; `told` gets the contrast that was oddest, and the mean of its statistic.
    fn test(
        &self,
        family: &mut Family,
        test: Test,
        contrasts: &[Contrast],
        told: impl FnOnce(Contrast, f64) -> Told,
    ) {
        match &self.yardstick.fair {
            Some(fair) => add(family, test, (fair, self.observed), contrasts, |best| {
                (best.measure, told(best, fair.mean(best.measure)))
            }),
            None => family.withhold(test, &self.yardstick.silence()),
        }
    }

    pub(super) fn at_order(&self, family: &mut Family) {
        let lineups = 0..self.panel().lineups.len();
        let each = |of: fn(usize) -> Measure| lineups.clone().map(of).collect::<Vec<_>>();
        let lineup_of = |contrast: Contrast| contrast.measure / PER_LINEUP;
        let order = |contrast: Contrast| words::order(&self.panel().lineups[lineup_of(contrast)]);
        let equal = self.contrasts(&each(Measure::Equal), &[Side::Upper]);
        match &self.yardstick.fair {
            Some(fair) => add(
                family,
                Test::Interval,
                (fair, self.observed),
                &equal,
                |_| {
                    let shown = self.panel().place(Measure::Equal(self.most_regular()));
                    (shown, words::interval(&self.interval(fair)))
                },
            ),
            None => family.withhold(Test::Interval, &self.yardstick.silence()),
        }
        let tails = self.contrasts(&each(Measure::InTail), &[Side::Lower]);
        self.test(family, Test::BlindTail, &tails, |best, expected| {
            let tails = self.panel().tails[lineup_of(best)].iter();
            words::blind_tail(&words::BlindTail {
                order: order(best),
                size: tails.map(|tails| tails.n).max().unwrap_or(0),
                n: self.observed[best.measure],
                expected,
                inverted: self.is_inverted(),
            })
        });
        let squares = self.contrasts(&each(Measure::Squares), &[Side::Upper, Side::Lower]);
        self.test(family, Test::Spacing, &squares, |best, expected| {
            words::spacing(&order(best), self.observed[best.measure] / expected)
        });
        let adjacent = self.contrasts(&each(Measure::Adjacent), &[Side::Upper]);
        self.test(family, Test::Neighbours, &adjacent, |best, expected| {
            words::neighbours(&order(best), self.observed[best.measure], expected)
        });
    }

    /// The lineup with the largest share of equal gaps; the first of several.
    fn most_regular(&self) -> usize {
        let share = |lineup: &usize| self.observed(Measure::Equal(*lineup));
        let lineups = 0..self.panel().lineups.len();
        lineups
            .rev()
            .max_by(|a, b| share(a).total_cmp(&share(b)))
            .unwrap_or(0)
    }

    fn interval(&self, fair: &Fair) -> words::Interval {
        let panel = self.panel();
        let best = self.most_regular();
        let spacings = panel.spacings(best, self.drawn);
        let largest = spacings.iter().max_by_key(|spacing| spacing.gaps);
        let is_floor = |(round, spacing): (usize, &Spacing)| {
            let n = whole(self.n_seen(round)).max(1);
            whole(self.yardstick.register.n()) / n == spacing.step
        };
        words::Interval {
            order: words::order(&panel.lineups[best]),
            equal: spacings.iter().map(|spacing| spacing.equal).sum(),
            gaps: spacings.iter().map(|spacing| spacing.gaps).sum(),
            step: largest.map_or(0, |spacing| spacing.step),
            usual_most: fair.usual(panel.place(Measure::Equal(best)))[1],
            is_floor: !panel.lineups[best].within_strata
                && spacings.iter().enumerate().all(is_floor),
            unreachable: self.unreachable().map(|objects| whole(objects.len())),
            inverted: self.is_inverted(),
        }
    }

    /// Whether every round takes more than half, so that its undrawn objects are looked at.
    fn is_inverted(&self) -> bool {
        self.panel().inverted.iter().all(|inverted| *inverted)
    }

    /// Number a lineup looks at in a round.
    fn n_seen(&self, round: usize) -> usize {
        let n = self.drawn[round].len();
        if self.panel().inverted[round] {
            self.yardstick.register.n() - n
        } else {
            n
        }
    }

    /// Objects that the interval of the most regular lineup reaches from no start in any round, if the list bears that out.
    fn unreachable(&self) -> Option<Vec<u32>> {
        let panel = self.panel();
        let best = self.most_regular();
        let lineup = &panel.lineups[best];
        let is_one_way = panel.inverted.windows(2).all(|two| two[0] == two[1]);
        if lineup.within_strata || !is_one_way {
            return None;
        }
        let spacings = panel.spacings(best, self.drawn);
        let mut reached = 0;
        for (round, spacing) in spacings.iter().enumerate() {
            let end = whole(self.n_seen(round)).checked_mul(spacing.step)?;
            if spacing.last_place >= end {
                return None;
            }
            reached = reached.max(end);
        }
        let all = 0..whole(self.yardstick.register.n());
        Some(
            all.filter(|&object| lineup.place_of(object) >= reached)
                .collect(),
        )
    }

    pub(super) fn at_place(&self, family: &mut Family) {
        if self.panel().plane.is_none() {
            let reason = Words::new(
                "名录没有经纬度，或不足九成",
                "the register has no coordinates, or for fewer than nine in ten",
            );
            return family.withhold(Test::Distance, &reason);
        }
        let both = self.contrasts(&[Measure::Nearest], &[Side::Upper, Side::Lower]);
        self.test(family, Test::Distance, &both, |best, expected| {
            words::distance(self.observed[best.measure], expected)
        });
    }

    /// What the districts are called.
    fn kind(&self) -> Words {
        let design = &self.yardstick.design.params;
        let name = design.district.as_deref().map(canonical);
        match name.as_deref() {
            None if self.yardstick.register.column("office").is_some() => {
                Words::new("管辖单位", "office")
            }
            Some("office") => Words::new("管辖单位", "office"),
            None | Some("region_code") => Words::new("行政区划", "region"),
            Some(_) => {
                let name = design.district.clone().unwrap_or_default();
                Words::new(name.clone(), name)
            }
        }
    }

    pub(super) fn at_groups(&self, family: &mut Family) {
        let panel = self.panel();
        let all = [
            (
                Test::District,
                &panel.district,
                Measure::District,
                self.kind(),
            ),
            (
                Test::Industry,
                &panel.industry,
                Measure::Industry,
                Words::new("行业", "industry"),
            ),
        ];
        for (test, crosstab, measure, kind) in all {
            let Some(crosstab) = crosstab else {
                let reason = Words::new(
                    format!("名录没有{}一列", kind.zh),
                    format!("the register has no column of {}", kind.en),
                );
                family.withhold(test, &reason);
                continue;
            };
            let both = self.contrasts(&[measure], &[Side::Upper, Side::Lower]);
            self.test(family, test, &both, |best, _| {
                let totals = crosstab.totals(self.drawn);
                let group = furthest(crosstab, &totals);
                words::spread(&words::Spread {
                    kind,
                    name: &crosstab.names[group],
                    n: totals[group],
                    expected: crosstab.expected(group),
                    is_even: best.side == Side::Lower,
                })
            });
        }
    }

    pub(super) fn at_shut_out(&self, family: &mut Family) {
        let Some(district) = &self.panel().district else {
            let reason = Words::new(
                "名录没有辖区一列",
                "the register has no column of districts",
            );
            return family.withhold(Test::ShutOut, &reason);
        };
        let contrasts = self.contrasts(&[Measure::ShutOut], &[Side::Upper]);
        self.test(family, Test::ShutOut, &contrasts, |_, expected| {
            let names: Vec<&str> = self
                .missed(district)
                .map(|group| district.names[group].as_str())
                .collect();
            words::shut_out(
                &self.kind(),
                &names,
                shut_out(district, self.drawn),
                expected,
            )
        });
    }

    fn missed<'d>(&self, district: &'d Crosstab) -> impl Iterator<Item = usize> + 'd {
        let totals = district.totals(self.drawn);
        (0..district.names.len()).filter(move |&group| totals[group] == 0)
    }

    pub(super) fn at_repeats(&self, family: &mut Family) {
        if self.drawn.len() < 2 {
            let reason = Words::new("只有一个批次", "there is one round only");
            return family.withhold(Test::Repeats, &reason);
        }
        let sides: &[Side] = if self.yardstick.design.params.cool_down {
            &[Side::Upper] // few repeats are the rule then
        } else {
            &[Side::Upper, Side::Lower]
        };
        let mut contrasts = self.contrasts(&[Measure::Repeats], sides);
        contrasts.extend(self.contrasts(&[Measure::Most], &[Side::Upper]));
        let repeats = self.panel().place(Measure::Repeats);
        match &self.yardstick.fair {
            Some(fair) => add(
                family,
                Test::Repeats,
                (fair, self.observed),
                &contrasts,
                |_| {
                    let (n, most) = (self.observed[repeats], self.observed(Measure::Most));
                    (repeats, words::repeats(n, fair.mean(repeats), most))
                },
            ),
            None => family.withhold(Test::Repeats, &self.yardstick.silence()),
        }
    }

    /// Districts that an interval never reaches, or from which nobody was drawn against all chance.
    pub(super) fn districts(&self, tests: &[Finding]) -> Vec<Reached> {
        let Some(district) = &self.panel().district else {
            return Vec::new();
        };
        let departs = |test: Test| {
            let mut found = tests.iter().filter(|finding| finding.test == test);
            found.any(|finding| finding.verdict == Verdict::Departure)
        };
        let unreachable = self.unreachable().filter(|_| departs(Test::Interval));
        let missed = Missed {
            groups: self.missed(district).collect(),
            is_odd: departs(Test::ShutOut),
        };
        let inverted = self.is_inverted();
        let sizes_drawn = &self.yardstick.sizes.n;
        reached(
            district,
            &unreachable.unwrap_or_default(),
            &missed,
            inverted,
            sizes_drawn,
        )
    }
}

/// Adds a test whose oddest contrast `told` puts in words, with the statistic it shows; withholds it where nothing could
/// differ.
pub(super) fn add(
    family: &mut Family,
    test: Test,
    (fair, observed): (&Fair, &[f64]),
    contrasts: &[Contrast],
    told: impl FnOnce(Contrast) -> (usize, Told),
) {
    let Some(judged) = fair.judge(observed, contrasts) else {
        let reason = Words::new(
            "按声明的抽法，这一点在任何名单上都一样",
            "under the declared design this is the same in every list",
        );
        return family.withhold(test, &reason);
    };
    let (shown, told) = told(judged.contrast);
    family.drafts.push(Draft {
        test,
        value: observed[shown],
        expected: fair.mean(shown),
        usual: Some(fair.usual(shown)),
        p: judged.p,
        told,
    });
}
