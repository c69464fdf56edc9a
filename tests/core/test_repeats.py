"""Who is named more than once: by their own numbers, by a phone, by the index."""

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from core.models import Recipient
from core.repeats import Holders, repeats_of, summary_of
from core.words import IdentityType

EMPI, CARD, MOBILE = IdentityType.EMPI_ID, IdentityType.ID_CARD, IdentityType.MOBILE
NOBODY: Holders = {}


def person(name: str | None = None, **identities: str) -> Recipient:
    return Recipient(
        identities={IdentityType(k): v for k, v in identities.items()}, name=name
    )


def again(*people: Recipient, holders: Holders = NOBODY) -> list[tuple[int, int]]:
    return [(r.recipient, r.same_as) for r in repeats_of(people, holders)]


def test_one_number_is_one_person_whatever_else_is_said() -> None:
    one = person("张三", empi_id="E1", mobile="+8613800138000")
    other = person("张珊", empi_id="E1", mobile="+8613900139000")
    assert again(one, person(empi_id="E2"), other, one) == [(2, 0), (3, 0)]


def test_a_phone_alone_is_one_person() -> None:
    assert again(person(mobile="+8613800138000"), person(mobile="+8613800138000")) == [
        (1, 0)
    ]


def test_families_share_a_phone() -> None:
    phone = "+8613800138000"
    by_number = person(empi_id="E1", mobile=phone), person(empi_id="E2", mobile=phone)
    by_name = person("张三", mobile=phone), person("李四", mobile=phone)
    assert again(*by_number) == []
    assert again(*by_name) == []


def test_two_numbers_of_one_patient_in_the_index() -> None:
    who = uuid4()
    holders = {(EMPI, "E1"): who, (CARD, "11010519491231002X"): who}
    card = person(id_card="11010519491231002X")
    assert again(person(empi_id="E1"), card, holders=holders) == [(1, 0)]


def test_a_phone_of_one_patient_in_the_index() -> None:
    who, phone = uuid4(), "+8613800138000"
    holders = {(EMPI, "E1"): who, (MOBILE, phone): who}
    by_phone, by_number = person(mobile=phone), person(empi_id="E1")
    assert again(by_phone, by_number, holders=holders) == [(1, 0)]
    child, patient = person("张小", mobile=phone), person("张三", empi_id="E1")
    assert again(child, patient, holders=holders) == []


@given(st.lists(st.sampled_from("ABCD"), max_size=30))
def test_what_is_left_names_everybody_once(numbers: list[str]) -> None:
    people = [person(empi_id=number) for number in numbers]
    out = {repeat for repeat, _ in again(*people)}
    kept = [n for index, n in enumerate(numbers) if index not in out]
    assert kept == list(dict.fromkeys(numbers))


def test_a_hundred_are_told_and_all_are_counted() -> None:
    found = summary_of(repeats_of([person(empi_id="E1")] * 251, NOBODY))
    assert (found.count, len(found.first)) == (250, 100)
