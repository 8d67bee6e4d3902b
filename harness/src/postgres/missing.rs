//! What a way to get PostgreSQL lacks here, and the command that would provide it.

/// Why a way does not work here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What is missing.
    pub what: String,
    /// The command that would provide it.
    pub remedy: String,
}

/// What may have to be installed.
#[derive(Clone, Copy)]
pub(super) enum Installable {
    Docker,
    Server,
}

/// The command that installs it on this machine.
pub(super) fn install_command(wanted: Installable) -> String {
    let has = |program: &str| {
        std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
    };
    let found = [
        (
            "apt-get",
            "sudo apt-get install -y docker.io",
            "sudo apt-get install -y postgresql",
        ),
        (
            "dnf",
            "sudo dnf install -y docker",
            "sudo dnf install -y postgresql-server",
        ),
        ("apk", "sudo apk add docker", "sudo apk add postgresql"),
        ("pacman", "sudo pacman -S docker", "sudo pacman -S postgresql"),
        ("brew", "brew install colima docker", "brew install postgresql@17"),
    ]
    .into_iter()
    .find(|(manager, _, _)| has(manager));
    match (wanted, found) {
        (Installable::Docker, Some((_, command, _))) | (Installable::Server, Some((_, _, command))) => {
            command.to_owned()
        }
        (Installable::Docker, None) => "install Docker with this system's package manager".to_owned(),
        (Installable::Server, None) => {
            "install PostgreSQL's server with this system's package manager".to_owned()
        }
    }
}
