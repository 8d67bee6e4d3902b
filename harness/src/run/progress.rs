//! How far a long step has come, for whoever watches.

use std::future::Future;
use std::sync::Arc;

/// What is told how far a step has come.
pub type Watcher = Arc<dyn Fn(&str) + Send + Sync>;

tokio::task_local! {
    // Of the task: nothing that is played has to hand it on, and no outcome can depend on it.
    static WATCHER: Watcher;
}

/// Plays something before a watcher.
pub async fn watched<T>(watcher: Watcher, playing: impl Future<Output = T>) -> T {
    WATCHER.scope(watcher, playing).await
}

/// Tells the watcher, if there is one.
pub(super) fn tell(text: &str) {
    // Nobody watching is no mistake.
    let _ = WATCHER.try_with(|watcher| watcher(text));
}
