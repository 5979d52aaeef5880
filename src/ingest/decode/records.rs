//! RFC 4180 text to records, byte by byte as spreadsheets write it: quoted fields, doubled quotation marks, any line end.

use memchr::{memchr, memchr3};

/// Where a field stands: in the text, or rewritten in the scratch because of quotation marks.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
    rewritten: bool,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A record that starts at this line, from 1.
    Record(u64),
    /// The text has ended where a record ended.
    End,
    /// The text ends inside a record that starts at this line.
    Cut(u64),
}

/// The records of a text.
pub(super) struct Records<'t> {
    text: &'t str,
    delimiter: u8,
    /// Whether the text ends where the file ends, so that the last record needs no newline.
    is_last: bool,
    at: usize,
    line: u64,
    start: usize,
    fields: Vec<Span>,
    scratch: String,
    /// Whether a quoted field of the record went over lines and had letters behind its end.
    is_stray: bool,
}

impl<'t> Records<'t> {
    pub(super) fn new(text: &'t str, delimiter: u8, is_last: bool) -> Self {
        Self {
            text,
            delimiter,
            is_last,
            at: 0,
            line: 1,
            start: 0,
            fields: Vec::new(),
            scratch: String::new(),
            is_stray: false,
        }
    }

    /// Lines that have ended so far.
    pub(super) fn lines_read(&self) -> u64 {
        self.line - 1
    }

    /// Number of fields of the record.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Field `index` of the record, from 0.
    pub(super) fn field(&self, index: usize) -> &str {
        let span = self.fields[index];
        let text = if span.rewritten {
            &self.scratch
        } else {
            self.text
        };
        &text[span.start..span.end]
    }

    /// Where the record stands in the text.
    pub(super) fn range(&self) -> std::ops::Range<usize> {
        self.start..self.at
    }

