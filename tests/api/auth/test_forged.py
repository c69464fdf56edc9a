"""Tokens that nobody here made: all refused, and all in the same words."""

import base64
import hashlib
import hmac
import json
import string
import time
from typing import Any

import jwt
import pytest

from api.tokens import AUDIENCE, ISSUER, TokenSigner
from core.errors import Unauthenticated
from core.words import Role
from tests.support.api.rig import Rig, bearer, problem


def forged(header: dict[str, Any], claims: object, key: bytes) -> str:
    """Sign a token by hand: libraries refuse to make the bad ones."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in (header, claims)
    ]
    digest = hmac.new(key, b".".join(parts), hashlib.sha256).digest()
    parts.append(base64.urlsafe_b64encode(digest).rstrip(b"="))
    return b".".join(parts).decode()


HEADERS: list[dict[str, Any]] = [
    {"alg": "none"},
    {"alg": "HS512"},
    {"alg": "RS256"},
    {"alg": "hs256"},
    {"kid": "../../dev/null"},
    {"kid": "' OR 1=1 --"},
    {"kid": None},
    {"typ": "JWT"},
    {"jku": "http://127.0.0.1/keys"},
    {"jwk": {"kty": "oct", "k": "AAAA"}},
    {"crit": ["exp"]},
    {"b64": False},
]


def changes(now: int) -> list[dict[str, Any]]:
    """Return claims that no token of ours has."""
    return [
        {"exp": None},
        {"exp": now - 60},
        {"exp": str(now + 60)},
        {"exp": 10**30},
        {"exp": True},
        {"nbf": now + 600},
        {"iat": now + 600},
        {"aud": "else"},
        {"aud": [AUDIENCE]},
        {"iss": "else"},
        {"iss": ISSUER + "/"},
        {"sub": "lis"},
        {"sub": "' OR 1=1 --"},
        {"sub": ["his"]},
        {"epoch": 2},
        {"epoch": "1"},
        {"kind": "person"},
        {"kind": "root"},
        {"admin": True},
    ]


def other_spellings(good: str) -> list[str]:
    """Return what a lenient decoder takes for the same token (RFC 7515, section 2)."""
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    spare = alphabet[alphabet.index(good[-1]) ^ 1]
    header, _, rest = good.partition(".")
    return [
        *(good + end for end in ("=", "==", "=x", "!")),
        *(f"{header}{end}.{rest}" for end in ("=", "!")),
        good[:-1] + spare,
        good[:-5] + "*" + good[-5:],
    ]


def bent(good: str) -> list[str]:
    """Return texts that are hardly tokens."""
    return [
        good[:-2],
        good + "A",
        *other_spellings(good),
        good + ".x",
        good.rpartition(".")[0] + ".",
        "",
        "x",
        "..",
        "Bearer",
        "x" * 2_000,
        "x" * 5_000,
    ]


def signed_badly(good: str, root: bytes) -> list[str]:
    """Return tokens as the root key's owner would sign them, each with one fault."""
    key = hmac.new(root, b"access-token", hashlib.sha256).digest()
    header = jwt.get_unverified_header(good)
    claims = jwt.decode(good, options={"verify_signature": False})
    assert jwt.decode(
        forged(header, claims, key), key, algorithms=["HS256"], audience=AUDIENCE
    )
    bad = [forged(header | h, claims, key) for h in HEADERS]
    bad += [forged(header, claims | c, key) for c in changes(int(time.time()))]
    for left_out in claims.keys() - {"scope"}:
        fewer = {k: v for k, v in claims.items() if k != left_out}
        bad.append(forged(header, fewer, key))
    no_claims: list[object] = [[], "x", None, 1]
    bad += [forged(header, c, key) for c in no_claims]
    return bad + [forged(header, claims, k) for k in (root, b"", b"x")]


async def test_forged_tokens_all_look_the_same(rig: Rig) -> None:
    """Faults and standards, case 15."""
    made = await rig.new_client("his")
    good = rig.as_client(made)["Authorization"].removeprefix("Bearer ")
    root = rig.context.keyring.token_key
    bodies = set()
    for token in (*signed_badly(good, root), *bent(good)):
        answer = await rig.send(bearer(token))
        document = problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
        bodies.add(tuple(v for k, v in sorted(document.items()) if k != "instance"))
    assert len(bodies) == 1
    assert not rig.flows.accepted
    assert (await rig.send(bearer(good))).status_code == 202


async def test_odd_authorization_headers(rig: Rig) -> None:
    his = (await rig.client("his"))["Authorization"]
    token = his.removeprefix("Bearer ")
    for value in (
        token,
        f"Basic {token}",
        f"Bearer{token}",
        "Bearer ",
        f"{his}, {his}",
    ):
        problem(await rig.send({"Authorization": value}), 401)
    twice = [("authorization", his), ("authorization", his)]
    problem(await rig.http.get("/v1/messages", headers=twice), 401)
    assert (await rig.send({"Authorization": f"bearer {token}"})).status_code == 202
    huge = {"Authorization": "Bearer " + "x" * 2_000_000}
    problem(await rig.send(huge), 431)


def test_another_keys_desk_reads_nothing() -> None:
    mine, other = TokenSigner(b"a" * 32), TokenSigner(b"b" * 32)
    token = mine.for_person("admin", 1, Role.ADMIN)
    assert mine.read(token).role == "admin"
    with pytest.raises(Unauthenticated):
        other.read(token)
