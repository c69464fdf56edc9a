"""Bodies by an OpenAPI document: a sample, and it with one place grown to 64 kB."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from api.http.strict_json import MAX_SMALL_VALUES
from tests.support.strangers.hostile_texts import FEW

Schema = dict[str, Any]
Place = tuple[str | int, ...]
# So many values or keys are just let in: they are what is most work to refuse.
MANY = MAX_SMALL_VALUES - 200


def sample(schema: Schema, document: Schema, depth: int = 0) -> Any:
    """Return a value of the shape that a schema asks for, its patterns aside."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return sample(document["components"]["schemas"][name], document, depth + 1)
    for some in ("anyOf", "oneOf", "allOf"):
        if some in schema:
            return sample(schema[some][0], document, depth)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if depth > 8:
        return None
    return _plain(schema, document, depth)


def _plain(schema: Schema, document: Schema, depth: int) -> Any:
    match schema.get("type"):
        case "object":
            known = schema.get("properties", {}).items()
            found = {n: sample(s, document, depth + 1) for n, s in known}
            other = schema.get("additionalProperties")
            if isinstance(other, dict):
                found["a"] = sample(other, document, depth + 1)
            return found
        case "array":
            return [sample(schema.get("items", {}), document, depth + 1)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return "2026-10-01T00:00:00Z" if schema.get("format") else "a"


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Yield every place within a value, the value itself first."""
    yield at
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for name, each in inner:
        yield from places(each, (*at, name))


def grown(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the value with each of its places grown: its name, what it is then."""
    for at in places(value):
        held = _at(value, at)
        if isinstance(held, str):
            for unit, text in FEW.items():
                yield f"{at} {unit!r}", _put(value, at, text)
        elif isinstance(held, list):
            for each in [*held, {}, 1]:
                yield f"{at} many {type(each)}", _put(value, at, _many(each))
        elif isinstance(held, dict):
            more = held | {f"k{number}": "a" for number in range(5000)}
            yield f"{at} keys", _put(value, at, more)
        else:
            yield f"{at} digits", _put(value, at, "9" * 60_000)


def _many(each: Any) -> list[Any]:
    text = str(each)
    values = 1 + sum(text.count(sign) for sign in ",{[")
    return [each] * min(MANY // values, 60_000 // (len(text) + 2))


def _at(value: Any, at: Sequence[str | int]) -> Any:
    for name in at:
        value = value[name]
    return value


def _put(value: Any, at: Place, new: Any) -> Any:
    if not at:
        return new
    changed = deepcopy(value)
    _at(changed, at[:-1])[at[-1]] = new
    return changed
