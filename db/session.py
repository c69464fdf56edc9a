"""One transaction of the database."""

from sqlmodel.ext.asyncio.session import AsyncSession


class Session(AsyncSession):
    """A transaction; who opens it ends it, and queries only take part."""
