"""The console's texts in Chinese and English: `t("users.title")`.

A text file is YAML, `key: {zh: …, en: …}`. Placeholders are `{name}`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from nicegui import ui
from starlette.requests import Request

LANGUAGES = ("zh", "en")
LANGUAGE_COOKIE = "hmc_lang"
_FOLDER = Path(__file__).parent.parent / "texts"

Texts = Mapping[str, Mapping[str, str]]


def t(key: str, **values: object) -> str:
    """Return a text in the language of the page that is being drawn."""
    return text_in(language(), key, **values)


def text_in(tongue: str, key: str, **values: object) -> str:
    """Return a text in a language; KeyError where there is no such text."""
    text = all_texts()[key][tongue]
    return text.format(**values) if values else text


def knows(key: str) -> bool:
    """Tell whether there is such a text."""
    return key in all_texts()


def language() -> str:
    """Return the language of the page that is being drawn."""
    return language_of(ui.context.client.request)


def language_of(request: Request) -> str:
    """Return the language a browser has chosen; Chinese at first."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


@cache
def all_texts() -> Texts:
    """Return the texts of every file."""
    texts: dict[str, Mapping[str, str]] = {}
    for path in sorted(_FOLDER.glob("*.yaml")):
        loaded: Texts = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        repeated = texts.keys() & loaded.keys()
        if repeated:
            raise ValueError(f"{path.name} repeats {sorted(repeated)}")
        texts.update(loaded)
    return texts
