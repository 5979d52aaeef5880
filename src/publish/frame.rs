//! The sorted frame as a file: checked line by line when opened, then read a stretch at a time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::folder::shown;
use super::{Error, FRAME, LEVELS};
use crate::plan::{HEADING, SealedPlan, StratumPlan};
use crate::units::{FramePart, FrameSource, Ids, Unreadable};

/// Lines of one stretch.
const STRETCH: u64 = 1 << 16;

/// The frame of a seal or bulletin, read back from `frame.csv`.
#[derive(Debug)]
pub struct SealedFrame {
    path: PathBuf,
    strata: Vec<String>,
    /// Where the stretches begin, and where the last ends, in bytes.
    bounds: Vec<u64>,
}

impl FrameSource for SealedFrame {
    fn strata(&self) -> &[String] {
        &self.strata
    }

    fn n_parts(&self) -> usize {
        self.bounds.len() - 1
    }

    fn part(&self, part: usize) -> Result<FramePart, Unreadable> {
        let (start, end) = (self.bounds[part], self.bounds[part + 1]);
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(start))?;
        let mut text = String::new();
        file.take(end - start).read_to_string(&mut text)?;
        let mut rows = FramePart {
            ids: Ids::with_capacity(0, text.len()),
            ..FramePart::default()
        };
        for line in text.split_inclusive('\n') {
            let row = parse(line, &self.strata)
                .ok_or_else(|| format!("changed while it was read: {line:?}"))?;
            rows.ids.push(&row.id);
            rows.stratum.push(u32::try_from(row.stratum)?);
            rows.size.push(row.size);
        }
        Ok(rows)
    }
}

struct Row<'a> {
    id: Cow<'a, str>,
    stratum: usize,
    size: u32,
}

/// A line in its one spelling: anything else is not a row.
fn parse<'a>(line: &'a str, strata: &[String]) -> Option<Row<'a>> {
    let line = line.strip_suffix('\n')?;
    let (id, rest) = first_field(line)?;
    let (label, rest) = first_field(rest)?;
    let stratum = strata
        .binary_search_by(|stratum| stratum.as_str().cmp(&label))
        .ok()?;
    let size = rest.parse().ok()?;
    let plain = !id.is_empty() && !id.contains(char::is_control) && !rest.starts_with(['+', '0']);
    plain.then_some(Row { id, stratum, size })
}

/// The field before the first comma outside quotes, and what follows the comma.
fn first_field(line: &str) -> Option<(Cow<'_, str>, &str)> {
    let Some(quoted) = line.strip_prefix('"') else {
        let (text, rest) = line.split_once(',')?;
        return (!text.contains('"')).then_some((text.into(), rest));
    };
    let mut end = quoted.find('"')?;
    while quoted[end + 1..].starts_with('"') {
        end += 2 + quoted[end + 2..].find('"')?;
    }
    let text = quoted[..end].replace("\"\"", "\"");
    let rest = quoted[end + 1..].strip_prefix(',')?;
    text.contains([',', '"']).then_some((text.into(), rest))
}

impl SealedFrame {
    /// Opens `frame.csv` in `dir` and checks spelling, order and counts against `plan`.
    pub(super) fn open(dir: &Path, plan: &SealedPlan) -> Result<Self, Error> {
        let path = dir.join(FRAME);
        let strata: Vec<String> = plan
            .strata
            .iter()
            .map(|stratum| stratum.label.clone())
            .collect();
        let mut scan = Scan {
            strata: &strata,
            counts: BTreeMap::new(),
            last: String::new(),
        };
        let mut bounds = Vec::new();
        let io = |source| Error::Io {
            path: path.clone(),
            source,
        };
        let mut reader = BufReader::with_capacity(1 << 16, File::open(&path).map_err(io)?);
        let (mut line, mut number, mut at) = (Vec::new(), 0, 0);
        while reader.read_until(b'\n', &mut line).map_err(io)? > 0 {
            number += 1;
            scan.line(number, &line)?;
            if number > 1 && (number - 2) % STRETCH == 0 {
                bounds.push(at);
            }
            at += line.len() as u64;
            line.clear();
        }
        if number == 0 {
            return Err(differs(1, shown(Some(HEADING.as_bytes())), None));
        }
        bounds.push(at);
        scan.check_counts(plan)?;
        Ok(Self {
            path,
            strata,
            bounds,
        })
    }
}

