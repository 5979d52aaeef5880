//! The `choucha` command: parses, opens a door, prints what it said or the error chain, and exits.
#![allow(
    clippy::print_stdout,
    reason = "the one place that speaks to standard output"
)]

mod cli;

use std::error::Error as _;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use choucha::doors::{self, Place, Said};
use choucha::error::Error;
use choucha::job::Overrides;
use choucha::progress;
use choucha::units::Kind;
use tracing_subscriber::EnvFilter;

use cli::{Command, Format, JobArgs, Voice};

fn main() -> ExitCode {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(code) => return ExitCode::from(code),
    };
    if let Some(code) = again_with_threads(&cli.voice) {
        return code;
    }
    if let Err(message) = prepare(&cli.voice) {
        eprintln!("choucha: {message}");
        return ExitCode::from(Kind::Usage as u8);
    }
    let (command, voice) = (cli.command, &cli.voice);
    match catch_unwind(AssertUnwindSafe(|| open(command, voice))) {
        Ok(Ok(said)) => {
            print(&said, voice.format);
            ExitCode::SUCCESS
        }
        Ok(Err(error)) => {
            eprintln!("choucha: {}", chain(&error));
            ExitCode::from(error.kind() as u8)
        }
        Err(_) => {
            eprintln!("choucha: this is a bug of choucha; the previous result is unchanged");
            ExitCode::from(Kind::Bug as u8)
        }
    }
}

/// The columnar engine reads its number of threads from the environment when it starts, so `--threads` starts the program
/// again with that environment: in the place of this process where the system can, so that a signal meets the one that works.
fn again_with_threads(voice: &Voice) -> Option<ExitCode> {
    const ENGINE: &str = "POLARS_MAX_THREADS";
    let threads = voice.threads?.to_string();
    if std::env::var(ENGINE).is_ok_and(|set| set == threads) {
        return None;
    }
    let program = std::env::current_exe().ok()?;
    let mut again = std::process::Command::new(program);
    again
        .args(std::env::args_os().skip(1))
        .env(ENGINE, &threads)
        .env("RAYON_NUM_THREADS", &threads);
    start(again)
}

/// Returns only where the program cannot be started again.
#[cfg(unix)]
fn start(mut again: std::process::Command) -> Option<ExitCode> {
    use std::os::unix::process::CommandExt;
    let _ = again.exec();
    None
}

#[cfg(not(unix))]
fn start(mut again: std::process::Command) -> Option<ExitCode> {
    let code = again.status().ok()?.code();
    let code = code.unwrap_or(i32::from(Kind::Interrupted as u8));
    Some(ExitCode::from(
        u8::try_from(code).unwrap_or(Kind::Bug as u8),
    ))
}

/// Log, and what Ctrl-C does: the staging folder is left for the next run to clear, the result stays as it was.
fn prepare(voice: &Voice) -> Result<(), String> {
    let filter = voice.log.as_deref().unwrap_or("off");
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("--log {filter}: {error}"))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .init();
    ctrlc::set_handler(|| {
        eprintln!("choucha: interrupted; the previous result is unchanged");
        std::process::exit(i32::from(Kind::Interrupted as u8));
    })
    .map_err(|error| error.to_string())
}

fn open(command: Command, voice: &Voice) -> Result<Said, Error> {
    let meter = progress::meter(voice.quiet);
    match command {
        Command::Run { job, lang, seed } => doors::run(
            &Place {
                overrides: Overrides {
                    seed,
                    ..overrides(&job)
                },
                ..place(job)
            },
            lang.code(),
            &meter,
        ),
        Command::Check { job } => doors::check(&place(job)),
        Command::Ingest { job } => doors::ingest(&place(job), &meter),
        Command::Score { job } => doors::score(&place(job), &meter),
        Command::Seal { job } => doors::seal(&place(job), &meter),
        Command::Draw {
            seal,
            seed,
            seed_source,
            out,
        } => doors::draw(&seal, &seed, &seed_source, &out, &meter),
        Command::Verify { bulletin } => doors::verify(&bulletin, &meter),
        Command::Report { run, lang } => doors::report(&run, lang.code()),
        Command::Simulate {
            world,
            out,
            objects,
        } => doors::simulate(&world, &out, objects, &meter),
        Command::Init { folder, out } => doors::init(&folder, out),
    }
}

fn overrides(job: &JobArgs) -> Overrides {
    Overrides {
        data: job.data.clone(),
        partitions: job.partitions,
        seed: None,
    }
}

fn place(job: JobArgs) -> Place {
    Place {
        overrides: overrides(&job),
        job: job.job,
        out: job.out,
    }
}

/// A closed pipe is the reader's choice, not a failure.
fn print(said: &Said, format: Format) {
    let mut out = io::stdout().lock();
    let _ = match format {
        Format::Text => said
            .lines
            .iter()
            .try_for_each(|line| writeln!(out, "{line}")),
        Format::Json => writeln!(out, "{:#}", said.json),
    };
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}
