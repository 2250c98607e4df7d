//! What processes take from the machine, measured only when someone asks.

use serde::{Deserialize, Serialize};
use sysinfo::{MINIMUM_CPU_UPDATE_INTERVAL, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Whose usage is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Program {
    Api,
    Worker,
    /// The process that supervises: that of the desktop window, or `signalbox up`, which has none.
    Supervisor,
}

/// One process at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProcessUsage {
    pub component: Program,
    pub pid: u32,
    /// Resident memory.
    pub memory_bytes: u64,
    /// Over the last fraction of a second; 100 is one core.
    pub cpu_percent: f32,
    pub uptime_seconds: u64,
}

/// Measures `processes`; those that ended meanwhile are left out; empty if the
/// system does not tell.
///
/// Blocks for about a fifth of a second: processor time is only known as a difference of two readings.
pub fn measure(processes: &[(Program, u32)]) -> Vec<ProcessUsage> {
    let pids: Vec<Pid> = processes
        .iter()
        .map(|(_, pid)| Pid::from_u32(*pid))
        .collect();
    let Ok(mut system) = System::new() else {
        return Vec::new();
    };
    let mut read = || {
        system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&pids),
            true,
            ProcessRefreshKind::nothing().with_memory().with_cpu(),
        );
    };
    read();
    std::thread::sleep(MINIMUM_CPU_UPDATE_INTERVAL);
    read();
    processes
        .iter()
        .filter_map(|&(component, pid)| {
            let process = system.process(Pid::from_u32(pid))?;
            Some(ProcessUsage {
                component,
                pid,
                memory_bytes: process.memory(),
                cpu_percent: process.cpu_usage(),
                uptime_seconds: process.run_time(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_the_living_and_leaves_out_the_rest() {
        // Above the largest pid Linux gives out.
        let nobody = 1 << 23;
        let usage = measure(&[
            (Program::Supervisor, std::process::id()),
            (Program::Api, nobody),
        ]);
        assert_eq!(usage.len(), 1);
        assert_eq!(usage[0].pid, std::process::id());
        assert!(usage[0].memory_bytes > 0);
    }
}
