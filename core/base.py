"""What all our values are: frozen models, and how one becomes another."""

from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

__all__ = ("Model", "evolve")

if TYPE_CHECKING:
    # By PEP 681 a model's fields are a dataclass's to mypy: its `replace` checks the
    # name and the type of every change, and that no field is assigned to.
    from dataclasses import replace as evolve

    from pydantic._internal._model_construction import ModelMetaclass

    @dataclass_transform(
        kw_only_default=True,
        frozen_default=True,
        field_specifiers=(Field, PrivateAttr),
    )
    class _Frozen(ModelMetaclass): ...
else:
    _Frozen = type(BaseModel)
    _Value = TypeVar("_Value", bound=BaseModel)

    def evolve(model: _Value, **changes: Any) -> _Value:
        """Return the model with these fields changed; TypeError for no field of it.

        The values are not validated: mypy has seen their types.
        """
        if unknown := changes.keys() - type(model).model_fields.keys():
            raise TypeError(f"{type(model).__name__} has no {', '.join(unknown)}")
        return model.model_copy(update=changes)


class Model(BaseModel, metaclass=_Frozen):
    """A value: frozen, and refuses what it does not know.

    Neither its errors nor its repr show what belongs to a person: both end in
    logs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