    /// Reads one record; blank lines are passed over.
    pub(super) fn read(&mut self) -> Next {
        while self.newline() {}
        self.fields.clear();
        self.scratch.clear();
        self.is_stray = false;
        self.start = self.at;
        if self.at == self.text.len() {
            return Next::End;
        }
        let line = self.line;
        loop {
            let whole = if self.byte() == Some(b'"') {
                self.quoted()
            } else {
                self.plain(self.at)
            };
            if !whole {
                return Next::Cut(line);
            }
            if self.byte() == Some(self.delimiter) {
                self.at += 1;
            } else if self.newline() || self.at == self.text.len() {
                return Next::Record(line);
            }
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over one line end.
    fn newline(&mut self) -> bool {
        match self.byte() {
            Some(b'\n') => self.at += 1,
            Some(b'\r') => {
                self.at += 1;
                self.at += usize::from(self.byte() == Some(b'\n'));
            }
            _ => return false,
        }
        self.line += 1;
        true
    }

    /// A field up to its delimiter or line end; false if the text ends first and is not the last.
    fn plain(&mut self, start: usize) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        let Some(n) = memchr3(self.delimiter, b'\n', b'\r', rest) else {
            self.at = self.text.len();
            self.keep(start);
            return self.is_last;
        };
        self.at += n;
        self.keep(start);
        true
    }

    fn keep(&mut self, start: usize) {
        self.fields.push(Span {
            start,
            end: self.at,
            rewritten: false,
        });
    }

    /// A field that opens with a quotation mark; false if it is not closed.
    fn quoted(&mut self) -> bool {
        self.at += 1;
        let start = self.at;
        let bytes = self.text.as_bytes();
        let Some(n) = memchr(b'"', &bytes[start..]) else {
            self.at = self.text.len();
            return false;
        };
        let end = start + n;
        let inside = &bytes[start..end];
        let after = bytes.get(end + 1).copied();
        let is_closed =
            after.is_none_or(|byte| byte == self.delimiter || byte == b'\n' || byte == b'\r');
        if is_closed && memchr(b'\r', inside).is_none() {
            if after.is_none() && !self.is_last {
                return false; // a second quotation mark may follow
            }
            self.line += memchr::memchr_iter(b'\n', inside).count() as u64;
            self.fields.push(Span {
                start,
                end,
                rewritten: false,
            });
            self.at = end + 1;
            return true;
        }
        self.rewritten()
    }

    /// Whether its quotation marks are no pairs, so that lines below it may be records of their own.
    pub(super) fn is_stray(&self) -> bool {
        self.is_stray
    }

    /// A quoted field with doubled quotation marks, line ends to be made plain, or letters after its end.
    fn rewritten(&mut self) -> bool {
        let from = self.scratch.len();
        let bytes = self.text.as_bytes();
        loop {
            let Some(n) = memchr(b'"', &bytes[self.at..]) else {
                self.at = self.text.len();
                return false;
            };
            self.inside(self.at + n);
            self.at += 1;
            match self.byte() {
                Some(b'"') => {
                    self.scratch.push('"');
                    self.at += 1;
                }
                None if !self.is_last => return false,
                _ => break,
            }
        }
        let start = self.at;
        let n = memchr3(self.delimiter, b'\n', b'\r', &bytes[start..]);
        self.at = n.map_or(bytes.len(), |n| start + n);
        let whole = n.is_some() || self.is_last;
        let has_rest = !self.text[start..self.at].trim().is_empty();
        self.is_stray |= has_rest && self.scratch[from..].contains('\n');
        self.scratch.push_str(&self.text[start..self.at]);
        self.fields.push(Span {
            start: from,
            end: self.scratch.len(),
            rewritten: true,
        });
        whole
    }

    /// Copies quoted text up to `end`, every line end as `\n`.
    fn inside(&mut self, end: usize) {
        while self.at < end {
            let rest = &self.text[self.at..end];
            let n = rest.find(['\r', '\n']).unwrap_or(rest.len());
            self.scratch.push_str(&rest[..n]);
            self.at += n;
            if self.at < end {
                self.newline();
                self.scratch.push('\n');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Next, Records};

    fn all(text: &str, is_last: bool) -> (Vec<(u64, Vec<String>)>, Next, u64) {
        let mut records = Records::new(text, b',', is_last);
        let mut found = Vec::new();
        loop {
            match records.read() {
                Next::Record(line) => {
                    let fields = (0..records.len()).map(|i| records.field(i).to_owned());
                    found.push((line, fields.collect()));
                }
                end => return (found, end, records.lines_read()),
            }
        }
    }

    fn row(line: u64, fields: &[&str]) -> (u64, Vec<String>) {
        (line, fields.iter().map(|f| (*f).to_owned()).collect())
    }

    #[test]
    fn fields_are_what_rfc_4180_says() {
        let text =
            "a,b\r\n\"x, y\",\"say \"\"so\"\"\"\n\n\"two\r\nlines\",\n5\" pipe,\"q\"r\rlast,";
        let (found, end, lines) = all(text, true);
        assert_eq!(
            found,
            [
                row(1, &["a", "b"]),
                row(2, &["x, y", "say \"so\""]),
                row(4, &["two\nlines", ""]),
                row(6, &["5\" pipe", "qr"]),
                row(7, &["last", ""]),
            ]
        );
        assert_eq!((end, lines), (Next::End, 6));
    }

    #[test]
    fn a_text_that_is_cut_is_said_to_be() {
        assert_eq!(all("a\nb", false).1, Next::Cut(2));
        assert_eq!(all("a\nb", true).1, Next::End);
        assert_eq!(all("a\n\"b\n", true).1, Next::Cut(2));
        assert_eq!(all("a\n\"b\"", false).1, Next::Cut(2));
        assert_eq!(all("a\n\"b\"\"", true).1, Next::Cut(2));
        assert_eq!(all("a\n\"b\"\n", false).1, Next::End);
    }

    #[test]
    fn it_reads_as_the_csv_package_does() {
        let pieces = ["a", ",", "\"", "\n", "\r\n", "企", " "];
        for code in 0..7_usize.pow(5) {
            let text: String = (0..5)
                .map(|at| pieces[code / 7_usize.pow(at) % 7])
                .collect();
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes());
            let (found, end, _) = all(&text, true);
            if end != Next::End {
                continue; // an open quotation mark is an error here
            }
            let expected: Vec<Vec<String>> = reader
                .records()
                .map(|record| {
                    record
                        .unwrap()
                        .iter()
                        .map(|f| f.replace("\r\n", "\n"))
                        .collect()
                })
                .collect();
            let found: Vec<Vec<String>> = found.into_iter().map(|row| row.1).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
