"""`monitor completion` and `monitor man`: what a shell and a manual reader need, made of the commands themselves."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterator

import click
from click.shell_completion import ShellComplete, get_completion_class

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_MONITOR_COMPLETE"
# Where click's script asks the program: what goes wrong there must not be written between the words of a command.
_ASKS = {"bash": "=bash_complete $1)", "zsh": "=zsh_complete monitor)", "fish": "(commandline -t) monitor)"}


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what makes SHELL complete verbs, options, and the ids of rules, outlets and channels.

    \b
    bash  monitor completion bash > ~/.local/share/bash-completion/completions/monitor
    zsh   monitor completion zsh > _monitor, in a folder of $fpath
    fish  monitor completion fish > ~/.config/fish/completions/monitor.fish
    """  # noqa: D301 - click's mark, no backslash
    click.echo(script(ctx.find_root().command, shell))


def script(root: click.Command, shell: str) -> str:
    """Return the completion script of a shell."""
    kind = get_completion_class(shell)
    assert kind is not None
    # Not the class's own `source`, which starts the shell to ask for its version.
    text = ShellComplete.source(kind(root, {}, "monitor", VARIABLE)).strip()
    asks = _ASKS[shell]
    assert asks in text
    return text.replace(asks, f"{asks[:-1]} 2>/dev/null)")


# ---- the manual


@click.command()
@click.pass_context
def man(ctx: click.Context) -> None:
    """Print the manual page of all commands: monitor man > monitor.1, then man -l monitor.1."""
    click.echo(page(ctx.find_root().command), nl=False)


def page(root: click.Command) -> str:
    """Return the manual in troff."""
    return "\n".join(_page(root)) + "\n"


def _page(root: click.Command) -> Iterator[str]:
    top = click.Context(root, info_name="monitor")
    version = importlib.metadata.version("news-monitor")
    yield f'.TH MONITOR 1 "" "monitor {_text(version)}" "User Commands"'
    yield ".SH NAME"
    yield r"monitor \- watch news outlets, match every new article against rules, tell once per story"
    yield ".SH SYNOPSIS"
    yield from _usage(top)
    yield ".SH DESCRIPTION"
    yield from _paragraphs(root.help or "")
    yield ".SH OPTIONS"
    yield from _options(top)
    yield ".SH COMMANDS"
    assert isinstance(root, click.Group)
    for name in root.list_commands(top):
        command = root.get_command(top, name)
        if command is not None and not command.hidden:
            yield from _command(click.Context(command, parent=top, info_name=name))
    yield from _NOTES


_NOTES = r""".SH EXIT STATUS
.TP
0
All is well.
.TP
1
Something failed, or a check found something wrong.
.TP
2
The command line was used wrongly.
.SH ENVIRONMENT
.TP
.B MONITOR_CONFIG
The configuration folder.
.TP
.B MONITOR_STORAGE_PATH
The database.
.TP
.B MONITOR_TIMEZONE
The zone in which times are shown.
.TP
.B MONITOR_CONTACT
The mail or web address that outlets see.
.TP
.B MONITOR_CHANNEL
The channel of
.BR "monitor init" ,
out of the list of processes.
.SH FILES
.TP
.I config/
monitor.yaml, outlets.yaml, rules.yaml, alerts.yaml and the folder entities: in the working directory, else in the
folder of the user.""".splitlines()


def _command(ctx: click.Context) -> Iterator[str]:
    """Yield a command and all below it."""
    yield f".SS {_text(ctx.command_path)}"
    yield from _usage(ctx)
    yield from _paragraphs(ctx.command.help or "")
    yield from _options(ctx)
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            command = ctx.command.get_command(ctx, name)
            if command is not None and not command.hidden:
                yield from _command(click.Context(command, parent=ctx, info_name=name))


def _usage(ctx: click.Context) -> Iterator[str]:
    pieces = " ".join(ctx.command.collect_usage_pieces(ctx))
    yield f'.PP\n.BR "{_quoted(ctx.command_path)}"\n.RI "{_quoted(pieces)}"'


def _paragraphs(help_text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", help_text.strip()):
        rows = [row.strip() for row in paragraph.splitlines() if row.strip()]
        if rows and rows[0] == "\b":
            # click's mark: these lines stay as they are.
            yield from (".PP", ".nf", *map(_text, rows[1:]), ".fi")
        elif rows:
            yield from (".PP", _text(" ".join(rows)))


def _options(ctx: click.Context) -> Iterator[str]:
    for parameter in ctx.command.get_params(ctx):
        record = parameter.get_help_record(ctx)
        # Every command has --help; arguments that say no more than their name stand in the usage.
        if record is not None and record[1] and (parameter.name != "help" or ctx.parent is None):
            yield from (".TP", f'.B "{_quoted(record[0])}"', _text(record[1]))


def _text(text: str) -> str:
    """Return a line of text in which troff finds no command."""
    line = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{line}" if line.startswith((".", "'")) else line


def _quoted(text: str) -> str:
    return _text(text).replace('"', r"\(dq")
