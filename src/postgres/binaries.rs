//! Finds the server binaries of Postgres on this machine. Nothing is downloaded: a package manager does that better.
//!
//! Order: the folder that was named; /usr/lib/postgresql/MAJOR/bin; `pg_config --bindir`; Homebrew; PATH; a bundle in
//! the data folder. An existing cluster can be run by its own major version only, so that one is preferred over a higher one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tokio::process::Command;

use super::PostgresError;

/// Where Debian and Ubuntu, and Homebrew on both kinds of Mac, install one folder for each major version.
const DEBIAN: &str = "/usr/lib/postgresql";
const HOMEBREW: [&str; 3] = ["/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"];

/// A `bin` folder with `postgres` and `initdb`, and the major version that they are.
#[derive(Clone, Debug)]
pub(super) struct Binaries {
    pub(super) bin_dir: PathBuf,
    pub(super) major: String,
}

impl Binaries {
    /// Finds them. `wanted_major` is the version of an existing cluster; if it is not to be had, the best other one is
    /// returned and the caller has to refuse. `bundle` is a `bin` folder that need not exist.
    pub(super) async fn find(
        named: Option<&Path>,
        wanted_major: Option<&str>,
        bundle: &Path,
    ) -> Result<Binaries, PostgresError> {
        if let Some(bin_dir) = named {
            if !is_complete(bin_dir) {
                return Err(PostgresError::NoBinariesIn { bin_dir: bin_dir.to_owned() });
            }
            return Binaries::at(bin_dir).await;
        }
        let mut best = None;
        for bin_dir in candidates(bundle).await {
            let binaries = Binaries::at(&bin_dir).await?;
            if wanted_major.is_none_or(|wanted| wanted == binaries.major) {
                return Ok(binaries);
            }
            best = best.or(Some(binaries));
        }
        best.ok_or_else(|| PostgresError::NoBinaries { bundle: bundle.to_owned() })
    }

    /// The path of one program.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }

    async fn at(bin_dir: &Path) -> Result<Binaries, PostgresError> {
        let binary = bin_dir.join("postgres");
        let output = Command::new(&binary)
            .arg("--version")
            .output()
            .await
            .map_err(PostgresError::file("run", &binary))?;
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        match major_of(&output) {
            Some(major) => Ok(Binaries { bin_dir: bin_dir.to_owned(), major }),
            None => Err(PostgresError::UnknownVersion { binary, output }),
        }
    }
}

/// "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)" -> "15"; "postgres (PostgreSQL) 18beta1" -> "18".
fn major_of(version: &str) -> Option<String> {
    let number = version.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    Some(number.chars().take_while(char::is_ascii_digit).collect())
}

fn is_complete(bin_dir: &Path) -> bool {
    // A client package installs pg_config and psql, but neither of these.
    bin_dir.join("postgres").is_file() && bin_dir.join("initdb").is_file()
}

async fn candidates(bundle: &Path) -> Vec<PathBuf> {
    let mut found = versions_in(Path::new(DEBIAN), "");
    if let Ok(output) = Command::new("pg_config").arg("--bindir").output().await {
        found.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    found.extend(HOMEBREW.iter().flat_map(|folder| versions_in(Path::new(folder), "postgresql@")));
    found.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    found.push(bundle.to_owned());
    found.retain(|bin_dir| is_complete(bin_dir));
    found
}

/// The `bin` folders in `folder/PREFIXmajor/`, highest major first.
fn versions_in(folder: &Path, prefix: &str) -> Vec<PathBuf> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = names
        .filter_map(|entry| {
            let name = entry.file_name();
            let major = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((major, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by(|left, right| right.cmp(left));
    versions.into_iter().map(|(_, bin_dir)| bin_dir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_postgres_prints() {
        let check =
            |printed, major: Option<&str>| assert_eq!(major_of(printed).as_deref(), major, "{printed}");
        check("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some("15"));
        check("postgres (PostgreSQL) 18beta1\n", Some("18"));
        check("postgres (EnterpriseDB) 9.6\n", Some("9"));
        check("", None);
    }

    #[test]
    fn higher_majors_come_first_and_other_folders_are_left_alone() {
        let folder = std::env::temp_dir().join(format!("copydesk-binaries-{}", std::process::id()));
        for name in ["9", "15", "16", "common", "postgresql@17"] {
            fs::create_dir_all(folder.join(name)).expect("a writable temporary folder");
        }
        let majors = versions_in(&folder, "");
        fs::remove_dir_all(&folder).expect("made above");
        let expected: Vec<PathBuf> =
            ["16", "15", "9"].iter().map(|major| folder.join(major).join("bin")).collect();
        assert_eq!(majors, expected);
    }
}
