"""The dictionary of channels: what each costs, and whether it is on."""

from collections.abc import Mapping
from typing import Any

from centre.accounts.service import account_sources
from centre.audit.audit import Actor
from centre.audit.roles import ADMINS
from centre.catalog import dictionaries
from centre.catalog.models import ChannelChanges, ChannelEntry
from centre.providers.fallback import Source
from console.channels.limit_words import limits_in_words
from console.channels.routing_form import draw_routing
from console.kit.acting import acting
from console.kit.context import context
from console.kit.frame import page
from console.kit.setup import in_words, may_change, state
from console.kit.table import Action, Column, Listing, Row, Rows
from console.kit.texts import t
from console.kit.widgets import confirm
from core.words import Channel


@page("/channels", title="channels.title", icon="cell_tower")
async def channels() -> None:
    """List the channels."""
    changes = await may_change()

    @acting(*ADMINS)
    async def disable(actor: Actor, row: Row) -> None:
        title = t("channels.disable")
        text = t("channels.disable_text", channel=row["name"])
        if await confirm(title, text, yes=title):
            await switch_channel(Channel(row["code"]), False, actor)
            await listing.reload()

    @acting(*ADMINS)
    async def enable(actor: Actor, row: Row) -> None:
        await switch_channel(Channel(row["code"]), True, actor)
        await listing.reload()

    listing = Listing(
        columns=(
            Column("name", "channels.name", link="href"),
            Column("code", "channels.code", mono=True),
            Column("state", "setup.state", tone="tone"),
            Column("cost", "channels.cost_short", right=True),
            Column("limits", "channels.limits", wrap=True),
            Column("account", "channels.account"),
        ),
        load=_load,
        empty="channels.empty",
        key="code",
        label="channels.title",
        actions=(
            Action("block", "channels.disable", disable, only="on"),
            Action("check", "channels.enable", enable, only="off"),
        )
        if changes
        else (),
    )
    await listing.draw()
    await draw_routing(changes=changes)


async def switch_channel(channel: Channel, enabled: bool, actor: Actor) -> None:
    """Switch a channel on or off, for every type."""
    changes = ChannelChanges(enabled=enabled)
    await dictionaries.update_channel(context(), channel, changes, actor)


async def _load(cursor: str | None) -> tuple[Rows, str | None]:
    found = await dictionaries.list_channels(context())
    sources = await account_sources(context())
    return [_row(entry, sources) for entry in found], None


def _row(entry: ChannelEntry, sources: Mapping[Channel, Source]) -> dict[str, Any]:
    word, tone = state(entry.enabled)
    return {
        "code": entry.code.value,
        "name": in_words(entry.name, entry.name_en),
        "href": f"/channels/{entry.code}",
        "state": word,
        "tone": tone,
        "cost": f"¥ {entry.cost_per_message:g}" if entry.cost_per_message else "—",
        "limits": limits_in_words(entry.limits) or "—",
        "account": _source(sources.get(entry.code)),
        "on": entry.enabled,
        "off": not entry.enabled,
    }


def _source(source: Source | None) -> str:
    """Return in words where a channel's accounts are from."""
    return t(f"provider.from_{source}") if source else "—"
