"""What a channel asks of the ledger of people's consents to a template."""

from typing import Protocol

from core.models import Address


class Consents(Protocol):
    """Knows which messages of a template a person still allows.

    WeChat gives one message for each consent to a one-time template; `once`
    says that a template is of that kind.
    """

    async def allows(self, address: Address, template: str) -> bool:
        """Tell whether a message may be tried: no only where none is left."""
        ...

    async def used(self, address: Address, template: str, *, once: bool) -> None:
        """Note that a message was taken, or may have been."""
        ...

    async def refused(self, address: Address, template: str) -> None:
        """Note that the provider says there is no consent."""
        ...


class NoLedger:
    """Allows everything and notes nothing: the provider alone knows."""

    async def allows(self, address: Address, template: str) -> bool:
        """Let every message be tried."""
        return True

    async def used(self, address: Address, template: str, *, once: bool) -> None:
        """Note nothing."""

    async def refused(self, address: Address, template: str) -> None:
        """Note nothing."""
