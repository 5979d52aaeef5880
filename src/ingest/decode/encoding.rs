//! Text in the encodings of Chinese offices: UTF-8 first and strictly, then GB18030; UTF-16 where a mark says so.
//!
//! GB18030 accepts almost any bytes, so trying it first would silently spoil UTF-8 (`regulation.md` §3.7).

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use serde::{Deserialize, Serialize};

use super::super::error::Error;

/// Encoding of a text file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8, with or without a mark.
    #[serde(rename = "utf-8", alias = "utf8")]
    Utf8,
    /// GB 18030-2022, of which GBK and GB 2312 are parts.
    #[serde(rename = "gb18030", alias = "gbk", alias = "gb2312")]
    Gb18030,
    /// UTF-16, low byte first.
    #[serde(rename = "utf-16le", alias = "utf-16")]
    Utf16Le,
    /// UTF-16, high byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
}

impl Encoding {
    /// The encoding that the mark at the start of a file names.
    pub(super) fn of_mark(head: &[u8]) -> Option<Self> {
        match encoding_rs::Encoding::for_bom(head)?.0 {
            found if found == UTF_16LE => Some(Self::Utf16Le),
            found if found == UTF_16BE => Some(Self::Utf16Be),
            _ => Some(Self::Utf8),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030",
            Self::Utf16Le | Self::Utf16Be => "UTF-16",
        }
    }

    /// Whether a byte below 0x80 always stands for itself where rows are cut: newline, quotation mark, comma.
    pub(super) fn keeps_newlines(self) -> bool {
        matches!(self, Self::Utf8 | Self::Gb18030)
    }

    pub(super) fn coder(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => UTF_8,
            Self::Gb18030 => GB18030,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
        }
    }

    /// `bytes` as text, or the offset of the first byte that is none.
    pub(super) fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
        if self == Self::Utf8 {
            let text = std::str::from_utf8(bytes).map_err(|error| error.valid_up_to())?;
            return Ok(Cow::Borrowed(text));
        }
        let text = self
            .coder()
            .decode_without_bom_handling_and_without_replacement(bytes);
        text.ok_or_else(|| self.bad_byte(bytes))
    }

    /// Offset of the first byte that is no text.
    fn bad_byte(self, bytes: &[u8]) -> usize {
        let mut decoder = self.coder().new_decoder_without_bom_handling();
        let mut target = String::with_capacity(
            decoder
                .max_utf8_buffer_length_without_replacement(bytes.len())
                .unwrap_or(bytes.len()),
        );
        match decoder.decode_to_string_without_replacement(bytes, &mut target, true) {
            (DecoderResult::Malformed(bad, after), read) => {
                read.saturating_sub(usize::from(bad) + usize::from(after))
            }
            (_, read) => read,
        }
    }
}

/// What bytes look like as UTF-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Evidence {
    /// Letters of three and four bytes, as Chinese is written; GB18030 has such sequences by accident, once in fifty letters.
    sound: u64,
    /// Bytes, or pieces of letters, that are none.
    bad: u64,
    /// Bytes that speak against UTF-8 of Chinese: the bad ones, and letters of two bytes that such a text does not use.
    odd: u64,
    /// Whether there is anything beyond ASCII.
    wide: bool,
    /// The first two bad bytes, if they stand together and are pieces by themselves.
    pair: [u8; 2],
}

/// What bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Utf8,
    Gb18030,
    /// ASCII alone, or as few bytes beyond it as one damaged letter of UTF-8 and one letter of GB18030 both have.
    Open,
}

/// Bytes that damage to one byte of UTF-8 can touch.
const ONE_LETTER: u64 = 3;

impl Evidence {
    /// Adds what stands in `bytes`; returns how many of the last are a letter that has not ended, unless they are the end.
    fn add(&mut self, bytes: &[u8], is_end: bool) -> usize {
        let mut at = 0;
        for chunk in bytes.utf8_chunks() {
            at += chunk.valid().len() + chunk.invalid().len();
            for letter in chunk.valid().chars().filter(|letter| !letter.is_ascii()) {
                self.wide = true;
                match letter {
                    '\u{a0}'..='\u{ff}' | '\u{370}'..='\u{3ff}' => {} // · × ° and Greek letters
                    '\u{80}'..='\u{7ff}' => self.odd += 2,
                    _ => self.sound += 1,
                }
            }
            let invalid = chunk.invalid();
            if invalid.is_empty() {
                continue;
            }
            let is_cut =
                || std::str::from_utf8(invalid).is_err_and(|bad| bad.error_len().is_none());
            if at == bytes.len() && !is_end && is_cut() {
                return invalid.len();
            }
            self.wide = true;
            self.bad += 1;
            self.odd += invalid.len() as u64;
            match (self.bad, invalid) {
                (1, [byte]) => self.pair[0] = *byte,
                (2, [byte]) if chunk.valid().is_empty() => self.pair[1] = *byte,
                _ => {}
            }
        }
        0
    }

