//! Which file system a folder is on: on one that lives in memory fdatasync is free and every ratio is a lie.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

const IN_MEMORY: &[&str] = &["tmpfs", "ramfs", "devtmpfs"];

/// Type of the file system `folder` is on, e.g. `ext4`; an error if it is not backed by a disk.
pub fn durable(folder: &Path) -> Result<String> {
    let path = fs::canonicalize(folder)
        .with_context(|| format!("{} cannot be found", folder.display()))?;
    let mounts = fs::read_to_string("/proc/self/mountinfo")
        .context("the mounted file systems cannot be listed")?;
    let kind =
        mounted_at(&mounts, &path).context("the measured folder is on no listed file system")?;
    if IN_MEMORY.contains(&kind) {
        bail!(
            "{} is on {kind}: durable writes cost nothing there. Choose another folder with --dir",
            path.display()
        );
    }
    Ok(kind.to_owned())
}

/// Type of the innermost mount that holds `path`. Later lines hide earlier ones at the same place.
fn mounted_at<'a>(mountinfo: &'a str, path: &Path) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for line in mountinfo.lines() {
        let (before, after) = line.split_once(" - ")?;
        let place = before.split(' ').nth(4)?;
        let kind = after.split(' ').next()?;
        let deep_enough = best.is_none_or(|(length, _)| place.len() >= length);
        if deep_enough && path.starts_with(unescape(place)) {
            best = Some((place.len(), kind));
        }
    }
    best.map(|(_, kind)| kind)
}

/// Blanks in a mount point are written as octal escapes.
fn unescape(place: &str) -> String {
    place
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::mounted_at;

    const MOUNTS: &str = "\
27 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw
31 27 0:25 / /tmp rw,nosuid - tmpfs tmpfs rw
32 27 254:2 / /srv/with\\040blank rw - xfs /dev/vdb rw
40 31 254:3 / /tmp/disk rw shared:7 - btrfs /dev/vdc rw
41 27 0:30 / /over rw - ext4 /dev/vdd rw
42 27 0:31 / /over rw - tmpfs tmpfs rw";

    #[test]
    fn the_innermost_mount_counts() {
        for (path, kind) in [
            ("/var/lib", "ext4"),
            ("/tmp/x", "tmpfs"),
            ("/tmp/disk/x", "btrfs"),
            ("/tmpfile", "ext4"),
            ("/srv/with blank/x", "xfs"),
            ("/over/x", "tmpfs"),
        ] {
            assert_eq!(mounted_at(MOUNTS, Path::new(path)), Some(kind), "{path}");
        }
    }
}
