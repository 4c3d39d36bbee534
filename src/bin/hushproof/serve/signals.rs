//! Signals that end the server.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens for signals from now on. What it returns ends at the first one; the second one ends the program at once,
/// with 128 and the signal's number as its exit status.
#[cfg(unix)]
pub(super) fn stop() -> std::io::Result<impl Future<Output = ()>> {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
    let [mut interrupt, mut terminate] = [signal(kinds[0])?, signal(kinds[1])?];
    Ok(async move {
        either(&mut interrupt, &mut terminate).await;
        tokio::spawn(async move {
            let number = either(&mut interrupt, &mut terminate).await;
            std::process::exit(128 + number);
        });
    })
}

/// The number of the next signal.
#[cfg(unix)]
async fn either(interrupt: &mut Signal, terminate: &mut Signal) -> i32 {
    tokio::select! {
        _ = interrupt.recv() => SignalKind::interrupt().as_raw_value(),
        _ = terminate.recv() => SignalKind::terminate().as_raw_value(),
    }
}

/// Ends at the first Ctrl-C; the second one ends the program at once.
#[cfg(not(unix))]
pub(super) fn stop() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        ctrl_c().await;
        tokio::spawn(async {
            ctrl_c().await;
            std::process::exit(130);
        });
    })
}

#[cfg(not(unix))]
async fn ctrl_c() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler the program ends as any other when interrupted.
        std::future::pending::<()>().await;
    }
}
