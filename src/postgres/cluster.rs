//! The cluster's folder: made once, by `initdb`, and never over files that are there.
//!
//! It is made beside its place and renamed into it when it is complete with its database, so that being killed at any
//! moment leaves either no cluster or a good one. Nothing here starts a server; postmaster.rs does.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use tokio::{io::AsyncWriteExt, process::Command};

use super::{PostgresError, account::Account, binaries::Binaries};

/// The role and the database of Copydesk in its own cluster.
pub(super) const ROLE: &str = "copydesk";
pub(super) const DATABASE: &str = "copydesk";

/// The folder of the cluster and the file of its password, in the service's data folder.
pub(super) const FOLDER: &str = "postgres";
const PASSWORD_FILE: &str = "postgres.password";
/// The random bytes of a password.
const PASSWORD_BYTES: usize = 24;
/// How much of a failed program's output an error carries.
const OUTPUT_TAIL_BYTES: usize = 2_000;

/// A complete cluster that is ready to be started.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    /// The data folder of the service.
    pub(super) data_dir: PathBuf,
    /// The data folder of Postgres.
    pub(super) folder: PathBuf,
    pub(super) binaries: Binaries,
    pub(super) account: Account,
    pub(super) password: String,
}

impl Cluster {
    /// Opens the cluster in `data_dir`, making it first if it is not there. `data_dir` exists and is absolute.
    /// The caller holds the lock of `data_dir`.
    pub(super) async fn open(data_dir: &Path, bin_dir: Option<&Path>) -> Result<Cluster, PostgresError> {
        let folder = data_dir.join(FOLDER);
        let made_by = made_by(&folder)?;
        let bundle = data_dir.join("pgsql").join("bin");
        let binaries = Binaries::find(bin_dir, made_by.as_deref(), &bundle).await?;
        let account = Account::choose(&folder)?;
        account.reach(data_dir)?;

        let password_file = data_dir.join(PASSWORD_FILE);
        let password = match (read_password(&password_file)?, &made_by) {
            (Some(password), _) => password,
            (None, None) => create_password(&password_file)?,
            (None, Some(_)) => return Err(PostgresError::NoPassword { file: password_file }),
        };
        let cluster = Cluster { data_dir: data_dir.to_owned(), folder, binaries, account, password };
        match made_by {
            None => cluster.create().await?,
            Some(found) if found != cluster.binaries.major => {
                let (folder, available) = (cluster.folder, cluster.binaries.major);
                return Err(PostgresError::OtherMajor { folder, found, available });
            }
            Some(_) => {}
        }
        Ok(cluster)
    }

    /// How to log in to it at `port`.
    pub(super) fn url(&self, port: u16) -> String {
        url(&self.password, port)
    }

    async fn create(&self) -> Result<(), PostgresError> {
        let staging = self.data_dir.join("postgres.new");
        let cluster = staging.join("cluster");
        let password_file = staging.join("password");
        remove(&staging)?;
        fs::create_dir(&staging).map_err(PostgresError::file("create", &staging))?;
        fs::set_permissions(&staging, Permissions::from_mode(0o700))
            .map_err(PostgresError::file("close", &staging))?;
        // initdb wants the password in a file that its user can read; the kept one is the service's own.
        write_secret(&password_file, &self.password)?;
        self.account.own(&password_file)?;
        self.account.own(&staging)?;

        let mut initdb = Command::new(self.binaries.program("initdb"));
        initdb.arg("--pgdata").arg(&cluster).arg("--pwfile").arg(&password_file).args([
            "--username",
            ROLE,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            // Byte order is the same on every machine and never changes under an index; letters fold as Unicode has it.
            "--lc-collate=C",
            if cfg!(target_os = "macos") { "--lc-ctype=UTF-8" } else { "--lc-ctype=C.UTF-8" },
            "--lc-messages=C",
            "--lc-monetary=C",
            "--lc-numeric=C",
            "--lc-time=C",
        ]);
        self.account.run(&mut initdb, &staging);
        let output = initdb.stdin(Stdio::null()).output().await.map_err(self.cannot_run("initdb"))?;
        succeeded("initdb", &output)?;

        // A single-user server needs no port, no password and no waiting.
        let mut single = Command::new(self.binaries.program("postgres"));
        single.args(["--single", "-c", "exit_on_error=on", "-D"]).arg(&cluster).arg("postgres");
        self.account.run(&mut single, &staging);
        single.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut server = single.spawn().map_err(self.cannot_run("postgres"))?;
        if let Some(mut stdin) = server.stdin.take() {
            let statement = format!("create database {DATABASE};\n");
            stdin.write_all(statement.as_bytes()).await.map_err(self.cannot_run("postgres"))?;
        }
        let output = server.wait_with_output().await.map_err(self.cannot_run("postgres"))?;
        succeeded("postgres --single", &output)?;

        fs::rename(&cluster, &self.folder).map_err(PostgresError::file("create", &self.folder))?;
        File::open(&self.data_dir)
            .and_then(|data_dir| data_dir.sync_all())
            .map_err(PostgresError::file("sync", &self.data_dir))?;
        remove(&staging)
    }

