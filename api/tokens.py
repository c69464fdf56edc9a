"""Access tokens: JWTs (RFC 7519, RFC 9068's type) that only this centre signs.

RFC 8725's advice in code: one algorithm, one key, every claim required, the
header compared whole, so that `kid`, `jwk`, `jku` or `crit` can steer nothing.
"""

import hashlib
import hmac
from datetime import timedelta
from typing import Literal
from uuid import UUID, uuid4

import jwt
from jwt.utils import base64url_decode, base64url_encode
from pydantic import ConfigDict, ValidationError

from core.base import Model
from core.clock import utc_now
from core.errors import Unauthenticated
from core.words import Role, Scope

LIFE = timedelta(minutes=15)
MAX_LENGTH = 4096
ISSUER = "hospital-message-centre"
AUDIENCE = "hospital-message-centre/v1"
_ALGORITHM = "HS256"
_TYPE = "at+jwt"
# Hosts' clocks differ by less than this.
_LEEWAY = timedelta(seconds=5)
_REQUIRED = ["iss", "aud", "sub", "exp", "iat", "nbf", "jti"]

Kind = Literal["client", "person"]


class Claims(Model):
    """What a token says. `epoch` is its holder's, when it was made.

    `secret` is the id of the secret that a client showed for it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    iss: str
    aud: str
    sub: str
    kind: Kind
    scope: str = ""
    role: str | None = None
    secret: str | None = None
    epoch: int
    jti: str
    iat: int
    nbf: int
    exp: int

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes, each a text of its own."""
        return frozenset(self.scope.split())

    @property
    def secret_id(self) -> UUID | None:
        """The id of the client's secret."""
        return UUID(self.secret) if self.secret else None


class TokenSigner:
    """Makes tokens and checks them."""

    def __init__(self, token_key: bytes) -> None:
        # A key of its own: links are signed with another one of the same root.
        self._key = hmac.new(token_key, b"access-token", hashlib.sha256).digest()
        key_id = hashlib.sha256(self._key).hexdigest()[:16]
        self._header = {"alg": _ALGORITHM, "typ": _TYPE, "kid": key_id}

    def for_client(
        self,
        code: str,
        epoch: int,
        scopes: frozenset[Scope],
        secret_id: UUID | None = None,
    ) -> str:
        """Return a client system's token; it ends with the secret it was given for."""
        who = {"sub": code, "kind": "client", "scope": " ".join(sorted(scopes))}
        return self._sign(
            who | ({"secret": str(secret_id)} if secret_id else {}), epoch
        )

    def for_person(self, username: str, epoch: int, role: Role) -> str:
        """Return the token of somebody who signed in."""
        return self._sign(
            {"sub": username, "kind": "person", "role": role.value}, epoch
        )

    def read(self, token: str) -> Claims:
        """Return a token's claims; Unauthenticated for anything wrong with it."""
        if len(token) > MAX_LENGTH or not _has_one_spelling(token):
            raise refused()
        try:
            if jwt.get_unverified_header(token) != self._header:
                raise refused()
            claims = Claims.model_validate(self._decode(token))
        except (jwt.PyJWTError, ValidationError, ValueError, RecursionError):
            raise refused() from None
        if claims.exp - claims.iat > LIFE.total_seconds():
            raise refused()
        return claims

    def _decode(self, token: str) -> dict[str, object]:
        return jwt.decode(
            token,
            self._key,
            algorithms=[_ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            leeway=_LEEWAY,
            options={
                "require": _REQUIRED,
                "strict_aud": True,
                "enforce_minimum_key_length": True,
            },
        )

    def _sign(self, who: dict[str, str], epoch: int) -> str:
        now = int(utc_now().timestamp())
        times = {"iat": now, "nbf": now, "exp": now + int(LIFE.total_seconds())}
        about = {"iss": ISSUER, "aud": AUDIENCE, "jti": uuid4().hex, "epoch": epoch}
        extra = {k: v for k, v in self._header.items() if k != "alg"}
        claims = {**about, **times, **who}
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM, headers=extra)


def _has_one_spelling(token: str) -> bool:
    """Tell whether each part is base64url as RFC 7515 section 2 writes it.

    The decoder passes over padding, foreign characters and spare bits.
    """
    try:
        return all(
            base64url_encode(base64url_decode(part)).decode() == part
            for part in token.split(".")
        )
    except ValueError:
        return False


def refused() -> Unauthenticated:
    """Return the one error that every bad token gets."""
    return Unauthenticated("A valid access token is needed.")
