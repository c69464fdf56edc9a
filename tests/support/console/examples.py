"""How pages are looked at, and an address to open for each that has parameters."""

from typing import TypedDict

from console.kit.frame import Page


class Look(TypedDict, total=False):
    """What a browser is opened with."""

    language: str
    dark: bool
    width: int


LOOKS: dict[str, Look] = {
    "zh": {"language": "zh"},
    "en-dark": {"language": "en", "dark": True},
    "phone": {"language": "en", "width": 390},
}
EXAMPLES: dict[str, str] = {
    "/clients/{code}": "/clients/his",
    "/types/{code}": "/types/registration-success",
    "/types/{code}/policy": "/types/registration-success/policy",
    "/types/{code}/templates/{channel}": "/types/registration-success/templates/sms",
    "/channels/{code}": "/channels/sms",
    "/sending-times/{type_class}": "/sending-times/marketing",
}


def page_name(page: Page) -> str:
    """Return what a page's pictures are called: types-policy, clients-one, home."""
    words = [w for w in page.path.split("/") if w and "{" not in w]
    return "-".join([*words, *(["one"] if page.path.endswith("}") else [])]) or "home"
