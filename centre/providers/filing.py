"""What the providers in use take of a template, and of the values that fill it.

A template that its provider can't know, or a value over its limit, is refused where
it comes in: sent, every message of it would fail.
"""

from collections.abc import Iterator, Mapping, Sequence

from centre.providers import queries as kept_providers
from centre.providers.fallback import fallback
from channels.registry import find_provider, providers_of
from channels.template_ids import TemplateRules
from core.errors import FieldError, Invalid
from core.policies import MessageType, Template
from core.settings import Settings
from core.text.templating import placeholders, render
from core.words import Channel, Priority
from db.session import Session

NO_ID = (
    "No template id of this channel's providers: Aliyun's begin with SMS_ or TTS_, "
    "Tencent Cloud's and the medical assistant's are numbers."
)
NO_FIELDS = (
    "Fields are named as the provider names them: thing1, time2 … (WeChat), "
    "1, 2, 3 … without a gap, or each with a placeholder of the body (Tencent Cloud)."
)

Rules = Mapping[str, TemplateRules]
# By parameter: the most characters, and whose limit that is.
ValueLimits = dict[str, tuple[int, str]]
_EVERY: Mapping[Channel, Rules] = {
    channel: {p.name: p.templates for p in providers_of(channel) if p.templates}
    for channel in Channel
}


async def check_filing(
    session: Session, settings: Settings, template: Template
) -> None:
    """Refuse a template that none of the channel's accounts could send."""
    rules = await rules_in_use(session, settings)
    field_errors = list(_wrongs(template, rules.get(template.channel, {})))
    if field_errors:
        raise Invalid("The template was refused; see `errors`.", field_errors)


async def rules_in_use(session: Session, settings: Settings) -> Mapping[Channel, Rules]:
    """Return by channel the providers of the enabled accounts, and their rules."""
    kept = await kept_providers.kept_providers(session)
    ours = {channel for channel, _, _ in kept}
    under = ((a.channel, a.provider, a.enabled) for a in fallback(settings)[1])
    holding = (*kept, *(one for one in under if one[0] not in ours))
    found: dict[Channel, dict[str, TemplateRules]] = {}
    for channel, name, enabled in holding:
        provider = find_provider(channel, name)
        if enabled and provider is not None and provider.templates is not None:
            found.setdefault(channel, {})[name] = provider.templates
    return found


def unfiled(listed: Sequence[str], rules: Rules) -> tuple[str, ...]:
    """Return the providers that have none of a template's ids, where it lists any."""
    return tuple(
        name
        for name, rule in rules.items()
        if listed and not any(map(rule.id.fullmatch, listed))
    )


def unfiled_channels(
    message_type: MessageType, rules: Mapping[Channel, Rules]
) -> dict[Channel, tuple[str, ...]]:
    """Return by channel the providers in use of which a template has no id."""
    used = {c.channel for c in message_type.policy.channels}
    found = {
        channel: unfiled(
            (template.provider_template or "").split(), rules.get(channel, {})
        )
        for channel, template in message_type.templates.items()
        if channel in used
    }
    return {channel: providers for channel, providers in found.items() if providers}


def _wrongs(template: Template, rules: Rules) -> Iterator[FieldError]:
    """Yield what no provider takes: an id of nobody's form, or of none in use."""
    every = _EVERY[template.channel].values()
    ids = (template.provider_template or "").split()
    strange = [id for id in ids if not any(rule.id.fullmatch(id) for rule in every)]
    nobodys = rules and len(unfiled(ids, rules)) == len(rules)
    if every and (strange or nobodys):
        yield FieldError("/provider_template", NO_ID)
    if not all(
        rule.takes_fields(template.fields, template.body) for rule in rules.values()
    ):
        yield FieldError("/fields", NO_FIELDS)


def to_be_checked(message_type: MessageType, params: Mapping[str, str]) -> bool:
    """Tell whether a value is over the limit of any provider there is.

    Not of a critical message: it goes out, and is cut.
    """
    critical = message_type.priority is Priority.CRITICAL
    return not critical and any(too_long(params, value_limits(message_type, _EVERY)))


async def check_values(
    session: Session,
    settings: Settings,
    message_type: MessageType,
    params: Mapping[str, str],
) -> None:
    """Refuse values over the limit of a provider in use."""
    limits = value_limits(message_type, await rules_in_use(session, settings))
    field_errors = list(too_long(params, limits))
    if field_errors:
        raise Invalid("The message was refused; see `errors`.", field_errors)


def too_long(params: Mapping[str, str], limits: ValueLimits) -> Iterator[FieldError]:
    """Yield the values over their limits."""
    for name, (room, provider) in limits.items():
        if len(params.get(name, "")) > room:
            yield FieldError(
                f"/params/{name}", f"Longer than {room} characters ({provider})."
            )


def value_limits(
    message_type: MessageType, rules: Mapping[Channel, Rules]
) -> ValueLimits:
    """Return how long a parameter may be, and which provider says so.

    Of a field of one placeholder and fixed text, what the text leaves of the limit;
    a field of several has no limit that one of them could break.
    """
    used = {c.channel for c in message_type.policy.channels}
    found: ValueLimits = {}
    for channel, template in message_type.templates.items():
        for provider, rule in rules.get(channel, {}).items():
            if channel not in used or rule.longest is None:
                continue
            for name, room in _rooms(template, rule.longest):
                found[name] = min(found.get(name, (room, provider)), (room, provider))
    return found


def _rooms(template: Template, longest: int) -> Iterator[tuple[str, int]]:
    own = placeholders(template.body)
    fields = template.fields or {name: "{{" + name + "}}" for name in own}
    for text in fields.values():
        names = placeholders(text)
        if len(names) == 1:
            yield names[0], longest - len(render(text, {names[0]: ""}))
