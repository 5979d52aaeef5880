//! The sorted frame as a file: checked line by line when opened, then read a stretch at a time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::Error;
use super::folder::{Lines, shown};
use crate::plan::{HEADING, SealedPlan, StratumPlan};
use crate::units::{FramePart, FrameSource, Ids, ObjectId, Unreadable};

/// Lines of one stretch.
pub(super) const STRETCH: u64 = 1 << 16;
/// What an id must be.
pub(super) const NORMAL: &str = "an object id must be in normal form: NFKC, trimmed, upper case after its scheme, at most 64 bytes";

/// The frame of a seal or bulletin, read back from its file.
#[derive(Clone, Debug)]
pub struct SealedFrame {
    path: PathBuf,
    file: String,
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

/// A row of a frame.
pub(super) struct Row<'a> {
    pub(super) id: Cow<'a, str>,
    /// Index into the strata.
    pub(super) stratum: usize,
    pub(super) size: u32,
}

/// A line in its one spelling: anything else is not a row.
fn parse<'a>(line: &'a str, strata: &[String]) -> Option<Row<'a>> {
    let line = line.strip_suffix('\n')?;
    let (id, rest) = field_of(line)?;
    let (label, rest) = field_of(rest?)?;
    let rest = rest?;
    let stratum = strata
        .binary_search_by(|stratum| stratum.as_str().cmp(&label))
        .ok()?;
    let size = rest.parse().ok()?;
    let plain = ObjectId::is_normal(&id) && !rest.starts_with(['+', '0']);
    plain.then_some(Row { id, stratum, size })
}

/// The field before the first comma outside quotes or the end, and what follows the comma, if one stands there.
pub(super) fn field_of(line: &str) -> Option<(Cow<'_, str>, Option<&str>)> {
    let Some(quoted) = line.strip_prefix('"') else {
        let (text, rest) = match line.split_once(',') {
            Some((text, rest)) => (text, Some(rest)),
            None => (line, None),
        };
        return (!text.contains('"')).then_some((text.into(), rest));
    };
    let mut end = quoted.find('"')?;
    while quoted[end + 1..].starts_with('"') {
        end += 2 + quoted[end + 2..].find('"')?;
    }
    let text = quoted[..end].replace("\"\"", "\"");
    let rest = match &quoted[end + 1..] {
        "" => None,
        rest => Some(rest.strip_prefix(',')?),
    };
    text.contains([',', '"']).then_some((text.into(), rest))
}

impl SealedFrame {
    /// Opens `file` in `dir` and checks spelling, order and counts against `plan`, whose level table is the file `levels`.
    pub(super) fn open(
        dir: &Path,
        file: &str,
        levels: &str,
        plan: &SealedPlan,
    ) -> Result<Self, Error> {
        let path = dir.join(file);
        let strata: Vec<String> = plan
            .strata
            .iter()
            .map(|stratum| stratum.label.clone())
            .collect();
        let mut scan = Scan {
            file,
            strata: &strata,
            counts: BTreeMap::new(),
            last: String::new(),
        };
        let (mut bounds, mut at) = (Vec::new(), 0);
        let mut lines = Lines::open(&path)?;
        while let Some((number, line)) = lines.next_line()? {
            scan.line(number, line)?;
            if number > 1 && (number - 2) % STRETCH == 0 {
                bounds.push(at);
            }
            at += line.len() as u64;
        }
        if at == 0 {
            return Err(scan.differs(1, shown(Some(HEADING.as_bytes())), None));
        }
        bounds.push(at);
        scan.check_counts(plan, levels)?;
        Ok(Self {
            path,
            file: file.to_owned(),
            strata,
            bounds,
        })
    }

    /// Name of the file.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Its rows again, one at a time.
    pub(super) fn rows(&self) -> Result<Rows<'_>, Error> {
        let mut lines = Lines::open(&self.path)?;
        lines.next_line()?;
        Ok(Rows { frame: self, lines })
    }
}

