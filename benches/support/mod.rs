//! What the benchmarks share: worlds and snapshots made once, children whose memory is their own, medians.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "every benchmark is a crate of its own and uses a part of this"
)]
#![allow(
    clippy::cast_precision_loss,
    reason = "counts and kilobytes of a benchmark lie below 2^53"
)]

pub mod files;
pub mod frame;
pub mod query;
pub mod scores;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use choucha::units::AsOf;

/// Partitions of the bench snapshots.
pub const PARTS: usize = 16;

/// 基准日 of the bench world.
pub fn as_of() -> AsOf {
    AsOf("2025-01-01".parse().expect("a day"))
}

/// The `choucha` command of the same build.
pub fn choucha() -> Command {
    Command::new(env!("CARGO_BIN_EXE_choucha"))
}

/// This benchmark again, in a process of its own.
pub fn again(words: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.args(words);
    command
}

/// What the command line says, without the flag cargo adds.
pub fn words() -> Vec<String> {
    std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect()
}

/// Numbers of objects on the command line, or `default`.
pub fn sizes(words: &[String], default: &[u64]) -> Vec<u64> {
    let named: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    if named.is_empty() {
        default.to_vec()
    } else {
        named
    }
}

/// The value after `--flag`.
pub fn flag(words: &[String], flag: &str) -> Option<String> {
    let at = words.iter().position(|word| word == flag)?;
    words.get(at + 1).cloned()
}

/// `target/bench-data`, where worlds are kept between benchmarks.
pub fn kept(name: impl AsRef<Path>) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-data");
    fs::create_dir_all(&folder).expect("target can be written");
    folder.join(name)
}

/// The bench world of `n` objects, simulated when it is not there yet.
pub fn world(n: u64) -> PathBuf {
    let folder = kept(format!("world-{n}"));
    if !folder.exists() {
        let made = choucha()
            .args(["simulate", "pipelines/worlds/bench.toml", "--objects"])
            .arg(n.to_string())
            .arg("--out")
            .arg(&folder)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output();
        expect_success(&made.expect("choucha runs"));
    }
    folder
}

/// The snapshot of the bench world of `n` objects, ingested when it is not there yet.
pub fn snapshot(n: u64) -> PathBuf {
    let folder = kept(format!("snapshot-{n}"));
    if !folder.exists() {
        let made = choucha()
            .args(["ingest", "benches/walk/job.toml", "--partitions"])
            .arg(PARTS.to_string())
            .arg("--data")
            .arg(world(n))
            .arg("--out")
            .arg(&folder)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output();
        expect_success(&made.expect("choucha runs"));
    }
    folder.join("snapshot")
}

fn expect_success(output: &std::process::Output) {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What a process cost.
#[derive(Default)]
pub struct Cost {
    /// Seconds from start to end.
    pub wall: f64,
    /// Seconds of all its threads; 0 where the system does not say.
    pub cpu: f64,
    /// Most memory it held, in MB; 0 where the system does not say.
    pub peak_mb: f64,
    /// Steps it logged, in order: name, seconds since the one before, most memory meanwhile in MB.
    pub steps: Vec<(String, f64, f64)>,
    /// What it printed.
    pub printed: String,
}

/// Runs `command` to its end.
pub fn measure(command: &mut Command) -> Cost {
    let started = Instant::now();
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let pid = child.id();
    let (steps, rest) = (Arc::default(), Arc::default());
    let listener = listen(&mut child, pid, started, &steps, &rest);
    let mut stdout = child.stdout.take().expect("it is piped");
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        let _ = stdout.read_to_string(&mut text);
        text
    });
    let (mut peak, mut cpu) = (0.0_f64, 0.0);
    let status = loop {
        peak = peak.max(peak_mb(&format!("/proc/{pid}/status")));
        cpu = cpu_of(pid).unwrap_or(cpu);
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(3));
    };
    let wall = started.elapsed().as_secs_f64();
    listener.join().expect("the listener does not panic");
    let rest = rest.lock().expect("the listener does not panic").clone();
    assert!(status.success(), "{command:?}: {rest}");
    let steps: Vec<(String, f64, f64)> = steps.lock().expect("the listener does not panic").clone();
    let peak_mb = steps.iter().map(|step| step.2).fold(peak, f64::max);
    let printed = reader.join().expect("the reader does not panic");
    Cost {
        wall,
        cpu,
        peak_mb,
        steps: durations(steps, wall),
        printed,
    }
}

type Steps = Arc<Mutex<Vec<(String, f64, f64)>>>;

/// Notes when a step is logged as done, and how much memory was held until then; other lines go to `rest`.
fn listen(
    child: &mut Child,
    pid: u32,
    started: Instant,
    steps: &Steps,
    rest: &Arc<Mutex<String>>,
) -> std::thread::JoinHandle<()> {
    let stderr = child.stderr.take().expect("it is piped");
    let (steps, rest) = (steps.clone(), rest.clone());
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let step = line
                .split_once("step=\"")
                .and_then(|(_, rest)| rest.split_once('"'));
            if let Some((step, _)) = step {
                let peak = peak_mb(&format!("/proc/{pid}/status"));
                let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
                let at = started.elapsed().as_secs_f64();
                steps
                    .lock()
                    .expect("nobody panics")
                    .push((step.to_owned(), at, peak));
            } else {
                rest.lock().expect("nobody panics").push_str(&line);
            }
        }
    })
}

/// Points in time to durations; what comes after the last step is `end`.
fn durations(steps: Vec<(String, f64, f64)>, wall: f64) -> Vec<(String, f64, f64)> {
    if steps.is_empty() {
        return steps;
    }
    let mut before = 0.0;
    let end = ("end".to_owned(), wall, 0.0);
    let all = steps.into_iter().chain([end]);
    all.map(|(name, at, peak)| {
        let took = at - before;
        before = at;
        (name, took, peak)
    })
    .collect()
}

/// `VmHWM` of a `/proc/…/status`, in MB; 0 where there is none.
pub fn peak_mb(status: &str) -> f64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kb.map_or(0.0, |kb| kb / 1024.0)
}

/// Forgets this process's peak so far.
pub fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// User and system seconds of a process (clock ticks of 10 ms).
fn cpu_of(pid: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

/// Seconds all threads of this process have run, to the nanosecond; 0 where the system does not say.
pub fn own_cpu() -> f64 {
    let Ok(threads) = fs::read_dir("/proc/self/task") else {
        return 0.0;
    };
    let nanoseconds = threads.flatten().filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// The middle value; the mean of the two middle ones where their number is even.
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[middle],
        _ => values[middle - 1].midpoint(values[middle]),
    }
}

/// A number of a JSON object that a child printed.
pub fn number(printed: &str, key: &str) -> f64 {
    let value: serde_json::Value = serde_json::from_str(printed.trim()).unwrap_or_default();
    value[key].as_f64().unwrap_or(f64::NAN)
}

/// A count as a number to divide by.
pub fn count(n: u64) -> f64 {
    n as f64
}

/// `n` objects in so many seconds, in 10^6 objects per second.
pub fn rate(n: u64, seconds: f64) -> f64 {
    n as f64 / seconds / 1e6
}
