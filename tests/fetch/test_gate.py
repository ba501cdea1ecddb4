from __future__ import annotations

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


def test_idle_hosts_are_forgotten_and_busy_or_held_ones_are_not(monkeypatch):
    monkeypatch.setattr(gate, "_SWEEP", 100)
    room = Gate(2.0)
    room.hold("held", 1_000_000.0)
    for n in range(10_000):
        room.next_slot(f"host{n}", float(n))
    assert len(room) < 250
    assert room.next_slot("host9999", 9_999.0) == 10_001.0
    assert room.pause("held", 10_000.0) == 990_000.0
