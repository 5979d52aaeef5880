//! A text file cut into blocks that end where a record most likely ends; whoever parses a block finds out and joins it to the next.

use std::io::{self, Read};

use memchr::{memchr_iter, memrchr};

use super::limits::{Beyond, RECORD_MAX};

/// Bytes of a block.
pub(super) const BLOCK: usize = 4 << 20;

/// A piece of the file.
#[derive(Default)]
pub(super) struct Block {
    pub(super) bytes: Vec<u8>,
    /// Whether the file ends with it.
    pub(super) is_last: bool,
    /// Byte of the file it starts at, from 0.
    pub(super) at: u64,
}

impl Block {
    /// This block with the next one behind it.
    pub(super) fn join(mut self, next: Self) -> Self {
        self.bytes.extend(next.bytes);
        self.is_last = next.is_last;
        self
    }
}

/// The blocks of a file, in order.
pub(super) struct Blocks<R> {
    inner: R,
    size: usize,
    rest: Vec<u8>,
    at: u64,
    ended: bool,
}

impl<R: Read> Blocks<R> {
    /// Blocks of about `size` bytes of `inner`, which starts at byte `at` of its file.
    pub(super) fn new(inner: R, size: usize, at: u64) -> Self {
        Self {
            inner,
            size,
            rest: Vec::new(),
            at,
            ended: false,
        }
    }

    /// The next block; the last one may be empty.
    pub(super) fn next(&mut self) -> io::Result<Option<Block>> {
        if self.ended {
            return Ok(None);
        }
        let mut bytes = std::mem::take(&mut self.rest);
        let end = loop {
            let wanted = self.size.saturating_sub(bytes.len()).max(1);
            bytes.reserve(wanted + 1);
            let inner = (&mut self.inner).take(wanted as u64);
            self.ended = { inner }.read_to_end(&mut bytes)? < wanted;
            if self.ended {
                break bytes.len();
            }
            if let Some(end) = record_end(&bytes) {
                break end;
            }
            if bytes.len() > RECORD_MAX {
                return Err(Beyond::new("a row of text in bytes", RECORD_MAX as u64).into_io());
            }
            self.size *= 2; // a row longer than a block
        };
        self.rest = Vec::with_capacity(self.size + 1);
        self.rest.extend_from_slice(&bytes[end..]);
        bytes.truncate(end);
        let at = self.at;
        self.at += bytes.len() as u64;
        Ok(Some(Block {
            bytes,
            is_last: self.ended,
            at,
        }))
    }

    /// Up to `n` blocks.
    pub(super) fn wave(&mut self, n: usize) -> io::Result<Vec<Block>> {
        let mut blocks = Vec::with_capacity(n);
        while blocks.len() < n {
            match self.next()? {
                Some(block) => blocks.push(block),
                None => break,
            }
        }
        Ok(blocks)
    }
}

/// Behind the last newline that an even number of quotation marks precedes, if one lies in the second half; else behind
/// the last newline. In GB18030 neither byte is ever part of a longer letter.
fn record_end(bytes: &[u8]) -> Option<usize> {
    let Some(last) = memrchr(b'\n', bytes) else {
        let before_last = bytes.len().saturating_sub(1);
        return memrchr(b'\r', &bytes[..before_last]).map(|at| at + 1);
    };
    let mut is_odd = memchr_iter(b'"', &bytes[..last]).count() % 2 == 1;
    let mut end = last;
    while is_odd && end > bytes.len() / 2 {
        let Some(before) = memrchr(b'\n', &bytes[..end]) else {
            break;
        };
        is_odd ^= memchr_iter(b'"', &bytes[before..end]).count() % 2 == 1;
        end = before;
    }
    Some(1 + if is_odd { last } else { end })
}

#[cfg(test)]
mod tests {
    use super::{Blocks, record_end};

    #[test]
    fn blocks_end_behind_a_newline_outside_quotation_marks() {
        assert_eq!(record_end(b"a\nb\nc"), Some(4));
        assert_eq!(record_end(b"aaaaaa\n\"b\nc"), Some(7));
        assert_eq!(record_end(b"\"b\nc\nd\ne\nf"), Some(9));
        assert_eq!(record_end(b"a\rb\r"), Some(2));
        assert_eq!(record_end(b"abc"), None);
    }

    #[test]
    fn nothing_of_the_file_is_lost_between_blocks() {
        let text = "企业,\"a\nb\"\nx\n".repeat(99) + "end";
        for size in [1, 7, 64, 100_000] {
            let mut blocks = Blocks::new(text.as_bytes(), size, 0);
            let mut joined = Vec::new();
            while let Some(block) = blocks.next().unwrap() {
                assert_eq!(block.at, joined.len() as u64);
                joined.extend(block.bytes);
            }
            assert!(joined == text.as_bytes());
        }
    }
}
