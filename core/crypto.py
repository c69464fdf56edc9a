"""Encryption at rest: AES-256-GCM under named keys, and an HMAC index.

One interface for the payload codec and the store, so that a hospital bound to
other algorithms (SM4, SM3) changes this file alone. A sealed value is
nonce (12 bytes) + ciphertext + tag (16 bytes), the key's name authenticated
beside it.
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.keys_file import read_keys

_NONCE_BYTES = 12
INDEX, TOKEN, _NAMED = "index", "token", "keys."
_CANARY, _PROOF = "canary", "key_proofs.proof"


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

    def proofs(self) -> dict[str, str]:
        """Return, by each key's role, what later tells whether it is the same.

        A known text sealed with it, or its HMAC of one: worth nothing to others.
        """
        named = {self.role(name): self._canary(name) for name in self.keys}
        return {
            INDEX: _mac(self.index_key, INDEX),
            TOKEN: _mac(self.token_key, TOKEN),
            **named,
        }

    @staticmethod
    def role(name: str) -> str:
        """Return the role of a key that has a name."""
        return f"{_NAMED}{name}"

    def misfits(self, proofs: Mapping[str, str]) -> list[str]:
        """Return the roles whose key is missing here, or is another."""
        return [role for role, proof in proofs.items() if not self._fits(role, proof)]

    def _fits(self, role: str, proof: str) -> bool:
        if role.startswith(_NAMED):
            return self.opens(proof, _PROOF)
        key = {INDEX: self.index_key, TOKEN: self.token_key}.get(role)
        return key is not None and hmac.compare_digest(_mac(key, role), proof)

    def opens(self, sealed: str, context: str) -> bool:
        """Tell whether a sealed column can be read."""
        try:
            self.unseal_text(sealed, context)
        except (InvalidTag, KeyError, ValueError):
            return False
        return True

    def _canary(self, name: str) -> str:
        return replace(self, current=name).seal_text(_CANARY, _PROOF)


def _mac(key: bytes, role: str) -> str:
    """Return a key's HMAC of its role: no index or token is made of such a text."""
    text = f"key-proof|{role}".encode()
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def load_keyring(path: Path) -> Keyring:
    """Read the keys file; KeysRefused where it is missing or spoilt.

    To rotate, add a key and name it as current; keep the old ones.
    """
    stored = read_keys(path)
    return Keyring(stored.keys, stored.current, stored.index, stored.token)
