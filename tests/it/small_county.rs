//! A small synthetic county, job files for it, and an office with a folder of its own that runs the program.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use choucha::simulate::{self, World};
use choucha::units::Meter;
use tempfile::TempDir;
use toml::{Table, Value};

/// Objects of the small county.
const OBJECTS: u64 = 1500;

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder for what this test binary makes once, empty at first.
pub(crate) fn kept(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The tables of the small county; nobody writes there.
pub(crate) fn data() -> &'static Path {
    static DATA: OnceLock<PathBuf> = OnceLock::new();
    DATA.get_or_init(|| {
        let world = World::read(&root().join("pipelines/worlds/guantao.toml")).unwrap();
        let folder = kept("small county");
        simulate::make(
            &world.with_objects(OBJECTS).unwrap(),
            &folder,
            &Meter::silent(),
        )
        .unwrap();
        folder
    })
}

/// The finished `run` of [`light_job`] on [`data`]; nobody writes there.
pub(crate) fn finished_run() -> &'static Path {
    static RUN: OnceLock<PathBuf> = OnceLock::new();
    RUN.get_or_init(|| {
        let office = Office::new();
        office.job(&light_job()).walk("run", &[]).succeeds();
        let folder = kept("small county run").join("result");
        copy_folder(&office.path("result"), &folder);
        folder
    })
}

/// The county's job on the small county, past draws made again as few times as may be, no long run.
pub(crate) fn full_job() -> Table {
    let mut job = pipeline("guantao");
    job.remove("tune");
    with(job, "deterrence.redraws", 99)
}

/// A job of the project's `pipelines`, its catalogues named by whole paths.
pub(crate) fn pipeline(name: &str) -> Table {
    let pipelines = root().join("pipelines");
    let text = fs::read_to_string(pipelines.join(format!("{name}.toml"))).unwrap();
    let text = text.replace("\"pipelines/", &format!("\"{}/", pipelines.display()));
    text.parse().unwrap()
}

/// The county's job on the small county, light.
pub(crate) fn light_job() -> Table {
    light(full_job())
}

/// `job` without the learned models, in one partition: what most tests need, in a third of the time.
pub(crate) fn light(mut job: Table) -> Table {
    let risk = job["risk"].as_table_mut().unwrap();
    risk.remove("logistic");
    risk.remove("learned");
    risk.remove("labels");
    with(job, "run.partitions", 1)
}

/// `job` with another value at a dotted key.
pub(crate) fn with(mut job: Table, key: &str, value: impl Into<Value>) -> Table {
    let mut steps: Vec<&str> = key.split('.').collect();
    let last = steps.pop().unwrap();
    let below = steps.into_iter().fold(&mut job, |table, step| {
        table
            .entry(step)
            .or_insert_with(|| Value::Table(Table::new()))
            .as_table_mut()
            .unwrap()
    });
    below.insert(last.to_owned(), value.into());
    job
}

/// An office: a folder with a Chinese name and a space in it, where commands run.
pub(crate) struct Office {
    folder: TempDir,
    data: PathBuf,
}

