"""The keys file: each fault of it is one sentence, which holds no key."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.crypto import load_keyring
from core.keys_file import KeysRefused, make_keys, new_key
from tests.support.stores.keys import edited

Change = Callable[[dict[str, Any]], object]


def first(stored: dict[str, Any]) -> str:
    return str(stored["current"])


def b64(*octets: int) -> str:
    return base64.b64encode(bytes(octets)).decode()


WRONG: dict[str, Change] = {
    "an empty key": lambda s: s.update(token=""),
    "one octet short": lambda s: s.update(index=b64(*range(31))),
    "one octet long": lambda s: s.update(index=b64(*range(33))),
    "a key of zeros": lambda s: s.update(token=b64(*[0] * 32)),
    "an empty field key": lambda s: s["keys"].update({first(s): ""}),
    "a short second key": lambda s: s["keys"].update(k2=b64(*range(16))),
    "no base64": lambda s: s.update(index="!" * 44),
    "base64 with a blank in it": lambda s: s.update(index=f" {s['index']}"),
    "base64 with a line's end": lambda s: s.update(index=f"{s['index']}\n"),
    "base64 without its end": lambda s: s.update(index=s["index"].rstrip("=")),
    "base64 with loose bits": lambda s: s.update(index=f"{'A' * 42}B="),
    "base64 of addresses": lambda s: s.update(index=f"{'-_' * 21}w="),
    "a number for a key": lambda s: s.update(token=7),
    "nothing for a key": lambda s: s.update(token=None),
    "a list of keys": lambda s: s.update(keys=[new_key()]),
    "no key": lambda s: s.update(keys={}),
    "a name with a colon": lambda s: s["keys"].update({"a:b": new_key()}),
    "no name": lambda s: s["keys"].update({"": new_key()}),
    "a name with NUL": lambda s: s["keys"].update({"a\0": new_key()}),
    "half a letter in a name": lambda s: s["keys"].update({"\ud800": new_key()}),
    "current is none of them": lambda s: s.update(current="k2"),
    "current is a list": lambda s: s.update(current=[]),
    "no current": lambda s: s.pop("current"),
    "no index": lambda s: s.pop("index"),
    "no token": lambda s: s.pop("token"),
    "something else": lambda s: s.update(payload=new_key()),
    "one key for two roles": lambda s: s.update(token=s["index"]),
    "the field key as index": lambda s: s.update(index=s["keys"][first(s)]),
    "one key under two names": lambda s: s["keys"].update(k2=s["keys"][first(s)]),
}
TEXTS = {
    "empty": b"",
    "blank": b" \n",
    "a list": b"[]",
    "a number of many digits": b"1" * 5000,
    "nested without end": b"[" * 100_000,
    "no text": b"\xff\xfe\x00",
    "NULs": b"\0" * 300,
    "a mark in front": b"\xef\xbb\xbf{}",
}


def refusal(path: Path) -> str:
    """Return the sentence by which a file is refused."""
    with pytest.raises(KeysRefused) as refused:
        load_keyring(path)
    said = str(refused.value)
    assert said.startswith(str(path))
    assert said.endswith(
        "restore keys.json from the back-up that belongs to this store."
    )
    assert len(said.splitlines()) == 1
    return said


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A good file."""
    make_keys(tmp_path / "keys.json")
    return tmp_path / "keys.json"


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_wrong_shape_is_refused(path: Path, change: Change) -> None:
    edited(change)(path)
    said = refusal(path)
    stored = json.loads(path.read_text())
    for key in (stored.get("index"), stored.get("token")):
        assert not isinstance(key, str) or len(key) < 10 or key.strip() not in said


@pytest.mark.parametrize("content", TEXTS.values(), ids=TEXTS)
def test_what_is_no_document_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    refusal(path)


def test_what_is_missing_or_no_file_is_refused(path: Path) -> None:
    path.unlink()
    assert "is missing" in refusal(path)
    path.mkdir()
    assert "can't be read" in refusal(path)


def test_a_name_that_stands_twice_is_refused(path: Path) -> None:
    whole = path.read_text()
    path.write_text(whole.replace('"index":', f'"token": "{new_key()}", "index":'))
    assert "twice" in refusal(path)


@given(st.data())
def test_a_file_that_was_cut_off_is_refused_wherever(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("cut") / "keys.json"
    make_keys(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    refusal(path)
