"""The keyring: what is sealed opens with its key and context only."""

import base64
import json
import multiprocessing
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from core.crypto import Keyring, load_keyring
from core.keys_file import make_keys, new_key


def keyring(current: str = "k1", **others: bytes) -> Keyring:
    return Keyring(
        keys={"k1": b"1" * 32, **others},
        current=current,
        index_key=b"i" * 32,
        token_key=b"t" * 32,
    )


@given(st.binary(max_size=300), st.binary(max_size=20))
def test_bytes_come_back(plain: bytes, context: bytes) -> None:
    key, sealed = keyring().seal(plain, context)
    assert key == "k1"
    assert keyring().unseal(key, sealed, context) == plain
    assert len(sealed) == len(plain) + 28


@given(st.text(), st.text(max_size=10))
def test_text_comes_back(plain: str, context: str) -> None:
    sealed = keyring().seal_text(plain, context)
    assert sealed.isascii()
    assert sealed.startswith("k1:")
    assert keyring().unseal_text(sealed, context) == plain


def test_the_same_text_is_sealed_differently_each_time() -> None:
    ring = keyring()
    assert len({ring.seal_text("张三", "name") for _ in range(50)}) == 50


@given(st.binary(max_size=40), st.data())
def test_one_changed_bit_is_noticed(plain: bytes, data: st.DataObject) -> None:
    key, sealed = keyring().seal(plain, b"c")
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    bent = bytearray(sealed)
    bent[bit // 8] ^= 1 << bit % 8
    with pytest.raises(InvalidTag):
        keyring().unseal(key, bytes(bent), b"c")


def test_another_context_key_or_key_name_does_not_open_it() -> None:
    ring = keyring(k2=b"1" * 32, k3=b"3" * 32)
    key, sealed = ring.seal(b"secret", b"patients.name")
    for name, context in [
        (key, b"patients.mobile"),
        ("k2", b"patients.name"),
        ("k3", b"patients.name"),
    ]:
        with pytest.raises(InvalidTag):
            ring.unseal(name, sealed, context)
    with pytest.raises(KeyError):
        ring.unseal("gone", sealed, b"patients.name")


def test_after_a_rotation_old_and_new_open() -> None:
    before = keyring()
    after = keyring(current="k2", k2=b"2" * 32)
    old = before.seal_text("old")
    new = after.seal_text("new")
    assert new.startswith("k2:")
    assert (after.unseal_text(old), after.unseal_text(new)) == ("old", "new")
    with pytest.raises(KeyError):
        before.unseal_text(new)


def test_the_index_finds_by_type_and_value_and_outlives_a_rotation() -> None:
    ring = keyring()
    found = ring.index("mobile", "+8613812345678")
    assert found == keyring(current="k2", k2=b"2" * 32).index(
        "mobile", "+8613812345678"
    )
    assert found != ring.index("landline", "+8613812345678")
    assert found != ring.index("mobile", "+8613812345679")
    other = Keyring(ring.keys, "k1", index_key=b"j" * 32, token_key=ring.token_key)
    assert found != other.index("mobile", "+8613812345678")


def test_a_keyring_does_not_show_its_keys() -> None:
    assert "1111" not in repr(keyring())
    assert "iiii" not in f"{keyring()}"


def test_the_keys_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "keys.json"
    path.parent.mkdir()
    old_mask = os.umask(0)
    try:
        make_keys(path)
        made = load_keyring(path)
    finally:
        os.umask(old_mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["keys.json"]
    again = load_keyring(path)
    assert again == made
    assert again.unseal_text(made.seal_text("张三")) == "张三"
    secrets = [*made.keys.values(), made.index_key, made.token_key]
    assert {len(s) for s in secrets} == {32}
    assert len(set(secrets)) == len(secrets)


def test_a_rotation_is_an_edit_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    make_keys(path)
    before = load_keyring(path)
    stored = json.loads(path.read_text())
    stored["keys"]["k2026"] = new_key()
    stored["current"] = "k2026"
    path.write_text(json.dumps(stored))
    after = load_keyring(path)
    assert after.unseal_text(before.seal_text("old")) == "old"
    assert after.seal_text("new").startswith("k2026:")
    assert after.index_key == before.index_key


def _load_in_step(path: Path, barrier: Callable[[], object]) -> bytes:
    barrier()
    make_keys(path)
    return load_keyring(path).index_key


def _child(path: Path, barrier: Callable[[], object], answers: object) -> None:
    answers.put(_load_in_step(path, barrier))  # type: ignore[attr-defined]


def test_processes_that_create_at_once_agree(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(2), context.Queue()
    children = [
        context.Process(target=_child, args=(tmp_path / "k", barrier.wait, answers))
        for _ in range(2)
    ]
    for child in children:
        child.start()
    keys = {answers.get(timeout=30) for _ in children}
    for child in children:
        child.join(30)
    answers.close()
    assert keys == {load_keyring(tmp_path / "k").index_key}


def test_threads_that_create_at_once_agree(tmp_path: Path) -> None:
    """As do two containers, whose process ids are the same."""
    for round_ in range(20):
        path = tmp_path / str(round_) / "keys.json"
        path.parent.mkdir()
        barrier = threading.Barrier(6)
        keys: list[bytes] = []
        threads = [
            threading.Thread(
                target=lambda p=path, b=barrier, k=keys: k.append(
                    _load_in_step(p, b.wait)
                )
            )
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert keys == [load_keyring(path).index_key] * 6
        assert len(list(path.parent.iterdir())) == 1


def test_a_new_key_is_32_random_bytes() -> None:
    assert len(base64.b64decode(new_key())) == 32
    assert new_key() != new_key()
