"""A version of the rules of when messages may go out."""

from datetime import datetime

from centre.schedule.rules import SendingRules
from core.base import Model


class RulesVersion(Model):
    """One version of a scope's rules, and who set it; 0: nothing was set yet."""

    scope: str
    version: int = 0
    rules: SendingRules = SendingRules()
    set_by: str | None = None
    set_at: datetime | None = None
