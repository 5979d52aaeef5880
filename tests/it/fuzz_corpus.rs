//! Replays the corpus of the fuzz targets in `tests/fuzz` against the same rules.

use std::fs;
use std::path::Path;

#[path = "../fuzz/fuzz_targets/rules.rs"]
mod rules;

fn replay(target: &str, rule: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/corpus")
        .join(target);
    let inputs: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(!inputs.is_empty(), "{target} has no corpus");
    for input in inputs {
        rule(&fs::read(input).unwrap());
    }
}

#[test]
fn every_input_of_the_fuzz_corpus_keeps_its_rule() {
    replay("plan_json", rules::plan_json);
    replay("hex_float", rules::hex_float);
    replay("object_id", rules::object_id);
    replay("decode_text", rules::decode_text);
    replay("decode_xml", rules::decode_xml);
    replay("decode_html", rules::decode_html);
    replay("decode_header", rules::decode_header);
}

/// Numbers that look random and are the same in every run (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).unwrap()
    }
}

/// One of the inputs, changed in one to four places: bytes set, cut out, doubled, or put in from another input.
fn mutated(inputs: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = inputs[dice.below(inputs.len())].clone();
    for _ in 0..=dice.below(4) {
        let (at, n) = (dice.below(bytes.len() + 1), 1 + dice.below(24));
        let end = (at + n).min(bytes.len());
        match dice.below(5) {
            0 if at < bytes.len() => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.truncate(at),
            3 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => {
                let other = &inputs[dice.below(inputs.len())];
                let from = dice.below(other.len() + 1);
                let piece = other[from..(from + n).min(other.len())].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

/// Changes the corpus of `target` for as many seconds as `CHOUCHA_FUZZ_SECONDS` says, 60 where it does not; an input that
/// breaks the rule is left in the folder for temporary files.
fn mutate(target: &str, rule: fn(&[u8])) {
    let seconds = std::env::var("CHOUCHA_FUZZ_SECONDS").ok();
    let seconds = seconds.and_then(|text| text.parse().ok()).unwrap_or(60);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    let mut inputs: Vec<_> = fs::read_dir(folder.join(target))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    inputs.sort();
    let inputs: Vec<Vec<u8>> = inputs.iter().map(|path| fs::read(path).unwrap()).collect();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let start = std::time::Instant::now();
    let mut n = 0_u64;
    while start.elapsed().as_secs() < seconds {
        let bytes = mutated(&inputs, &mut dice);
        n += 1;
        if std::panic::catch_unwind(|| rule(&bytes)).is_err() {
            let kept = std::env::temp_dir().join(format!("{target}-{n}"));
            fs::write(&kept, &bytes).unwrap();
            panic!(
                "{target}: input {n} breaks the rule, see {}",
                kept.display()
            );
        }
    }
    assert!(n > 0, "{target}: no input was tried");
}

#[test]
#[ignore = "takes a minute for each decoder"]
fn no_change_of_a_text_breaks_the_rule() {
    mutate("decode_text", rules::decode_text);
}

#[test]
#[ignore = "takes a minute for each decoder"]
fn no_change_of_spreadsheet_xml_breaks_the_rule() {
    mutate("decode_xml", rules::decode_xml);
}

#[test]
#[ignore = "takes a minute for each decoder"]
fn no_change_of_a_page_breaks_the_rule() {
    mutate("decode_html", rules::decode_html);
}

#[test]
#[ignore = "takes a minute for each decoder"]
fn no_change_of_a_header_breaks_the_rule() {
    mutate("decode_header", rules::decode_header);
}
