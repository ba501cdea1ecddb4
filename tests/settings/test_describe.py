"""`config show` tells what is in force and where it was said, and no secret."""

from __future__ import annotations

import pytest

from monitor.settings.describe import duration, rows
from monitor.settings.load import load
from monitor.settings.schema import seconds


def test_each_value_has_its_origin(tmp_path):
    (tmp_path / "monitor.yaml").write_text(
        "timezone: Europe/Kyiv\nlimits:\n  fetch_deadline: 1m\nweb:\n  password_file: key\n  proxy: true\n"
    )
    (tmp_path / "outlets.yaml").write_text(
        "outlets:\n  a: {feeds: [https://a.example/rss], every: 1h, selectors: {drop: .ad}}\n"
    )
    (tmp_path / "alerts.yaml").write_text("channels: {c: {url_env: C_URL}}\nroutes: {r: {channels: [c], wait: 90s}}\n")
    environ = {"C_URL": "slack://token", "MONITOR_CONTACT": "a@example.org"}
    found = {row.key: (row.value, row.origin) for row in rows(load(tmp_path, environ))}
    assert found["timezone"] == ("Europe/Kyiv", f"{tmp_path}/monitor.yaml:1")
    assert found["limits.fetch_deadline"] == ("1m", f"{tmp_path}/monitor.yaml:3")
    assert found["politeness.gap"] == ("2s", "default")
    assert found["politeness.contact"] == ("a@example.org", "environment MONITOR_CONTACT")
    assert found["web.listen"] == ("off", "default")
    assert found["web.password_file"] == (f"{tmp_path}/key", f"{tmp_path}/monitor.yaml:5")
    assert found["web.proxy"] == ("127.0.0.1, ::1", f"{tmp_path}/monitor.yaml:6")
    assert found["outlets.a"][0]["sources"] == ["https://a.example/rss"]
    assert found["outlets.a"][0]["every"] == "1h"
    assert found["outlets.a"][0]["selectors"] == {"drop": ".ad"}
    assert found["outlets.a"][1] == f"{tmp_path}/outlets.yaml:2"
    assert found["channels.c"] == ({"kind": "apprise", "url": "(secret)"}, "environment C_URL")
    assert found["routes.r"][0]["wait"] == "90s"


@pytest.mark.parametrize("text", ["0s", "0.5s", "90s", "2m", "15m", "36h", "1d", "365d"])
def test_a_duration_is_shown_as_it_is_written(text):
    assert duration(seconds(text)) == text
