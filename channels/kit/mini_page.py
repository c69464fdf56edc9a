"""The page of a mini program that a message opens."""

from urllib.parse import quote


def page_of(page: str, link: str | None) -> str:
    """Return the page with the message's link as its query, for a web view there."""
    if not page or not link:
        return page
    joint = "&" if "?" in page else "?"
    return f"{page}{joint}link={quote(link, safe='')}"
