"""Fields that requests share: codes, parameters' names, times."""

from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, StringConstraints

from core.errors import FieldError, Invalid

# What clients, message types and accounts are called by, and who signs in.
CODE = r"^[a-z0-9][a-z0-9\-]{0,63}$"
USERNAME = r"^[a-z0-9][a-z0-9._\-]{0,63}$"
MAX_PARAM = 1000
MAX_PARAMS = 64

Code = Annotated[str, StringConstraints(pattern=CODE, max_length=64)]
ParamName = Annotated[str, StringConstraints(min_length=1, max_length=64)]


def _written_out(value: object) -> object:
    """Refuse a bare number: seconds or milliseconds, and of no time zone."""
    dated = value[4:5] == "-" if isinstance(value, str) else True
    if dated and not isinstance(value, (int, float)):
        return value
    raise ValueError("must be an RFC 3339 time")


Time = Annotated[AwareDatetime, BeforeValidator(_written_out)]

_EARLIEST, _LATEST = 2000, 2100


def check_times(since: datetime | None, until: datetime | None) -> None:
    """Raise Invalid for times that nothing of ours can have."""
    for name, at in (("from", since), ("to", until)):
        if at is not None and not _EARLIEST <= at.year < _LATEST:
            field_error = FieldError(f"/{name}", "Out of range.")
            raise Invalid("A time is out of range.", [field_error])
