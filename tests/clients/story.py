"""The articles that the client tests send."""

from copydesk.v1 import article_pb2

STORY = """Berlin seeks new gas deal with Norway

BERLIN - Germany's government said on Tuesday that it would sign a new gas contract with Norway before the winter.

Angela Merkel met Erna Solberg in Oslo last week. The two talked for three hours, officials said, and agreed that the
European Union should buy more gas together.

"We need partners that we can rely on," Merkel told reporters in Berlin.
"""


def raw(source, external_id="", text=STORY):
    """A raw article of flat text."""
    return article_pb2.RawArticle(source=source, external_id=external_id, text=text, labels={"desk": "energy"})
