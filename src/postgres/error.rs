//! What keeps the embedded Postgres from running. Every message says what a person can do about it, since it is the last
//! thing that they see before `serve` gives up.

use std::{io, path::PathBuf, process::ExitStatus};

use thiserror::Error;

use crate::store::StoreError;

/// Why the embedded Postgres is not running.
#[derive(Debug, Error)]
pub enum PostgresError {
    /// No server binaries were found.
    #[error(
        "no Postgres server binaries were found. Install them (Debian, Ubuntu: `apt-get install postgresql`; macOS: \
         `brew install postgresql`), name the folder that holds `postgres` and `initdb`, unpack a bundle into {}, or \
         use a database that runs elsewhere with --database-url", bundle.display()
    )]
    NoBinaries {
        /// Where a bundle would be looked for.
        bundle: PathBuf,
    },
    /// The folder that was named holds no server binaries.
    #[error("{} holds no `postgres` and `initdb`: name the `bin` folder of a Postgres installation", bin_dir.display())]
    NoBinariesIn {
        /// The folder that was named.
        bin_dir: PathBuf,
    },
    /// A binary does not say which version it is.
    #[error("{} does not say its version, but {output:?}", binary.display())]
    UnknownVersion {
        /// What was run.
        binary: PathBuf,
        /// What it printed.
        output: String,
    },
    /// The folder was made by another major version of Postgres.
    #[error(
        "{} was made by Postgres {found}, and only Postgres {available} is installed: install Postgres {found}, or \
         dump the data with it and restore the dump into a new data folder", folder.display()
    )]
    OtherMajor {
        /// The cluster's folder.
        folder: PathBuf,
        /// The major version that made it.
        found: String,
        /// The major version of the binaries found.
        available: String,
    },
    /// Something else already stands where the cluster would go.
    #[error("{} holds files that are no Postgres cluster: move them away, or choose another data folder", folder.display())]
    NotACluster {
        /// The cluster's folder.
        folder: PathBuf,
    },
    /// The cluster is another user's.
    #[error("{} belongs to another user (uid {owner}): run as that user, or choose another data folder", folder.display())]
    ForeignOwner {
        /// The cluster's folder.
        folder: PathBuf,
        /// The user's number.
        owner: u32,
    },
    /// The user that Postgres runs as cannot get to the data folder.
    #[error(
        "Postgres does not run as root, so it runs as `{account}`, who may not enter {}: choose a data folder \
         elsewhere (such as /var/lib/copydesk), or open that folder with `chmod o+x`", closed.display()
    )]
    Unreachable {
        /// The user's name.
        account: String,
        /// The folder on the way that is closed.
        closed: PathBuf,
    },
    /// Running as root, and there is nobody to run Postgres as.
    #[error("Postgres does not run as root, and there is neither a user `postgres` nor `nobody`: create one")]
    NoAccount,
    /// The cluster exists, its password does not.
    #[error("{} is missing, and without it nobody can log in: restore it from a backup", file.display())]
    NoPassword {
        /// Where the password belongs.
        file: PathBuf,
    },
    /// A program of Postgres failed.
    #[error("`{program}` failed ({status}): {output}")]
    Program {
        /// Which.
        program: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it printed.
        output: String,
    },
    /// The server ended instead of becoming ready.
    #[error("Postgres ended while starting ({status}); the end of {}:\n{output}", log.display())]
    Ended {
        /// How it ended.
        status: String,
        /// Its log.
        log: PathBuf,
        /// The end of the log.
        output: String,
    },
    /// The server runs but is not ready in time.
    #[error("Postgres was not ready after {seconds} seconds; see {}", log.display())]
    NotReady {
        /// How long it was waited for.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },
    /// It is ready but does not let us in.
    #[error("the embedded Postgres does not let Copydesk in")]
    Refused(#[source] StoreError),
    /// A file or folder cannot be used.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl PostgresError {
    /// For `map_err`: what was tried, and on what.
    pub(super) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> PostgresError {
        let path = path.into();
        move |source| PostgresError::File { action, path, source }
    }
}
