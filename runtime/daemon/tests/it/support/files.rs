//! Looking at what lies on the disk.

use std::path::{Path, PathBuf};

/// Every file below `folder`, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// The files below `folder` that hold this text anywhere in their bytes.
pub fn grep(folder: &Path, text: &str) -> Vec<PathBuf> {
    // The library's own search is compiled with optimisation, a loop of ours is not.
    let holds =
        |path: &PathBuf| String::from_utf8_lossy(&std::fs::read(path).unwrap()).contains(text);
    files(folder).into_iter().filter(holds).collect()
}