    /// Whether all there is is two bytes that no damage to one byte of UTF-8 leaves: it keeps the first byte of a letter of
    /// three, or bytes below 0xC0 behind it.
    fn is_letter(self) -> bool {
        let [first, second] = self.pair;
        let begins_two = matches!(first, 0xc2 | 0xc3 | 0xce | 0xcf);
        self.odd == 2 && first != 0 && second >= 0xc0 && !begins_two
    }

    fn verdict(self) -> Verdict {
        if self.bad == 0 {
            return if self.wide {
                Verdict::Utf8
            } else {
                Verdict::Open
            };
        }
        let is_gb18030 = self.sound < self.bad;
        if self.odd <= ONE_LETTER && !(is_gb18030 && self.is_letter()) {
            Verdict::Open
        } else if is_gb18030 {
            Verdict::Gb18030
        } else {
            Verdict::Utf8
        }
    }
}

/// Encoding of a file by its first bytes, and whether they decide it. UTF-8 if they are that. Else what there is of it is
/// weighed: damaged UTF-8 has far more sound letters than bad ones, and GB18030 would read it as nonsense; so few bytes that
/// either may be are left to the rest of the file, and read as UTF-8 until then.
pub(super) fn guess(head: &[u8]) -> (Encoding, bool) {
    if let Some(marked) = Encoding::of_mark(head) {
        return (marked, true);
    }
    let mut evidence = Evidence::default();
    let cut = evidence.add(head, false);
    evidence.wide |= cut > 0;
    match evidence.verdict() {
        Verdict::Utf8 => (Encoding::Utf8, true),
        Verdict::Gb18030 => (Encoding::Gb18030, true),
        Verdict::Open => (Encoding::Utf8, false),
    }
}

/// Whether a file that is not UTF-8 is GB18030, by all its bytes.
pub(super) fn is_gb18030(path: &Path) -> Result<bool, Error> {
    let mut file = File::open(path).map_err(Error::io(path))?;
    let (mut evidence, mut bytes) = (Evidence::default(), Vec::new());
    loop {
        let n = (&mut file)
            .take(CHUNK as u64)
            .read_to_end(&mut bytes)
            .map_err(Error::io(path))?;
        let cut = evidence.add(&bytes, n == 0);
        if n == 0 {
            return Ok(evidence.verdict() == Verdict::Gb18030);
        }
        bytes.drain(..bytes.len() - cut);
    }
}

/// Bytes decoded at once.
const CHUNK: usize = 65_536;

/// A file read as UTF-8 text whatever it is written in; a mark at its start is dropped.
pub(super) struct Transcoded<R> {
    inner: R,
    decoder: Decoder,
    encoding: &'static encoding_rs::Encoding,
    raw: Vec<u8>,
    text: String,
    /// Bytes of `text` that were given out.
    given: usize,
    ended: bool,
}

impl<R: Read> Transcoded<R> {
    pub(super) fn new(inner: R, encoding: &'static encoding_rs::Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.new_decoder_with_bom_removal(),
            encoding,
            raw: Vec::with_capacity(CHUNK),
            text: String::new(),
            given: 0,
            ended: false,
        }
    }

    /// The next piece of text, whole letters only; absent at the end.
    pub(super) fn next_text(&mut self) -> io::Result<Option<&str>> {
        while self.given == self.text.len() {
            if self.ended {
                return Ok(None);
            }
            self.refill()?;
        }
        let from = std::mem::replace(&mut self.given, self.text.len());
        Ok(Some(&self.text[from..]))
    }

    fn refill(&mut self) -> io::Result<()> {
        self.raw.clear();
        self.text.clear();
        self.given = 0;
        let n = (&mut self.inner)
            .take(CHUNK as u64)
            .read_to_end(&mut self.raw)?;
        self.ended = n < CHUNK;
        let length = self.decoder.max_utf8_buffer_length_without_replacement(n);
        self.text.reserve(length.unwrap_or(4 * n) + 16);
        let (result, _) = self.decoder.decode_to_string_without_replacement(
            &self.raw,
            &mut self.text,
            self.ended,
        );
        match result {
            DecoderResult::InputEmpty => Ok(()),
            _ => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("it holds bytes that are no {} text", self.encoding.name()),
            )),
        }
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            if self.ended {
                return Ok(0);
            }
            self.refill()?;
        }
        let bytes = &self.text.as_bytes()[self.given..];
        let n = bytes.len().min(target.len());
        target[..n].copy_from_slice(&bytes[..n]);
        self.given += n;
        Ok(n)
    }
}

