//! The command line: the only file that knows `clap`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use choucha::doors::Act;
use choucha::units::{Day, Digest, HashName, Kind, Moment};
use choucha::{assign, audit, ledger, report};
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
#[command(next_help_heading = "Options of every command")]
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
    /// The result folder itself (default: below `runs/`, named after the job and, but for `run`, the command).
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
    /// 名录库体检: what is wrong with the register, what changed since last month, who is missing.
    Health {
        #[command(flatten)]
        job: JobArgs,
        /// Language of the report.
        #[arg(long, value_enum, default_value_t = Language::Zh)]
        lang: Language,
    },
    /// 回溯检验: how the models of a job would have ranked its past visits, cut-off by cut-off.
    Backtest {
        #[command(flatten)]
        job: JobArgs,
        /// Language of the report.
        #[arg(long, value_enum, default_value_t = Language::Zh)]
        lang: Language,
    },
    /// Goes on to the risk table: indicators, scores, points, class, reasons.
    Score {
        #[command(flatten)]
        job: JobArgs,
    },
    /// 调参: do the ratios keep every clause, what is the nearest repair, what would others bring; a page with sliders
    /// (exit 4: a clause is broken). Past visits are those of a workspace's rounds (into `runs/<job name>-tune-ledger`), without one
    /// those of the job's rehearsal (into `runs/<job name>-tune`).
    Tune {
        #[command(flatten)]
        job: JobArgs,
        #[command(flatten)]
        at: AtWorkspace,
        /// Language of the page.
        #[arg(long, value_enum, default_value_t = Language::Zh)]
        lang: Language,
    },
    /// Makes, checks or copies a workspace: the ledger of the draws of record.
    Workspace {
        #[command(subcommand)]
        what: WorkspaceCommand,
    },
    /// Fixes and commits everything that decides the draw, before the seed is known: in a workspace as a round of record, else as a
    /// rehearsal in a folder of its own.
    Seal {
        #[command(flatten)]
        job: JobArgs,
        #[command(flatten)]
        at: AtWorkspace,
        /// Round that this one draws again; it must be drawn or void.
        #[arg(long, value_name = "ROUND")]
        supersedes: Option<String>,
    },
    /// Enters an act in the ledger: programme, custody, receipt, 作废, loss of a key, visits, results, a replacement.
    Record(Box<RecordArgs>),
    /// Draws a sealed round with the seed of its event, once; with --out, a rehearsal from a seal folder.
    Draw {
        #[command(flatten)]
        round: RoundArgs,
        /// The public seed text, as the seed rule says it is written.
        #[arg(long, value_name = "TEXT")]
        seed: String,
        /// Where the seed comes from, in words.
        #[arg(long, value_name = "TEXT")]
        seed_source: String,
        /// The bulletin folder of a rehearsal, whose seal was made without a workspace.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Draws the inspectors of a drawn round.
    Assign {
        #[command(flatten)]
        round: RoundArgs,
    },
    /// Writes the slip by which a business proves that it stood in the frame.
    Slip {
        #[command(flatten)]
        round: RoundArgs,
        /// The business: its normalised id.
        object_id: String,
        /// Shows its level and ticket too; for a dispute, after the draw.
        #[arg(long)]
        opened: bool,
        /// The slip.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Recomputes a bulletin or a slip: "same", "commitments hold", or the first difference (exit 2).
    Verify {
        /// The public folder of a bulletin, or a slip.
        bulletin: PathBuf,
        /// The draw key, for the supervisor.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// The supervisor's package (default: the one of the workspace the bulletin stands in).
        #[arg(long, value_name = "DIR")]
        package: Option<PathBuf>,
        /// The published seal.json that a slip is held against.
        #[arg(long, value_name = "FILE")]
        seal: Option<PathBuf>,
    },
    /// Audits a ledger against itself and against published heads and seals, or anybody's drawn list.
    #[command(args_conflicts_with_subcommands = true)]
    Audit {
        #[command(subcommand)]
        what: Option<AuditCommand>,
        #[command(flatten)]
        at: AtWorkspace,
        /// Published heads (CSV `sequence,head`), published seal.json files, or folders of them.
        #[arg(long, value_name = "PATH", num_args = 1..)]
        heads: Vec<PathBuf>,
    },
    /// A fresh secret of one office and its commitment, for a seed by commitment and revelation (commit-reveal).
    Commit {
        /// The office, as the seed rule names it.
        office: String,
        /// The round's hash.
        #[arg(long, value_enum, default_value_t = Hash::Sha256)]
        hash: Hash,
    },
    /// Renders the report of a finished run again: in another language, with a tuning, or with what changed since an earlier run.
    Report(ReportArgs),
    /// 评估: what the drawn rounds of a workspace found, from the probabilities and results it keeps; with a job, what they deterred.
    Evaluate(EvaluateArgs),
    /// Internal: one business over all rounds: class history, reasons with the records behind them, probabilities, visits.
    Show(ShowArgs),
    /// Internal: two finished runs: who changed class or drawn status and why, and what drifted.
    Diff(DiffArgs),
    /// Makes a synthetic world; with `policy`, compares ways of spending the same visits on simulated firms.
    Simulate(SimulateArgs),
    /// Writes a commented job file from the files in a folder.
    Init {
        /// Folder with your own files.
        folder: PathBuf,
        /// Job file to write (default: `job.toml` in the folder).
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// Where the ledger is.
#[derive(Debug, Args)]
pub(crate) struct AtWorkspace {
    /// The workspace (default: the job's `[workspace] path`, where there is a job).
    #[arg(long, value_name = "DIR", env = "CHOUCHA_WORKSPACE")]
    pub(crate) workspace: Option<PathBuf>,
}

/// A finished run, and what its report is made beside.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The run folder.
    pub(crate) run: PathBuf,
    /// Folder of `choucha tune` on the same job: its frontier goes onto page 4.
    #[arg(long, value_name = "DIR")]
    pub(crate) tuning: Option<PathBuf>,
    /// An earlier run of the same register: what changed since, and why; kept in evaluation.json.
    #[arg(long, value_name = "RUN")]
    pub(crate) since: Option<PathBuf>,
    /// Language of the report.
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub(crate) lang: Language,
}

/// Rounds of record and what happened after them.
#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// Job (TOML) whose register and credit events say what happened afterwards, as of its day.
    pub(crate) job: Option<PathBuf>,
    /// Folder that `{data}` in the job's paths stands for (default: the job's `data` key).
    #[arg(long, value_name = "DIR", env = "CHOUCHA_DATA")]
    pub(crate) data: Option<String>,
    #[command(flatten)]
    pub(crate) at: AtWorkspace,
    /// The result folder itself (default: `runs/<name of the workspace>-evaluate`, with `-<job>` after it where a job is named).
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Hash partitions to work through (default: the job's `[run] partitions`); the result is the same.
    #[arg(long, value_name = "N")]
    pub(crate) partitions: Option<usize>,
    /// Language of the report.
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub(crate) lang: Language,
}

/// A business and where it is looked for.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The business: its id.
    pub(crate) object_id: String,
    /// Job whose registers and records are read, as of its day (TOML).
    #[arg(required_unless_present_any = ["runs", "workspace"])]
    pub(crate) job: Option<PathBuf>,
    /// Folder that `{data}` in the job's paths stands for (default: the job's `data` key).
    #[arg(long, value_name = "DIR", env = "CHOUCHA_DATA")]
    pub(crate) data: Option<String>,
    /// Finished runs to look through, beside the job's own.
    #[arg(long = "run", id = "runs", value_name = "DIR")]
    pub(crate) runs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) at: AtWorkspace,
    /// Writes the slip as a page.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Language of the slip.
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub(crate) lang: Language,
}

