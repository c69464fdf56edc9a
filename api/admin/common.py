"""What the administration's routes share: prefix, paging, names in paths."""

from typing import Annotated

from fastapi import Path

from core.errors import Invalid
from core.fields import CODE, USERNAME
from core.identities import normalise
from core.words import Channel, IdentityType

PREFIX = "/v1/admin"

# A path that breaks these rules names nothing: 404, like any unknown one.
CodePath = Annotated[str, Path(pattern=CODE, max_length=64)]
ChannelPath = Annotated[Channel, Path()]
IdentityTypePath = Annotated[IdentityType, Path()]
EmpiPath = Annotated[str, Path(pattern=r"^[A-Za-z0-9\-]{1,64}$", max_length=64)]
ValuePath = Annotated[str, Path(min_length=1, max_length=255)]
UserPath = Annotated[str, Path(pattern=USERNAME)]


def normal_value(identity_type: IdentityType, value: str) -> str:
    """Return a path's identity in its one spelling; Invalid never repeats it."""
    try:
        return normalise(identity_type, value)
    except ValueError as error:
        raise Invalid(f"The identity {error}.") from None
