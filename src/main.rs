//! The `choucha` command: parses, opens a door, prints what it said or the error chain, and exits.
#![allow(
    clippy::print_stdout,
    reason = "the one place that speaks to standard output"
)]

mod cli;

use std::error::Error as _;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::ExitCode;

use choucha::doors::{self, EvaluatePlaces, Place, ReportPlaces, Said, ShowPlaces};
use choucha::error::Error;
use choucha::job::Overrides;
use choucha::progress;
use choucha::units::{Kind, Meter};
use tracing_subscriber::EnvFilter;

use cli::{
    AtWorkspace, AuditCommand, Command, DiffArgs, EvaluateArgs, Format, JobArgs, Language,
    RecordArgs, RecordedAct, ReportArgs, RoundArgs, ShowArgs, SimulateArgs, SimulateCommand, Voice,
    WorkspaceCommand,
};

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
            said.kind
                .map_or(ExitCode::SUCCESS, |kind| ExitCode::from(kind as u8))
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
        Command::Health { job, lang } => doors::health(&place(job), lang.code(), &meter),
        Command::Backtest { job, lang } => doors::backtest(&place(job), lang.code(), &meter),
        Command::Tune { job, at, lang } => tune(job, &at, lang, &meter),
        Command::Score { job } => doors::score(&place(job), &meter),
        Command::Workspace { what } => workspace(what),
        Command::Seal {
            job,
            at,
            supersedes,
        } => seal(&place(job), &at, supersedes.as_deref(), &meter),
        Command::Record(args) => record(*args, &meter),
        Command::Draw {
            round,
            seed,
            seed_source,
            out,
        } => draw(&round, (&seed, &seed_source), out.as_deref(), &meter),
        Command::Assign { round } => doors::assign(
            &round.round,
            round.at.workspace.as_deref(),
            round.key.as_deref(),
            &meter,
        ),
        Command::Slip {
            round,
            object_id,
            opened,
            out,
        } => doors::slip(
            &round.round,
            &object_id,
            round.at.workspace.as_deref(),
            round.key.as_deref(),
            (&out, opened),
            &meter,
        ),
        Command::Verify {
            bulletin,
            key,
            package,
            seal,
        } => doors::verify(
            &bulletin,
            key.as_deref(),
            package.as_deref(),
            seal.as_deref(),
            &meter,
        ),
        Command::Audit {
            what: None,
            at,
            heads,
        } => doors::audit(at.workspace.as_deref(), &heads),
        Command::Audit {
            what: Some(AuditCommand::Draw(args)),
            ..
        } => doors::audit_draw(&args.into_args(), &meter),
        Command::Commit { office, hash } => doors::commit(&office, hash.into()),
        Command::Evaluate(args) => evaluate(args, &meter),
        Command::Show(args) => show(args, &meter),
        Command::Diff(args) => diff(&args),
        Command::Report(args) => report(args),
        Command::Simulate(args) => simulate(args, &meter),
        Command::Init { folder, out } => doors::init(&folder, out),
    }
}

fn tune(job: JobArgs, at: &AtWorkspace, lang: Language, meter: &Meter) -> Result<Said, Error> {
    doors::tune(&place(job), at.workspace.as_deref(), lang.code(), meter)
}

/// A draw of record, or a rehearsal from a seal folder where a folder for it is named.
fn draw(
    round: &RoundArgs,
    (seed, source): (&str, &str),
    out: Option<&Path>,
    meter: &Meter,
) -> Result<Said, Error> {
    if let Some(out) = out {
        return doors::rehearsal::draw(Path::new(&round.round), seed, source, out, meter);
    }
    let (workspace, key) = (round.at.workspace.as_deref(), round.key.as_deref());
    doors::draw(&round.round, workspace, key, (seed, source), meter)
}

fn evaluate(args: EvaluateArgs, meter: &Meter) -> Result<Said, Error> {
    let overrides = Overrides {
        data: args.data,
        partitions: args.partitions,
        seed: None,
    };
    let place = |job| Place {
        job,
        out: None,
        overrides,
    };
    let places = EvaluatePlaces {
        job: args.job.map(place),
        workspace: args.at.workspace,
        out: args.out,
    };
    doors::evaluate(&places, args.lang.code(), meter)
}

/// A round of record where a workspace is named, else a rehearsal.
fn seal(
    place: &Place,
    at: &AtWorkspace,
    supersedes: Option<&str>,
    meter: &Meter,
) -> Result<Said, Error> {
    if at.workspace.is_none() && !place.names_workspace() {
        return doors::rehearsal::seal(place, meter);
    }
    doors::seal(place, at.workspace.as_deref(), supersedes, meter)
}

fn workspace(what: WorkspaceCommand) -> Result<Said, Error> {
    match what {
        WorkspaceCommand::Init {
            dir,
            title,
            rehearsal,
        } => doors::init_workspace(&dir, &title, rehearsal),
        WorkspaceCommand::Check { at } => doors::check_workspace(at.workspace.as_deref()),
        WorkspaceCommand::Backup { at, to, with_keys } => {
            doors::backup(at.workspace.as_deref(), &to, with_keys)
        }
    }
}

fn show(args: ShowArgs, meter: &Meter) -> Result<Said, Error> {
    let overrides = Overrides {
        data: args.data,
        ..Overrides::default()
    };
    let place = |job| Place {
        job,
        out: None,
        overrides,
    };
    let places = ShowPlaces {
        job: args.job.map(place),
        runs: args.runs,
        workspace: args.at.workspace,
        out: args.out,
    };
    doors::show(&args.object_id, &places, args.lang.code(), meter)
}

fn simulate(args: SimulateArgs, meter: &Meter) -> Result<Said, Error> {
    if let Some(SimulateCommand::Policy { world, out, lang }) = args.what {
        return doors::simulate_policy(&world, &out, lang.code(), meter);
    }
    let (world, out) = (args.world.unwrap_or_default(), args.out.unwrap_or_default());
    doors::simulate(&world, &out, args.objects, meter)
}

fn report(args: ReportArgs) -> Result<Said, Error> {
    let places = ReportPlaces {
        tuning: args.tuning,
        since: args.since,
    };
    doors::report(&args.run, &places, args.lang.code())
}

fn diff(args: &DiffArgs) -> Result<Said, Error> {
    let out = args.out.as_deref();
    doors::diff(&args.earlier, &args.later, out, args.lang.code())
}

fn record(args: RecordArgs, meter: &Meter) -> Result<Said, Error> {
    let workspace = args.at.workspace.clone();
    match args.into_act() {
        RecordedAct::Act(act) => doors::record(act, workspace.as_deref()),
        RecordedAct::Entrust {
            entrust,
            evidence,
            key,
        } => doors::entrust(
            entrust,
            workspace.as_deref(),
            key.as_deref(),
            &evidence,
            meter,
        ),
        RecordedAct::Unusable {
            round,
            file,
            evidence,
            key,
        } => doors::record_unusable(
            &round,
            workspace.as_deref(),
            key.as_deref(),
            (&file, &evidence),
            meter,
        ),
        RecordedAct::Replace {
            round,
            request,
            evidence,
            key,
        } => doors::replace(
            &round,
            workspace.as_deref(),
            key.as_deref(),
            (request, &evidence),
            meter,
        ),
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
