"""Nothing personal lies in the database in clear, whatever is written."""

from uuid import uuid4

from sqlalchemy import inspect, text

from centre.access import sign_ins, users
from centre.access.contracts import UserDraft
from centre.clients.checks import Callback
from centre.clients.models import ClientDraft
from centre.clients.service import add_client
from centre.messages import writes as message_writes
from centre.messages.status import begin
from centre.people import opt_outs, persons
from centre.people.contracts import PatientDraft
from centre.workstations import inbox_queries as inbox
from core.models import Acknowledgement, Address, Detail, DetailItem
from core.words import Channel, IdentityType, Role
from db.rows import Row
from db.store import Store
from tests.support.stores.context import context_of
from tests.support.stores.rig import ACTOR, START, make_message

PERSONAL = ("欧阳明文", "13800138000", "EMPI-MARKER", "11010519491231002X", "K 6.9")


async def write_everything(store: Store) -> tuple[str, ...]:
    """Write a person into every table that knows people; returns the secrets."""
    detail = Detail(title="t", items=(DetailItem(label="血钾", value="K 6.9"),))
    message = make_message(detail=detail)
    ack = Acknowledgement(by="欧阳明文", at=START, read_back="K 6.9")
    doc = begin(message).model_copy(update={"acknowledgement": ack})
    identities = {
        IdentityType.MOBILE: "13800138000",
        IdentityType.ID_CARD: "11010519491231002X",
    }
    draft = PatientDraft(name="欧阳明文", identities=identities)
    callback = Callback(url="http://10.1.1.1/", allow=("10.1.1.1",))
    client = ClientDraft(code="his", name="HIS", callback=callback)
    user = UserDraft(username="liu", role=Role.ADMIN, password="a long password")
    async with store.sessions.begin() as session:
        await message_writes.record(session, message, doc)
        await persons.put_person(session, "patient", "EMPI-MARKER", draft, ACTOR)
        await opt_outs.note_opt_out(
            session, IdentityType.MOBILE, "13800138000", Channel.SMS, ACTOR
        )
        await inbox.deposit(
            session,
            delivery_id=uuid4(),
            message_id=message.id,
            owner=Address(type=IdentityType.EMPI_ID, value="EMPI-MARKER"),
            title="欧阳明文",
            body="K 6.9",
        )
        new = await add_client(session, client, ACTOR)
        await sign_ins.verify(session, "13800138000", "欧阳明文")
    await users.create_user(context_of(store), user, ACTOR)
    assert new.callback_secret is not None
    return new.appsecret, new.callback_secret, "a long password"


async def everything_stored(store: Store) -> str:
    async with store.engine.connect() as connection:
        tables = await connection.run_sync(lambda c: inspect(c).get_table_names())
        assert {table.name for table in Row.metadata.sorted_tables} < set(tables)
        stored = [
            repr((await connection.execute(text(f"SELECT * FROM {name}"))).all())
            for name in tables
        ]
    return "\n".join(stored)


async def test_neither_people_nor_secrets_are_stored_in_clear(store: Store) -> None:
    secrets = await write_everything(store)
    stored = await everything_stored(store)
    assert "registration-success" in stored
    for marker in (*PERSONAL, *secrets):
        assert marker not in stored
