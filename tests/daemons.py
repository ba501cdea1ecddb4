"""`monitor` in processes that are forked out of one that has loaded it: a start of the daemon costs half of what it does
else.

`python -m tests.daemons` forks one for each line "FOLDER WORD…" of its input, as tests/ingest.py does: in that folder, with
its `config`. What it says on stderr stands in `said` there.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from pathlib import Path

from monitor.__main__ import main

LOADED = (
    "apscheduler.schedulers.asyncio",
    "monitor.cli.main",
    "monitor.cli.run",
    "monitor.daemon",
    "monitor.notify.channels.apprise",
    "monitor.settings.load",
)


def live(folder: Path, words: list[str]) -> None:
    os.chdir(folder)
    # As `python -m monitor` has it; by it its readers are known as its own.
    sys.path.insert(0, str(folder))
    said = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    null = os.open(os.devnull, os.O_RDWR)
    for number, place in enumerate((null, null, said)):
        os.dup2(place, number)
    sys.argv = ["monitor", "--config", str(folder / "config"), *words]
    main()


def serve() -> None:
    child = 0
    for name in LOADED:
        importlib.import_module(name)
    for line in sys.stdin:
        if line == "gone\n":
            child = 0
            # Until it is waited for, its number is nobody else's.
            print("gone", os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
            continue
        if child := os.fork():
            continue
        try:
            # Said by itself, so that it stands before all else that it says.
            print(os.getpid(), flush=True)
            folder, *words = line.split()
            live(Path(folder), words)
        except BaseException:
            traceback.print_exc()
            os._exit(70)
    if child:
        os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    serve()
