"""Submitting and analyzing articles with grpcio."""

import time

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from copydesk.v1 import analysis_pb2, analysis_pb2_grpc, article_pb2, articles_pb2, articles_pb2_grpc
from story import STORY, raw

SECONDS = 60


@pytest.fixture
def articles(channel):
    return articles_pb2_grpc.ArticleServiceStub(channel)


def wait_until_processed(articles, article_id):
    """The article once it is processed."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        request = articles_pb2.GetArticleRequest(
            article_id=article_id, offset_encoding=article_pb2.OFFSET_ENCODING_CODE_POINT
        )
        article = articles.GetArticle(request, timeout=SECONDS).article
        if article.state != article_pb2.ARTICLE_STATE_ACCEPTED:
            return article
        time.sleep(0.05)
    raise AssertionError(f"{article_id} is not processed after {SECONDS} seconds")


def test_a_submitted_article_is_durable_when_the_call_answers_and_processed_soon(articles, source):
    answer = articles.SubmitArticle(articles_pb2.SubmitArticleRequest(article=raw(source)), timeout=SECONDS)
    assert not answer.already_known
    assert answer.article.version == 1
    assert answer.article.source == source

    article = wait_until_processed(articles, answer.article.article_id)
    assert article.state == article_pb2.ARTICLE_STATE_PROCESSED
    assert article.title == "Berlin seeks new gas deal with Norway"
    assert article.language.code == "en"
    assert dict(article.labels) == {"desk": "energy"}


def test_spans_of_a_processed_article_point_at_the_words_they_name(articles, source):
    request = articles_pb2.SubmitArticleRequest(
        article=raw(source, text=STORY.replace("Erna Solberg", "Recep Tayyip Erdoğan")),
        wait_for=articles_pb2.WAIT_FOR_PROCESSED,
        offset_encoding=article_pb2.OFFSET_ENCODING_CODE_POINT,
    )
    article = articles.SubmitArticle(request, timeout=SECONDS).article
    assert article.state == article_pb2.ARTICLE_STATE_PROCESSED
    mentions = [mention for entity in article.entities for mention in entity.mentions]
    for mention in mentions:
        # Python counts code points, and so does the answer.
        assert article.text[mention.span.begin : mention.span.end] == mention.text
        raw_words = request.article.text[mention.span.raw_begin : mention.span.raw_end]
        assert " ".join(raw_words.split()) == " ".join(mention.text.split())
    assert {"Norway", "Oslo", "Angela Merkel"} <= {entity.name for entity in article.entities}


def test_a_retry_with_the_same_request_id_stores_nothing_new(articles, source):
    request = articles_pb2.SubmitArticleRequest(request_id=f"{source}-1", article=raw(source))
    first = articles.SubmitArticle(request, timeout=SECONDS)
    second = articles.SubmitArticle(request, timeout=SECONDS)
    assert (first.already_known, second.already_known) == (False, True)
    assert second.article.article_id == first.article.article_id


def test_the_same_content_under_an_external_id_is_known_and_new_content_is_a_new_version(articles, source):
    def submit(text):
        request = articles_pb2.SubmitArticleRequest(article=raw(source, "story-1", text))
        return articles.SubmitArticle(request, timeout=SECONDS)

    first, again, changed = submit(STORY), submit(STORY), submit(STORY + "\nCorrected on Wednesday by the newsroom.\n")
    assert [answer.already_known for answer in (first, again, changed)] == [False, True, False]
    assert len({answer.article.article_id for answer in (first, again, changed)}) == 1
    assert [answer.article.version for answer in (first, again, changed)] == [1, 1, 2]


def test_every_wrong_field_is_named_in_one_invalid_argument(articles):
    article = article_pb2.RawArticle(source="s" * 201, url="not a url")
    with pytest.raises(grpc.RpcError) as caught:
        articles.SubmitArticle(articles_pb2.SubmitArticleRequest(article=article), timeout=SECONDS)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT

    details = {detail.TypeName(): detail for detail in rpc_status.from_call(caught.value).details}
    bad_request = error_details_pb2.BadRequest()
    assert details["google.rpc.BadRequest"].Unpack(bad_request)
    fields = {violation.field for violation in bad_request.field_violations}
    assert {"article.source", "article.url", "article.body"} <= fields
    info = error_details_pb2.ErrorInfo()
    assert details["google.rpc.ErrorInfo"].Unpack(info)
    assert info.domain == "copydesk" and info.reason


def test_a_bad_article_in_a_stream_gets_an_error_of_its_own_and_ends_nothing(articles, source):
    def requests():
        for number in range(20):
            text = "" if number == 7 else f"{STORY}\nReport number {number}.\n"
            yield articles_pb2.SubmitArticlesRequest(request_id=f"{source}-{number}", article=raw(source, text=text))

    answers = list(articles.SubmitArticles(requests(), timeout=SECONDS))
    assert [answer.index for answer in answers] == list(range(20))
    assert [answer.request_id for answer in answers] == [f"{source}-{number}" for number in range(20)]
    for answer in answers:
        assert answer.WhichOneof("result") == ("error" if answer.index == 7 else "article"), answer
    assert answers[7].error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert len({answer.article.article_id for answer in answers if answer.index != 7}) == 19


def test_an_unknown_article_is_not_found(articles):
    request = articles_pb2.GetArticleRequest(article_id="00000000-0000-7000-8000-000000000000")
    with pytest.raises(grpc.RpcError) as caught:
        articles.GetArticle(request, timeout=SECONDS)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


def test_analyze_answers_with_the_article_and_stores_nothing(channel, articles, source):
    stub = analysis_pb2_grpc.AnalysisServiceStub(channel)
    article = stub.Analyze(analysis_pb2.AnalyzeRequest(article=raw(source)), timeout=SECONDS).article
    assert article.state == article_pb2.ARTICLE_STATE_PROCESSED
    assert article.article_id == ""
    assert {"Norway", "Angela Merkel"} <= {entity.name for entity in article.entities}

    stored = articles.ListArticles(articles_pb2.ListArticlesRequest(filter=f'source = "{source}"'), timeout=SECONDS)
    assert not stored.articles
