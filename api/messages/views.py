"""What the API shows of messages: the contract's documents."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field

from centre.catalog.previews import Shown
from centre.messages.contracts import MessageFilter
from centre.messages.lookup import Lookup, Source
from core.base import Model
from core.fields import Code
from core.fields import Time as WrittenTime
from core.models import MessageStatus, StatusFields
from core.policies import Plan
from core.text.plain_text import MaybePlainText
from core.words import Channel, Status, Strategy
from db.pages import Page


def _plus(value: object) -> object:
    """Mend an offset whose plus sign a URL turned into a space."""
    return value.replace(" ", "+") if isinstance(value, str) and "T" in value else value


Time = Annotated[WrittenTime, BeforeValidator(_plus)]


class Accepted(Model):
    """The answer to a message that was accepted."""

    id: UUID
    client: str = Field(examples=["lis"])
    type: str = Field(examples=["critical-value"])
    status: Literal[Status.ACCEPTED] = Status.ACCEPTED
    created_at: datetime


class PlanView(Model):
    """The stages in which the channels are tried."""

    strategy: Strategy
    threshold: float
    stages: tuple[tuple[Channel, ...], ...] = Field(
        examples=[[["wechat"], ["sms"], ["wecom"]]]
    )


# Added when there were readers already: they may leave these out.
_LATER = ("steps", "resends_on", "automatic_resends")


def _published(schema: dict[str, Any]) -> None:
    """Say what each document has: all fields, and who knew before the plan."""
    fields = dict(schema["properties"])
    source = fields.pop("source")
    ordered: dict[str, Any] = {}
    for name, field in fields.items():
        if name == "plan":
            ordered["source"] = source
        ordered[name] = field
        if name not in _LATER:
            field.pop("default", None)
    schema["properties"] = ordered
    schema["required"] = [name for name in ordered if name not in _LATER]


class StatusDocument(StatusFields[PlanView]):
    """How a message stands; `source` says who knew."""

    model_config = ConfigDict(json_schema_extra=_published)

    source: Source

    @classmethod
    def of(cls, doc: MessageStatus, source: Source) -> Self:
        """Return the contract's document: the same, the plan as it is shown."""
        return cls(**dict(doc) | {"plan": plan_view(doc.plan), "source": source})


class MessagePage(Model):
    """Messages, newest first; `next` is the cursor of the page after."""

    items: list[StatusDocument]
    next: str | None


class Preview(Model):
    """The plan, and what each of its channels would show."""

    plan: PlanView
    channels: dict[Channel, Shown]


class MessageQuery(Model):
    """Which messages to list."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    status: Status | None = None
    type: Code | None = None
    reference: MaybePlainText = Field(default=None, min_length=1, max_length=64)
    recipient: str | None = Field(
        default=None,
        min_length=1,
        max_length=300,
        description="`TYPE:VALUE`, e.g. `mobile:13812345678`: any identity of a person"
        " finds all that was sent to any of theirs. A bare value is taken as the first"
        " identity type under which any message is found.",
    )
    since: Time | None = Field(
        default=None, alias="from", description="Created at or after this time."
    )
    until: Time | None = Field(
        default=None, alias="to", description="Created before this time."
    )
    client: Code | None = Field(default=None, description="Only for people.")
    unacknowledged: bool = Field(
        default=False, description="Only messages that still have to be confirmed."
    )
    batch: UUID | None = Field(default=None, description="Only of this batch.")
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, min_length=1, max_length=512)

    def wanted(self) -> MessageFilter:
        """Return what is asked for, but whom the messages are for."""
        kept = MessageFilter.model_fields.keys() - {"recipient", "person"}
        return MessageFilter.model_validate(
            {name: getattr(self, name) for name in kept}
        )


def found_document(found: Lookup) -> StatusDocument:
    """Return the contract's status document of a message that was looked up."""
    return StatusDocument.of(found.doc, found.source)


def page_of(found: Page[MessageStatus]) -> MessagePage:
    """Return the contract's page of messages."""
    items = [StatusDocument.of(doc, "store") for doc in found.items]
    return MessagePage(items=items, next=found.next)


def plan_view(plan: Plan) -> PlanView:
    """Return what the API shows of a plan."""
    return PlanView(
        strategy=plan.strategy, threshold=plan.threshold, stages=plan.stages
    )
