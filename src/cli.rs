//! The command line: the only file that knows `clap`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use choucha::units::Kind;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// 抽查: fair, provable, well-aimed random inspections (双随机、一公开).
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) voice: Voice,
}

/// Flags that change how loud, fast or in which form; never a result.
#[derive(Debug, Args)]
pub(crate) struct Voice {
    /// Form of what is printed.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// No progress bars.
    #[arg(long, global = true)]
    pub(crate) quiet: bool,
    /// Log filter on standard error, for example `info` or `choucha=debug`.
    #[arg(long, global = true, value_name = "FILTER")]
    pub(crate) log: Option<String>,
    /// Threads to use (default: one per core).
    #[arg(long, global = true, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// What the command line says, or the exit code after help, version or a usage error was printed.
pub(crate) fn parse() -> Result<Cli, u8> {
    Cli::try_parse().map_err(|error| {
        let _ = error.print();
        if error.use_stderr() {
            Kind::Usage as u8
        } else {
            0
        }
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// 中文
    Zh,
    /// English
    En,
}

impl Language {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }
}

/// A job file and where its data and its result are.
#[derive(Debug, Args)]
pub(crate) struct JobArgs {
    /// Job file (TOML).
    pub(crate) job: PathBuf,
    /// Folder that `{data}` in the job's paths stands for (default: the job's `data` key).
    #[arg(long, value_name = "DIR", env = "CHOUCHA_DATA")]
    pub(crate) data: Option<String>,
    /// The result folder itself (default: `runs/<job name>`).
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Hash partitions to work through (default: the job's `[run] partitions`); the result is the same.
    #[arg(long, value_name = "N")]
    pub(crate) partitions: Option<usize>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The whole walk, as a rehearsal (演练): from files to the report.
    Run {
        #[command(flatten)]
        job: JobArgs,
        /// Language of the report.
        #[arg(long, value_enum, default_value_t = Language::Zh)]
        lang: Language,
        /// Seed of the rehearsal, instead of the job's `[rehearsal] seed`.
        #[arg(long, value_name = "TEXT")]
        seed: Option<String>,
    },
    /// Lists every problem of a job file at once.
    Check {
        #[command(flatten)]
        job: JobArgs,
    },
    /// Decodes, maps and checks the sources; writes the refusal table.
    Ingest {
        #[command(flatten)]
        job: JobArgs,
    },
    /// Goes on to the risk table: indicators, scores, points, class, reasons.
    Score {
        #[command(flatten)]
        job: JobArgs,
    },
    /// Fixes everything that decides the draw, before the seed is known.
    Seal {
        #[command(flatten)]
        job: JobArgs,
    },
    /// Draws from a seal with a seed, and writes the bulletin.
    Draw {
        /// Folder written by `seal`.
        seal: PathBuf,
        /// The public seed text.
        #[arg(long, value_name = "TEXT")]
        seed: String,
        /// Where the seed comes from, in words.
        #[arg(long, value_name = "TEXT")]
        seed_source: String,
        /// The bulletin folder.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Recomputes a bulletin from its own files: "same", or the first difference (exit 2).
    Verify {
        /// The bulletin folder.
        bulletin: PathBuf,
    },
    /// Renders the report of a finished run again, in another language.
    Report {
        /// The run folder.
        run: PathBuf,
        /// Language of the report.
        #[arg(long, value_enum, default_value_t = Language::Zh)]
        lang: Language,
    },
    /// Makes a synthetic world.
    Simulate {
        /// World file (TOML).
        world: PathBuf,
        /// Folder to write.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Number of objects, instead of the world's.
        #[arg(long, value_name = "N")]
        objects: Option<u64>,
    },
    /// Writes a commented job file from the files in a folder.
    Init {
        /// Folder with your own files.
        folder: PathBuf,
        /// Job file to write (default: `job.toml` in the folder).
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}
