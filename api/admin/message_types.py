"""`/v1/admin/message-types` and their policies: what may be sent, and how."""

from typing import Literal

from fastapi import APIRouter
from pydantic import ConfigDict, Field, StrictBool, field_validator

from api.admin.common import PREFIX, CodePath
from api.auth.callers import PEOPLE, Admin, Looker
from api.context import SessionDep
from api.http.paging import PagingDep
from centre.catalog import types as catalog
from centre.catalog.placeholders import required_params
from centre.catalog.types import MessageTypeChanges, MessageTypeDraft, PolicyVersion
from core.base import Model
from core.errors import NotFound
from core.policies import Confirm, MessageType, Policy, Unknown, Weight, WeightedChannel
from core.words import Channel, Strategy
from db.pages import Page

router = APIRouter(prefix=PREFIX, tags=["admin: message types"], dependencies=PEOPLE)


class MessageTypeBody(MessageTypeDraft):
    """A message type to create; its policy and templates come separately."""

    enabled: StrictBool = True
    acknowledge: StrictBool = False
    resend_when_back: StrictBool = True


class MessageTypePatch(MessageTypeChanges):
    """What to change; `enabled: false` refuses new messages and withholds others."""

    enabled: StrictBool = True
    acknowledge: StrictBool = False
    resend_when_back: StrictBool = True


class MessageTypeView(MessageType):
    """A message type, and the placeholders its messages must fill."""

    placeholders: list[str]


class PolicyBody(Model):
    """A type's strategy, threshold TH, and its channels' weights W, in [0, 1]."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "strategy": "threshold",
                    "threshold": 0.6,
                    "channels": [
                        {"channel": "wechat", "weight": 0.9},
                        {"channel": "sms", "weight": 0.5},
                        {"channel": "wecom", "weight": 0.3},
                    ],
                }
            ]
        }
    )

    strategy: Strategy = Strategy.THRESHOLD
    threshold: Weight = 0.5
    channels: tuple[WeightedChannel, ...] = Field(min_length=1, max_length=16)
    confirm: dict[Channel, Confirm] = {}
    unknown: dict[Channel | Literal["*"], Unknown] = Field(
        default={},
        description="What to do where a call's outcome is not known, by channel;"
        ' "*" holds for every other. Without a word, critical messages are repeated'
        " and others passed over.",
    )

    @field_validator("channels")
    @classmethod
    def _each_once(
        cls, channels: tuple[WeightedChannel, ...]
    ) -> tuple[WeightedChannel, ...]:
        """Say it here, where it becomes a 422; Policy itself would refuse it too."""
        if len({c.channel for c in channels}) < len(channels):
            raise ValueError("a channel is named twice")
        return channels


@router.post("/message-types", status_code=201)
async def create_message_type(
    body: MessageTypeBody, caller: Admin, session: SessionDep
) -> MessageTypeView:
    """Add a message type."""
    return _view(await catalog.create_message_type(session, body, caller.actor))


@router.get("/message-types")
async def list_message_types(
    paging: PagingDep, caller: Looker, session: SessionDep
) -> Page[MessageTypeView]:
    """List the message types."""
    page = await catalog.list_message_types(session, paging.cursor, paging.limit)
    items = tuple(_view(kind) for kind in page.items)
    return Page[MessageTypeView](items=items, next=page.next)


@router.get("/message-types/{code}")
async def get_message_type(
    code: CodePath, caller: Looker, session: SessionDep
) -> MessageTypeView:
    """Return a type with its policy, newest templates and placeholders."""
    return _view(await _found(session, code))


@router.patch("/message-types/{code}")
async def change_message_type(
    code: CodePath, body: MessageTypePatch, caller: Admin, session: SessionDep
) -> MessageTypeView:
    """Change or disable a message type."""
    return _view(await catalog.update_message_type(session, code, body, caller.actor))


@router.put("/message-types/{code}/policy")
async def put_policy(
    code: CodePath, body: PolicyBody, caller: Admin, session: SessionDep
) -> Policy:
    """Add a version of the policy; it holds for messages accepted from now on."""
    policy = Policy(
        strategy=body.strategy,
        threshold=body.threshold,
        channels=body.channels,
        confirm=body.confirm,
        unknown=body.unknown,
    )
    return await catalog.put_policy(session, code, policy, caller.actor)


@router.get("/message-types/{code}/policy")
async def get_policy(code: CodePath, caller: Looker, session: SessionDep) -> Policy:
    """Return the policy that holds now, with its version."""
    return (await _found(session, code)).policy


@router.get("/message-types/{code}/policy/versions")
async def list_policy_versions(
    code: CodePath, caller: Looker, session: SessionDep
) -> Page[PolicyVersion]:
    """List a policy's versions, and who set them."""
    await _found(session, code)
    versions = await catalog.policy_versions(session, code)
    return Page[PolicyVersion](items=versions)


async def _found(session: SessionDep, code: str) -> MessageType:
    kind = await catalog.message_type(session, code)
    if kind is None:
        raise NotFound("There is no such message type.")
    return kind


def _view(kind: MessageType) -> MessageTypeView:
    whole = {name: getattr(kind, name) for name in MessageType.model_fields}
    return MessageTypeView(**whole, placeholders=sorted(required_params(kind)))
