//! Starting, stopping and changing database servers.

use crate::jobs::{EffectFailure, EffectResult, ServerWork};
use crate::server::engine::{DatabaseEngine, EngineError};

pub(super) async fn carry_out(
    engine: &dyn DatabaseEngine,
    work: ServerWork,
) -> Result<EffectResult, EffectFailure> {
    let done = match work {
        ServerWork::Start(spec) => {
            let address = engine.start(&spec).await.map_err(failed)?;
            return Ok(EffectResult::ServerStarted(address));
        }
        ServerWork::Restart(spec) => {
            engine.stop(&spec.key).await.map_err(failed)?;
            let address = engine.start(&spec).await.map_err(failed)?;
            return Ok(EffectResult::ServerStarted(address));
        }
        ServerWork::Describe(key) => {
            let parameters = engine.parameters(&key).await.map_err(failed)?;
            return Ok(EffectResult::Described(parameters));
        }
        ServerWork::SetParameter { key, name, value } => engine.set_parameter(&key, &name, &value).await,
        ServerWork::Stop(key) => engine.stop(&key).await,
        ServerWork::Remove(key) => engine.remove(&key).await,
        ServerWork::SetAdminPassword { key, password } => engine.set_admin_password(&key, &password).await,
        ServerWork::CreateDatabase { key, name } => engine.create_database(&key, &name).await,
        ServerWork::DropDatabase { key, name } => engine.drop_database(&key, &name).await,
    };
    done.map_err(failed)?;
    Ok(EffectResult::ServerDone)
}

pub(super) fn failed(error: EngineError) -> EffectFailure {
    EffectFailure::Engine(error.to_string())
}
