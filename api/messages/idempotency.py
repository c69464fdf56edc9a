"""`Idempotency-Key`: the same request once, however often it is sent."""

import re
from typing import Annotated

from fastapi import Header, Request

from core.errors import Malformed

# Printable ASCII that neither begins nor ends with a space.
_KEY = re.compile(r"(?=.{1,255}$)[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")

# For the OpenAPI document: the header itself is read whole, to see two of it.
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Up to 255 printable ASCII characters; the same key and body give"
        " the first answer again, another body 422.",
    ),
]


def idempotency_key(request: Request) -> str | None:
    """Return the request's key, if it has one; Malformed where it can't be one."""
    given = request.headers.getlist("idempotency-key")
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise Malformed("Idempotency-Key must be 1 to 255 printable ASCII characters.")
    return given[0]
