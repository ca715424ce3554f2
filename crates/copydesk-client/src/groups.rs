//! Consumer groups as things: made, looked at, deleted. Working on one is in `consumer`.

use copydesk_proto::v1;
use tonic::Code;

use crate::{Client, Consumer, ConsumerOptions, Error};

impl Client {
    /// Makes a group, or finds the same one. A group of that name that was made otherwise is an error.
    pub async fn create_group(
        &self,
        request: v1::CreateGroupRequest,
    ) -> Result<v1::CreateGroupResponse, Error> {
        self.with_retries(
            &request,
            |client, request| async move { client.feed().create_group(request).await },
        )
        .await
    }

    /// How far a group is, its members and what it has parked.
    pub async fn get_group(&self, group_id: &str) -> Result<v1::GetGroupResponse, Error> {
        let request = v1::GetGroupRequest { group_id: group_id.to_owned() };
        self.with_retries(&request, |client, request| async move { client.feed().get_group(request).await })
            .await
    }

    /// One page of groups by name.
    pub async fn list_groups(&self, request: v1::ListGroupsRequest) -> Result<v1::ListGroupsResponse, Error> {
        self.with_retries(&request, |client, request| async move { client.feed().list_groups(request).await })
            .await
    }

    /// Deletes a group with everything it was not done with.
    pub async fn delete_group(&self, group_id: &str) -> Result<(), Error> {
        let request = v1::DeleteGroupRequest { group_id: group_id.to_owned() };
        let mut attempts = 0;
        let deleted = self
            .with_retries(&request, |client, request| {
                attempts += 1;
                async move { client.feed().delete_group(request).await }
            })
            .await;
        match deleted {
            // An earlier try got through and only its answer was lost.
            Err(Error::Status(status)) if status.code() == Code::NotFound && attempts > 1 => Ok(()),
            other => other.map(|v1::DeleteGroupResponse {}| ()),
        }
    }

    /// Puts parked updates back to be delivered; how many.
    pub async fn replay_parked(&self, request: v1::ReplayParkedRequest) -> Result<i64, Error> {
        let answer =
            self.with_retries(&request, |client, request| async move {
                client.feed().replay_parked(request).await
            })
            .await?;
        Ok(answer.replayed_count)
    }

    /// Joins a group to work on its updates. Connects in the background; must be called in a tokio runtime.
    pub fn consume(&self, options: ConsumerOptions) -> Consumer {
        Consumer::start(self.clone(), options)
    }
}
