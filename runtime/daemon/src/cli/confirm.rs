//! Making sure that a person decides. A program that runs as the same user can start this one, which
//! then finds the owner's token by itself; what opens a door is therefore asked of whoever sits at
//! the terminal. Who shows the token by `SIGNALBOX_TOKEN` has been given it, and is not asked.

use super::Global;
use super::exit::{Exit, Failure};
use super::session::given_token;
use std::io::{self, BufRead, IsTerminal, Write};

impl Global {
    /// Shows what it is about and asks. Returns when the answer is yes.
    ///
    /// # Errors
    /// When the answer is another, and when nobody sits at a terminal.
    pub(super) fn confirm(&self, about: &[String], question: &str) -> Result<(), Failure> {
        if given_token().is_some() {
            return Ok(());
        }
        if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
            let message = "This is for a person to decide, and nobody sits at a terminal here.";
            return Err(Failure::new(Exit::Refused, "not_a_person", message)
                .hint("Use the Signalbox window, or set SIGNALBOX_TOKEN to the owner's token."));
        }
        let mut err = io::stderr().lock();
        for line in about {
            writeln!(err, "{line}")?;
        }
        write!(err, "{question} [y/N] ")?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        if ["y", "yes"].contains(&answer.trim().to_lowercase().as_str()) {
            return Ok(());
        }
        let message = "Nothing was changed.";
        Err(Failure::new(Exit::Failed, "not_confirmed", message))
    }
}
