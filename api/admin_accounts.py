"""`/v1/admin/channels/{channel}`: the account it sends with, and a test of it."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, RootModel, StrictInt, StrictStr, StringConstraints

from api.admin_common import PREFIX, ChannelPath
from api.callers import PEOPLE, Admin, Looker
from api.centre import CentreDep, SessionDep
from operations import accounts, trial
from operations.accounts import AccountView
from operations.trial import Trial, TrialResult
from store.accounts import drop_account

_PREFIX = PREFIX + "/channels/{channel}"
router = APIRouter(prefix=_PREFIX, tags=["admin: channels"], dependencies=PEOPLE)

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


@router.get("/account")
async def get_account(
    channel: ChannelPath, caller: Looker, centre: CentreDep, session: SessionDep
) -> AccountView:
    """Return the account that holds, without its secrets."""
    return await accounts.account_view(session, centre.settings, channel)


@router.put("/account")
async def put_account(
    channel: ChannelPath, body: AccountBody, caller: Admin, session: SessionDep
) -> AccountView:
    """Set the account; workers send by it within five seconds."""
    return await accounts.set_account(session, channel, body.root, caller.actor)


@router.delete("/account", status_code=204)
async def delete_account(
    channel: ChannelPath, caller: Admin, session: SessionDep
) -> None:
    """Forget the account; the one of the centre's accounts file holds again."""
    await drop_account(session, channel, caller.actor)


@router.post("/test")
async def test_channel(
    channel: ChannelPath, body: Trial, caller: Admin, centre: CentreDep
) -> TrialResult:
    """Send one test message through the real provider, and say what it answered."""
    store, settings = centre.store, centre.settings
    return await trial.send_trial(store, settings, channel, body, caller.actor)
