"""`/v1/admin/channels/{channel}`: the account it sends with, and a test of it."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, RootModel, StrictInt, StrictStr, StringConstraints

from api.admin.common import PREFIX, ChannelPath, CodePath
from api.auth.callers import PEOPLE, Admin, Looker
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from centre.accounts import service as accounts
from centre.accounts import trial
from centre.accounts.models import (
    AccountChanges,
    AccountDraft,
    AccountState,
    AccountView,
)
from centre.accounts.trial import Trial, TrialResult
from channels.provider import DEFAULT_CODE
from core.fields import Code
from db.pages import Page

_PREFIX = PREFIX + "/channels/{channel}"
router = APIRouter(
    prefix=_PREFIX,
    tags=["admin: channels"],
    dependencies=PEOPLE,
    route_class=CheckedBody,
)

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
_Text = Annotated[StrictStr, StringConstraints(max_length=2048)]
_Values = dict[_Name, _Text | StrictInt | None]


class AccountBody(RootModel[_Values]):
    """The fields of the provider's account; a secret left out stays as it was."""

    root: _Values = Field(
        max_length=32,
        examples=[
            {
                "access_key_id": "LTAI...",
                "access_key_secret": "...",
                "sign_name": "市第一医院",
            }
        ],
    )


class NewAccount(AccountDraft):
    """An account to add, under a code of its own."""

    code: Code


@router.get("/account")
async def get_account(
    channel: ChannelPath, caller: Looker, context: ContextDep
) -> AccountView:
    """Return the account that holds, without its secrets."""
    return await accounts.account_view(context, channel)


@router.put("/account")
async def put_account(
    channel: ChannelPath, body: AccountBody, caller: Admin, context: ContextDep
) -> AccountView:
    """Set the account; workers send by it within five seconds."""
    return await accounts.set_account(context, channel, body.root, caller.actor)


@router.delete("/account", status_code=204)
async def delete_account(
    channel: ChannelPath, caller: Admin, context: ContextDep
) -> None:
    """Forget the account; the one of the centre's accounts file holds again."""
    await accounts.remove_account(context, channel, DEFAULT_CODE, caller.actor)


@router.get("/accounts")
async def list_accounts(
    channel: ChannelPath, caller: Looker, context: ContextDep
) -> Page[AccountState]:
    """Return the channel's accounts: share now and at rest, calls, breaker."""
    return Page[AccountState](items=await accounts.account_states(context, channel))


@router.post("/accounts", status_code=201)
async def add_account(
    channel: ChannelPath, body: NewAccount, caller: Admin, context: ContextDep
) -> AccountView:
    """Add an account; the channel then sends by those kept here alone."""
    draft = AccountDraft.model_validate(body.model_dump(exclude={"code"}))
    return await accounts.add_account(context, channel, body.code, draft, caller.actor)


@router.get("/accounts/{code}")
async def get_one_account(
    channel: ChannelPath,
    code: CodePath,
    caller: Looker,
    context: ContextDep,
) -> AccountState:
    """Return one account without its secrets, and how it stands."""
    return await accounts.account_state(context, channel, code)


@router.put("/accounts/{code}")
async def put_one_account(
    channel: ChannelPath,
    code: CodePath,
    body: AccountDraft,
    caller: Admin,
    context: ContextDep,
) -> AccountView:
    """Set an account whole; only a secret left out stays as it was."""
    return await accounts.put_account(context, channel, code, body, caller.actor)


@router.patch("/accounts/{code}")
async def change_one_account(
    channel: ChannelPath,
    code: CodePath,
    body: AccountChanges,
    caller: Admin,
    context: ContextDep,
) -> AccountView:
    """Change what is named, of an account that is kept here."""
    return await accounts.change_account(context, channel, code, body, caller.actor)


@router.delete("/accounts/{code}", status_code=204)
async def delete_one_account(
    channel: ChannelPath, code: CodePath, caller: Admin, context: ContextDep
) -> None:
    """Forget an account that is kept here."""
    await accounts.remove_account(context, channel, code, caller.actor)


@router.post("/accounts/{code}/test")
async def test_account(
    channel: ChannelPath,
    code: CodePath,
    body: Trial,
    caller: Admin,
    context: ContextDep,
) -> TrialResult:
    """Send one test message by this account, enabled or not."""
    return await trial.send_trial(context, channel, body, caller.actor, code)


@router.post("/test")
async def test_channel(
    channel: ChannelPath, body: Trial, caller: Admin, context: ContextDep
) -> TrialResult:
    """Send one test message through the real provider, and say what it answered."""
    return await trial.send_trial(context, channel, body, caller.actor)
