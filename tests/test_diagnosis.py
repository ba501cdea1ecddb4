"""What the doctor says of clocks, rules and routes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor import diagnosis
from monitor.diagnosis import Clock, State
from monitor.errors import Reason
from monitor.model import Entity, Name, Outlet, Route, Rule

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
EN, DE = Outlet("courier", language="en", tags=("sea",)), Outlet("bote", language="de")
ANY = Outlet("any")
NATO = Entity("nato", (Name("NATO", exact=True, languages=("en",)),))
OTAN = Entity("otan", (Name("OTAN", exact=True, languages=("fr", "es")),))


@pytest.mark.parametrize(
    ("seen", "state", "said"),
    [
        (Clock(NOW, kept=True, skews=(1.0, -3.0)), "fine", "2 answers"),
        (Clock(NOW, newest=NOW - timedelta(hours=1)), "fine", "2026-11-27"),
        (Clock(datetime(2026, 1, 1, tzinfo=UTC)), "wrong", "before this program"),
        (Clock(NOW, newest=NOW + timedelta(hours=3)), "wrong", "3 hours behind the newest"),
        (Clock(NOW, skews=(3_700.0, 3_600.0)), "wrong", "60 minutes behind what 2 answers say"),
        (Clock(NOW, skews=(-400.0,)), "wrong", "6 minutes ahead of what the one answer says"),
        # One server of two that is off says nothing of ours.
        (Clock(NOW, skews=(9_000.0, 1.0)), "fine", ""),
        (Clock(NOW, stepped=-30.0), "wrong", "set by -30 s"),
        (Clock(NOW, kept=False), "note", "no time service"),
    ],
)
def test_the_clock_is_held_against_what_is_known(seen, state, said):
    sign = diagnosis.clock(seen)
    assert (sign.state, said in sign.said) == (state, True)
    assert bool(sign.todo) is (state != "fine")


def test_no_name_that_can_be_looked_up_is_our_fault_and_one_is_theirs():
    states = [
        diagnosis.names(reasons).state for reasons in ([Reason.DNS] * 2, [Reason.DNS, None], [Reason.TIMEOUT, None])
    ]
    assert states == [State.WRONG, State.NOTE, State.FINE]


@pytest.mark.parametrize(
    ("rule", "outlets", "state", "said"),
    [
        (Rule("r", "port"), [EN, DE], "fine", ""),
        (Rule("r", "port", languages=("fr",)), [EN, DE], "wrong", "no outlet is in that"),
        (Rule("r", "port", languages=("fr",)), [EN, ANY], "fine", ""),
        (Rule("r", "port", languages=("nb",)), [Outlet("n", language="no")], "fine", ""),
        (Rule("r", "@otan"), [EN, DE], "wrong", "no name of @otan"),
        (Rule("r", "@otan summit"), [EN, DE], "wrong", "no name of @otan"),
        (Rule("r", "summit -@otan"), [EN, DE], "fine", ""),
        (Rule("r", "@otan"), [EN, ANY], "fine", ""),
        (Rule("r", "@nato", languages=("de",)), [EN, DE], "wrong", "no name of @nato"),
        (Rule("r", "@otan OR @nato"), [EN, DE], "note", "@otan: no name"),
        (Rule("r", "@otan NEAR/5 port"), [EN, DE], "wrong", "no name of @otan"),
        (Rule("r", "outlet:corier port"), [EN, DE], "wrong", "there is no outlet 'corier'"),
        (Rule("r", "outlet:courier port"), [EN, DE], "fine", ""),
        (Rule("r", "lang:fr port"), [EN, DE], "wrong", "no outlet is in 'fr'"),
        (Rule("r", "port", mode="off"), [EN], "note", "it is off"),
        (Rule("r", "port", mode="shadow"), [EN], "note", "shadow"),
        (Rule("r", "port", until=NOW), [EN], "note", "`until` has passed"),
        (Rule("r", "port", until=NOW + timedelta(days=1)), [EN], "fine", ""),
    ],
)
def test_a_rule_that_can_never_hit_is_told(rule, outlets, state, said):
    (sign,) = diagnosis.rules([rule], [NATO, OTAN], outlets, NOW)
    assert (sign.state, said in sign.said) == (state, True), sign


def test_names_that_lint_doubts_are_a_note():
    loud = Entity("nato", (Name("NATO"),))
    (sign,) = diagnosis.rules([Rule("r", "@nato")], [loud], [EN], NOW)
    assert (sign.state, sign.todo) == (State.NOTE, "`monitor rules lint` says why")


def test_without_a_rule_nothing_is_looked_for():
    assert [sign.state for sign in diagnosis.rules([], [], [EN], NOW)] == [State.WRONG]


def told(routes, rules, outlets=(EN, DE)):
    return [(sign.name, sign.state, sign.said) for sign in diagnosis.routes(routes, rules, outlets, NOW)]


def test_a_route_that_takes_nothing_is_told():
    rules = [Rule("port", "port", tags=("sea",)), Rule("nato", "nato")]
    everything = Route("all", ("c",))
    assert told([everything], rules) == [("", "fine", "1 can take a hit")]
    for route, why in (
        (Route("r", ("c",), tags=("land",)), "tags: land"),
        (Route("r", ("c",), languages=("fr",)), "languages: fr"),
        (Route("r", ("c",), rules=("port",), outlets=("bote",), outlet_tags=("sea",)), "outlet_tags: sea"),
        (Route("r", ("c",), min_outlets=3), "min_outlets: 3"),
    ):
        ((name, state, said),) = told([everything, route], rules)
        assert (name, state) == ("r", "wrong")
        assert why in said
    # What says no language may have any.
    assert told([Route("r", ("c",), languages=("fr",))], rules, [ANY])[0][1] == "fine"
    assert told([], rules)[0][1] == "note"


def test_a_parent_whose_children_take_all_is_no_fault_and_a_child_behind_them_is():
    parent = Route("parent", ("c",), children=(Route("first", ("c",)), Route("second", ("c",), tags=("sea",))))
    ((name, state, said),) = told([parent], [Rule("port", "port", tags=("sea",))])
    assert (name, state) == ("second", "wrong")
    assert "a route above or before it keeps away" in said


def test_rules_that_no_route_takes_are_named():
    rules = [Rule("port", "port", tags=("sea",)), Rule("nato", "nato"), Rule("off", "x", mode="off")]
    assert told([Route("sea", ("c",), tags=("sea",))], rules) == [
        ("", "note", "none takes what nato hit: it is stored, nobody is told")
    ]


def test_a_hundred_thousand_rules_are_looked_at_by_their_kinds():
    rules = [Rule(f"r{number}", "port", tags=("sea",)) for number in range(100_000)]
    outlets = [Outlet(f"o{number}", language="en") for number in range(1_000)]
    every = [Route("all", ("c",)), Route("one", ("c",), rules=("r7",))]
    assert len(diagnosis._shapes(every, rules)) == 2
    assert told(every, rules, outlets) == [("", "fine", "2 can take a hit")]
