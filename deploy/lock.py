"""Prints the part of requirements.lock, hashes included, that the program needs to run; with "+NAME": with that extra
too; with names: what these need.

The lock holds the tests' tools too, and says of every package which others brought it in ("# via a, b").
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]


def name(requirement: str) -> str:
    """Return the normal form of the name a requirement begins with."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def needed(lock: str, roots: Iterable[str]) -> dict[str, str]:
    """Return what `roots` need of a lock: each entry's text by name. Raises KeyError for a root it does not have."""
    texts, parents = {}, {}
    for entry in re.findall(r"^\S+==.*\n(?:[ ].*\n)+", lock, re.MULTILINE):
        texts[name(entry)] = entry
        parents[name(entry)] = {name(one.strip()) for one in entry.rpartition("# via ")[2].split(",")}
    kept = {name(root) for root in roots}
    if missing := kept - texts.keys():
        raise KeyError(f"not in the lock: {', '.join(sorted(missing))}")
    while more := {one for one in texts.keys() - kept if parents[one] & kept}:
        kept |= more
    return {one: texts[one] for one in sorted(kept)}


def main(names: list[str]) -> None:
    """Print the entries."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [one for name in names if name.startswith("+") for one in project["optional-dependencies"][name[1:]]]
    roots = [name for name in names if not name.startswith("+")] or project["dependencies"]
    found = needed((ROOT / "requirements.lock").read_text("utf-8"), [*roots, *extras])
    sys.stdout.write("".join(found.values()))


if __name__ == "__main__":
    main(sys.argv[1:])
