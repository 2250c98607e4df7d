//! The pipes to a supervisor: lines of JSON go out, and the end of standard input is the end of
//! this process.

use std::io::{Read, Write};

/// Ends this process with its parent, even if that is killed. The commands under way end too:
/// their guards notice.
pub fn follow() {
    #[cfg(target_os = "linux")]
    if let Err(error) =
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
    {
        tracing::warn!(%error, "the kernel will not tell of the parent's death");
    }
    // A thread of its own: a read of standard input cannot be cancelled.
    std::thread::spawn(|| {
        let mut ignored = [0; 64];
        while let Ok(1..) = std::io::stdin().read(&mut ignored) {}
        std::process::exit(0);
    });
}

/// The one place that writes to standard output: a line of JSON for whoever started us.
pub fn say(line: &serde_json::Value) {
    let mut out = std::io::stdout().lock();
    // Nobody listens any more: then nobody needs the line.
    writeln!(out, "{line}").and_then(|()| out.flush()).ok();
}
