"""`python -m tests.bench NAME --data DIR`: run one benchmark; without a name, list them."""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--data", type=Path, required=True, help="the folder of real pages, articles and rules")
    # A benchmark that has options of its own adds them; the others are given the folder alone.
    name = next((word for word in sys.argv[1:] if word in NAMES), "")
    bench = importlib.import_module(f"tests.bench.{name}") if name else None
    if hasattr(bench, "add_options"):
        bench.add_options(parser)
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"not run: {options.data} is no folder, and this benchmark measures on real data", file=sys.stderr)
        return 2
    arguments = (options.data, options) if hasattr(bench, "add_options") else (options.data,)
    bench.main(*arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
