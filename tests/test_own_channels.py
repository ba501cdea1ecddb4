"""From an outlet to a webhook and a program of the operator's, through `monitor run` as a user starts it."""

from __future__ import annotations

import hmac
import json
import socket
import threading
import time
from hashlib import sha256

import pytest

from tests.newsroom import Newsroom
from tests.notify.test_message_schema import SCHEMA, faults
from tests.receivers import HttpReceiver
from tests.web import Web, article

KEY = "canary-key-0123456789"
PAGE = article(
    "Ministers keep a small staff for the winter",
    "Ministers of eleven countries agreed on Tuesday to keep forty people in the port, where they are to meet next. "
    "The staff will have no command of its own, and no ships.",
    "A NATO official said that the alliance would be asked for advice, but that nothing had been requested so far.",
    "Two senators left before the end of the meeting. They said that the costs had not been discussed at all.",
)


class Silent:
    """Takes each POST whole, and closes without a word."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                head = {}
                while (line := stream.readline().strip()) != b"":
                    name, _, value = line.partition(b":")
                    head[name.lower()] = value
                self.bodies.append(stream.read(int(head[b"content-length"])))

    def __enter__(self) -> Silent:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def room(tmp_path):
    room = Newsroom(tmp_path)
    program = room.config / "tell"
    program.write_text(f"#!/bin/sh\ncat > {tmp_path}/$1-$MONITOR_ID\n")
    program.chmod(0o700)
    (room.config / "key").write_text(KEY)
    monitor = (room.config / "monitor.yaml").read_text()
    room.write("monitor", monitor + "allow_commands: true\n")
    return room


def alerts(room, desk, silent):
    (room.config / "desk").write_text(f"http://127.0.0.1:{desk}/canary-path")
    room.write(
        "alerts",
        "channels:\n"
        "  desk: {kind: webhook, url_file: desk, secret_file: key}\n"
        f"  silent: {{kind: webhook, url: 'http://127.0.0.1:{silent}/', delivery: at_most_once}}\n"
        "  own: {kind: command, command: [./tell, got]}\n"
        "routes:\n  all: {channels: [desk, silent, own], wait: 0s}\n",
    )


def test_both_get_the_story_and_what_may_have_arrived_is_not_sent_again(room, tmp_path):
    with Web() as web, HttpReceiver() as desk, Silent() as silent:
        alerts(room, desk.port, silent.port)
        room.outlets(courier=f"{web.url} baseline")
        web.pages["/meeting.html"] = PAGE
        web.feed([("/meeting.html", "Ministers keep a small staff")])
        assert room.rows("run", "--once")[0]["sent"] == 2
        time.sleep(0.15)  # until the outlet is due again
        room.rows("run", "--once")
        [(path, headers, body)] = desk.posts
        assert len(silent.bodies) == 1
    assert path == "/canary-path"
    signed = dict(part.split("=") for part in headers["x-monitor-signature"].split(","))
    assert signed["v1"] == hmac.new(KEY.encode(), f"{signed['t']}.".encode() + body, sha256).hexdigest()
    assert headers["user-agent"].endswith("(+desk@example.org)")
    said = json.loads(body)
    assert faults(said, SCHEMA) == []
    assert (said["kind"], said["route"], said["id"]) == ("alert", "all", headers["x-monitor-id"])
    [quote] = said["sections"][0]["items"][0]["quotes"]
    assert [quote["text"][start:end] for start, end in quote["marks"]] == ["NATO"]

    [got] = tmp_path.glob("got-*")
    told = json.loads(got.read_text("utf-8"))
    assert got.name == f"got-{told['id']}"
    assert told["sections"] == said["sections"]

    [alert] = room.rows("alerts", "list")
    assert {item["channel_id"]: item["state"] for item in alert["outbox"]} == {
        "desk": "sent", "silent": "unknown", "own": "sent"
    }  # fmt: skip
    stored = b"".join(file.read_bytes() for file in (tmp_path / "data").iterdir())
    assert b"canary" not in stored


def test_a_test_message_goes_to_each(room, tmp_path):
    with HttpReceiver() as desk, Silent() as silent:
        alerts(room, desk.port, silent.port)
        assert room.run("alerts", "test", "own") == "own: sent\n"
        assert room.run("alerts", "test", "desk") == "desk: sent\n"
        assert room.run("alerts", "test", "silent", code=1).startswith("silent: ambiguous: ")
    [(_, _, body)] = desk.posts
    assert faults(json.loads(body), SCHEMA) == []
    assert json.loads(body)["kind"] == "test"
    assert len(list(tmp_path.glob("got-*"))) == 1
