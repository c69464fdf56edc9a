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
