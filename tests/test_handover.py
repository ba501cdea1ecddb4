"""What workers hand over comes out as it went in, and what another version wrote does not come out at all."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass
from datetime import UTC, datetime
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import handover
from monitor.handover import AsBefore, Handed, HandoverError, PollReport
from monitor.intake import Read

NUMBERS = st.integers(-(2**63), 2**64 - 1)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


def made(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Return all records of a kind, each field of its own."""
    for one in (int, datetime, bool):
        st.register_type_strategy(one, {int: NUMBERS, datetime: TIMES, bool: st.booleans()}[one])
    return st.from_type(kind)


@pytest.mark.parametrize("kind", [Handed, AsBefore, PollReport, Read])
def test_what_goes_in_comes_out(kind) -> None:
    @settings(max_examples=60, deadline=None)
    @given(made(kind))
    def holds(record) -> None:
        name, data = handover.pack(record)
        assert handover.unpack(name, data) == record

    holds()


def test_what_cannot_be_read_says_so() -> None:
    name, data = handover.pack(PollReport(1, "o", "u", "h"))
    for kind, bad in (
        ("hit", data),
        ("", b""),
        (name, b""),
        (name, data[:-1]),
        (name, data + b"\0"),
        (name, b"\0" + data[1:]),
        ("reading", data),
        (name, data[:4] + b"\xc1"),
    ):
        with pytest.raises(HandoverError):
            handover.unpack(kind, bad)


def test_records_with_other_fields_have_another_form() -> None:
    @dataclass
    class Link:
        id: int

    before, Before = handover._form((Link,)), Link

    @dataclass
    class Link:
        id: int
        added: str = ""

    assert before == handover._form((Before,)) != handover._form((Link,))


def test_every_record_within_counts_for_the_form() -> None:
    """What is nested in what is handed over stands in handover._PARTS."""
    seen: set[type] = set()

    def walk(kind: Any) -> None:
        for one in get_args(kind):
            walk(one)
        if is_dataclass(kind) and kind not in seen:
            seen.add(kind)
            for hint in get_type_hints(kind).values():
                walk(hint)

    walk(handover.Record)
    assert seen == {*handover._KINDS.values(), *handover._PARTS}
