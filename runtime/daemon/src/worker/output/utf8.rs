//! Bytes to text, whatever the pieces they come in.

/// Decodes UTF-8 from pieces. What is not UTF-8, and NUL, becomes U+FFFD: neither can be shown.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The beginning of a character whose end has not come yet.
    partial: Vec<u8>,
}

impl Decoder {
    /// The text of one more piece.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len());
        let joined;
        let mut rest = if self.partial.is_empty() {
            bytes
        } else {
            self.partial.extend_from_slice(bytes);
            joined = std::mem::take(&mut self.partial);
            &joined
        };
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    break;
                }
                Err(error) => {
                    let (valid, bad) = rest.split_at(error.valid_up_to());
                    text.push_str(std::str::from_utf8(valid).unwrap_or_default());
                    let Some(length) = error.error_len() else {
                        self.partial = bad.to_vec();
                        break;
                    };
                    text.push('\u{fffd}');
                    rest = &bad[length..];
                }
            }
        }
        if text.contains('\0') {
            text = text.replace('\0', "\u{fffd}");
        }
        text
    }

    /// The text of a character that never ended.
    pub fn finish(&mut self) -> String {
        let cut = !std::mem::take(&mut self.partial).is_empty();
        String::from(if cut { "\u{fffd}" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(pieces: &[&[u8]]) -> String {
        let mut decoder = Decoder::default();
        let mut text: String = pieces.iter().map(|piece| decoder.push(piece)).collect();
        text.push_str(&decoder.finish());
        text
    }

    #[test]
    fn what_is_no_text_is_replaced() {
        assert_eq!(
            decode(&[b"a\xffb\0c", b"\xe2\x82"]),
            "a\u{fffd}b\u{fffd}c\u{fffd}"
        );
    }

    proptest::proptest! {
        #[test]
        fn where_it_is_cut_does_not_matter(
            bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40),
            text in "\\PC{0,20}",
            cut in 0usize..60,
        ) {
            let all = [bytes.as_slice(), text.as_bytes()].concat();
            let cut = cut.min(all.len());
            let whole = decode(&[&all]);
            proptest::prop_assert_eq!(decode(&[&all[..cut], &all[cut..]]), whole.clone());
            proptest::prop_assert_eq!(whole, String::from_utf8_lossy(&all).replace('\0', "\u{fffd}"));
        }
    }
}