/// The rows of a frame in their order.
pub(super) struct Rows<'a> {
    frame: &'a SealedFrame,
    lines: Lines,
}

impl Rows<'_> {
    /// The next row.
    pub(super) fn next_row(&mut self) -> Result<Option<Row<'_>>, Error> {
        let SealedFrame { file, strata, .. } = self.frame;
        let Some((number, line)) = self.lines.next_line()? else {
            return Ok(None);
        };
        let row = std::str::from_utf8(line)
            .ok()
            .and_then(|text| parse(text, strata));
        row.map(Some)
            .ok_or_else(|| Error::differs(file, number, ROW, shown(Some(line))))
    }
}

/// What a line must be.
const ROW: &str = "object_id, a stratum of the plan and a level, the id in normal form (NFKC, trimmed, upper case after its scheme)";

/// What a pass over the lines remembers.
struct Scan<'a> {
    file: &'a str,
    strata: &'a [String],
    counts: BTreeMap<(usize, u32), u64>,
    last: String,
}

impl Scan<'_> {
    fn differs(&self, line: u64, expected: impl Into<String>, found: Option<&[u8]>) -> Error {
        Error::differs(self.file, line, expected, shown(found))
    }

    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
        if number == 1 {
            return if line == HEADING.as_bytes() {
                Ok(())
            } else {
                Err(self.differs(number, shown(Some(HEADING.as_bytes())), Some(line)))
            };
        }
        let row = std::str::from_utf8(line)
            .ok()
            .and_then(|text| parse(text, self.strata));
        let row = row.ok_or_else(|| self.differs(number, ROW, Some(line)))?;
        if *row.id <= *self.last {
            return Err(self.differs(
                number,
                format!("an object_id above {:?}", self.last),
                Some(line),
            ));
        }
        *self.counts.entry((row.stratum, row.size)).or_default() += 1;
        self.last.clear();
        self.last.push_str(&row.id);
        Ok(())
    }

    fn check_counts<'a>(mut self, plan: &'a SealedPlan, levels: &str) -> Result<(), Error> {
        let mut line = 1;
        let of = |(index, stratum): (usize, &'a StratumPlan)| {
            stratum
                .levels
                .iter()
                .map(move |level| (index, stratum, level))
        };
        let text = |n: u64, stratum: &str, size: u32| {
            format!("{n} objects of stratum {stratum:?} at level {size}")
        };
        for (index, stratum, level) in plan.strata.iter().enumerate().flat_map(of) {
            line += 1;
            let counted = self.counts.remove(&(index, level.size)).unwrap_or_default();
            if counted != level.n_units {
                let says = |n: u64| text(n, &stratum.label, level.size);
                return Err(Error::differs(
                    levels,
                    line,
                    says(counted),
                    says(level.n_units),
                ));
            }
        }
        self.counts
            .first_key_value()
            .map_or(Ok(()), |(&(index, size), &n)| {
                let expected = text(n, &self.strata[index], size);
                Err(Error::differs(levels, line + 1, expected, shown(None)))
            })
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
            let (read, rest) = field_of(&line).unwrap();
            assert_eq!((read.as_ref(), rest), (text, Some("rest")));
            let last = field(text);
            assert_eq!(field_of(&last).unwrap(), (text.into(), None));
        }
        for line in ["\"a\",x", "a\"b,x", "\"a,b", "\"a,b\"x,y", "\"a\""] {
            assert!(field_of(line).is_none(), "{line}");
        }
    }

    #[test]
    fn a_level_has_one_spelling() {
        let strata = ["C".to_owned()];
        assert!(parse("A,C,7\n", &strata).is_some());
        for line in [
            "A,C,07\n",
            "A,C,+7\n",
            "A,C,0\n",
            "A,C,7",
            "A,C, 7\n",
            "A,D,7\n",
            ",C,7\n",
            "A\r,C,7\n",
        ] {
            assert!(parse(line, &strata).is_none(), "{line}");
        }
    }
}
