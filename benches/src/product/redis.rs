//! The protocol of Redis: arrays of texts with their lengths.

use anyhow::{Context, Result, ensure};
use memchr::memmem;

use super::Line;
use super::mark::{self, Mark};

/// What lies between the id of an entry and its text: two members, the first of which is the field.
const FIELD: &[u8] = b"\r\n*2\r\n$1\r\nd\r\n";

fn command(words: &[&str]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", words.len());
    for word in words {
        out.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    out.into_bytes()
}

pub async fn subscribe(line: &mut Line, topic: &str) -> Result<()> {
    line.say(&command(&["SUBSCRIBE", topic])).await?;
    // The answer ends with how many topics this is.
    line.until(b":1\r\n").await?;
    Ok(())
}

/// Answered with how many subscribers it went to.
pub async fn publish(line: &mut Line, topic: &str, text: &str) -> Result<()> {
    line.say(&command(&["PUBLISH", topic, text])).await?;
    accepted(line, b':').await
}

/// Answered with the entry's id, when it is on the disk.
pub async fn append(line: &mut Line, topic: &str, text: &str) -> Result<()> {
    line.say(&command(&["XADD", topic, "*", "d", text])).await?;
    accepted(line, b'$').await?;
    line.until(b"\r\n").await?;
    Ok(())
}

async fn accepted(line: &mut Line, sign: u8) -> Result<()> {
    let answer = line.until(b"\r\n").await?;
    ensure!(
        answer.first() == Some(&sign),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    Ok(())
}

/// A reader of a stream: each answer brings some entries, and the next must be asked for.
pub struct Entries {
    topic: String,
    /// Id of the last entry.
    last: String,
    /// An answer that has not come as a whole.
    pending: Vec<u8>,
}

impl Entries {
    pub fn of(topic: &str) -> Self {
        Self {
            topic: topic.to_owned(),
            last: "0-0".to_owned(),
            pending: Vec::new(),
        }
    }

    pub fn ask(&self) -> Vec<u8> {
        command(&["XREAD", "BLOCK", "0", "STREAMS", &self.topic, &self.last])
    }

    /// Takes bytes of an answer; when it is whole, its marks and the next question.
    pub fn take(&mut self, bytes: &[u8], each: &mut impl FnMut(Mark)) -> Result<Option<Vec<u8>>> {
        self.pending.extend_from_slice(bytes);
        let Some(expected) = self.entries() else {
            return Ok(None);
        };
        let mut marks = Vec::new();
        mark::scan(&self.pending, &mut |mark| marks.push(mark));
        if marks.len() < expected || !self.pending.ends_with(b"\r\n") {
            return Ok(None);
        }
        marks.into_iter().for_each(each);
        self.last = self.last_id().context("an entry without an id")?;
        self.pending.clear();
        Ok(Some(self.ask()))
    }

    /// How many entries the answer holds: said behind the name of the stream.
    fn entries(&self) -> Option<usize> {
        let key = format!("\r\n{}\r\n*", self.topic);
        let from = memmem::find(&self.pending, key.as_bytes())? + key.len();
        let length = memmem::find(&self.pending[from..], b"\r\n")?;
        std::str::from_utf8(&self.pending[from..from + length])
            .ok()?
            .parse()
            .ok()
    }

    fn last_id(&self) -> Option<String> {
        let end = memmem::rfind(&self.pending, FIELD)?;
        let begin = memchr::memrchr(b'\n', &self.pending[..end])? + 1;
        String::from_utf8(self.pending[begin..end].to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{Entries, command};

    #[test]
    fn commands_say_their_lengths() {
        assert_eq!(
            command(&["PUBLISH", "t", "hé"]),
            "*3\r\n$7\r\nPUBLISH\r\n$1\r\nt\r\n$3\r\nhé\r\n".as_bytes()
        );
    }

    #[test]
    fn an_answer_is_taken_as_a_whole() {
        let answer = "*1\r\n*2\r\n$1\r\nt\r\n*2\r\n*2\r\n$5\r\n170-0\r\n*2\r\n$1\r\nd\r\n$13\r\n@0100000007 x\r\n*2\r\n$5\r\n171-4\r\n*2\r\n$1\r\nd\r\n$13\r\n@0200000008 y\r\n";
        for cut in 0..answer.len() {
            let (mut entries, mut counts) = (Entries::of("t"), Vec::new());
            let (before, after) = answer.as_bytes().split_at(cut);
            assert_eq!(
                entries.take(before, &mut |_| panic!("not whole")).unwrap(),
                None
            );
            let next = entries.take(after, &mut |mark| counts.push(mark.count));
            let next = String::from_utf8(next.unwrap().unwrap()).unwrap();
            assert_eq!(counts, [7, 8], "cut at {cut}");
            assert!(next.ends_with("$1\r\nt\r\n$5\r\n171-4\r\n"), "{next}");
        }
    }
}
