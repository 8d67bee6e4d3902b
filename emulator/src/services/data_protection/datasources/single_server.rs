//! A database of a single server. The plugin of the backup extension signs in as the user of the credentials and
//! dumps it straight into vault storage.

use super::mover::{Moved, Mover, PlayedType, Progress, Site};
use crate::jobs::{EffectResult, Work};
use crate::rules::{DatasourceName, Stage, datasource};
use crate::services::data_protection::plugin;
use crate::services::data_protection::recovery_point::VaultFile;
use crate::services::data_protection::task::Need;
use crate::services::data_protection::violation::Violation;
use crate::services::{Context, Input};

pub(super) struct SingleServerDatabase;

impl PlayedType for SingleServerDatabase {
    fn name(&self) -> DatasourceName {
        datasource::single_server
    }

    fn mover(&self) -> Box<dyn Mover> {
        Box::new(Plugin)
    }
}

#[derive(Clone)]
struct Plugin;

impl Mover for Plugin {
    fn begin(&mut self, _: &mut Context<'_>, site: &mut Site) -> Progress {
        match site.sign_in.take() {
            Some(sign_in) => {
                let dump = plugin::dump(sign_in, &site.place, &site.point, &site.signature);
                Progress::Needs(Box::new(Need::Work(Work::DumpDatabase(dump))))
            }
            None => failed("there is no way to sign in"),
        }
    }

    fn go_on(&mut self, context: &mut Context<'_>, site: &mut Site, input: Input) -> Progress {
        match input {
            Input::Worked(EffectResult::Dumped {
                files,
                datasource_size_bytes,
            }) => Progress::Moved(Moved {
                transferred_bytes: Some(files.iter().map(|file| file.length).sum()),
                source_bytes: Some(datasource_size_bytes),
                files: vec![VaultFile {
                    blob: plugin::blob(&site.point),
                    kind: "database".to_owned(),
                    database: Some(site.datasource.database().to_owned()),
                }],
            }),
            Input::Worked(EffectResult::Failed(failure)) => {
                let violation = plugin::failed(
                    context,
                    datasource::single_server,
                    Stage::BackupJob,
                    ("", ""),
                    failure,
                );
                Progress::Failed(Box::new(violation))
            }
            _ => failed("the dump ended without a result"),
        }
    }
}

fn failed(why: &str) -> Progress {
    Progress::Failed(Box::new(Violation::moving(why)))
}
