"""The tree of routes: what a route has from the one above it, and what is refused; rules with a life; templates."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from monitor.model import Limit, Quiet, Updates
from monitor.routing import Group, New
from tests.settings.test_load import conf, faults, says  # noqa: F401

HEAD = "channels: {here: {kind: console}, there: {kind: console}}\n"


def routes_of(conf, text: str):  # noqa: F811
    from textwrap import dedent

    return conf(alerts=HEAD + dedent(text), monitor="timezone: Europe/Berlin").routes


def test_a_route_has_from_above_what_it_does_not_say(conf) -> None:  # noqa: F811
    (desk,) = routes_of(
        conf,
        """
        routes:
          desk:
            channels: [here]
            wait: 10m
            update_every: 30m
            max_updates: 3
            quiet_hours: {from: "22:00", to: "07:00"}
            limit: 20/1h
            group_by: [rule, story]
            routes:
              night:
                severities: [high]
                quiet_hours: {off: true}
                wait: 0s
                update_on: [name]
                update_outlets: 2
                timezone: UTC
                continue: true
              morning:
                channels: [there]
                digest: ["07:00", "18:30"]
                corrections: false
        """,
    )
    night, morning = desk.children
    quiet = Quiet(time(22), time(7), ("high",))
    assert (desk.channels, desk.wait, desk.quiet, desk.limit, desk.timezone) == (
        ("here",), 600.0, quiet, Limit(20, 3600.0), "Europe/Berlin",
    )  # fmt: skip
    assert desk.updates == Updates(1800.0, (New.OUTLET, New.HEADLINE), 1, 3)
    assert (night.channels, night.wait, night.quiet, night.limit, night.timezone, night.go_on) == (
        ("here",), 0.0, None, desk.limit, "UTC", True,
    )  # fmt: skip
    assert night.updates == Updates(1800.0, (New.NAME,), 2, 3)
    assert (morning.channels, morning.digest, morning.quiet, morning.corrections, morning.go_on) == (
        ("there",), (time(7), time(18, 30)), quiet, False, False,
    )  # fmt: skip
    assert {one.group_by for one in (desk, night, morning)} == {(Group.RULE, Group.STORY)}
    assert (night.severities, desk.severities, morning.severities) == (("high",), (), ())


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("a: {rules: []}", 3, 6, "has no channels, nor has a route above it"),
        (
            'a: {channels: [here], quiet_hours: {from: "22:00", to: "22:00"}}',
            3,
            38,
            "quiet hours that end when they begin",
        ),
        ('a: {channels: [here], quiet_hours: {from: "22:00"}}', 3, 38, "need `from` and `to`"),
        (
            'a: {channels: [here], digest: ["03:00"], quiet_hours: {from: "22:00", to: "07:00"}}',
            3,
            6,
            "lies in its quiet",
        ),
        ("a: {channels: [here], digest: [7]}", 3, 34, "a time of day such as 07:30, in quotes"),
        ("a: {channels: [here], limit: 20}", 3, 32, "messages in a time, such as 20/1h"),
        ("a: {channels: [here], limit: 20/0s}", 3, 32, "above 0s"),
        ("a: {channels: [here], timezone: Europe/Berln}", 3, 35, "an IANA name"),
        ("a: {channels: [here], group_by: [stories]}", 3, 36, "one of story, rule"),
        ("a: {channels: [here], update_on: [quote]}", 3, 37, "one of outlet, headline, name"),
        ("a: {channels: [here], routes: {b: {channels: [nowhere]}}}", 3, 49, "there is no channel 'nowhere'"),
        ("a: {channels: [here], routes: {a: {}}}", 3, 37, "route 'a' is there twice"),
        ("a: {channels: [here], template: brief}", 3, 35, "there is no template 'brief'"),
        ("a: {channels: [here], rout: {}}", 3, 25, "unknown key 'rout'"),
    ],
)
def test_what_no_route_can_be_is_refused_with_its_place(faults, text: str, line: int, column: int, said: str) -> None:  # noqa: F811
    says(faults(alerts=f"{HEAD}routes:\n  {text}\n"), line=line, column=column, text=said, file="alerts.yaml")


def test_a_rule_has_a_life(conf) -> None:  # noqa: F811
    (rule,) = conf(
        monitor="timezone: Europe/Berlin",
        rules="rules: {nato: {query: nato, mode: shadow, until: 2026-12-31, budget: 20/day, spike: 5x}}",
    ).rules
    assert (rule.mode, rule.until, rule.budget, rule.spike) == (
        "shadow", datetime(2026, 12, 31, 23, tzinfo=UTC), 20, 5.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("until: soon", "a day such as 2026-12-31"),
        ("budget: 20", "messages a day, such as 20/day"),
        ("spike: 1x", "how many times more than usual"),
        ("mode: silent", "'live', 'shadow' or 'off'"),
    ],
)
def test_what_no_rule_can_be_is_refused(faults, text: str, said: str) -> None:  # noqa: F811
    (fault,) = faults(rules=f"rules: {{nato: {{query: nato, {text}}}}}")
    assert said in fault[3]


def test_a_template_that_fails_is_refused_with_its_line(conf, faults, tmp_path) -> None:  # noqa: F811
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "brief.txt.j2").write_text("{{ title }}")
    assert conf().templates == {"brief": {"txt": "{{ title }}"}}
    (folder / "brief.html.j2").write_text("<p>\n{{ titel }}")
    (folder / "odd.pdf.j2").write_text("")
    (folder / "latin.txt.j2").write_bytes(b"\xe9")
    found = faults()
    says(found, file="brief.html.j2", line=2, column=None, text="'titel' is undefined")
    says(found, file="odd.pdf.j2", line=None, column=None, text="is no form of a message")
    says(found, file="latin.txt.j2", line=None, column=None, text="not UTF-8")


def test_notices_name_channels_that_are_there(conf, faults) -> None:  # noqa: F811
    assert conf(alerts=HEAD).notices == ()
    assert conf(alerts=HEAD + "notices: {channels: [there, here, there]}\n").notices == ("there", "here")
    assert not conf(alerts=HEAD + "notices: {channels: [here]}\n").warnings
    found = faults(alerts=HEAD + "notices:\n  channels: [here, three]\n")
    says(found, file="alerts.yaml", line=3, column=20, text="notices: there is no channel 'three' Did you mean there?")
    assert len(found) == 1
