"""The file `keys.json`: its shape, each fault of it a sentence, how it is made.

JSON: {"current", "keys": {name: base64}, "index", "token"}, each key 32 bytes.
"""

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.process.faults import CannotStart

_KEY_BYTES = 32
_FIELDS = frozenset({"current", "keys", "index", "token"})
_RESTORE = "restore keys.json from the back-up that belongs to this store"


class KeysRefused(CannotStart):
    """The keys are missing, spoilt, or another store's; the text holds none."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path} {fault}; {_RESTORE}.")


@dataclass(frozen=True, repr=False)
class StoredKeys:
    """What the file holds."""

    current: str
    keys: Mapping[str, bytes]
    index: bytes
    token: bytes


class _Fault(ValueError):
    """What is wrong with the file, to follow its name."""


def is_there(path: Path) -> bool:
    """Tell whether there is a file; KeysRefused where one may not even look."""
    try:
        return path.exists()
    except OSError as error:
        raise KeysRefused(path, f"can't be read ({error.strerror})") from None


def read_keys(path: Path) -> StoredKeys:
    """Return the keys of a file; KeysRefused says what is wrong with it."""
    try:
        return _keys(_document(path))
    except _Fault as fault:
        raise KeysRefused(path, str(fault)) from None


def _document(path: Path) -> dict[str, object]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise _Fault("is missing") from None
    except OSError as error:
        raise _Fault(f"can't be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise _Fault("is no text") from None
    if not text.strip():
        raise _Fault("is empty")
    try:
        found = json.loads(text, object_pairs_hook=_once)
    except _Fault:
        raise
    except (ValueError, RecursionError):
        raise _Fault("is cut off or no JSON") from None
    if not isinstance(found, dict) or found.keys() != _FIELDS:
        raise _Fault("must have current, keys, index and token, and nothing else")
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse a name that stands twice: one of its values would be dropped."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Fault("has a name twice")
    return found


def _keys(stored: Mapping[str, object]) -> StoredKeys:
    named, current = stored["keys"], stored["current"]
    if not isinstance(named, dict) or not all(map(_is_name, named)):
        raise _Fault("must have, in keys, a key for each name (without a colon)")
    if not isinstance(current, str) or current not in named:
        raise _Fault("names as current a key that it does not have")
    keys = {name: _key(f"keys.{name}", key) for name, key in named.items()}
    index, token = (_key(role, stored[role]) for role in ("index", "token"))
    if len({*keys.values(), index, token}) < len(keys) + 2:
        raise _Fault("has one key in two places")
    return StoredKeys(current, keys, index, token)


def _is_name(name: str) -> bool:
    return bool(name) and name.isprintable() and ":" not in name


def _key(role: str, given: object) -> bytes:
    try:
        key = base64.b64decode(given, validate=True) if isinstance(given, str) else b""
    except ValueError:
        raise _Fault(f"has in {role} what is no base64") from None
    if len(key) != _KEY_BYTES:
        raise _Fault(f"has in {role} a key of {len(key)} bytes instead of 32")
    if base64.b64encode(key).decode() != given:
        raise _Fault(f"has in {role} what is no base64")
    if not any(key):
        raise _Fault(f"has in {role} a key of zeros, which everybody knows")
    return key


def new_key() -> str:
    """Return 32 random bytes as base64."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def make_keys(path: Path) -> None:
    """Write a file of new keys (mode 0600); of several that try, one wins."""
    name = f"k{secrets.token_hex(4)}"
    keys = {"current": name, "keys": {name: new_key()}}
    draft = _draft(path, keys | {"index": new_key(), "token": new_key()})
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _keep_name(path.parent)


def replace_token(path: Path) -> None:
    """Put another `token` into the file; the rest stays as it is."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    _draft(path, stored | {"token": new_key()}).replace(path)
    _keep_name(path.parent)


def _draft(path: Path, content: Mapping[str, object]) -> Path:
    """Write the content beside a file, whole and on disk."""
    # Process ids repeat between containers that share a volume: not a name.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _keep_name(folder: Path) -> None:
    """Have the folder on disk: data must not outlive the keys' name in it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
