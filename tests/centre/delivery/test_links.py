"""The link of a message's texts: of its own, and no clue to the key that makes it."""

from datetime import UTC, datetime
from uuid import UUID

from centre.delivery.links import Links

ID = UUID(int=1)
AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_a_page_has_the_same_link_at_every_attempt() -> None:
    links = Links("https://xx.example/", b"k" * 32)
    ours = links.link(ID, AT, None)
    assert ours.startswith("https://xx.example/m/")
    assert ours == links.link(ID, AT, None)
    assert links.link(ID, AT, "https://his.example/1") != ours


def test_nothing_shows_the_key() -> None:
    assert "kkkk" not in repr(Links("https://xx.example", b"k" * 32))