/// Two runs.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The earlier run folder.
    pub(crate) earlier: PathBuf,
    /// The later run folder.
    pub(crate) later: PathBuf,
    /// Folder for diff.json, changes.csv and drift.html.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Language of the page.
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub(crate) lang: Language,
}

/// A synthetic world, or policies on simulated firms.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct SimulateArgs {
    #[command(subcommand)]
    pub(crate) what: Option<SimulateCommand>,
    /// World file (TOML).
    #[arg(required = true)]
    pub(crate) world: Option<PathBuf>,
    /// Folder to write.
    #[arg(long, value_name = "DIR", required = true)]
    pub(crate) out: Option<PathBuf>,
    /// Number of objects, instead of the world's.
    #[arg(long, value_name = "N")]
    pub(crate) objects: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SimulateCommand {
    /// 情景推演: hits against long-run violations per policy, with ranges and warnings; or estimators against planted effects.
    Policy {
        /// World file (TOML): policies, or `kind = "planted"`.
        world: PathBuf,
        /// Folder to write.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Language of the page.
        #[arg(long, value_enum, default_value_t = Language::Zh)]
        lang: Language,
    },
}

/// A round of a workspace.
#[derive(Debug, Args)]
pub(crate) struct RoundArgs {
    /// The round's id, or its folder in the workspace.
    pub(crate) round: String,
    #[command(flatten)]
    pub(crate) at: AtWorkspace,
    /// The draw key of a sealed round (default: the one the workspace keeps).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WorkspaceCommand {
    /// Makes an empty workspace in a new folder.
    Init {
        /// The folder.
        dir: PathBuf,
        /// Whose ledger this is.
        #[arg(long, value_name = "TEXT")]
        title: String,
        /// 演练: nothing in it is a draw of record.
        #[arg(long)]
        rehearsal: bool,
    },
    /// Checks the chain, the rules and every artefact.
    Check {
        #[command(flatten)]
        at: AtWorkspace,
    },
    /// Copies the whole workspace to a new folder.
    Backup {
        #[command(flatten)]
        at: AtWorkspace,
        /// The new folder.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// With the draw keys.
        #[arg(long)]
        with_keys: bool,
    },
}

