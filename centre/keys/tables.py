"""The tables that show whether a store's keys fit, and whether it can be written."""

from sqlalchemy import Text
from sqlmodel import Field

from db.rows import Row


class KeyProofRow(Row, table=True):
    """By what a key is known again: `index`, `token`, `keys.<name>`."""

    __tablename__ = "key_proofs"

    role: str = Field(primary_key=True)
    proof: str = Field(sa_type=Text)
