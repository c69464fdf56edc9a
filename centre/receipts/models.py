"""Where providers report, as an administrator enters it there."""

from pydantic import Field

from core.base import Model
from core.words import Channel


class ReceiptAddress(Model):
    """What an administrator enters at a provider, for one account.

    `token` and `aes_key` are asked for by WeChat and WeCom only.
    """

    channel: Channel
    account: str
    provider: str
    url: str = Field(repr=False)
    token: str = Field(repr=False)
    aes_key: str = Field(repr=False)
