//! Hands a one-time link to the browser of the desktop. Everybody on this machine may read the
//! arguments of a process, so what is opened is a private file that leads on to the link.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use supervisor::data_dir;

/// Opens the link. `false` when there is no desktop, or the file cannot be written.
pub fn browse(link: &str, data_dir: &Path) -> bool {
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else {
        if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
            return false;
        }
        "xdg-open"
    };
    let Ok(page) = write_page(link, data_dir) else {
        return false;
    };
    let spawned = Command::new(opener)
        .arg(&page)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if spawned.is_err() {
        // Nobody will read it; where it cannot be removed, its code dies in ten minutes.
        fs::remove_file(&page).ok();
    }
    spawned.is_ok()
}

/// Writes the page that leads to the link, in place of the one before it. The browser reads it after
/// this process has ended, so it stays until then; the code in it is good once, for ten minutes.
fn write_page(link: &str, data_dir: &Path) -> io::Result<PathBuf> {
    let page = data_dir::sign_in_page(&data_dir::prepare(data_dir)?);
    match fs::remove_file(&page) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    // Only a new file is surely private, and no link to another one.
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&page)?.write_all(html(link).as_bytes())?;
    Ok(page)
}

fn html(link: &str) -> String {
    let link = link
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;");
    format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Signalbox</title>\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url={link}\">\n\
         <p><a href=\"{link}\">Open Signalbox</a></p>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::html;

    #[test]
    fn a_link_stays_within_its_attribute() {
        let page = html("http://h/?a&b\"><script>");
        assert!(!page.contains("<script>"), "{page}");
        assert!(
            page.contains("url=http://h/?a&amp;b&quot;>&lt;script>\">"),
            "{page}"
        );
    }
}
