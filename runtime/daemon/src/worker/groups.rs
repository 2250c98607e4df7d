//! The record of running commands, for the case that worker and guard are killed together: the
//! next worker ends what they left behind.

use super::process_table::Identity;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder with one small file per running command. Only the process that holds the data
/// directory's worker writes there.
#[derive(Clone, Debug)]
pub struct Groups {
    folder: PathBuf,
}

/// Erases the record of a command when it is over.
#[derive(Debug)]
pub struct Entry {
    file: PathBuf,
}

impl Groups {
    pub fn new(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join("commands"),
        }
    }

    /// Notes that the group of this leader runs.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn note(&self, leader: &Identity) -> io::Result<Entry> {
        fs::create_dir_all(&self.folder)?;
        let file = self.folder.join(format!("{}.json", leader.pid()));
        fs::write(&file, serde_json::to_vec(leader)?)?;
        Ok(Entry { file })
    }

    /// Ends every command that is still noted: whoever ran it is gone. Returns how many lived.
    pub fn end_abandoned(&self) -> usize {
        let Ok(folder) = fs::read_dir(&self.folder) else {
            return 0;
        };
        let mut ended = 0;
        for entry in folder.flatten() {
            ended += usize::from(end(&entry.path()));
            fs::remove_file(entry.path()).ok();
        }
        ended
    }
}

/// Kills the group of a note if its leader is still the very process that was noted.
fn end(file: &Path) -> bool {
    let note = fs::read(file).ok();
    let leader: Option<Identity> = note.and_then(|text| serde_json::from_slice(&text).ok());
    let was_alive = leader.as_ref().is_some_and(Identity::kill_group);
    if let Some(leader) = leader.filter(|_| was_alive) {
        tracing::warn!(
            pid = leader.pid(),
            "a command that its worker left behind was ended"
        );
    }
    was_alive
}

impl Drop for Entry {
    fn drop(&mut self) {
        // A note that stays behind is harmless: its process is checked before anything is ended.
        fs::remove_file(&self.file).ok();
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::{Child, Command, Stdio};

    fn sleeper() -> Child {
        let mut command = Command::new("sleep");
        command.arg("600").process_group(0).stdout(Stdio::null());
        command.spawn().unwrap()
    }

    #[test]
    fn only_the_very_process_that_was_noted_is_ended() {
        let dir = tempfile::tempdir().unwrap();
        let groups = Groups::new(dir.path());
        let (mut left, mut stranger) = (sleeper(), sleeper());
        let identity = |child: &Child| Identity::of(child.id().cast_signed()).unwrap();
        let note = groups.note(&identity(&left)).unwrap();
        // As if a crash had left the note behind.
        std::mem::forget(note);
        // As if the id of an earlier command had come to a stranger.
        let mut earlier = serde_json::to_value(identity(&stranger)).unwrap();
        earlier["birth"] = "another boot 1".into();
        fs::write(groups.folder.join("x.json"), earlier.to_string()).unwrap();

        assert_eq!(groups.end_abandoned(), 1);
        assert_eq!(left.wait().unwrap().signal(), Some(9));
        assert!(stranger.try_wait().unwrap().is_none());
        stranger.kill().unwrap();
        stranger.wait().unwrap();
        assert_eq!(fs::read_dir(&groups.folder).unwrap().count(), 0);
        assert_eq!(groups.end_abandoned(), 0);
    }

    #[test]
    fn a_note_goes_with_its_command() {
        let dir = tempfile::tempdir().unwrap();
        let groups = Groups::new(dir.path());
        let note = groups
            .note(&Identity::of(std::process::id().cast_signed()).unwrap())
            .unwrap();
        assert_eq!(fs::read_dir(&groups.folder).unwrap().count(), 1);
        drop(note);
        assert_eq!(fs::read_dir(&groups.folder).unwrap().count(), 0);
    }
}
