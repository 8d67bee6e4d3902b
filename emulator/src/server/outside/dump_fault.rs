//! What a fault does to the dump of a whole server by the server's own service, which passes no gate.

use std::time::Duration;

use crate::fault::ConnectionFault;
use crate::jobs::EffectFailure;
use crate::server::engine::DatabaseEngine;

/// A fault of one dump, over all its databases.
pub(super) struct DumpFault<'a> {
    engine: &'a dyn DatabaseEngine,
    key: &'a str,
    fault: Option<ConnectionFault>,
    /// How much the server has sent, in bytes.
    sent: u64,
}

impl<'a> DumpFault<'a> {
    pub(super) fn new(engine: &'a dyn DatabaseEngine, key: &'a str, fault: Option<ConnectionFault>) -> Self {
        Self {
            engine,
            key,
            fault,
            sent: 0,
        }
    }

    /// Before the dump begins.
    pub(super) async fn begins(&mut self) -> Result<(), EffectFailure> {
        match self.fault {
            Some(
                fault @ (ConnectionFault::Refuse
                | ConnectionFault::AcceptThenClose
                | ConnectionFault::TooManyClients),
            ) => Err(failed(fault)),
            Some(ConnectionFault::Stall { seconds }) => {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Before so many more bytes of the server's go on. What is done to the server itself, its dump finds out
    /// by what comes next.
    pub(super) async fn passes(&mut self, bytes: usize) -> Result<(), EffectFailure> {
        let Some(fault) = self.fault else { return Ok(()) };
        self.sent = self.sent.saturating_add(bytes as u64);
        match fault {
            ConnectionFault::ResetAfter { bytes } if self.sent >= bytes => return Err(failed(fault)),
            ConnectionFault::Slow { bytes_per_second } => {
                let micros = (bytes as u64).saturating_mul(1_000_000) / bytes_per_second.max(1);
                tokio::time::sleep(Duration::from_micros(micros)).await;
            }
            _ => {}
        }
        if let Some((how, after)) = fault.disturbance()
            && self.sent >= after
        {
            self.fault = None;
            self.engine
                .disturb(self.key, how)
                .await
                .map_err(super::database::failed)?;
        }
        Ok(())
    }
}

fn failed(fault: ConnectionFault) -> EffectFailure {
    EffectFailure::Engine(format!("the dump's connection is struck by a fault: {fault}"))
}
