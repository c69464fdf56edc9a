"""Who is named more than once in a batch.

A number that names one person decides. Phones and openids are shared within families:
whoever has another number of their own, or another name, is somebody else.
"""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from pydantic import Field

from core.base import Model
from core.identities import PERSONAL
from core.models import Recipient
from core.words import IdentityType

# So many are told one by one; the count is of all.
MOST_TOLD = 100

Identity = tuple[IdentityType, str]
Holders = Mapping[Identity, UUID]


class Repeat(Model):
    """A recipient who was named before; both are places in the batch, from 0."""

    recipient: int = Field(examples=[7])
    same_as: int = Field(examples=[2])


class Repeats(Model):
    """How many recipients were named before, and the first of them."""

    count: int = 0
    first: tuple[Repeat, ...] = ()


def summary_of(found: Sequence[Repeat]) -> Repeats:
    """Return what is told of those who are named more than once."""
    return Repeats(count=len(found), first=tuple(found[:MOST_TOLD]))


def repeats_of(people: Sequence[Recipient], holders: Holders) -> list[Repeat]:
    """Return who is named again, in order; `holders` are the persons of the index.

    They are by the identities that one person alone has there.
    """
    seen: dict[object, tuple[int, bool]] = {}
    found = []
    for index, person in enumerate(people):
        for key, sure in _keys(person, holders):
            first, was_sure = seen.setdefault(key, (index, sure))
            if first == index:
                continue
            if (sure and was_sure) or not _apart(people[first], person):
                found.append(Repeat(recipient=index, same_as=first))
                break
    return found


def _keys(person: Recipient, holders: Holders) -> Iterator[tuple[object, bool]]:
    """Yield by what a person may be known again, and whether that is certain."""
    ordered = sorted(person.identities.items(), key=lambda i: i[0] not in PERSONAL)
    for identity in ordered:
        sure = identity[0] in PERSONAL
        yield identity, sure
        if (holder := holders.get(identity)) is not None:
            yield holder, sure


def _apart(one: Recipient, other: Recipient) -> bool:
    """Tell whether two who share a phone are two people."""
    if one.name and other.name and one.name != other.name:
        return True
    both = one.identities.keys() & other.identities.keys()
    return any(
        one.identities[kind] != other.identities[kind]
        for kind in both
        if kind in PERSONAL
    )
