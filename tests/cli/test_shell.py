"""Completion in real shells, and the manual as groff reads it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from monitor.cli import shell
from monitor.cli.main import COMMANDS, cli
from tests.newsroom import ROOT, Newsroom

HEAVY = ("pydantic", "httpx", "apprise", "sqlite_utils", "rich", "lxml")


@pytest.fixture
def room(tmp_path):
    room = Newsroom(tmp_path)
    room.write(
        "outlets",
        "# mine\noutlets:\n  bbc-world: {feeds: [https://a.invalid/x]}\n  'dw-de':\n    name: DW\n    feeds: [https://b.invalid/x]\n",
    )
    room.write(
        "alerts", "channels: {chat: {kind: console}, console: {kind: console}}\nroutes: {a: {channels: [chat]}}\n"
    )
    return room


def words(room, line, **also):
    """Return what is offered for the last word of a line, as bash asks for it."""
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "_MONITOR_COMPLETE": "bash_complete", "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1), "MONITOR_CONFIG": str(room.config),
    } | also  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "monitor"], env=environment, capture_output=True, text=True, cwd=room.folder, check=True
    )
    assert done.stderr == ""
    return [row.partition(",")[2] for row in done.stdout.splitlines() if row]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("monitor ru", ["run", "rules"]),
        ("monitor rules wh", ["why"]),
        ("monitor hits --rule ", ["coalition", "nato", "belgorod"]),
        ("monitor hits --outlet ", ["bbc-world", "dw-de"]),
        ("monitor outlets check d", ["dw-de"]),
        ("monitor alerts test c", ["chat", "console"]),
        ("monitor review --rule n", ["nato"]),
        ("monitor completion z", ["zsh"]),
    ],
)
def test_verbs_and_ids_are_offered(room, line, found):
    assert words(room, line) == found


def test_options_are_offered(room):
    assert "--offline" in words(room, "monitor doctor --o")


def test_the_folder_named_on_the_line_counts(room, tmp_path):
    other = Newsroom(tmp_path / "other")
    other.write("outlets", "outlets:\n  elsewhere:\n    feeds: [https://a.invalid/x]\n")
    assert words(room, f"monitor --config {other.config} outlets check ") == ["elsewhere"]


def test_nothing_is_said_where_nothing_can_be_read(room):
    for text in ("outlets: [", "\x00", "outlets:\n- a\n", ""):
        room.write("outlets", text)
        assert words(room, "monitor outlets check ") == []
    assert words(room, "monitor outlets check ", MONITOR_CONFIG="/nowhere/at/all") == []


def test_a_tab_loads_nothing_heavy_and_many_ids_are_cut(room):
    rows = "".join(f"  o{number}:\n    feeds: ['https://a.invalid/{number}']\n" for number in range(10_000))
    room.write("outlets", f"outlets:\n{rows}")
    assert len(words(room, "monitor outlets check o")) == 500
    code = f"""
import sys
from monitor.cli.main import cli
try: cli(prog_name="monitor")
except SystemExit: pass
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "_MONITOR_COMPLETE": "bash_complete", "COMP_CWORD": "3",
        "COMP_WORDS": "monitor outlets check o99", "MONITOR_CONFIG": str(room.config),
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "plain,o99" in done.stdout
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("name", shell.SHELLS)
def test_a_script_is_quiet_and_parses(name, tmp_path):
    script = CliRunner().invoke(cli, ["completion", name]).stdout
    assert "2>/dev/null" in script
    assert name != "zsh" or script.startswith("#compdef monitor\n")
    if program := shutil.which(name):
        subprocess.run([program, "-n"], input=script, text=True, check=True)


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_completes(room, tmp_path):
    """What a Tab does, but for the terminal: the script is sourced, and its function fills COMPREPLY."""
    program = tmp_path / "bin" / "monitor"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho trouble >&2\nexec {sys.executable} -m monitor "$@"\n')
    program.chmod(0o755)
    script = CliRunner().invoke(cli, ["completion", "bash"]).stdout
    asked = 'COMP_WORDS=(monitor outlets check b); COMP_CWORD=3; _monitor_completion monitor; echo "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{asked}"], capture_output=True, text=True, check=True, cwd=room.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{program.parent}:{os.environ['PATH']}",
             "MONITOR_CONFIG": str(room.config)},
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("bbc-world\n", "")


def walk(command, context):
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            below = click.Context(inner, parent=context, info_name=name)
            yield below
            yield from walk(inner, below)


EVERY = [[], *(one.command_path.split()[1:] for one in walk(cli, click.Context(cli, info_name="monitor")))]


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_has_help_in_plain_text(words):
    """Click's mark for lines that stay as they are is one character; in a raw string it is two, and they are printed."""
    said = CliRunner().invoke(cli, [*words, "--help"])
    assert said.exit_code == 0
    assert said.stdout.startswith(f"Usage: {' '.join(('cli', *words))} ")
    assert not re.findall(r"\\|[^\n -~\u00a0-\uffff]", said.stdout)


def test_the_manual_has_every_command_and_option():
    text = CliRunner().invoke(cli, ["man"]).stdout
    assert all(f".SS monitor {verb}\n" in text for verb in COMMANDS)
    for context in walk(cli, click.Context(cli, info_name="monitor")):
        section = text.partition(f".SS {context.command_path}\n")[2].partition("\n.SS ")[0]
        assert section, context.command_path
        for parameter in context.command.params:
            for word in parameter.opts if isinstance(parameter, click.Option) else ():
                assert word.replace("-", r"\-") in section, (context.command_path, word)


def test_no_line_of_the_manual_is_a_command_by_chance():
    text = CliRunner().invoke(cli, ["man"]).stdout
    known = re.compile(r"\.(TH|SH|SS|PP|TP|B|BR|RI|I|nf|fi)( |$)")
    assert [line for line in text.splitlines() if line[:1] in {".", "'"} and not known.match(line)] == []
    assert shell._text(r".so /etc/\passwd -x") == r"\&.so /etc/\epasswd \-x"
    assert shell._quoted('a "b"') == r"a \(dqb\(dq"


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff")
def test_groff_has_nothing_against_the_manual():
    text = CliRunner().invoke(cli, ["man"]).stdout
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-Kutf8", "-z", "-ww"], input=text, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
