//! A supervisor over fake processes in a data directory of its own.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use supervisor::machine::Policy;
use supervisor::{
    Component, Config, Handle, OwnerCredential, OwnerToken, RuntimeStatus, Supervisor,
};
use tempfile::TempDir;

/// The fake program.
pub const FAKE: &str = env!("CARGO_BIN_EXE_fake-signalbox");

/// After this a test has failed; nothing is ever waited for that long otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

/// The real rules with short times.
pub fn fast() -> Policy {
    Policy {
        backoff_first: Duration::from_millis(5),
        backoff_max: Duration::from_millis(40),
        start_deadline: Duration::from_secs(5),
        api_probe_every: Duration::from_millis(50),
        worker_probe_every: Duration::from_millis(500),
        probe_time_limit: Duration::from_millis(500),
        stop_grace: Duration::from_millis(500),
        hung_grace: Duration::from_millis(100),
        ..Policy::default()
    }
}

pub struct Rig {
    pub handle: Handle,
    dir: Arc<TempDir>,
    config: Config,
}

impl Rig {
    /// Starts with a plan for each component; see the fake program.
    pub fn start(api: &str, worker: &str) -> Rig {
        Self::start_with(fast(), api, worker)
    }

    pub fn start_with(policy: Policy, api: &str, worker: &str) -> Rig {
        Self::launch(PathBuf::from(FAKE), policy, api, worker)
    }

    pub fn without_program() -> Rig {
        Self::launch(PathBuf::from("/nowhere/signalbox"), fast(), "", "")
    }

    fn launch(program: PathBuf, policy: Policy, api: &str, worker: &str) -> Rig {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        fs::write(dir.path().join("plan-api"), api).unwrap();
        fs::write(dir.path().join("plan-worker"), worker).unwrap();
        let config = Config {
            program,
            data_dir: dir.path().to_owned(),
            listen: Some(([127, 0, 0, 1], 0).into()),
            mode: None,
            mode_in_file: None,
            owner: OwnerCredential::overridden(OwnerToken::parse("sbo_owner_of_the_test").unwrap()),
            api_args: Vec::new(),
            policy,
        };
        let handle = Supervisor::start(config.clone()).unwrap();
        Rig {
            handle,
            dir,
            config,
        }
    }

    /// A new supervisor over the same data directory.
    pub fn restart(&self) -> Rig {
        self.restart_with(|_| {})
    }

    /// The same with other settings.
    pub fn restart_with(&self, change: impl FnOnce(&mut Config)) -> Rig {
        let mut config = self.config.clone();
        change(&mut config);
        let handle = Supervisor::start(config.clone()).unwrap();
        Rig {
            handle,
            dir: Arc::clone(&self.dir),
            config,
        }
    }

    pub fn plan(&self, role: &str, plan: &str) {
        fs::write(self.dir.path().join(format!("plan-{role}")), plan).unwrap();
    }

    /// The first status, from the newest on, that is as `wanted`.
    pub fn wait_for(&self, wanted: impl Fn(&RuntimeStatus) -> bool) -> RuntimeStatus {
        let mut status = self.handle.subscribe();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let found = tokio::time::timeout(PATIENCE, status.wait_for(|status| wanted(status)));
            match found.await {
                Ok(status) => status.unwrap().clone(),
                Err(_) => panic!("never came; the newest is {:#?}", self.handle.status()),
            }
        })
    }

    /// What each start of `component` was given.
    pub fn starts(&self, component: Component) -> Vec<serde_json::Value> {
        let starts = self.file(&format!("starts-{component}"));
        starts
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    pub fn file(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join(name)).unwrap()
    }

    #[cfg(unix)]
    pub fn kill(&self, pid: u32) {
        use rustix::process::{Pid, Signal, kill_process};
        kill_process(
            Pid::from_raw(pid.try_into().unwrap()).unwrap(),
            Signal::KILL,
        )
        .unwrap();
    }

    pub fn post(&self, url: &str, body: &'static str) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let status =
            runtime.block_on(async { client.post(url).body(body).send().await.unwrap().status() });
        assert!(status.is_success(), "{status}");
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // Before the data directory goes.
        self.handle.shutdown();
    }
}

/// Holds on processes that tell when they have ended, whoever their parent is.
#[cfg(target_os = "linux")]
pub fn ends_of(pids: &[Option<u32>]) -> Vec<std::os::fd::OwnedFd> {
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    pids.iter()
        .map(|pid| {
            let pid = Pid::from_raw(pid.unwrap().try_into().unwrap()).unwrap();
            pidfd_open(pid, PidfdFlags::empty()).unwrap()
        })
        .collect()
}

#[cfg(target_os = "linux")]
pub fn have_ended(ends: &[std::os::fd::OwnedFd]) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    for end in ends {
        let patience = Timespec {
            tv_sec: PATIENCE.as_secs().try_into().unwrap(),
            tv_nsec: 0,
        };
        let ready = poll(&mut [PollFd::new(end, PollFlags::IN)], Some(&patience)).unwrap();
        assert_eq!(ready, 1, "a process lives on");
    }
}
