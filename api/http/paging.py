"""Lists page by page."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from core.base import Model


class Paging(Model):
    """Which page of a list: `cursor` is an earlier answer's `next`."""

    limit: int = Field(default=100, ge=1, le=200)
    cursor: str | None = Field(default=None, min_length=1, max_length=512)


class Nothing(Model):
    """A body that may be left out, and has no fields."""


PagingDep = Annotated[Paging, Query()]
