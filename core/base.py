"""What all our values are: frozen models."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A value: frozen, and refuses what it does not know.

    Neither its errors nor its repr show what belongs to a person: both end in
    logs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
