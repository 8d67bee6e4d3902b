//! A container that is gone when this is dropped.

use testcontainers::{ContainerAsync, GenericImage};

/// A container, running or stopped.
pub(super) struct ThrowawayContainer {
    id: String,
    /// There until it is removed.
    container: Option<ContainerAsync<GenericImage>>,
}

impl ThrowawayContainer {
    pub(super) fn new(container: ContainerAsync<GenericImage>) -> Self {
        Self {
            id: container.id().to_owned(),
            container: Some(container),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Removes it, and says so if that fails.
    pub(super) async fn remove(mut self) -> Result<(), String> {
        match self.container.take() {
            Some(container) => container.rm().await.map_err(|error| error.to_string()),
            None => Ok(()),
        }
    }
}

impl Drop for ThrowawayContainer {
    fn drop(&mut self) {
        let Some(container) = self.container.take() else {
            return;
        };
        // `testcontainers` removes it too, but panics outside of a runtime and in one that is
        // shutting down. A thread with a runtime of its own works everywhere.
        let removal = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => {
                    if let Err(error) = runtime.block_on(container.rm()) {
                        tracing::warn!(%error, "a container could not be removed; the next start will");
                    }
                }
                // Its own removal would panic; the next start sweeps.
                Err(_) => std::mem::forget(container),
            }
        });
        let _ = removal.join();
    }
}
