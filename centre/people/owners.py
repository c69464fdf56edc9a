"""Whose a message is, and by which keys all messages of a person are found.

A message is found by keys, each an HMAC and a row of `message_identities`:

* the index of an identity that it was sent to, where nobody in particular was known
  to have that: whoever has it now finds the message;
* the index of that index, "settled", where somebody was: the message stays theirs
  when the identity moves on, and the identity itself still finds it;
* a person's own key, the index of the EMPI or staff number, which never moves.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from core.base import Model
from core.crypto import Keyring
from core.identities import PERSONAL
from core.words import IdentityType

# What more people have than this, a desk's telephone or a number made up for
# want of one, is nobody's in particular.
FEW = 10
# Names a place, not who works there.
PLACES = frozenset({IdentityType.DEPARTMENT})
# A person's own numbers.
OWN = frozenset({IdentityType.EMPI_ID, IdentityType.STAFF_NO})
_SETTLED = "settled"


class Trail(Model):
    """By what a search looks: its keys, whose they are, by how many identities.

    `people` are the entries of the index that have the identity asked for, and
    those that are one person with them; none: it is looked for by itself.
    """

    keys: tuple[str, ...]
    people: tuple[UUID, ...] = ()
    identities: int = 1
    staff: bool = False


class Holder(NamedTuple):
    """Somebody who has an identity, given by its index."""

    identity: str
    person: UUID
    kind: str
    key: str


def indexes_of(
    keyring: Keyring, identities: Mapping[IdentityType, str]
) -> dict[IdentityType, str]:
    """Return the index of each identity."""
    return {kind: keyring.index(kind, value) for kind, value in identities.items()}


def settled(keyring: Keyring, index: str) -> str:
    """Return the key of an identity for what stays with whoever had it."""
    return keyring.index(_SETTLED, index)


def owned(indexes: Mapping[IdentityType, str]) -> list[str]:
    """Return the indexes that a person may have."""
    return [index for kind, index in indexes.items() if kind not in PLACES]


def message_keys(
    keyring: Keyring,
    indexes: Mapping[IdentityType, str],
    holders: Mapping[str, Collection[str]],
) -> frozenset[str]:
    """Return a message's keys; `holders` are the own keys of who has an index.

    The strongest personal identity that anybody has says whose the message is.
    Without one it is everybody's who shares a phone or an openid it was sent to.
    """
    known = {
        kind: holders[index] for kind, index in indexes.items() if index in holders
    }
    named = [kind for kind in PERSONAL if kind in known][:1]
    people = {key for kind in named or known for key in known[kind]}
    kept = {
        settled(keyring, index) if named or kind in known else index
        for kind, index in indexes.items()
        if index not in people
    }
    return frozenset(people | kept)
