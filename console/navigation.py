"""The pages, in the order of the navigation: one line each."""

from collections.abc import Sequence

from console.access import account, audit, users
from console.catalog import message_type, message_types, policy, sending_times, template
from console.channels import channel, channels
from console.clients import client, clients
from console.kit.frame import Page
from console.messages import batches, failed, message, messages, new_batch
from console.operations import alarms, home, queues, workstations
from console.people import patient, patients

# What the navigation lists, by section.
MENU: Sequence[tuple[str, Sequence[Page]]] = (
    ("nav.overview", (home.home,)),
    (
        "nav.work",
        (
            messages.messages_page,
            failed.failed,
            batches.batches,
            queues.queues,
            alarms.alarms,
            patients.patients,
        ),
    ),
    (
        "nav.setup",
        (
            clients.clients,
            message_types.message_types,
            channels.channels,
            sending_times.sending_times,
            workstations.workstations,
        ),
    ),
    ("nav.access", (users.users, audit.audit)),
)
# Pages that others lead to.
OTHERS: Sequence[Page] = (
    account.account,
    account.password,
    message.message,
    new_batch.new_batch,
    batches.batch_page,
    patient.patient_page,
    client.client,
    message_type.message_type,
    policy.policy,
    template.template,
    channel.channel,
    sending_times.class_times,
)


def all_pages() -> list[Page]:
    """Return every page that asks for a sign-in."""
    return [*(page for _, pages in MENU for page in pages), *OTHERS]