    fn cannot_run(&self, program: &str) -> impl FnOnce(std::io::Error) -> PostgresError + use<> {
        PostgresError::file("run", self.binaries.program(program))
    }
}

/// How to log in to the cluster in `data_dir`, which another process runs at `port`; none while it has no password.
pub(super) fn url_of(data_dir: &Path, port: u16) -> Result<Option<String>, PostgresError> {
    Ok(read_password(&data_dir.join(PASSWORD_FILE))?.map(|password| url(&password, port)))
}

fn url(password: &str, port: u16) -> String {
    format!("postgres://{ROLE}:{password}@127.0.0.1:{port}/{DATABASE}")
}

/// The major version that made the cluster in `folder`; none if there is nothing at all.
fn made_by(folder: &Path) -> Result<Option<String>, PostgresError> {
    match fs::read_to_string(folder.join("PG_VERSION")) {
        Ok(version) => return Ok(Some(version.trim().to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(source) => {
            return Err(PostgresError::File { action: "read", path: folder.join("PG_VERSION"), source });
        }
    }
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        // An empty folder is as good as none: someone made the place ready.
        Ok(true) => {
            fs::remove_dir(folder).map_err(PostgresError::file("replace", folder))?;
            Ok(None)
        }
        Ok(false) => Err(PostgresError::NotACluster { folder: folder.to_owned() }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(PostgresError::File { action: "read", path: folder.to_owned(), source }),
    }
}

fn read_password(file: &Path) -> Result<Option<String>, PostgresError> {
    match fs::read_to_string(file) {
        Ok(password) => Ok(Some(password.trim().to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(PostgresError::File { action: "read", path: file.to_owned(), source }),
    }
}

/// Made before the cluster and kept by a rename, so that no cluster is ever without its password.
fn create_password(file: &Path) -> Result<String, PostgresError> {
    let password: String =
        rand::random::<[u8; PASSWORD_BYTES]>().iter().map(|b| format!("{b:02x}")).collect();
    let staging = file.with_extension("password.new");
    remove(&staging)?;
    write_secret(&staging, &password)?;
    fs::rename(&staging, file).map_err(PostgresError::file("create", file))?;
    Ok(password)
}

fn write_secret(file: &Path, secret: &str) -> Result<(), PostgresError> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut opened| {
            opened.write_all(format!("{secret}\n").as_bytes())?;
            opened.sync_all()
        })
        .map_err(PostgresError::file("write", file))
}

/// Removes a file or folder of an earlier try.
fn remove(path: &Path) -> Result<(), PostgresError> {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match removed {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(PostgresError::File { action: "remove", path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

fn succeeded(program: &'static str, output: &Output) -> Result<(), PostgresError> {
    if output.status.success() {
        return Ok(());
    }
    let output_text = tail(&output.stderr);
    Err(PostgresError::Program { program, status: output.status, output: output_text })
}

/// The last lines of `bytes`, as text.
pub(super) fn tail(bytes: &[u8]) -> String {
    let start = bytes.len().saturating_sub(OUTPUT_TAIL_BYTES);
    String::from_utf8_lossy(&bytes[start..]).trim().to_owned()
}
