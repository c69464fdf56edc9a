"""What every errcode of WeChat's means: the table that its channels' tests share."""

from core.errors import (
    ContentRefused,
    Misconfigured,
    ProviderDown,
    RateLimited,
    RecipientRefused,
)
from tests.support.channels.fakes import Row, each

HOUR = 3600
TO_MIDNIGHT = 15.5 * HOUR
# Code, class, seconds to wait; from the reference of WeChat's return codes.
TABLE: list[Row] = [
    *each("-1", ProviderDown),
    *each("40013 40125 40164 89503 89504 89506 89507 48001 48004", Misconfigured),
    *each("50002 40037 40036 41030 48011 43102 45027", Misconfigured),
    *each("40003 46004 43004 50005 43019 48002 43101", RecipientRefused),
    *each("47003 47001 40035 45002 44004", ContentRefused),
    *each("45009", RateLimited, TO_MIDNIGHT),
    *each("45011", RateLimited, 60),
    *each("99999", ContentRefused),
]
# A refused token is renewed first, so these come twice before they count.
TOKENS = frozenset({"40001", "40014", "42001", "41001"})
