//! Choosing a way to get PostgreSQL.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::missing::Missing;
use super::{PostgresMode, RealPostgres, container, download, local};

/// What was chosen.
pub struct Chosen {
    /// The way taken.
    pub mode: PostgresMode,
    /// The servers; nothing for [`PostgresMode::None`].
    pub postgres: Option<Arc<dyn RealPostgres>>,
    /// One line for each way that was tried before and did not work.
    pub notices: Vec<String>,
}

impl fmt::Debug for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chosen")
            .field("mode", &self.mode)
            .field("notices", &self.notices)
            .finish_non_exhaustive()
    }
}

/// No PostgreSQL is to be had.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum ChooseError {
    /// The way asked for does not work here.
    #[error("no PostgreSQL by way of `{mode}`: {}\n  to get it: {}", missing.what, missing.remedy)]
    Unavailable {
        /// The way.
        mode: PostgresMode,
        /// Why not.
        missing: Missing,
    },
    /// None of the ways works.
    #[error("no PostgreSQL: {}", list(.0))]
    Nothing(Vec<(PostgresMode, Missing)>),
}

fn list(tried: &[(PostgresMode, Missing)]) -> String {
    let mut text = "none of the three ways to get one works here".to_owned();
    for (mode, missing) in tried {
        text.push_str(&format!("\n  {mode}: {}", missing.what));
    }
    // The programs of a distribution are the surest way, and the only one that needs no registry.
    if let Some((_, missing)) = tried.iter().find(|(mode, _)| *mode == PostgresMode::Local) {
        text.push_str(&format!("\n  to get one: {}", missing.remedy));
    }
    text
}

/// Gets PostgreSQL the way asked for, or else the first way that works: containers, then what is
/// installed, then a download.
///
/// # Errors
/// If the way asked for does not work, or none does.
pub async fn choose(mode: Option<PostgresMode>) -> Result<Chosen, ChooseError> {
    choose_with(mode, &Ways { keeps: None }).await
}

/// The same where the data of servers is to be kept in that folder.
///
/// # Errors
/// If the way asked for does not work, or cannot keep data; or none does.
pub async fn choose_keeping(mode: Option<PostgresMode>, folder: &Path) -> Result<Chosen, ChooseError> {
    choose_with(mode, &Ways { keeps: Some(folder) }).await
}

/// The ways, apart from the order they are tried in.
trait Try {
    async fn open(&self, mode: PostgresMode) -> Result<Arc<dyn RealPostgres>, Missing>;
}

struct Ways<'a> {
    /// Where data is kept, if it is.
    keeps: Option<&'a Path>,
}

impl Try for Ways<'_> {
    async fn open(&self, mode: PostgresMode) -> Result<Arc<dyn RealPostgres>, Missing> {
        match mode {
            PostgresMode::Container if self.keeps.is_some() => Err(Missing {
                what: "databases in containers are not kept by `--state`".to_owned(),
                remedy: "`--postgres local` or `--postgres download`, or `serve` without `--state`"
                    .to_owned(),
            }),
            PostgresMode::Container => container::open().await,
            PostgresMode::Download => download::open(self.keeps).await,
            PostgresMode::Local | PostgresMode::None => local::open(self.keeps),
        }
    }
}

async fn choose_with(mode: Option<PostgresMode>, ways: &impl Try) -> Result<Chosen, ChooseError> {
    match mode {
        Some(PostgresMode::None) => Ok(Chosen {
            mode: PostgresMode::None,
            postgres: None,
            notices: Vec::new(),
        }),
        Some(mode) => match ways.open(mode).await {
            Ok(postgres) => Ok(Chosen {
                mode,
                postgres: Some(postgres),
                notices: Vec::new(),
            }),
            Err(missing) => Err(ChooseError::Unavailable { mode, missing }),
        },
        None => {
            let mut tried = Vec::new();
            for mode in [
                PostgresMode::Container,
                PostgresMode::Local,
                PostgresMode::Download,
            ] {
                match ways.open(mode).await {
                    Ok(postgres) => {
                        let notices = tried
                            .iter()
                            .map(|(failed, missing): &(PostgresMode, Missing)| {
                                format!("PostgreSQL by way of `{mode}`, not `{failed}`: {}", missing.what)
                            })
                            .collect::<Vec<_>>();
                        for notice in &notices {
                            tracing::info!("{notice}");
                        }
                        return Ok(Chosen {
                            mode,
                            postgres: Some(postgres),
                            notices,
                        });
                    }
                    Err(missing) => tried.push((mode, missing)),
                }
            }
            Err(ChooseError::Nothing(tried))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Ways that never work, and remember what was tried.
    #[derive(Default)]
    struct NoWay(RefCell<Vec<PostgresMode>>);

    impl Try for NoWay {
        async fn open(&self, mode: PostgresMode) -> Result<Arc<dyn RealPostgres>, Missing> {
            self.0.borrow_mut().push(mode);
            Err(Missing {
                what: format!("no {mode} here"),
                remedy: format!("get {mode}"),
            })
        }
    }

    #[tokio::test]
    async fn all_three_are_tried_in_order_and_named() {
        let ways = NoWay::default();
        let error = choose_with(None, &ways).await.unwrap_err().to_string();
        assert_eq!(
            *ways.0.borrow(),
            [
                PostgresMode::Container,
                PostgresMode::Local,
                PostgresMode::Download
            ]
        );
        for part in [
            "container: no container here",
            "local: no local here",
            "download: no download here",
        ] {
            assert!(error.contains(part), "{error}");
        }
        assert!(error.ends_with("to get one: get local"), "{error}");
    }

    #[tokio::test]
    async fn a_way_asked_for_is_the_only_one_tried() {
        let ways = NoWay::default();
        let error = choose_with(Some(PostgresMode::Download), &ways)
            .await
            .unwrap_err();
        assert_eq!(*ways.0.borrow(), [PostgresMode::Download]);
        assert!(
            error
                .to_string()
                .contains("by way of `download`: no download here"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn none_is_a_choice() {
        let ways = NoWay::default();
        let chosen = choose_with(Some(PostgresMode::None), &ways).await.unwrap();
        assert!(chosen.postgres.is_none() && ways.0.borrow().is_empty());
    }

    #[test]
    fn modes_are_parsed_and_nothing_else_is() {
        for mode in [
            PostgresMode::Container,
            PostgresMode::Local,
            PostgresMode::Download,
            PostgresMode::None,
        ] {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
        let error = "docker".parse::<PostgresMode>().unwrap_err().to_string();
        assert_eq!(
            error,
            "`docker` is no way to get PostgreSQL: say container, local, download or none"
        );
    }
}
