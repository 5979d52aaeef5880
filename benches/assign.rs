//! How long does a second draw take? 2,000 visits among 300 inspectors, and 100,000 visits in a thousand counties.
//!
//! `cargo bench --bench assign`: each case once to warm up, then the median of five.
#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod support;

use std::collections::BTreeMap;
use std::time::Instant;

use choucha::assign::{
    self, Assignments, HeldBy, Inputs, LastTeams, Params, Required, ValidParams, VisitNeed,
};
use choucha::draw::SubSeed;
use choucha::registers::{Certificate, Inspector, InspectorRegister, Recusal};
use choucha::units::{Day, HashName, Meter};

use support::median;

const ROUNDS: usize = 5;
const SPECIALTIES: [&str; 4] = ["食品安全", "药品医疗器械", "特种设备", "计量标准"];

/// A number of visits and inspectors, spread over offices whose inspectors go nowhere else.
struct Case {
    name: &'static str,
    visits: usize,
    inspectors: usize,
    offices: usize,
    /// Days of every visit's window.
    days: i32,
    load_max: u32,
}

const CASES: [Case; 4] = [
    Case {
        name: "county of 20 offices",
        visits: 2_000,
        inspectors: 300,
        offices: 20,
        days: 30,
        load_max: 40,
    },
    Case {
        name: "county as one office",
        visits: 2_000,
        inspectors: 300,
        offices: 1,
        days: 30,
        load_max: 40,
    },
    Case {
        name: "the same, a quarter short",
        visits: 2_000,
        inspectors: 300,
        offices: 1,
        days: 30,
        load_max: 12,
    },
    Case {
        name: "1,000 counties",
        visits: 100_000,
        inspectors: 15_000,
        offices: 1_000,
        days: 60,
        load_max: 40,
    },
];

fn main() {
    println!(
        "                                                                        pairs of visit and inspector"
    );
    println!(
        "case                          visits  inspectors   seconds   visits/s     drawn   possible   short"
    );
    for case in &CASES {
        let (visits, register) = (case.visits(), case.register());
        let params = case.params();
        let inputs = Inputs {
            params: &params,
            visits: &visits,
            register: &register,
            last: &LastTeams::default(),
            hash: HashName::Sha256,
            sub_seed: SubSeed([7; 32]),
        };
        let mut seconds = Vec::new();
        let mut drawn = draw(&inputs);
        for _ in 0..ROUNDS {
            let start = Instant::now();
            drawn = draw(&inputs);
            seconds.push(start.elapsed().as_secs_f64());
        }
        let (seconds, n_short) = (median(&seconds), drawn.n_short());
        let rate = support::rate(case.visits as u64, seconds) * 1e6;
        let n_drawn: usize = drawn.rows.iter().map(|row| row.team().len()).sum();
        let n_possible: usize = drawn.rows.iter().map(|row| row.marginals.len()).sum();
        println!(
            "{:<28} {:>7} {:>11} {seconds:>9.3} {rate:>10.0} {n_drawn:>9} {n_possible:>10} {n_short:>7}",
            case.name, case.visits, case.inspectors
        );
    }
}

fn draw(inputs: &Inputs) -> Assignments {
    assign::allocate(inputs, &Meter::silent()).expect("visits are sound")
}

impl Case {
    fn params(&self) -> ValidParams {
        let mut params: Params = serde_json::from_str("{}").expect("every key has a default");
        params.load.ceiling = Some(self.load_max);
        params.reach = BTreeMap::from([("*".to_owned(), "office".to_owned())]);
        params.check().expect("settings are sound")
    }

    fn visits(&self) -> Vec<VisitNeed> {
        let first: Day = "2025-03-03".parse().expect("a day");
        let specialties = |n: usize| {
            let specialty = SPECIALTIES[n / 3 % 4].to_owned();
            let held_by = HeldBy::One;
            n.is_multiple_of(3)
                .then_some(Required { specialty, held_by })
        };
        let one = |n: usize| VisitNeed {
            object_id: object(n),
            department: "市场监督管理局".to_owned(),
            office: office(n * 7 / 3 % self.offices),
            region_code: "130433".to_owned(),
            level: None,
            specialties: specialties(n).into_iter().collect(),
            first,
            last: first.plus(self.days - 1),
        };
        (0..self.visits).map(one).collect()
    }

    /// One in ten is 聘用制, one in seventeen inactive; every seventh visit has a recusal.
    fn register(&self) -> InspectorRegister {
        let one = |n: usize| Inspector {
            id: inspector(n),
            department: "市场监督管理局".to_owned(),
            office: office(n % self.offices),
            level: "所级".to_owned(),
            staff_kind: if n / self.offices % 10 == 9 {
                "聘用制"
            } else {
                "公务员"
            }
            .to_owned(),
            certificates: vec![Certificate::new("JS130433@2026-12-31")],
            specialties: vec![SPECIALTIES[n / self.offices % 4].to_owned()],
            region_code: "130433".to_owned(),
            former_employers: Vec::new(),
            active: n % 17 != 3,
        };
        let recusal = |n: usize| Recusal {
            inspector_id: inspector(n * 13 % self.inspectors),
            object_id: object(n),
            reason: "近亲属持有股份".to_owned(),
        };
        let inspectors = (0..self.inspectors).map(one).collect();
        let recusals = (0..self.visits).step_by(7).map(recusal).collect();
        InspectorRegister::new(inspectors, recusals, Vec::new()).expect("the register is sound")
    }
}

fn object(n: usize) -> String {
    format!("X{n:06}")
}

fn inspector(n: usize) -> String {
    format!("J{n:05}")
}

fn office(n: usize) -> String {
    format!("第{n}所")
}
