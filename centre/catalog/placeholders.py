"""Which parameters a type's templates ask for."""

from core.policies import MessageType, Template
from core.text.templating import placeholders


def required_params(message_type: MessageType) -> set[str]:
    """Return every placeholder that a message of this type must fill."""
    used = {c.channel for c in message_type.policy.channels}
    texts = (t for channel, t in message_type.templates.items() if channel in used)
    return {name for template in texts for name in template_placeholders(template)}


def template_placeholders(template: Template) -> list[str]:
    """Return the placeholders of a template, its title and fields included."""
    parts = [template.title, template.body, *template.fields.values()]
    return placeholders("\n".join(parts))
