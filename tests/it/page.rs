//! The report in a real browser: it fits a phone, needs no network, prints.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use choucha::simulate::{World, make};
use choucha::units::Meter;

use crate::small_county::full_job;

/// Width of a small phone, in CSS pixels.
const PHONE: u32 = 360;

/// The browser, or `None` after saying that `test` is skipped.
///
/// Panics where `CHOUCHA_REQUIRE_BROWSER` is set and there is none.
pub(crate) fn browser(test: &str) -> Option<PathBuf> {
    let named = std::env::var_os("CHOUCHA_BROWSER").map(PathBuf::from);
    let usual = [
        "/usr/bin/chromium",
        "/usr/bin/chromium-browser",
        "/usr/bin/google-chrome",
    ]
    .map(PathBuf::from);
    let found = named.into_iter().chain(usual).find(|path| path.exists());
    assert!(
        found.is_some() || std::env::var_os("CHOUCHA_REQUIRE_BROWSER").is_none(),
        "{test}: a browser is required and missing"
    );
    if found.is_none() {
        eprintln!("skipped: {test} needs a browser; name one with CHOUCHA_BROWSER");
    }
    found
}

pub(crate) fn open(browser: &Path, home: &Path, extra: &[&str], page: &Path) -> String {
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .arg(format!("--user-data-dir={}", home.display()))
        .args(extra)
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs the county job on a small world and gives the folder of the run.
fn small_run(place: &Path, language: &str) -> PathBuf {
    small("run", place, language)
}

/// Examines the register of a small world and gives the folder of the result.
fn small_health(place: &Path, language: &str) -> PathBuf {
    small("health", place, language)
}

fn small(command: &str, place: &Path, language: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let world = World::read(&root.join("pipelines/worlds/guantao.toml")).unwrap();
    make(&world.with_objects(2_000).unwrap(), place, &Meter::silent()).unwrap();
    let out = place.join(format!("run-{language}"));
    let job = place.join("job.toml");
    fs::write(&job, full_job().to_string()).unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_choucha"))
        .arg(command)
        .arg(&job)
        .args(["--lang", language, "--data"])
        .arg(place)
        .arg("--out")
        .arg(&out)
        .current_dir(root)
        .output()
        .unwrap();
    assert!(
        status.status.success(),
        "{}",
        String::from_utf8_lossy(&status.stderr)
    );
    out
}

/// A page that shows `html` in a frame as wide as a phone and says in its title how wide the content became.
fn framed(html: &str) -> String {
    let escaped = html.replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<!doctype html><title>waiting</title><iframe id=f width={PHONE} height=800 srcdoc=\"{escaped}\"></iframe>\
         <script>f.onload=()=>{{document.title='width '+f.contentDocument.documentElement.scrollWidth}}</script>"
    )
}

/// The page is no wider than a phone, and becomes a PDF; returns its number of pages on paper.
fn fits_and_prints(browser: &Path, place: &Path, report: &Path, language: &str) -> usize {
    let home = place.join("browser");
    let html = fs::read_to_string(report).unwrap();
    let frame = place.join("frame.html");
    fs::write(&frame, framed(&html)).unwrap();
    let dom = open(
        browser,
        &home,
        &["--dump-dom", "--virtual-time-budget=4000"],
        &frame,
    );
    let width = dom
        .split("<title>width ")
        .nth(1)
        .and_then(|rest| rest.split('<').next())
        .unwrap_or("none");
    assert!(
        width.parse::<u32>().is_ok_and(|width| width <= PHONE),
        "{language}: the page is {width} wide"
    );
    let pdf = place.join("report.pdf");
    open(
        browser,
        &home,
        &[&format!("--print-to-pdf={}", pdf.display())],
        report,
    );
    let pdf = fs::read(&pdf).unwrap();
    assert!(pdf.starts_with(b"%PDF"), "{language}: it prints");
    let mark = b"/Type /Page\n";
    pdf.windows(mark.len()).filter(|at| at == mark).count()
}

#[test]
fn the_report_fits_a_phone_in_both_languages_and_prints() {
    let Some(browser) = browser("the_report_fits_a_phone_in_both_languages_and_prints") else {
        return;
    };
    for language in ["zh", "en"] {
        let place = tempfile::tempdir().unwrap();
        let report = small_run(place.path(), language).join("report.html");
        let html = fs::read_to_string(&report).unwrap();
        assert!(
            html.matches("<svg").count() >= 6,
            "{language}: at least six charts"
        );
        let n_pages = fits_and_prints(&browser, place.path(), &report, language);
        let n_breaks = html.matches(" class=\"page\"").count();
        assert!(
            (n_breaks + 1..=n_breaks + 6).contains(&n_pages),
            "{language}: {n_pages} pages on paper for {n_breaks} page breaks"
        );
    }
}

#[test]
fn the_page_of_the_mechanism_fits_a_phone_in_both_languages_prints_and_asks_for_nothing() {
    let browser = browser(
        "the_page_of_the_mechanism_fits_a_phone_in_both_languages_prints_and_asks_for_nothing",
    );
    for language in ["zh", "en"] {
        let place = tempfile::tempdir().unwrap();
        let page = small_run(place.path(), language).join("mechanism.html");
        asks_for_nothing(&page);
        if let Some(browser) = &browser {
            fits_and_prints(browser, place.path(), &page, language);
        }
    }
}

#[test]
fn the_report_asks_for_nothing_from_outside() {
    let place = tempfile::tempdir().unwrap();
    asks_for_nothing(&small_run(place.path(), "zh").join("report.html"));
}

#[test]
fn the_health_page_fits_a_phone_in_both_languages_prints_and_asks_for_nothing() {
    let browser =
        browser("the_health_page_fits_a_phone_in_both_languages_prints_and_asks_for_nothing");
    for language in ["zh", "en"] {
        let place = tempfile::tempdir().unwrap();
        let page = small_health(place.path(), language).join("health.html");
        asks_for_nothing(&page);
        if let Some(browser) = &browser {
            fits_and_prints(browser, place.path(), &page, language);
        }
    }
}

fn asks_for_nothing(page: &Path) {
    let html = fs::read_to_string(page).unwrap();
    let outside = html.replace("http://www.w3.org/", "");
    for mark in ["http://", "https://", "src=", "@import", "url("] {
        assert!(!outside.contains(mark), "the page holds {mark}");
    }
}
