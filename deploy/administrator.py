"""Signs the people's commands in, as the first administrator."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.settings import Settings
from deploy.credentials import admin_password, password_file
from deploy.remote import NotSignedIn, Refused, Remote, as_person
from deploy.up import api_url

ADMINISTRATOR = "admin"
_CODE = (
    f"The account {ADMINISTRATOR} asks for its second factor's code as well, "
    "which these commands can't give: do it in the console."
)


@asynccontextmanager
async def as_administrator(settings: Settings) -> AsyncIterator[Remote]:
    """Sign in; a refusal says which password was used and how to give another."""
    password = admin_password(settings)
    try:
        async with as_person(api_url(settings), ADMINISTRATOR, password) as remote:
            yield remote
    except NotSignedIn as refusal:
        raise Refused(_told(refusal, settings)) from None


def _told(refusal: NotSignedIn, settings: Settings) -> str:
    if refusal.code_needed:
        return _CODE
    given = settings.admin_password is not None
    source = "HMC_ADMIN_PASSWORD" if given else password_file(settings.state_dir)
    return (
        f"{refusal}\nThe password of {ADMINISTRATOR} was taken from {source}; "
        "where that is an old one, give the present one in HMC_ADMIN_PASSWORD."
    )