/// One act; the flag that names it also names its file or reason.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("act").required(true).args(["programme", "custody", "receipt", "void", "key_lost", "external", "results", "replace", "unusable", "entrust"]))]
pub(crate) struct RecordArgs {
    #[command(flatten)]
    pub(crate) at: AtWorkspace,
    /// The round it is about.
    #[arg(long, value_name = "ROUND")]
    pub(crate) round: Option<String>,
    /// A published version of the programme (年度抽查工作计划): TOML of version, `published_on`, proof.
    #[arg(long, value_name = "FILE")]
    pub(crate) programme: Option<PathBuf>,
    /// Evidence that the key was lodged with the supervisor; with --holder.
    #[arg(long, value_name = "FILE", requires_all = ["round", "holder"])]
    pub(crate) custody: Option<PathBuf>,
    /// Who holds the key.
    #[arg(long, value_name = "TEXT")]
    pub(crate) holder: Option<String>,
    /// When the key was lodged, RFC 3339 (default: now).
    #[arg(long, value_name = "TIME")]
    pub(crate) lodged_at: Option<Moment>,
    /// Evidence that the seal was published outside the bureau; with --where and --published-at.
    #[arg(long, value_name = "FILE", requires_all = ["round", "place", "published_at"])]
    pub(crate) receipt: Option<PathBuf>,
    /// Where the seal was published.
    #[arg(long = "where", id = "place", value_name = "TEXT")]
    pub(crate) place: Option<String>,
    /// When the seal was published, RFC 3339 with its offset.
    #[arg(long, value_name = "TIME")]
    pub(crate) published_at: Option<Moment>,
    /// 作废: the sealed round will not be drawn; with --reason and --office.
    #[arg(long, requires_all = ["round", "reason", "office"])]
    pub(crate) void: bool,
    /// The draw key is lost; with --reason and --office.
    #[arg(long, requires_all = ["round", "reason", "office"])]
    pub(crate) key_lost: bool,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// The office that decides.
    #[arg(long, value_name = "TEXT")]
    pub(crate) office: Option<String>,
    /// Visits of departments outside this ledger: CSV of `object_id`, `inspected_on`, department.
    #[arg(long, value_name = "FILE")]
    pub(crate) external: Option<PathBuf>,
    /// Results of the round's visits: CSV of `object_id`, `inspected_on`, found, codes.
    #[arg(long, value_name = "FILE", requires = "round")]
    pub(crate) results: Option<PathBuf>,
    /// Targets that cannot be inspected (注销、失联), CSV of `object_id`, reason; the next of the reserve move up; with --evidence.
    #[arg(long, value_name = "FILE", requires_all = ["round", "evidence"])]
    pub(crate) unusable: Option<PathBuf>,
    /// What shows that the targets cannot be inspected; one file, a ZIP for example.
    #[arg(long, value_name = "FILE")]
    pub(crate) evidence: Option<PathBuf>,
    /// Evidence why an inspector cannot come; with --object, --department, --inspector and --reason.
    #[arg(long, value_name = "FILE", requires_all = ["round", "object", "department", "inspector", "reason"])]
    pub(crate) replace: Option<PathBuf>,
    /// Evidence that an institution (第三方机构) assists at a visit; with --object, --department, --institution, --qualification,
    /// --expires and --report-id.
    #[arg(long, value_name = "FILE", requires_all = ["round", "object", "department", "institution", "qualification", "expires", "report_id"])]
    pub(crate) entrust: Option<PathBuf>,
    /// The institution.
    #[arg(long, value_name = "TEXT")]
    pub(crate) institution: Option<String>,
    /// Number of its qualification.
    #[arg(long, value_name = "TEXT")]
    pub(crate) qualification: Option<String>,
    /// Last day the qualification is valid, YYYY-MM-DD.
    #[arg(long, value_name = "DAY")]
    pub(crate) expires: Option<Day>,
    /// Number of the report it delivers.
    #[arg(long, value_name = "TEXT")]
    pub(crate) report_id: Option<String>,
    /// The object whose visit it is.
    #[arg(long, value_name = "ID")]
    pub(crate) object: Option<String>,
    /// The department whose team changes.
    #[arg(long, value_name = "TEXT")]
    pub(crate) department: Option<String>,
    /// The inspector who cannot come.
    #[arg(long, value_name = "ID")]
    pub(crate) inspector: Option<String>,
    /// Who approves; needed from the second replacement at one visit on.
    #[arg(long, value_name = "TEXT")]
    pub(crate) supervisor: Option<String>,
    /// The draw key of a sealed round (default: the one the workspace keeps).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Hash {
    Sha256,
    Sm3,
}

