//! The order of one run: interleaved rounds first, then what needs a long stream, then what needs quiet.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::measure::{Measurement, idle, recovery, subscribers};
use crate::options::Options;
use crate::product::Product;
use crate::record::{Record, Unit, millis};
use crate::{filesystem, long_stream, machine, rounds};

pub async fn run(options: &Options) -> Result<Record> {
    ensure!(
        options.binary.exists(),
        "{} is not built: use npm run bench",
        options.binary.display()
    );
    std::fs::create_dir_all(&options.dir)?;
    let file_system = filesystem::durable(&options.dir)?;
    machine::raise_file_limit()?;
    // Absolute, because the runtime is told about folders below it.
    let scratch = tempfile::tempdir_in(std::fs::canonicalize(&options.dir)?)?;
    let mut record = Record {
        environment: machine::description(&file_system),
        ..Record::default()
    };

    if rounds::MEASUREMENTS
        .iter()
        .any(|measurement| options.wants(*measurement))
    {
        rounds::run(options, scratch.path(), &mut record).await?;
    }
    let long = [
        Measurement::Catchup,
        Measurement::Start,
        Measurement::Footprint,
        Measurement::Inspector,
    ];
    if long.iter().any(|measurement| options.wants(*measurement)) {
        long_stream::run(options, scratch.path(), &mut record).await?;
    }
    if options.wants(Measurement::Subscribers) {
        quiet_subscribers(options, scratch.path(), &mut record).await?;
    }
    if options.wants(Measurement::Recovery) {
        recoveries(options, scratch.path(), &mut record).await?;
    }
    if options.wants(Measurement::Idle) {
        idleness(options, scratch.path(), &mut record).await?;
    }
    Ok(record)
}

async fn quiet_subscribers(options: &Options, scratch: &Path, record: &mut Record) -> Result<()> {
    eprintln!("subscribing");
    let clients = subscribers::AT_ONCE.min(machine::subscribers_max());
    if clients < subscribers::AT_ONCE {
        record.note(format!(
            "{clients} clients instead of {} came at once: the limit on open files is lower",
            subscribers::AT_ONCE
        ));
    }
    for _ in 0..options.repeats.div_ceil(4) {
        for (name, product) in [
            ("SSE", Product::events as fn(&_) -> _),
            ("WebSocket", Product::sockets),
        ] {
            let folder = tempfile::tempdir_in(scratch)?;
            let each = subscribers::memory(&options.binary, folder.path(), product).await?;
            for (audience, bytes) in subscribers::AUDIENCES.into_iter().zip(each) {
                let name = format!("memory for each of {audience} subscribers, {name}");
                record.add(Measurement::Subscribers, &name, Unit::Bytes, bytes);
            }
        }
        let folder = tempfile::tempdir_in(scratch)?;
        let took = subscribers::connect(&options.binary, folder.path(), clients).await?;
        record.add(
            Measurement::Subscribers,
            "10000 SSE clients connected at once: time",
            Unit::Seconds,
            took.as_secs_f64(),
        );
    }
    Ok(())
}

async fn recoveries(options: &Options, scratch: &Path, record: &mut Record) -> Result<()> {
    eprintln!("killing");
    for _ in 0..options.repeats.div_ceil(2) {
        let folder = tempfile::tempdir_in(scratch)?;
        let measured = recovery::measure(&options.binary, folder.path()).await?;
        let figures = [
            ("time", Unit::Milliseconds, millis(measured.ready_after)),
            (
                "acknowledged messages",
                Unit::Count,
                measured.acknowledged as f64,
            ),
            (
                "acknowledged messages lost",
                Unit::Count,
                measured.lost as f64,
            ),
        ];
        for (what, unit, value) in figures {
            record.add(
                Measurement::Recovery,
                &format!("recovery after kill -9: {what}"),
                unit,
                value,
            );
        }
    }
    Ok(())
}

async fn idleness(options: &Options, scratch: &Path, record: &mut Record) -> Result<()> {
    let watched = Duration::from_millis(options.idle_ms);
    eprintln!("idling");
    let measured = idle::runtime(&options.binary, &scratch.join("idle"), watched).await?;
    add_idle(record, "idle api + worker", &measured);
    if options.desktop.exists() {
        let measured =
            idle::desktop(&options.desktop, &scratch.join("idle-desktop"), watched).await?;
        add_idle(record, "idle desktop app", &measured);
    } else {
        record.note(format!(
            "the desktop app was not measured: {} is not built",
            options.desktop.display()
        ));
    }
    Ok(())
}

fn add_idle(record: &mut Record, name: &str, measured: &idle::Idle) {
    let figures = [
        ("PSS", Unit::Bytes, measured.pss_bytes as f64),
        ("CPU", Unit::Percent, measured.cpu_percent),
        ("wake-ups", Unit::PerSecond, measured.wake_ups_per_second),
    ];
    for (what, unit, value) in figures {
        record.add(Measurement::Idle, &format!("{name}: {what}"), unit, value);
    }
    record.note(format!("{name} is {}", measured.processes.join(" + ")));
}
