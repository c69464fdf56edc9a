"""What one channel says: `{{name}}` is substituted, and nothing else."""

import re
from collections.abc import Mapping

# A name is a word of up to 64 letters, digits and underscores, Chinese ones too.
_PLACEHOLDER = re.compile(r"\{\{([^\W\d]\w{0,63})\}\}")


def placeholders(text: str) -> list[str]:
    """Return the names in a text, each once, in order of appearance."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def render(text: str, params: Mapping[str, str]) -> str:
    """Put the values in place, in one pass: a value is never a template."""
    return _PLACEHOLDER.sub(lambda found: params[found[1]], text)


def in_text_order(fields: Mapping[str, str], body: str) -> list[str]:
    """Return a provider template's field names in the order of its text.

    Numbered ones (Tencent's {1}, {2} …) by number, others by where the first of their
    placeholders stands in the body: never by the order of a JSON object's keys.
    """
    if all(name.isdecimal() for name in fields):
        return sorted(fields, key=int)
    stands = {name: index for index, name in enumerate(placeholders(body))}

    def index(name: str) -> int:
        used = placeholders(fields[name])
        return min((stands[n] for n in used if n in stands), default=len(stands))

    return sorted(fields, key=index)
