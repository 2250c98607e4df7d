//! One window per data directory.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use supervisor::data_dir::default_data_dir;

/// Gives the application another identity when it works on another than the default data directory.
///
/// The identity decides who counts as the same application: a second start focuses the window of the
/// first, but only if both mean the same data. The api's lock on the data directory stays the last word.
pub fn separate_by_data_dir(identifier: &mut String, data_dir: &Path) {
    let default = default_data_dir().map(|dir| dir.canonicalize().unwrap_or(dir));
    if default.as_deref() != Some(data_dir) {
        let mut hash = DefaultHasher::new();
        data_dir.hash(&mut hash);
        identifier.push_str(&format!(".d{:016x}", hash.finish()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identifier(data_dir: &Path) -> String {
        let mut identifier = "app.example".to_owned();
        separate_by_data_dir(&mut identifier, data_dir);
        identifier
    }

    #[test]
    fn each_data_directory_has_its_own_identity() {
        let default = default_data_dir().expect("a home");
        assert_eq!(
            identifier(&default.canonicalize().unwrap_or(default)),
            "app.example"
        );
        let (one, other) = (
            identifier(Path::new("/one")),
            identifier(Path::new("/other")),
        );
        assert_ne!(one, other);
        assert_eq!(one, identifier(Path::new("/one")));
        assert!(one.starts_with("app.example.d"));
    }
}
