//! Text that indexes like prose: a fixed vocabulary with a few common and many rare words, the same on every run.

/// Content of one measured message, in bytes.
pub const CONTENT_BYTES: usize = 256;

const VOCABULARY: u64 = 8_192;
const SYLLABLES: [&str; 16] = [
    "ba", "ce", "di", "fo", "gu", "ha", "ke", "li", "mo", "nu", "pa", "re", "si", "to", "vu", "za",
];

/// An endless stream of contents.
pub struct Words {
    state: u64,
}

impl Words {
    pub fn seeded(seed: u64) -> Self {
        Self {
            state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
        }
    }

    /// Exactly `CONTENT_BYTES` bytes of words.
    pub fn content(&mut self) -> String {
        let mut text = String::with_capacity(CONTENT_BYTES + 16);
        while text.len() < CONTENT_BYTES {
            // The product of two draws makes low numbers common, as in language.
            let word = self.draw() % VOCABULARY * (self.draw() % VOCABULARY) / VOCABULARY;
            push_word(&mut text, word);
            text.push(' ');
        }
        text.truncate(CONTENT_BYTES);
        text
    }

    /// xorshift64*: good enough to choose words, and needs no dependency.
    fn draw(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 20
    }
}

fn push_word(text: &mut String, mut number: u64) {
    loop {
        text.push_str(SYLLABLES[(number % 16) as usize]);
        number /= 16;
        if number == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{CONTENT_BYTES, Words};

    #[test]
    fn contents_have_one_length_and_differ() {
        let mut words = Words::seeded(1);
        let contents: BTreeSet<String> = (0..100).map(|_| words.content()).collect();
        assert_eq!(contents.len(), 100);
        assert!(
            contents
                .iter()
                .all(|content| content.len() == CONTENT_BYTES)
        );
    }

    #[test]
    fn the_vocabulary_is_neither_tiny_nor_endless() {
        let mut words = Words::seeded(2);
        let text: String = (0..500).map(|_| words.content() + " ").collect();
        let distinct = text.split(' ').collect::<BTreeSet<_>>().len();
        let total = text.split(' ').count();
        assert!(
            distinct > 1_000 && distinct * 3 < total,
            "{distinct} of {total}"
        );
    }

    #[test]
    fn the_same_seed_says_the_same() {
        assert_eq!(Words::seeded(3).content(), Words::seeded(3).content());
        assert_ne!(Words::seeded(3).content(), Words::seeded(4).content());
    }
}
