"""What the dictionaries call things, in the language of the page being drawn."""

from collections.abc import Mapping
from dataclasses import dataclass

from centre.catalog.dictionaries import everything_named
from centre.watch.models import Alarm
from console.kit.context import context
from console.kit.texts import language, t
from core.words import Channel, IdentityType


@dataclass(frozen=True)
class Names:
    """Names by code; a code without a name stands for itself."""

    channels: Mapping[str, str]
    identities: Mapping[str, str]
    types: Mapping[str, str]
    clients: Mapping[str, str]

    def channel(self, code: Channel) -> str:
        """Return a channel's name."""
        return self.channels.get(code, str(code))

    def identity(self, code: IdentityType) -> str:
        """Return the name of a kind of identity."""
        return self.identities.get(code, str(code))

    def type(self, code: str) -> str:
        """Return a message type's name."""
        return self.types.get(code, code)

    def client(self, code: str) -> str:
        """Return a client system's name."""
        return self.clients.get(code, code)

    def subject(self, alarm: Alarm) -> str:
        """Return whose alarm it is: a client system's, or a person's."""
        if alarm.username:
            return t("alarms.of_user", name=alarm.username)
        return self.client(alarm.client)


async def names() -> Names:
    """Read the dictionaries: up to 200 of each, which no hospital has."""
    english = language() == "en"
    found = await everything_named(context())

    def told(name: str, name_en: str) -> str:
        return (name_en if english else name) or name

    return Names(
        channels={c.code: told(c.name, c.name_en) for c in found.channels},
        identities={i.code: told(i.name, i.name_en) for i in found.identity_types},
        types={k.code: told(k.name, k.name_en) for k in found.types},
        clients={
            c.code: c.name if c.name == c.code else f"{c.name} ({c.code})"
            for c in found.clients
        },
    )