/// The encoding of markup that may declare one: what the bytes decide, else what is declared, else GB18030. `label` finds
/// the declaration in the first `n` bytes.
pub(super) fn of_markup(
    path: &Path,
    n: u64,
    label: impl FnOnce(&[u8]) -> Option<String>,
) -> Result<&'static encoding_rs::Encoding, Error> {
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(n).read_to_end(&mut head))
        .map_err(Error::io(path))?;
    let (guessed, decided) = guess(&head);
    if decided && guessed != Encoding::Gb18030 {
        return Ok(guessed.coder());
    }
    let declared = label(&head)
        .and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()))
        .filter(|found| found.is_ascii_compatible())
        .filter(|found| !decided || *found != UTF_8);
    Ok(declared.unwrap_or(guessed.coder()))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::{Encoding, Transcoded, guess};

    #[test]
    fn utf_8_is_tried_first_and_strictly() {
        assert_eq!(guess("企业".as_bytes()), (Encoding::Utf8, true));
        assert_eq!(guess(b"\xC6\xF3\xD2\xB5"), (Encoding::Gb18030, true));
        assert_eq!(guess(b"a,b"), (Encoding::Utf8, false));
        assert_eq!(guess(b"\xff\xfea\0").0, Encoding::Utf16Le);
        assert_eq!(guess(&"企业".as_bytes()[..5]), (Encoding::Utf8, true));
    }

    #[test]
    fn what_is_not_utf_8_is_weighed() {
        let damaged = |text: &str, at: usize, byte: u8| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = byte;
            guess(&bytes)
        };
        assert_eq!(damaged("企业名称,甲商店", 4, b'?'), (Encoding::Utf8, false));
        let twice = [
            &b"\xe4\xbc"[..],
            "企业名称甲商店".as_bytes(),
            b"\xe4\xbc,\xe4",
        ]
        .concat();
        assert_eq!(guess(&twice), (Encoding::Utf8, true));
        assert_eq!(guess(b"id,\xB0\xA1\n"), (Encoding::Utf8, false), "either");
        assert_eq!(guess(b"id,\xBC\xD7\n"), (Encoding::Gb18030, true));
        assert_eq!(
            guess(b"id,\xBC\xD7\xC9\xCC\xB5\xEA"),
            (Encoding::Gb18030, true)
        );
    }

    #[test]
    fn a_bad_byte_is_located() {
        assert_eq!(Encoding::Utf8.decode(b"ab\xff"), Err(2));
        assert_eq!(Encoding::Gb18030.decode(b"\xC6\xF3\xff\xff"), Err(2));
        let four_bytes = Encoding::Gb18030.decode(b"\xC6\xF3\x81\x30\x81\x30");
        assert_eq!(four_bytes.unwrap(), "企\u{80}");
    }

    #[test]
    fn a_file_in_another_encoding_reads_as_utf_8() {
        let text = "企业,名称\n".repeat(30_000);
        for encoding in [Encoding::Gb18030, Encoding::Utf8] {
            let bytes = encoding.coder().encode(&text).0;
            let mut read = String::new();
            Transcoded::new(&bytes[..], encoding.coder())
                .read_to_string(&mut read)
                .unwrap();
            assert!(read == text);
        }
        let mut utf16 = vec![0xff, 0xfe];
        utf16.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        let mut read = String::new();
        Transcoded::new(&utf16[..], Encoding::Utf16Le.coder())
            .read_to_string(&mut read)
            .unwrap();
        assert!(read == text);
    }
}
