//! Consumer groups as things that are made, looked at and deleted. Working them is in `feed`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{App, AppError};
use crate::{
    article::{Position, Violation},
    store::groups::{Group, GroupMember, NewGroup, ParkedUpdate},
};

const DEFAULT_PAGE_SIZE: i32 = 50;
const MAX_PAGE_SIZE: i32 = 500;
const SHOWN_PARKED: i64 = 100;

/// A group as asked for.
#[derive(Clone, Debug)]
pub struct CreateGroup {
    /// As it would be.
    pub new: NewGroup,
}

/// A group with its members and the oldest of what it has parked.
#[derive(Clone, Debug)]
pub struct GroupStatus {
    /// How far it is.
    pub group: Group,
    /// Over all processes, oldest first.
    pub members: Vec<GroupMember>,
    /// The oldest.
    pub parked: Vec<ParkedUpdate>,
}

impl App {
    /// Makes a group, or finds the same one; whether it was there.
    pub async fn create_group(
        &self,
        create: CreateGroup,
        mut violations: Vec<Violation>,
    ) -> Result<(Group, bool), AppError> {
        let new = create.new;
        if !is_group_id(&new.group_id) {
            let rule = "must be 1 to 63 letters, digits, dots, dashes or underscores, starting with a letter or digit";
            violations.push(Violation::new("group_id", rule));
        }
        if new.settings.max_retry_delay < new.settings.min_retry_delay {
            let rule = "must not be below settings.min_retry_delay";
            violations.push(Violation::new("settings.max_retry_delay", rule));
        }
        if !violations.is_empty() {
            return Err(AppError::Invalid(violations));
        }
        let is_new = self.store.create_group(&new).await?.is_some();
        let group = self.find_group(&new.group_id).await?;
        if !is_new && !is_same(&group.made, &new) {
            return Err(AppError::GroupExists(new.group_id));
        }
        Ok((group, !is_new))
    }

    /// A group, or `GroupNotFound`.
    pub async fn find_group(&self, group_id: &str) -> Result<Group, AppError> {
        let found = self.store.get_group(group_id).await?;
        found.ok_or_else(|| AppError::GroupNotFound(group_id.to_owned()))
    }

    /// A group with all that is known of it.
    pub async fn get_group(&self, group_id: &str) -> Result<GroupStatus, AppError> {
        let group = self.find_group(group_id).await?;
        let members = self.store.list_group_members(group.group_key).await?;
        let parked = self.store.list_parked(group.group_key, SHOWN_PARKED).await?;
        Ok(GroupStatus { group, members, parked })
    }

    /// One page by name, and the token of the next, empty after the last.
    pub async fn list_groups(
        &self,
        page_size: i32,
        page_token: &str,
    ) -> Result<(Vec<Group>, String), AppError> {
        let mut violations = Vec::new();
        if !(0..=MAX_PAGE_SIZE).contains(&page_size) {
            let rule = format!("must be 1 to {MAX_PAGE_SIZE}, or 0 for {DEFAULT_PAGE_SIZE}");
            violations.push(Violation::new("page_size", rule));
        }
        let after = decode_token(page_token);
        if after.is_none() {
            let rule = "is not the next_page_token of a listing; leave it empty to start over";
            violations.push(Violation::new("page_token", rule));
        }
        let Some(after) = after.filter(|_| violations.is_empty()) else {
            return Err(AppError::Invalid(violations));
        };
        let size = if page_size == 0 { DEFAULT_PAGE_SIZE } else { page_size };
        // One more than asked for tells whether there is another page.
        let mut groups = self.store.list_groups(&after, i64::from(size) + 1).await?;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let has_more = groups.len() > size;
        groups.truncate(size);
        let last = groups.last().filter(|_| has_more);
        let token = last.map_or(String::new(), |group| URL_SAFE_NO_PAD.encode(&group.made.group_id));
        Ok((groups, token))
    }

    /// Forgets a group; its streams are told, on all processes.
    pub async fn delete_group(&self, group_id: &str) -> Result<(), AppError> {
        if !self.store.delete_group(group_id).await? {
            return Err(AppError::GroupNotFound(group_id.to_owned()));
        }
        self.groups_changed().await;
        Ok(())
    }

    /// Puts parked updates back; how many.
    pub async fn replay_parked(
        &self,
        group_id: &str,
        positions: Option<&[Position]>,
        limit: Option<i64>,
    ) -> Result<u64, AppError> {
        let group = self.find_group(group_id).await?;
        let limit = limit.unwrap_or(i64::MAX);
        let replayed = self.store.replay_parked(group.group_key, positions, limit).await?;
        self.groups_changed().await;
        Ok(replayed)
    }

    /// A hint that is lost costs other processes a poll.
    async fn groups_changed(&self) {
        self.groups.look();
        let _ = self.store.hint().await;
    }
}

fn is_group_id(text: &str) -> bool {
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    text.len() <= 63
        && text.bytes().all(is_sound)
        && text.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
}

/// Whether a second call asks for what there is. Where the log began or ended then, is another place now.
fn is_same(made: &NewGroup, asked: &NewGroup) -> bool {
    use crate::store::groups::GroupStart;
    let is_same_start = made.start == asked.start
        && (made.start != GroupStart::After || made.start_position == asked.start_position);
    is_same_start && made.filter == asked.filter && made.settings == asked.settings
}

/// `None` if it is no token; the empty one is before every name.
fn decode_token(token: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    (text.is_empty() || is_group_id(&text)).then_some(text)
}
