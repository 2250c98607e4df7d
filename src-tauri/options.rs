//! What the person who starts the window may say: flag, then environment, then default.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use supervisor::RunnerMode;
use supervisor::data_dir;

/// Signalbox, the desktop window.
#[derive(Debug, Parser)]
#[command(name = "signalbox-desktop", version)]
pub struct Options {
    /// Where the data lies [environment: SIGNALBOX_DATA_DIR]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Where the api listens, such as 127.0.0.1:4242 [environment: SIGNALBOX_LISTEN]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// embedded or external [environment: SIGNALBOX_RUNNER_MODE]
    #[arg(long, value_name = "MODE")]
    runner_mode: Option<String>,
}

/// The same, read and checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Absolute; canonical if it could be created.
    pub data_dir: PathBuf,
    /// `None` leaves it to the api, which also reads its own configuration file.
    pub listen: Option<SocketAddr>,
    /// `None` is what was chosen last, or what the config file says.
    pub mode: Option<RunnerMode>,
    /// The config file of the runtime. Named by the environment, which the api inherits.
    pub config_file: PathBuf,
}

impl Settings {
    /// Reads flags and environment.
    ///
    /// # Errors
    /// A sentence about the value that cannot be used.
    pub fn read(options: Options) -> Result<Self, String> {
        Self::read_with(options, |name| {
            std::env::var(name).ok().filter(|value| !value.is_empty())
        })
    }

    fn read_with(options: Options, env: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let named = options
            .data_dir
            .or_else(|| env("SIGNALBOX_DATA_DIR").map(PathBuf::from))
            .or_else(data_dir::default_data_dir)
            .ok_or("Your home directory is not known. Name a data directory with --data-dir.")?;
        let listen = options
            .listen
            .or_else(|| env("SIGNALBOX_LISTEN"))
            .map(|text| parse_listen(&text))
            .transpose()?;
        let mode = options
            .runner_mode
            .or_else(|| env("SIGNALBOX_RUNNER_MODE"))
            .map(|text| text.parse().map_err(|error| format!("{error}.")))
            .transpose()?;
        // If it cannot be made, the window opens all the same and says so.
        let data_dir = data_dir::prepare(&named)
            .or_else(|_| std::path::absolute(&named))
            .unwrap_or(named);
        let config_file =
            env("SIGNALBOX_CONFIG").map_or_else(|| data_dir::config_file(&data_dir), PathBuf::from);
        Ok(Settings {
            data_dir,
            listen,
            mode,
            config_file,
        })
    }
}

fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let numeric = text
        .strip_prefix("localhost:")
        .map(|port| format!("127.0.0.1:{port}"));
    numeric
        .as_deref()
        .unwrap_or(text)
        .parse()
        .map_err(|_| format!("{text:?} is not an address to listen on; write 127.0.0.1:4242."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(args: &[&str], env: &[(&str, &str)], expected: Result<&str, &str>) {
        let options = Options::try_parse_from([&["signalbox-desktop"], args].concat());
        let found = Settings::read_with(options.expect("flags"), |name| {
            env.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        });
        let told = found
            .map(|settings| format!("{:?} {:?}", settings.listen, settings.mode))
            .map_err(|error| {
                error
                    .split([';', '.'])
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            });
        assert_eq!(told, expected.map(str::to_owned).map_err(str::to_owned));
    }

    #[test]
    fn flag_then_environment_then_nothing() {
        // A place that exists, so that no test writes into a home.
        let here = ["--data-dir", "."];
        let with = |more: &[&'static str]| [&here[..], more].concat();
        let env = [
            ("SIGNALBOX_LISTEN", "127.0.0.1:2"),
            ("SIGNALBOX_RUNNER_MODE", "external"),
        ];
        check(&here, &[], Ok("None None"));
        check(&here, &env, Ok("Some(127.0.0.1:2) Some(External)"));
        check(
            &with(&["--listen", "localhost:1", "--runner-mode", "embedded"]),
            &env,
            Ok("Some(127.0.0.1:1) Some(Embedded)"),
        );
        check(
            &with(&["--listen", "here"]),
            &[],
            Err("\"here\" is not an address to listen on"),
        );
        check(
            &with(&["--runner-mode", "x"]),
            &[],
            Err("unknown runner mode \"x\""),
        );
    }
}
