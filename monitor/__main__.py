"""`monitor` and `python -m monitor`."""

from __future__ import annotations

import sys

from monitor.cli import stops


def main() -> None:
    """Run the command line."""
    words = sys.argv[1:]
    runs = stops.verb(words) == "run"
    if runs:
        # Click takes 40 ms to load, the daemon half a second.
        stops.early(words)
    from monitor.cli.main import cli

    try:
        cli(prog_name="monitor")
    except SystemExit as end:
        if runs and isinstance(end.code, int):
            stops.leave(end.code)
        raise


if __name__ == "__main__":
    main()
