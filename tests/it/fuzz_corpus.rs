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
