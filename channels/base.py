"""What every channel does, and the values it works with."""

from datetime import timedelta
from typing import ClassVar, Protocol, Self, runtime_checkable
from uuid import UUID

from core.base import Model
from core.models import Outgoing
from core.policies import Template
from core.text.templating import in_text_order, placeholders, render
from core.words import Channel


class Content(Model):
    """What one channel shall say, rendered.

    `fields` are the provider template's own fields (WeChat's `thing1`,
    Aliyun's variables), empty where the template names none: the channel then
    derives them from `params`, the values of the body's placeholders. Both stand in
    the order of the body, which a provider with positions ({1}, {2} …) counts by.
    """

    title: str
    body: str
    provider_template: str | None = None
    fields: dict[str, str] = {}
    params: dict[str, str] = {}
    link: str | None = None

    @classmethod
    def of(
        cls, template: Template, params: dict[str, str], link: str | None = None
    ) -> Self:
        """Return what a template says with these values in place."""
        return cls(
            title=render(template.title, params),
            body=render(template.body, params),
            provider_template=template.provider_template,
            fields={
                name: render(template.fields[name], params)
                for name in in_text_order(template.fields, template.body)
            },
            params={name: params[name] for name in placeholders(template.body)},
            link=link,
        )


class Sending(Outgoing):
    """One delivery, ready to be handed to a provider.

    `id` is the same for every attempt: the duplicate key where a provider
    has one. `link` of the content is unique to the message. When a
    provider is asked what became of it, `provider_message_id` is what it
    answered, or the reference it was given, where that is known.
    """

    id: UUID
    content: Content
    provider_message_id: str | None = None

    @classmethod
    def of(cls, outgoing: Outgoing, sending_id: UUID, content: Content) -> Self:
        """Return a delivery with what it says."""
        way = {name: getattr(outgoing, name) for name in Outgoing.model_fields}
        return cls(**way, id=sending_id, content=content)


class Acceptance(Model):
    """A provider's yes. `delivered` where it needs no later receipt.

    `part_ids` are the numbers of a long text's parts, where each has its own and
    a receipt of its own; the first one is `provider_message_id`.
    """

    provider: str
    provider_message_id: str | None = None
    part_ids: tuple[str, ...] = ()
    delivered: bool = False


class Sender(Protocol):
    """Sends deliveries through one channel's provider.

    `send` raises a DeliveryError of the class its code table gives, within
    `channels.kit.http.LONGEST_SEND`. `dedupe_window` is how long the provider
    itself drops a second call with the same id; None where it does not. One
    that holds a connection of its own is `Closing` too.
    """

    channel: ClassVar[Channel]
    provider: ClassVar[str]
    dedupe_window: ClassVar[timedelta | None]

    async def send(self, sending: Sending) -> Acceptance: ...


@runtime_checkable
class Closing(Protocol):
    """A sender that holds something open."""

    async def aclose(self) -> None:
        """Let go of it; no call is under way any more."""
        ...


@runtime_checkable
class Recalling(Protocol):
    """A channel whose provider can take a message back."""

    async def recall(self, provider_message_id: str) -> bool:
        """Take a message back; False where the provider no longer does.

        Raises ProviderDown or RateLimited where a later try may succeed,
        Misconfigured where somebody must act first.
        """
        ...


@runtime_checkable
class Asking(Protocol):
    """A channel whose provider can be asked what became of a delivery."""

    async def ask(self, sending: Sending) -> Acceptance | None:
        """Return the provider's yes, or None where it knows no such delivery.

        Raises RecipientRefused (or another DeliveryError) where the provider
        reports that it failed, ProviderDown where it can't be asked now.
        """
        ...


@runtime_checkable
class Referring(Protocol):
    """A channel whose provider gives back a short reference instead of our id."""

    def reference(self, sending_id: UUID) -> str:
        """Return what the provider is given, and reports, for a sending."""
        ...


class Deposit(Protocol):
    """Keeps a message for its reader; twice with one sending's id keeps it once."""

    async def __call__(self, sending: Sending) -> None: ...


class Post(Protocol):
    """Keeps a pop-up for the workstations of its address; returns how many."""

    async def __call__(self, sending: Sending) -> int: ...