impl Office {
    /// An office that works on the small county.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("馆陶县 办公室")).unwrap();
        Self {
            folder,
            data: data().to_owned(),
        }
    }

    /// An office with a copy of the small county that it may spoil.
    pub(crate) fn with_own_data() -> Self {
        let mut office = Self::new();
        office.data = office.path("数据 data");
        copy_folder(data(), &office.data);
        office
    }

    /// An office that works on other data.
    pub(crate) fn on(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            ..Self::new()
        }
    }

    /// An office with a copy of the finished run as its `result`.
    pub(crate) fn with_result() -> Self {
        let office = Self::new();
        office.job(&light_job());
        copy_folder(finished_run(), &office.path("result"));
        office
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("馆陶县 办公室").join(name)
    }

    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), bytes).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Puts a job file into the folder.
    pub(crate) fn job(&self, job: &Table) -> &Self {
        self.write("job.toml", job.to_string())
    }

    /// The command `choucha ARGS`, ready to start in the folder.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_choucha"));
        command
            .args(args)
            .current_dir(self.path("."))
            .env_remove("CHOUCHA_DATA")
            .env_remove("CHOUCHA_WORKSPACE")
            .env_remove("POLARS_MAX_THREADS")
            .stdin(Stdio::null());
        command
    }

    /// `choucha ARGS`.
    pub(crate) fn choucha<S: AsRef<OsStr>>(&self, args: &[S]) -> Answer {
        answer(&mut self.command(args))
    }

    /// `choucha ARGS` in the project's own folder, where the paths of its jobs begin.
    pub(crate) fn choucha_at_root<S: AsRef<OsStr>>(&self, args: &[S]) -> Answer {
        answer(self.command(args).current_dir(root()))
    }

    /// Arguments of `choucha COMMAND job.toml` on the office's data into `result`.
    pub(crate) fn args<'a>(&'a self, command: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let data = self.data.to_str().unwrap();
        let out = ["job.toml", "--data", data, "--out", "result"];
        [&[command], &out[..], more].concat()
    }

    /// `choucha COMMAND job.toml` on the office's data into `result`.
    pub(crate) fn walk(&self, command: &str, more: &[&str]) -> Answer {
        self.choucha(&self.args(command, more))
    }

    /// Every file of the folder but lock files and decoded tables, by its path.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = files_of(&self.path("."));
        files.retain(|name, _| !is_lock(name) && !name.split('/').any(|part| part == ".decoded"));
        files
    }

    /// Runs what must be refused: with that code, saying these fragments on standard error and nothing else, and leaving
    /// every file as it was.
    #[track_caller]
    pub(crate) fn refuses<S: AsRef<OsStr>>(&self, args: &[S], code: i32, fragments: &[&str]) {
        self.leaves(args, code, fragments, |_| false);
    }

    /// The same with exit code 3, where the refused rows are left in `result.refused` to be corrected.
    #[track_caller]
    pub(crate) fn stops<S: AsRef<OsStr>>(&self, args: &[S], fragments: &[&str]) {
        self.leaves(args, 3, fragments, |name| {
            name.starts_with("result.refused/")
        });
        assert!(self.path("result.refused/refused.csv").exists());
    }

    #[track_caller]
    fn leaves<S: AsRef<OsStr>>(
        &self,
        args: &[S],
        code: i32,
        fragments: &[&str],
        is_left: fn(&str) -> bool,
    ) {
        let files = || {
            let mut files = self.files();
            files.retain(|name, _| !is_left(name));
            files
        };
        let before = files();
        let answer = self.choucha(args);
        assert_eq!(answer.code, Some(code), "{answer:?}");
        assert_eq!(answer.out, "", "{answer:?}");
        for fragment in fragments {
            assert!(
                answer.err.contains(fragment),
                "{fragment:?} is not said: {}",
                answer.err
            );
        }
        let after = files();
        let names: Vec<&String> = after.keys().collect();
        assert!(
            before == after,
            "files were written or changed; now: {names:?}"
        );
    }
}

fn is_lock(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    file.strip_prefix('.')
        .is_some_and(|file| file.strip_suffix(".lock").is_some())
}

fn answer(command: &mut Command) -> Answer {
    let output = command.output().unwrap();
    Answer {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    /// The command is done, and was quiet about it on standard error.
    #[track_caller]
    pub(crate) fn succeeds(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert_eq!(self.err, "", "quiet when not on a terminal");
        self.out
    }
}

/// Every file below `folder`, by relative path with `/`.
pub(crate) fn files_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for path in paths_below(folder) {
        let name = path.strip_prefix(folder).unwrap();
        let name = name.to_str().unwrap().replace('\\', "/");
        files.insert(name, fs::read(&path).unwrap());
    }
    files
}

/// Every file below `folder`.
pub(crate) fn paths_below(folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            paths.extend(paths_below(&path));
        } else {
            paths.push(path);
        }
    }
    paths
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    for path in paths_below(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(&target, fs::read(&path).unwrap()).unwrap();
    }
}
