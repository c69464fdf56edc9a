"""Reading a token request: RFC 6749 sections 2.3.1, 4.4.2 and 5.2."""

import base64
import binascii
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

from starlette.datastructures import Headers

_MAX_FIELDS = 20
_MAX_VALUE = 1024


class TokenRefused(Exception):
    """A token request that gets one of RFC 6749's error codes."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


@dataclass(frozen=True, repr=False)
class TokenRequest:
    """Who asks for a token, and for which scopes (none: all it has)."""

    appkey: str
    appsecret: str
    scopes: frozenset[str]


def read_token_request(headers: Headers, body: bytes) -> TokenRequest:
    """Return what was asked for; TokenRefused where the request is not sound."""
    form = _form(body)
    basic = _basic(headers)
    if basic and (
        "client_secret" in form or form.get("client_id", basic[0]) != basic[0]
    ):
        raise TokenRefused("invalid_request", "Authenticate in one way only.")
    if "grant_type" not in form:
        raise TokenRefused("invalid_request", "grant_type is missing.")
    if form["grant_type"] != "client_credentials":
        text = "Only client_credentials is supported."
        raise TokenRefused("unsupported_grant_type", text)
    key, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
    if not key or not secret:
        raise not_known()
    return TokenRequest(key, secret, frozenset(form.get("scope", "").split()))


def not_known() -> TokenRefused:
    """Return the one error for every client that is not who it says."""
    return TokenRefused("invalid_client", "Client authentication failed.", 401)


def _form(body: bytes) -> dict[str, str]:
    """Return the fields; empty ones count as left out, repeated ones are wrong."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), max_num_fields=_MAX_FIELDS, errors="strict"
        )
    except ValueError:
        raise TokenRefused("invalid_request", "The form can't be read.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise TokenRefused("invalid_request", "A field is given twice.")
    if any(not _sound(value) for value in form.values()):
        raise TokenRefused("invalid_request", "A field's value can't be read.")
    return form


def _basic(headers: Headers) -> tuple[str, str] | None:
    """Return the key and secret of an Authorization header, if there is one."""
    given = headers.getlist("authorization")
    if not given:
        return None
    scheme, _, encoded = given[0].partition(" ")
    if len(given) > 1 or scheme.lower() != "basic":
        raise not_known()
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise not_known() from None
    key, colon, secret = text.partition(":")
    pair = unquote_plus(key), unquote_plus(secret)
    if not colon or not all(map(_sound, pair)):
        raise not_known()
    return pair


def _sound(value: str) -> bool:
    """Tell whether a value can be one of ours: short, printable ASCII."""
    return len(value) <= _MAX_VALUE and value.isascii() and value.isprintable()
