//! One intended submission, with the id that makes a retry of it harmless.

use copydesk_proto::v1;

/// An article to store and how. The request id is drawn when the submission is made, so sending the same `Submission`
/// (or a clone of it) again is answered with the first result.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission(v1::SubmitArticleRequest);

/// What became of a submission.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// As it was when the server answered.
    pub article: v1::Article,
    /// True if nothing new was stored: the content was known, or an earlier try had got through.
    pub already_known: bool,
}

impl Submission {
    /// With a fresh request id and the contract's defaults: answered once durable, normal priority.
    pub fn new(article: v1::RawArticle) -> Submission {
        Submission(v1::SubmitArticleRequest {
            request_id: format!("{:032x}", rand::random::<u128>()),
            article: Some(article),
            ..Default::default()
        })
    }

    /// An id of the caller's own, unique for each intended submission; for callers that may die and submit again.
    pub fn request_id(mut self, request_id: impl Into<String>) -> Submission {
        self.0.request_id = request_id.into();
        self
    }

    /// Answered when the article is processed or has failed, or after about a minute as it then is.
    pub fn wait_until_processed(mut self) -> Submission {
        self.0.wait_for = v1::WaitFor::Processed as i32;
        self
    }

    /// Which articles the server processes first.
    pub fn priority(mut self, priority: v1::Priority) -> Submission {
        self.0.priority = priority as i32;
        self
    }

    /// How much of the article the answer carries, and what its offsets count.
    pub fn answer(mut self, view: v1::ArticleView, offset_encoding: v1::OffsetEncoding) -> Submission {
        self.0.view = view as i32;
        self.0.offset_encoding = offset_encoding as i32;
        self
    }

    /// The article that is submitted.
    pub fn article(&self) -> Option<&v1::RawArticle> {
        self.0.article.as_ref()
    }

    pub(crate) fn as_unary(&self) -> v1::SubmitArticleRequest {
        self.0.clone()
    }

    pub(crate) fn as_streamed(&self) -> v1::SubmitArticlesRequest {
        let v1::SubmitArticleRequest { request_id, article, wait_for, priority, view, offset_encoding } =
            self.0.clone();
        v1::SubmitArticlesRequest { request_id, article, wait_for, priority, view, offset_encoding }
    }

    pub(crate) fn id(&self) -> &str {
        &self.0.request_id
    }
}

impl From<v1::SubmitArticleRequest> for Submission {
    /// Fills in a request id if there is none.
    fn from(mut request: v1::SubmitArticleRequest) -> Submission {
        if request.request_id.is_empty() {
            request.request_id = Submission::new(v1::RawArticle::default()).0.request_id;
        }
        Submission(request)
    }
}