impl From<Hash> for HashName {
    fn from(hash: Hash) -> Self {
        match hash {
            Hash::Sha256 => Self::Sha256,
            Hash::Sm3 => Self::Sm3,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Tests somebody's past drawn list for interval sampling, blind tails, clustering, repeats (exit 6: a departure).
    Draw(DrawAuditArgs),
}

/// A register, lists drawn from it, and what to hold them to.
#[derive(Debug, Args)]
pub(crate) struct DrawAuditArgs {
    /// The register, in the order of the system that drew.
    #[arg(long, value_name = "FILE")]
    pub(crate) register: String,
    /// Drawn lists, one per round.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub(crate) drawn: Vec<String>,
    /// Who inspected.
    #[arg(long, value_name = "FILE")]
    pub(crate) inspectors: Option<String>,
    /// The design the draw is said to have had (default: equal probability).
    #[arg(long, value_name = "FILE")]
    pub(crate) design: Option<PathBuf>,
    /// Folder for audit.json and audit.html.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Language of the sentences.
    #[arg(long, value_enum, default_value_t = Language::Zh)]
    pub(crate) lang: Language,
}

impl RecordArgs {
    /// The act, once clap has seen to it that what it needs is there.
    pub(crate) fn into_act(self) -> RecordedAct {
        let round = self.round.unwrap_or_default();
        let text = |text: Option<String>| text.unwrap_or_default();
        if let Some(evidence) = self.replace {
            let request = assign::Request {
                object_id: text(self.object),
                department: text(self.department),
                inspector_id: text(self.inspector),
                reason: text(self.reason),
                evidence: Digest([0; 32]),
                supervisor: self.supervisor,
            };
            return RecordedAct::Replace {
                round,
                request,
                evidence,
                key: self.key,
            };
        }
        if let Some(evidence) = self.entrust {
            let entrust = ledger::Entrust {
                round,
                object_id: text(self.object),
                department: text(self.department),
                institution: text(self.institution),
                qualification: text(self.qualification),
                expires: self.expires.expect("--entrust requires it"),
                report_id: text(self.report_id),
                evidence: Digest([0; 32]),
                files: ledger::Files::new(),
            };
            let key = self.key;
            return RecordedAct::Entrust {
                entrust,
                evidence,
                key,
            };
        }
        if let Some(file) = self.unusable {
            return RecordedAct::Unusable {
                round,
                file,
                evidence: self.evidence.expect("--unusable requires it"),
                key: self.key,
            };
        }
        let (reason, office) = (text(self.reason), text(self.office));
        let act = match (
            self.programme,
            self.custody,
            self.receipt,
            self.external,
            self.results,
        ) {
            (Some(file), ..) => Act::Programme(file),
            (_, Some(evidence), ..) => Act::Custody {
                round,
                holder: text(self.holder),
                lodged_at: self.lodged_at,
                evidence,
            },
            (_, _, Some(evidence), ..) => Act::Receipt {
                round,
                place: text(self.place),
                published_at: self.published_at.expect("--receipt requires it"),
                evidence,
            },
            (.., Some(file), _) => Act::External(file),
            (.., Some(file)) => Act::Results { round, file },
            _ if self.void => Act::Void {
                round,
                reason,
                office,
            },
            _ => Act::KeyLost {
                round,
                reason,
                office,
            },
        };
        RecordedAct::Act(act)
    }
}

/// What `record` is asked to do.
pub(crate) enum RecordedAct {
    /// A line of the ledger.
    Act(Act),
    /// An institution that assists at a visit.
    Entrust {
        entrust: ledger::Entrust,
        evidence: PathBuf,
        key: Option<PathBuf>,
    },
    /// Targets that cannot be inspected, for whom the reserve moves up.
    Unusable {
        round: String,
        file: PathBuf,
        evidence: PathBuf,
        key: Option<PathBuf>,
    },
    /// A replacement of an inspector, which draws the substitute.
    Replace {
        round: String,
        request: assign::Request,
        evidence: PathBuf,
        key: Option<PathBuf>,
    },
}

impl DrawAuditArgs {
    /// The same for the workshop.
    pub(crate) fn into_args(self) -> audit::draw::DrawAuditArgs {
        audit::draw::DrawAuditArgs {
            register: self.register,
            drawn: self.drawn,
            inspectors: self.inspectors,
            design: self.design,
            out: self.out,
            lang: match self.lang {
                Language::Zh => report::Lang::Zh,
                Language::En => report::Lang::En,
            },
        }
    }
}
