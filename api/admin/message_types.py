"""`/v1/admin/message-types` and their policies: what may be sent, and how."""

from fastapi import APIRouter
from pydantic import ConfigDict, StrictBool

from api.admin.common import PREFIX, CodePath
from api.auth.callers import PEOPLE, Admin, Looker
from api.context import ContextDep
from api.http.checked_bodies import CheckedBody
from api.http.paging import PagingDep
from centre.catalog import message_types, policies
from centre.catalog.models import (
    Breaking,
    MessageTypeChanges,
    MessageTypeDraft,
    PolicyChange,
    PolicyVersion,
    Review,
)
from centre.catalog.placeholders import required_params
from core.policies import MessageType, Policy
from db.pages import Page

router = APIRouter(
    prefix=PREFIX,
    tags=["admin: message types"],
    dependencies=PEOPLE,
    route_class=CheckedBody,
)


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


class PolicyBody(PolicyChange):
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


@router.post("/message-types", status_code=201)
async def create_message_type(
    body: MessageTypeBody, caller: Admin, context: ContextDep
) -> MessageTypeView:
    """Add a message type."""
    return _view(await message_types.create_message_type(context, body, caller.actor))


@router.get("/message-types")
async def list_message_types(
    paging: PagingDep, caller: Looker, context: ContextDep
) -> Page[MessageTypeView]:
    """List the message types."""
    page = await message_types.list_message_types(context, paging.cursor, paging.limit)
    items = tuple(_view(message_type) for message_type in page.items)
    return Page[MessageTypeView](items=items, next=page.next)


@router.get("/message-types/{code}")
async def get_message_type(
    code: CodePath, caller: Looker, context: ContextDep
) -> MessageTypeView:
    """Return a type with its policy, newest templates and placeholders."""
    return _view(await message_types.message_type(context, code))


@router.patch("/message-types/{code}")
async def change_message_type(
    code: CodePath, body: MessageTypePatch, caller: Admin, context: ContextDep
) -> MessageTypeView:
    """Change or disable a message type."""
    return _view(
        await message_types.update_message_type(context, code, body, caller.actor)
    )


@router.put("/message-types/{code}/policy")
async def put_policy(
    code: CodePath,
    body: PolicyBody,
    caller: Admin,
    context: ContextDep,
    breaking: Breaking = Breaking.ALLOW,
) -> Policy:
    """Add a version of the policy; it holds for messages accepted from now on."""
    return await policies.put_policy(context, code, body, caller.actor, breaking)


@router.post("/message-types/{code}/policy/check")
async def check_policy(
    code: CodePath, body: PolicyBody, caller: Looker, context: ContextDep
) -> Review:
    """Say what this policy would change, and for which clients; change nothing."""
    return await policies.review_policy(context, code, body)


@router.get("/message-types/{code}/policy")
async def get_policy(code: CodePath, caller: Looker, context: ContextDep) -> Policy:
    """Return the policy that holds now, with its version."""
    return (await message_types.message_type(context, code)).policy


@router.get("/message-types/{code}/policy/versions")
async def list_policy_versions(
    code: CodePath, caller: Looker, context: ContextDep
) -> Page[PolicyVersion]:
    """List a policy's versions, and who set them."""
    found = await policies.policy_versions(context, code)
    return Page[PolicyVersion](items=found)


def _view(message_type: MessageType) -> MessageTypeView:
    whole = {name: getattr(message_type, name) for name in MessageType.model_fields}
    return MessageTypeView(**whole, placeholders=sorted(required_params(message_type)))
