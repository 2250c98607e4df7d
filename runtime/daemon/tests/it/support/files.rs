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

/// Names of the files below `blobs/` that are no finished blob.
pub fn unfinished_blobs(data_dir: &Path) -> Vec<String> {
    let folder = data_dir.join("blobs");
    if !folder.exists() {
        return Vec::new();
    }
    let names = files(&folder)
        .into_iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
    names.filter(|name| name.len() != 64).collect()
}

/// Copies a folder with everything in it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
