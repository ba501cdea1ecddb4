from __future__ import annotations

import asyncio
import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.errors import ChannelError, SendReason
from monitor.model import Channel, Delivery, Message
from monitor.notify.channels import command
from monitor.notify.channels.sender import Sender

BODY = '{"version":1,"title":"Grüße"}'
MESSAGE = Message("0123456789abcdef0123456789abcdef", "title", "text", payload=BODY)
Script = Callable[..., Channel]


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Write a program of these lines, by default for the shell, and return its channel."""

    def write(lines: str, *arguments: str, shebang: str = "#!/bin/sh") -> Channel:
        path = tmp_path / "prog ram"
        path.write_text(f"{shebang}\n{lines}\n")
        path.chmod(0o700)
        return Channel("own", "command", options={"command": (str(path), *arguments)})

    return write


@pytest.fixture
def sender() -> Sender:
    return Sender(io.StringIO())


def outcome(delivery: Delivery) -> tuple[bool, SendReason, bool]:
    return delivery.sent, delivery.reason, delivery.retry


async def test_the_program_gets_the_payload_and_its_fixed_arguments(
    sender: Sender, script: Script, tmp_path: Path
) -> None:
    words = ("--to=$HOME", "a b", "; touch hacked", "`id`", "*", "")
    lines = f"import json, os, sys\njson.dump([sys.argv[1:], sys.stdin.read(), os.getcwd()], open({str(tmp_path / 'got')!r}, 'w'))"
    channel = script(lines, *words, shebang=f"#!{sys.executable} -Xutf8")
    assert outcome(await sender.send(channel, MESSAGE)) == (True, SendReason.OK, True)
    # As they stand: no shell has seen them.
    assert json.loads((tmp_path / "got").read_text()) == [list(words), BODY, "/"]


async def test_no_environment_and_no_descriptor_of_ours(
    sender: Sender, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_URL", "mailto://canary77")
    channel = script(
        f"env > {tmp_path}/env\nls -l /proc/self/fd > {tmp_path}/fds\nps -o sid= -p $$ > {tmp_path}/sid\necho $$ > {tmp_path}/pid"
    )
    with (tmp_path / "open").open("w") as kept:
        os.set_inheritable(kept.fileno(), True)
        assert (await sender.send(channel, MESSAGE)).sent
    given = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    assert set(given) - {"PWD", "OLDPWD", "SHLVL", "_"} == {"PATH", "LANG", "MONITOR_ID"}
    assert given["MONITOR_ID"] == MESSAGE.id
    # ls itself opens the folder it lists; fds is its own output.
    links = [line.split(" -> ")[1] for line in (tmp_path / "fds").read_text().splitlines() if " -> " in line]
    assert len(links) == 4
    assert not [link for link in links if link.endswith("/open")]
    assert (tmp_path / "sid").read_text().strip() == (tmp_path / "pid").read_text().strip()


@pytest.mark.parametrize(
    ("lines", "expected", "detail"),
    [
        ("exit 0", (True, SendReason.OK, True), ""),
        ("echo well >&2; exit 0", (True, SendReason.OK, True), ""),
        ("exit 1", (False, SendReason.REFUSED, True), "exit code 1"),
        ("exit 75", (False, SendReason.REFUSED, True), "exit code 75, try again later"),
        ("echo no disk >&2; exit 75", (False, SendReason.REFUSED, True), "exit code 75, try again later: no disk"),
        ("printf 'one\\ntwo\\033[2J\\n\\n' >&2; exit 3", (False, SendReason.REFUSED, True), "exit code 3: two[2J"),
        ("echo out; exit 3", (False, SendReason.REFUSED, True), "exit code 3"),
        ("printf '\\377\\376' >&2; exit 3", (False, SendReason.REFUSED, True), "exit code 3: \ufffd\ufffd"),
        ("kill -SEGV $$", (False, SendReason.AMBIGUOUS, True), "was ended by signal 11"),
        ("kill -KILL $$", (False, SendReason.AMBIGUOUS, True), "was ended by signal 9"),
    ],
)
async def test_how_it_ended_is_its_exit_code(
    sender: Sender, script: Script, lines: str, expected: tuple[bool, SendReason, bool], detail: str
) -> None:
    delivery = await sender.send(script(lines), MESSAGE)
    assert outcome(delivery) == expected
    assert delivery.detail == detail


async def test_a_program_that_does_not_read_is_no_reason_to_wait(sender: Sender, script: Script) -> None:
    large = Message("id", "t", "t", payload="x" * 2_000_000)
    assert (await sender.send(script("exit 0"), large)).sent
    assert (await sender.send(script("exec 0<&-; sleep 0.1; exit 0"), large)).sent


async def test_a_large_message_arrives_whole(sender: Sender, script: Script, tmp_path: Path) -> None:
    large = Message("id", "t", "t", payload="x" * 2_000_000)
    assert (await sender.send(script(f"sleep 0.1; cat > {tmp_path}/got"), large)).sent
    assert (tmp_path / "got").stat().st_size == 2_000_000


async def test_one_that_hangs_is_killed_with_its_children_and_the_loop_goes_on(
    sender: Sender, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "TIMEOUT", 0.5)
    pids = tmp_path / "pids"
    # Neither hears what can be heard.
    channel = script(
        f"trap '' TERM HUP INT\n(trap '' TERM HUP; sleep 600 & echo $! >> {pids}; wait) &\necho $! $$ >> {pids}\nwait"
    )
    turns = 0
    task = asyncio.create_task(sender.send(channel, MESSAGE))
    while not task.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert outcome(task.result()) == (False, SendReason.AMBIGUOUS, True)
    assert "did not end within" in task.result().detail
    assert turns > 20
    started = [int(pid) for pid in pids.read_text().split()]
    assert len(started) == 3
    await gone(started)


async def test_what_it_leaves_behind_is_killed_too_and_not_waited_for(
    sender: Sender, script: Script, tmp_path: Path
) -> None:
    channel = script(f"sleep 600 &\necho $! > {tmp_path}/pid\nexit 0")
    assert (await asyncio.wait_for(sender.send(channel, MESSAGE), 5)).sent
    await gone([int((tmp_path / "pid").read_text())])


async def test_its_last_words_are_waited_for(sender: Sender, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "LAST_WORDS", 10.0)
    delivery = await sender.send(script("(sleep 0.1; echo last words >&2) &\nexit 3"), MESSAGE)
    assert delivery.detail == "exit code 3: last words"


async def test_a_cancelled_send_leaves_no_process(sender: Sender, script: Script, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    task = asyncio.create_task(sender.send(script(f"echo $$ > {pid}.new; mv {pid}.new {pid}; sleep 600"), MESSAGE))
    while not pid.exists():
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone([int(pid.read_text())])


@pytest.mark.parametrize("turns", range(8))
async def test_a_send_that_is_cancelled_while_it_starts_leaves_none_either(
    sender: Sender, script: Script, turns: int
) -> None:
    number = f"cancelled-{os.getpid()}-{turns}"
    task = asyncio.create_task(sender.send(script("sleep 600 & sleep 600"), Message(number, "t", "t", payload="{}")))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone([int(folder.name) for folder in Path("/proc").glob("[0-9]*") if number in environment(folder)])


def environment(folder: Path) -> str:
    try:
        return (folder / "environ").read_text(errors="replace")
    except OSError:
        return ""


async def gone(pids: list[int]) -> None:
    """Wait until none of these runs; a zombie of another parent does not."""
    for pid in pids:
        for _ in range(500):
            try:
                if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                    break
            except (FileNotFoundError, ProcessLookupError):
                break
            await asyncio.sleep(0.01)
        else:
            pytest.fail(f"{pid} still runs")


async def test_a_flood_is_read_slowly_and_its_end_is_kept(
    sender: Sender, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "PAUSE", 0.001)
    lines = "head -c 3000000 /dev/zero | tr '\\0' x >&2; yes | head -c 3000000; printf '\\nthe end\\n' >&2; exit 4"
    delivery = await sender.send(script(lines), MESSAGE)
    assert delivery.detail == "exit code 4: the end"
    line = await sender.send(script("head -c 3000000 /dev/zero | tr '\\0' x >&2; exit 4"), MESSAGE)
    assert len(line.detail) < 220


async def test_a_flood_without_end_is_killed_and_costs_little(
    sender: Sender, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "TIMEOUT", 0.5)
    read = 0
    received = command._Run.pipe_data_received

    def count(run: command._Run, fd: int, data: bytes) -> None:
        nonlocal read
        read += 1
        received(run, fd, data)

    monkeypatch.setattr(command._Run, "pipe_data_received", count)
    delivery = await sender.send(script("exec yes >&2"), MESSAGE)
    assert outcome(delivery) == (False, SendReason.AMBIGUOUS, True)
    # Free until the cap, in pieces of what a pipe gives; then one a pause.
    assert read < 64


async def test_its_arguments_are_not_said_back(sender: Sender, script: Script) -> None:
    delivery = await sender.send(script("echo bad $1 >&2; exit 1", "T0KENcanary"), MESSAGE)
    assert delivery.detail == "exit code 1: bad ***"
    assert "T0KENcanary" not in repr(script("", "T0KENcanary"))


@pytest.mark.parametrize(
    ("words", "says"),
    [((), "list of words"), (("prog",), "absolute path"), (("/nowhere/prog",), "no file"), (("/tmp",), "no file")],
)
async def test_a_command_that_cannot_be_started(sender: Sender, words: tuple[str, ...], says: str) -> None:
    channel = Channel("own", "command", options={"command": words})
    with pytest.raises(ChannelError, match=says):
        sender.check(channel)
    delivery = await sender.send(channel, MESSAGE)
    assert (delivery.sent, delivery.reason, delivery.retry) == (False, SendReason.BAD_CHANNEL, True)


async def test_a_file_that_is_no_program_is_a_bad_channel(sender: Sender, script: Script) -> None:
    channel = script("exit 0", shebang="#!/nowhere/interpreter")
    sender.check(channel)
    delivery = await sender.send(channel, MESSAGE)
    assert (delivery.reason, delivery.detail) == (
        SendReason.BAD_CHANNEL, "cannot be started: No such file or directory"
    )  # fmt: skip


async def test_one_that_hangs_holds_no_other(sender: Sender, script: Script, tmp_path: Path) -> None:
    slow = asyncio.create_task(sender.send(script(f"until [ -e {tmp_path}/go ]; do sleep 0.02; done"), MESSAGE))
    quick = tmp_path / "quick"
    quick.write_text("#!/bin/sh\nexit 0\n")
    quick.chmod(0o700)
    assert (await sender.send(Channel("two", "command", options={"command": (str(quick),)}), MESSAGE)).sent
    assert not slow.done()
    (tmp_path / "go").touch()
    assert (await slow).sent
