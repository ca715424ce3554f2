//! Whom Postgres runs as. It refuses to run as root, so a service that is root (a container, a small server) gives it an
//! ordinary user's rights: the cluster's owner, else `postgres`, else `nobody`. Any other service runs it as itself.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::Path,
};

use nix::unistd::{Uid, User, geteuid};
use tokio::process::Command;

use super::PostgresError;

/// The user that owns the cluster and runs its processes.
#[derive(Clone, Debug)]
pub(super) struct Account {
    name: String,
    uid: u32,
    gid: u32,
    /// Whether this process is root and has to change into that user.
    changes: bool,
}

impl Account {
    /// Whose cluster `folder` is; if it does not exist, whose it should be.
    pub(super) fn choose(folder: &Path) -> Result<Account, PostgresError> {
        let me = geteuid();
        let owner = fs::metadata(folder).ok().map(|metadata| metadata.uid());
        if !me.is_root() {
            return match owner {
                Some(owner) if owner != me.as_raw() => {
                    Err(PostgresError::ForeignOwner { folder: folder.to_owned(), owner })
                }
                _ => Ok(Account {
                    name: me.to_string(),
                    uid: me.as_raw(),
                    gid: nix::unistd::getegid().as_raw(),
                    changes: false,
                }),
            };
        }
        let user = match owner.map(Uid::from_raw).filter(|owner| !owner.is_root()) {
            Some(owner) => User::from_uid(owner).ok().flatten(),
            None => ["postgres", "nobody"].iter().find_map(|name| User::from_name(name).ok().flatten()),
        };
        let user = user.ok_or(PostgresError::NoAccount)?;
        Ok(Account { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw(), changes: true })
    }

    /// Makes `command` run as this user, in `folder`: the service's own working folder may be closed to it.
    pub(super) fn run(&self, command: &mut Command, folder: &Path) {
        command.current_dir(folder);
        if self.changes {
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Hands `path` over to this user.
    pub(super) fn own(&self, path: &Path) -> Result<(), PostgresError> {
        if self.changes {
            chown(path, Some(self.uid), Some(self.gid))
                .map_err(PostgresError::file("change the owner of", path))?;
        }
        Ok(())
    }

    /// Makes sure that this user can get into `data_dir`. The data folder is ours and is opened if need be (what must
    /// stay secret in it has its own permissions); the folders above it are not, so a closed one is an error.
    pub(super) fn reach(&self, data_dir: &Path) -> Result<(), PostgresError> {
        if !self.changes {
            return Ok(());
        }
        let metadata = fs::metadata(data_dir).map_err(PostgresError::file("read", data_dir))?;
        if !self.may_enter(&metadata) {
            fs::set_permissions(data_dir, Permissions::from_mode(metadata.mode() | 0o011))
                .map_err(PostgresError::file("open", data_dir))?;
        }
        for folder in data_dir.ancestors().skip(1) {
            let metadata = fs::metadata(folder).map_err(PostgresError::file("read", folder))?;
            if !self.may_enter(&metadata) {
                return Err(PostgresError::Unreachable {
                    account: self.name.clone(),
                    closed: folder.to_owned(),
                });
            }
        }
        Ok(())
    }

    fn may_enter(&self, metadata: &fs::Metadata) -> bool {
        let needed = if metadata.uid() == self.uid {
            0o100
        } else if metadata.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        metadata.mode() & needed != 0
    }
}
