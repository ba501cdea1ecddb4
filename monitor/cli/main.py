"""The command line's root: finds the verb, loads its file only then, turns errors into exit codes."""

from __future__ import annotations

import errno
import importlib
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from monitor.cli.app import App, clean
from monitor.errors import MonitorError

# verb: (module, attribute, help). The help stands here so that `monitor --help` imports no command (< 150 ms).
COMMANDS = {
    "demo": ("demo", "demo", "See the whole line work, with no network and no configuration."),
    "init": ("init", "init", "Make a configuration: an outlet, a phrase, a channel."),
    "run": ("run", "run", "Run the daemon; --once: do what is due now and stop."),
    "work": ("work", "work", "Work beside the daemon, on a PostgreSQL database that machines share."),
    "reload": ("reload", "reload", "Put a changed configuration in force."),
    "hits": ("hits", "hits", "List and search stored hits; show one with its reason."),
    "articles": ("showing", "articles", "List and search stored articles; show one, and what changed in it."),
    "review": ("review", "review", "Write the press review: hits by story, with quotes and links."),
    "story": ("story", "story", "List stories, show who had one first; merge and split them."),
    "rules": ("rules", "rules", "List, check, try and explain rules."),
    "outlets": ("outlets", "outlets", "List, find, add and check outlets; import and export them."),
    "alerts": ("alerts", "alerts", "List what was told, waits or failed, and why; try routes and channels."),
    "silence": ("silence", "silence", "Silence hits for a time; list and end silences."),
    "web": ("web", "web", "Show hits, stories and outlets in a browser."),
    "config": ("config", "config", "Check, show and create the configuration."),
    "inspect": ("inspect", "inspect", "See what the parsers see in a file or URL."),
    "db": ("db", "db", "Back up, check, prune, export and copy the database; forget articles."),
    "doctor": ("doctor", "doctor", "Say whether all is well, and what to do about what is not."),
    "status": ("status", "status", "Say what is read, waiting and failing."),
    "completion": ("shell", "completion", "Print what makes bash, zsh or fish complete commands and ids."),
    "man": ("shell", "man", "Print the manual page of all commands."),
}


class Verbs(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(f"monitor.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Verbs"):
            formatter.write_dl([(verb, text) for verb, (_, _, text) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete verbs without importing them."""
        verbs = [CompletionItem(verb, help=text) for verb, (_, _, text) in COMMANDS.items()]
        return [one for one in verbs if one.value.startswith(incomplete)] + click.Command.shell_complete(
            self, ctx, incomplete
        )

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except MonitorError as error:
            raise Failed(str(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # click ends quietly where `head` has read enough
            raise Failed(f"{error.filename or 'the system'}: {error.strerror or error}") from error


class Failed(click.ClickException):
    """An error of ours, printed on stderr as it is; exit code 1."""

    exit_code = 1

    def show(self, file: object = None) -> None:  # noqa: ARG002 - click's signature
        click.echo(clean(self.message), err=True)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="MONITOR_CONFIG",
    metavar="DIR",
    help="The configuration folder (else ./config, your own, or what ships).",
)
@click.version_option(package_name="news-monitor", prog_name="monitor")
@click.pass_context
def cli(ctx: click.Context, config: Path | None) -> None:
    """Watch news outlets, match every new article against your rules, be told once per story.

    Try first: monitor demo
    """
    ctx.obj = App(config)
