//! Ends a process that was told to end and does not.

use std::process;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// How long an orderly end may take: containers are stopped and directories removed.
const GRACE: Duration = Duration::from_secs(10);

/// Watches for signals from a thread of its own, so that they are heard while everything else is busy. Some
/// time after the first one, or at the second, the process ends whatever it is doing.
pub(super) fn watch() {
    let watching = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime {
            runtime.block_on(wait());
        }
    };
    // Without it an orderly end is still possible.
    let _ = std::thread::Builder::new()
        .name("watchdog".to_owned())
        .spawn(watching);
}

async fn wait() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return;
    };
    let _ = any(&mut terminate, &mut interrupt).await;
    let number = tokio::select! {
        number = any(&mut terminate, &mut interrupt) => number,
        () = tokio::time::sleep(GRACE) => SignalKind::terminate().as_raw_value(),
    };
    eprintln!("azdrill: what was under way did not end in time, and is cut off");
    process::exit(128 + number);
}

async fn any(terminate: &mut Signal, interrupt: &mut Signal) -> i32 {
    tokio::select! {
        _ = terminate.recv() => SignalKind::terminate().as_raw_value(),
        _ = interrupt.recv() => SignalKind::interrupt().as_raw_value(),
    }
}