fn differs(line: u64, expected: String, found: Option<&[u8]>) -> Error {
    Error::Differs {
        file: FRAME.to_owned(),
        line,
        expected,
        found: shown(found),
    }
}

/// What a pass over the lines remembers.
struct Scan<'a> {
    strata: &'a [String],
    counts: BTreeMap<(usize, u32), u64>,
    last: String,
}

impl Scan<'_> {
    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
        let wrong = |expected: String| differs(number, expected, Some(line));
        if number == 1 {
            return if line == HEADING.as_bytes() {
                Ok(())
            } else {
                Err(wrong(shown(Some(HEADING.as_bytes()))))
            };
        }
        let row = std::str::from_utf8(line)
            .ok()
            .and_then(|text| parse(text, self.strata));
        let row =
            row.ok_or_else(|| wrong("object_id, a stratum of the plan and a level".to_owned()))?;
        if *row.id <= *self.last {
            return Err(wrong(format!("an object_id above {:?}", self.last)));
        }
        *self.counts.entry((row.stratum, row.size)).or_default() += 1;
        self.last.clear();
        self.last.push_str(&row.id);
        Ok(())
    }

    fn check_counts<'a>(mut self, plan: &'a SealedPlan) -> Result<(), Error> {
        let mut line = 1;
        let of = |(index, stratum): (usize, &'a StratumPlan)| {
            stratum
                .levels
                .iter()
                .map(move |level| (index, stratum, level))
        };
        for (index, stratum, level) in plan.strata.iter().enumerate().flat_map(of) {
            line += 1;
            let counted = self.counts.remove(&(index, level.size)).unwrap_or_default();
            if counted != level.n_units {
                let text = |n: u64| {
                    format!(
                        "{n} objects of stratum {:?} at level {}",
                        stratum.label, level.size
                    )
                };
                return Err(Error::Differs {
                    file: LEVELS.to_owned(),
                    line,
                    expected: text(counted),
                    found: text(level.n_units),
                });
            }
        }
        match self.counts.first_key_value() {
            Some((&(index, size), n)) => {
                let expected = format!(
                    "{n} objects of stratum {:?} at level {size}",
                    self.strata[index]
                );
                Err(Error::Differs {
                    file: LEVELS.to_owned(),
                    line: line + 1,
                    expected,
                    found: shown(None),
                })
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::field;

    #[test]
    fn a_field_has_one_spelling() {
        for text in ["甲", "a b", "a,b", "say \"no\"", "\"", ",", "\",\""] {
            let line = format!("{},rest", field(text));
            let (read, rest) = first_field(&line).unwrap();
            assert_eq!((read.as_ref(), rest), (text, "rest"));
        }
        for line in ["\"a\",x", "a\"b,x", "\"a,b", "\"a,b\"x,y", "a"] {
            assert!(first_field(line).is_none(), "{line}");
        }
    }

    #[test]
    fn a_level_has_one_spelling() {
        let strata = ["C".to_owned()];
        assert!(parse("a,C,7\n", &strata).is_some());
        for line in [
            "a,C,07\n",
            "a,C,+7\n",
            "a,C,0\n",
            "a,C,7",
            "a,C, 7\n",
            "a,D,7\n",
            ",C,7\n",
            "a\r,C,7\n",
        ] {
            assert!(parse(line, &strata).is_none(), "{line}");
        }
    }
}
