//! What tells a message among the bytes of any protocol: `@`, two digits of its publisher, eight of its count. None of
//! the protocols has an `@` of its own.

use memchr::memchr;

const BYTES: usize = 11;
/// Of a mark that is cut off by the end of a read.
pub const KEPT_BYTES_MAX: usize = BYTES - 1;
const COUNTS: u64 = 100_000_000;

/// Who said it, and which of its messages it is; both from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub publisher: usize,
    pub count: u32,
}

impl Mark {
    /// A message of exactly as many bytes as `words`, which it begins with the mark.
    pub fn put_before(self, words: &str) -> String {
        let number = self.publisher as u64 * COUNTS + u64::from(self.count);
        let mut text = format!("@{number:010} ");
        text.push_str(&words[text.len()..]);
        text
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut digits = bytes.iter().map(|byte| byte.wrapping_sub(b'0'));
        let number = digits.try_fold(0, |number, digit| {
            (digit < 10).then_some(number * 10 + u64::from(digit))
        })?;
        Some(Self {
            publisher: (number / COUNTS) as usize,
            count: (number % COUNTS) as u32,
        })
    }
}

/// Every whole mark in `bytes`, and where the last of them ends or a cut one begins.
pub fn scan(bytes: &[u8], each: &mut impl FnMut(Mark)) -> usize {
    let mut from = 0;
    while let Some(at) = memchr(b'@', &bytes[from..]) {
        let begin = from + at;
        let Some(digits) = bytes.get(begin + 1..begin + BYTES) else {
            return begin;
        };
        from = match Mark::read(digits) {
            Some(mark) => {
                each(mark);
                begin + BYTES
            }
            None => begin + 1,
        };
    }
    bytes.len()
}

/// Finds marks across reads that cut anywhere.
#[derive(Default)]
pub struct Marks {
    kept: [u8; KEPT_BYTES_MAX],
    length: usize,
}

impl Marks {
    /// Takes `read` bytes that lie in `scratch` behind room for what was kept.
    pub fn take(&mut self, scratch: &mut [u8], read: usize, each: &mut impl FnMut(Mark)) {
        let begin = KEPT_BYTES_MAX - self.length;
        scratch[begin..KEPT_BYTES_MAX].copy_from_slice(&self.kept[..self.length]);
        let bytes = &scratch[begin..KEPT_BYTES_MAX + read];
        let rest = &bytes[scan(bytes, each)..];
        self.length = rest.len();
        self.kept[..rest.len()].copy_from_slice(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT_BYTES_MAX, Mark, Marks};

    fn marks(pieces: &[&[u8]]) -> Vec<(usize, u32)> {
        let (mut marks, mut found) = (Marks::default(), Vec::new());
        for piece in pieces {
            let mut scratch = vec![0; KEPT_BYTES_MAX];
            scratch.extend_from_slice(piece);
            marks.take(&mut scratch, piece.len(), &mut |mark| {
                found.push((mark.publisher, mark.count));
            });
        }
        found
    }

    #[test]
    fn marks_are_found_whatever_cuts_them() {
        let mark = |publisher, count| Mark { publisher, count };
        let words = "x".repeat(20);
        let text = format!(
            "a@b{}@@{}",
            mark(3, 42).put_before(&words),
            mark(63, 0).put_before(&words)
        );
        let expected = [(3, 42), (63, 0)];
        assert_eq!(marks(&[text.as_bytes()]), expected);
        for cut in 0..text.len() {
            let (before, after) = text.as_bytes().split_at(cut);
            assert_eq!(marks(&[before, after]), expected, "cut at {cut}");
        }
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(marks(&bytes), expected);
    }

    #[test]
    fn a_message_is_as_long_as_its_words() {
        let words = "w".repeat(256);
        let message = Mark {
            publisher: 1,
            count: 2,
        }
        .put_before(&words);
        assert_eq!(message.len(), 256);
        assert!(message.starts_with("@0100000002 w"));
    }
}
