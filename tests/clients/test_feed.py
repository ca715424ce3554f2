"""Following the log with grpcio: the stream's contract, checked message by message."""

import itertools

import grpc
import pytest

from copydesk.v1 import articles_pb2, articles_pb2_grpc, feed_pb2, feed_pb2_grpc
from story import raw

SECONDS = 60
ACCEPTED, PROCESSED = feed_pb2.UPDATE_KIND_ACCEPTED, feed_pb2.UPDATE_KIND_PROCESSED


@pytest.fixture
def feed(channel):
    return feed_pb2_grpc.FeedServiceStub(channel)


@pytest.fixture
def submit(channel):
    articles = articles_pb2_grpc.ArticleServiceStub(channel)

    def submit_one(source):
        request = articles_pb2.SubmitArticleRequest(article=raw(source))
        return articles.SubmitArticle(request, timeout=SECONDS).article.article_id

    return submit_one


class Reader:
    """Reads one subscription and checks on the way that nothing is missed: the cursor never jumps."""

    def __init__(self, feed, **request):
        self.call = feed.Subscribe(feed_pb2.SubscribeRequest(**request), timeout=SECONDS)
        first = next(self.call)
        assert first.WhichOneof("message") == "ready"
        self.ready = first.ready
        self.cursor = first.ready.start_cursor
        self.kinds = []

    def updates(self):
        """All updates, one at a time."""
        for response in self.call:
            kind = response.WhichOneof("message")
            self.kinds.append(kind)
            if kind == "updates":
                assert response.updates.after_cursor == self.cursor, "a hole, or a repetition"
                assert response.updates.updates[-1].cursor <= response.updates.through_cursor
                for update in response.updates.updates:
                    self.cursor = update.cursor
                    yield update
                self.cursor = response.updates.through_cursor
            elif kind in ("progress", "caught_up", "fell_behind"):
                self.cursor = getattr(response, kind).cursor
            else:
                raise AssertionError(f"unexpected: {response}")

    def read_until_processed(self, article_ids):
        """The updates up to the one with which the last of `article_ids` is processed."""
        waiting, seen = set(article_ids), []
        for update in self.updates():
            seen.append(update)
            if update.kind == PROCESSED:
                waiting.discard(update.article.article_id)
            if not waiting:
                self.call.cancel()
                return seen
        raise AssertionError("the stream ended")

    def read(self, count):
        """The next `count` updates."""
        seen = list(itertools.islice(self.updates(), count))
        self.call.cancel()
        return seen


def test_a_reader_from_the_beginning_sees_each_article_accepted_then_processed(feed, submit, source):
    ids = [submit(source) for _ in range(5)]
    reader = Reader(feed, beginning=True)
    seen = [update for update in reader.read_until_processed(ids) if update.article.article_id in ids]
    for article_id in ids:
        kinds = [update.kind for update in seen if update.article.article_id == article_id]
        assert kinds == [ACCEPTED, PROCESSED]
    times = [update.time.ToNanoseconds() for update in seen]
    assert times == sorted(times)


def test_a_reader_that_comes_back_with_its_cursor_sees_the_rest_once(feed, submit, source):
    start = Reader(feed, now=True)
    ids = [submit(source) for _ in range(6)]
    whole = start.read_until_processed(ids)

    # Left in the middle, the cursor of the last update seen is where to go on.
    for cut in (1, len(whole) // 2, len(whole) - 1):
        rest = Reader(feed, after_cursor=whole[cut - 1].cursor).read(len(whole) - cut)
        assert [update.cursor for update in rest] == [update.cursor for update in whole[cut:]]


def test_a_reader_that_starts_now_is_told_within_the_second_what_is_submitted_after_ready(feed, submit, source):
    reader = Reader(feed, now=True, filter=feed_pb2.UpdateFilter(sources=[source]))
    submitted = submit(source)
    seen = reader.read_until_processed([submitted])
    assert [(update.article.article_id, update.kind) for update in seen] == [
        (submitted, ACCEPTED),
        (submitted, PROCESSED),
    ]
    assert "caught_up" in reader.kinds


def test_a_filter_on_kind_and_entity_lets_through_what_it_names_and_nothing_else(feed, submit, source):
    def filtered(name):
        return feed_pb2.UpdateFilter(sources=[source], kinds=[PROCESSED], entity_names=[name])

    norway = Reader(feed, now=True, filter=filtered("norway"))
    atlantis = Reader(feed, now=True, filter=filtered("Atlantis"), progress_interval={"seconds": 1})
    submitted = submit(source)
    assert [update.kind for update in norway.read_until_processed([submitted])] == [PROCESSED]
    for response in atlantis.call:
        assert response.WhichOneof("message") != "updates"
        # It has read past the article and says so.
        if response.WhichOneof("message") == "progress" and response.progress.cursor >= norway.cursor:
            break
    atlantis.call.cancel()


def test_a_cursor_that_is_none_is_an_invalid_argument(feed):
    call = feed.Subscribe(feed_pb2.SubscribeRequest(after_cursor=b"not a cursor"), timeout=SECONDS)
    with pytest.raises(grpc.RpcError) as caught:
        next(call)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
