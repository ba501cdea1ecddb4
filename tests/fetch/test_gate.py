from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.fetch import gate
from monitor.fetch.gate import Gate


def test_the_gap_counts_from_the_end_of_a_visit():
    gate = Gate(2.0)
    assert gate.next_slot("a", 100.0) == 100.0
    gate.release("a", 130.0)
    assert gate.next_slot("a", 131.0) == 132.0
    assert gate.next_slot("b", 131.0) == 131.0


def test_slots_taken_ahead_follow_each_other():
    gate = Gate(2.0)
    assert [gate.next_slot("a", 100.0) for _ in range(3)] == [100.0, 102.0, 104.0]


def test_a_pause_outlasts_the_gap_and_a_shorter_one_changes_nothing():
    gate = Gate(1.0)
    gate.hold("a", 160.0)
    gate.hold("a", 130.0)
    assert gate.pause("a", 100.0) == 60.0
    assert gate.next_slot("a", 100.0) == 160.0
    gate.release("a", 170.0)
    assert gate.pause("a", 170.0) == 0.0
    assert gate.next_slot("a", 170.0) == 171.0


def test_a_host_that_wishes_a_longer_gap_has_it_from_its_last_visit_on():
    gate = Gate(2.0)
    gate.release("a", 100.0)
    gate.pace("a", 10.0)
    assert gate.next_slot("a", 101.0) == 110.0
    gate.release("a", 111.0)
    gate.pace("a", 0.5)
    assert gate.next_slot("a", 111.0) == 113.0
    assert gate.next_slot("b", 111.0) == 111.0


def test_trouble_doubles_the_gap_up_to_two_minutes_and_good_answers_halve_it_again():
    gate = Gate(2.0)
    gaps = []
    for _ in range(10):
        gate.slow("a")
        gaps.append(gate.gap("a"))
    assert gaps == [4.0, 8.0, 16.0, 32.0, 64.0, 120.0, 120.0, 120.0, 120.0, 120.0]
    eased = []
    for _ in range(6):
        for _ in range(5):
            gate.ease("a")
        eased.append(gate.gap("a"))
    assert eased == [64.0, 32.0, 16.0, 8.0, 4.0, 2.0]
    assert gate.gap("b") == 2.0


def test_good_answers_count_in_a_row():
    gate = Gate(2.0)
    gate.slow("a")
    for _ in range(3):
        for _ in range(4):
            gate.ease("a")
        gate.slow("a")
    assert gate.gap("a") == 32.0


def test_a_gap_of_none_is_a_second_where_there_was_trouble_and_a_long_one_is_never_shortened():
    none, long, wished = Gate(0.0), Gate(300.0), Gate(2.0)
    wished.pace("a", 60.0)
    for room in (none, long, wished):
        room.slow("a")
    assert (none.gap("a"), long.gap("a"), wished.gap("a")) == (2.0, 300.0, 120.0)


def test_idle_hosts_are_forgotten_and_busy_held_or_slowed_ones_are_not(monkeypatch):
    monkeypatch.setattr(gate, "_SWEEP", 100)
    room = Gate(2.0)
    room.hold("held", 1_000_000.0)
    room.next_slot("slowed", 0.0)
    room.slow("slowed")
    for n in range(10_000):
        room.next_slot(f"host{n}", float(n))
    assert len(room) < 250
    assert room.next_slot("host9999", 9_999.0) == 10_001.0
    assert room.pause("held", 10_000.0) == 990_000.0
    assert room.gap("slowed") == 4.0
    for n in range(300):
        room.next_slot(f"later{n}", 90_000.0 + 3.0 * n)
    assert room.gap("slowed") == 2.0


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("visit"), st.floats(0, 100)),
        st.tuples(st.just("wait"), st.floats(0, 1_000)),
        st.tuples(st.just("hold"), st.floats(-100, 1_000)),
        st.tuples(st.just("pace"), st.one_of(st.none(), st.floats(0, 60))),
        st.tuples(st.sampled_from(["slow", "ease"]), st.none()),
    ),
    max_size=40,
)


@given(gap=st.floats(0, 300), steps=STEPS)
def test_no_visit_ever_begins_within_the_gap_or_a_pause_whatever_happens(gap, steps):
    gate, now, left, held = Gate(gap), 1_000.0, None, 0.0
    for step, value in steps:
        if step == "visit":
            least, slot = gate.gap("a"), gate.next_slot("a", now)
            assert slot >= max(now, held)
            assert left is None or slot >= left + least
            assert gap <= least <= max(gap, 120.0)
            now = left = slot + value
            gate.release("a", now)
        elif step == "wait":
            now += value
        elif step == "hold":
            held = max(held, now + value)
            gate.hold("a", now + value)
        elif step == "pace":
            gate.pace("a", value)
        else:
            getattr(gate, step)("a")
