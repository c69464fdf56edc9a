"""Encryption at rest: AES-256-GCM under named keys, and an HMAC index.

One interface for the payload codec and the store, so that a hospital bound to
other algorithms (SM4, SM3) changes this file alone. A sealed value is
nonce (12 bytes) + ciphertext + tag (16 bytes), the key's name authenticated
beside it.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_KEY_BYTES = 32


@dataclass(frozen=True, repr=False)
class Keyring:
    """Keys by name; the current one seals, every one opens.

    `index_key` never rotates with the others: an index must stay findable.
    `token_key` signs tokens and links.
    """

    keys: Mapping[str, bytes]
    current: str
    index_key: bytes
    token_key: bytes

    @cached_property
    def _boxes(self) -> Mapping[str, AESGCM]:
        """The keys, ready for use: that takes as long as sealing."""
        return {name: AESGCM(key) for name, key in self.keys.items()}

    def seal(self, plain: bytes, context: bytes = b"") -> tuple[str, bytes]:
        """Return the name of the key used, and the sealed bytes."""
        nonce = os.urandom(_NONCE_BYTES)
        aad = self.current.encode() + b"|" + context
        box = self._boxes[self.current]
        return self.current, nonce + box.encrypt(nonce, plain, aad)

    def unseal(self, key: str, sealed: bytes, context: bytes = b"") -> bytes:
        """Return what was sealed; KeyError for an unknown key's name."""
        nonce, box = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        return self._boxes[key].decrypt(nonce, box, key.encode() + b"|" + context)

    def seal_text(self, plain: str, context: str = "") -> str:
        """Return text sealed as `key:base64`, for a column."""
        key, sealed = self.seal(plain.encode(), context.encode())
        return f"{key}:{base64.b64encode(sealed).decode()}"

    def unseal_text(self, sealed: str, context: str = "") -> str:
        """Return the text of a sealed column."""
        key, _, box = sealed.partition(":")
        return self.unseal(key, base64.b64decode(box), context.encode()).decode()

    def index(self, kind: str, value: str) -> str:
        """Return the HMAC-SHA256 under which a value can be found again."""
        text = f"{kind}:{value}".encode()
        return hmac.new(self.index_key, text, hashlib.sha256).hexdigest()


def load_keyring(path: Path) -> Keyring:
    """Read the keys file, making it (mode 0600) where there is none.

    The file is JSON: {"current", "keys": {name: base64}, "index", "token"}.
    To rotate, add a key and name it as current; keep the old ones.
    """
    if not path.exists():
        _create(path)
    stored = json.loads(path.read_text())
    return Keyring(
        keys={name: base64.b64decode(key) for name, key in stored["keys"].items()},
        current=stored["current"],
        index_key=base64.b64decode(stored["index"]),
        token_key=base64.b64decode(stored["token"]),
    )


def new_key() -> str:
    """Return 32 random bytes as base64."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def _create(path: Path) -> None:
    """Write new keys; of several processes that try, one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = f"k{secrets.token_hex(4)}"
    content = {
        "current": name,
        "keys": {name: new_key()},
        "index": new_key(),
        "token": new_key(),
    }
    # Process ids repeat between containers that share a volume: not a name.
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
