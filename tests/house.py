"""The house rules of docs/design.md as functions over a source tree, so that the tests can plant breaches."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

# The room (first matching prefix, longest first) and its floor.
FLOORS = {
    "monitor.errors": 1,
    "monitor.headers": 1,
    "monitor.model": 1,
    "monitor.place": 1,
    "monitor.placing": 1,
    "monitor.routing": 1,
    "monitor.heap": 1,
    "monitor.safe": 1,
    "monitor.sought": 1,
    "monitor.steps": 1,
    "monitor.views": 1,
    "monitor.views_alerts": 1,
    "monitor.views_cluster": 1,
    "monitor.views_health": 1,
    "monitor.views_service": 1,
    "monitor.watched": 1,
    "monitor.configured": 2,
    "monitor.kept": 2,
    "monitor.query": 2,
    "monitor.query_check": 2,
    "monitor.query_tokens": 2,
    "monitor.query_tree": 2,
    "monitor.parse": 2,
    "monitor.ports": 2,
    "monitor.ports_alerts": 2,
    "monitor.ports_cluster": 2,
    "monitor.ports_health": 2,
    "monitor.ports_keeping": 2,
    "monitor.ports_stories": 2,
    "monitor.ports_work": 2,
    "monitor.ports_store": 2,
    "monitor.outlets": 3,
    "monitor.fetch": 3,
    "monitor.extract": 3,
    "monitor.match": 3,
    "monitor.story": 3,
    "monitor.store": 3,
    "monitor.notify": 3,
    "monitor.pipeline": 4,
    "monitor.intake": 4,
    "monitor.keeper": 4,
    "monitor.handover": 4,
    "monitor.telling": 4,
    "monitor.surges": 4,
    "monitor.forecast": 4,
    "monitor.reading": 4,
    "monitor.search": 4,
    "monitor.trial": 4,
    "monitor.review": 4,
    "monitor.upkeep": 4,
    "monitor.vigil": 4,
    "monitor.vitals": 4,
    "monitor.enrol": 4,
    "monitor.queue": 4,
    "monitor.discovery": 4,
    "monitor.settings": 4,
    "monitor.condition": 5,
    "monitor.crew": 5,
    "monitor.diagnosis": 5,
    "monitor.pool": 5,
    "monitor.zygote": 5,
    "monitor.wire": 5,
    "monitor.exposition": 5,
    "monitor.logs": 5,
    "monitor.orders": 5,
    "monitor.service": 5,
    "monitor.silencing": 5,
    "monitor.systemd": 5,
    "monitor.forkserver": 5,
    "monitor.worker": 5,
    "monitor.waiting": 5,
    "monitor.clock": 5,
    "monitor.pressure": 5,
    "monitor.together": 5,
    "monitor.wiring": 6,
    "monitor.wiring_worker": 6,
    "monitor.hands": 7,
    "monitor.cluster": 7,
    "monitor.daemon": 7,
    "monitor.reload": 7,
    "monitor.seeing": 7,
    "monitor.works": 7,
    "monitor.ticks": 6,
    "monitor.timekeeper": 6,
    "monitor.checkup": 7,
    "monitor.demo": 7,
    "monitor.web": 7,
    "monitor.cli": 8,
    "monitor.datasette_plugin": 8,
    "monitor.__main__": 8,
}
# One way each: (from, to). The pool's seven files are one room cut at 400 lines, and so are the query's four.
EXCEPTIONS = {
    ("monitor.__main__", "monitor.cli"),
    ("monitor.demo", "monitor.daemon"),
    ("monitor.daemon", "monitor.reload"),
    ("monitor.daemon", "monitor.seeing"),
    ("monitor.daemon", "monitor.works"),
    ("monitor.daemon", "monitor.cluster"),
    ("monitor.cluster", "monitor.works"),
    ("monitor.cluster", "monitor.hands"),
    ("monitor.hands", "monitor.works"),
    ("monitor.wiring_worker", "monitor.wiring"),
    ("monitor.seeing", "monitor.works"),
    ("monitor.seeing", "monitor.web"),
    ("monitor.demo", "monitor.works"),
    ("monitor.ports", "monitor.ports_store"),
    ("monitor.ports_store", "monitor.ports_alerts"),
    ("monitor.ports_work", "monitor.ports_store"),
    ("monitor.ports_store", "monitor.ports_cluster"),
    ("monitor.ports_store", "monitor.ports_health"),
    ("monitor.ports_store", "monitor.ports_keeping"),
    ("monitor.ports_store", "monitor.ports_stories"),
    ("monitor.ports", "monitor.query"),
    ("monitor.query", "monitor.parse"),
    ("monitor.query", "monitor.query_check"),
    ("monitor.query", "monitor.query_tokens"),
    ("monitor.query", "monitor.query_tree"),
    ("monitor.query_check", "monitor.query_tree"),
    ("monitor.query_tokens", "monitor.parse"),
    ("monitor.query_tokens", "monitor.query_tree"),
    ("monitor.model", "monitor.errors"),
    ("monitor.model", "monitor.headers"),
    ("monitor.model", "monitor.watched"),
    ("monitor.views", "monitor.model"),
    ("monitor.views_health", "monitor.errors"),
    ("monitor.views_alerts", "monitor.errors"),
    ("monitor.views_alerts", "monitor.model"),
    ("monitor.views_alerts", "monitor.views"),
    ("monitor.views", "monitor.errors"),
    ("monitor.views", "monitor.placing"),
    ("monitor.model", "monitor.placing"),
    ("monitor.model", "monitor.routing"),
    ("monitor.pipeline", "monitor.intake"),
    ("monitor.pipeline", "monitor.keeper"),
    ("monitor.keeper", "monitor.handover"),
    ("monitor.keeper", "monitor.intake"),
    ("monitor.handover", "monitor.intake"),
    ("monitor.pipeline", "monitor.telling"),
    ("monitor.pipeline", "monitor.surges"),
    ("monitor.intake", "monitor.telling"),
    ("monitor.forecast", "monitor.telling"),
    ("monitor.trial", "monitor.forecast"),
    ("monitor.pool", "monitor.zygote"),
    ("monitor.pool", "monitor.wire"),
    ("monitor.zygote", "monitor.wire"),
    ("monitor.zygote", "monitor.orders"),
    ("monitor.orders", "monitor.wire"),
    ("monitor.forkserver", "monitor.orders"),
    ("monitor.forkserver", "monitor.wire"),
    ("monitor.forkserver", "monitor.zygote"),
    ("monitor.worker", "monitor.forkserver"),
    ("monitor.worker", "monitor.orders"),
    ("monitor.worker", "monitor.wire"),
    ("monitor.worker", "monitor.zygote"),
    ("monitor.pool", "monitor.forkserver"),
    ("monitor.pool", "monitor.orders"),
    ("monitor.pool", "monitor.worker"),
    ("monitor.pool", "monitor.waiting"),
}
# library: the one file (or the rooms, for a vocabulary) that may import it.
DOORS = {
    "httpx": ("monitor/fetch/client.py",),
    "httpcore": ("monitor/fetch/",),
    "selectolax": ("monitor/parse/html.py",),
    "apscheduler": ("monitor/ticks.py",),
    "sqlite_utils": ("monitor/store/sqlite.py",),
    "apprise": ("monitor/notify/channels/apprise.py", "monitor/notify/channels/services.py"),
    "jinja2": ("monitor/notify/templates.py", "monitor/web/"),
    "lxml": ("monitor/parse/xml.py",),
    "feedparser": ("monitor/outlets/feed_fallback.py",),
    "prometheus_client": ("monitor/exposition.py",),
    "itsdangerous": ("monitor/web/access.py",),
    "starlette": ("monitor/web/",),
    "uvicorn": ("monitor/web/serve.py",),
    "protego": ("monitor/fetch/robots.py",),
    "structlog": ("monitor/logs.py",),
    "yaml": ("monitor/settings/",),
    "yarl": ("monitor/parse/urls.py",),
    "dateutil": ("monitor/parse/dates.py",),
    "py3langid": ("monitor/parse/language.py",),
    "numpy": (
        "monitor/extract/",
        "monitor/parse/grams.py",
        "monitor/parse/unpacked.py",
        "monitor/match/haystack.py",
        "monitor/story/",
    ),
    "charset_normalizer": ("monitor/parse/bytes.py",),
    "daachorse": ("monitor/match/engine.py", "monitor/match/haystack.py"),
    "re2": ("monitor/parse/expression.py",),
    "platformdirs": ("monitor/settings/",),
    "aiosmtpd": ("monitor/demo/",),
    "msgspec": (
        "monitor/settings/orders.py",
        "monitor/handover.py",
        "monitor/model.py",
        "monitor/orders.py",
        "monitor/settings/apart.py",
        "monitor/wire.py",
    ),
    "pydantic": ("monitor/settings/",),
    "pydantic_core": ("monitor/settings/",),
    "click": ("monitor/cli/",),
    "markupsafe": ("monitor/notify/templates.py", "monitor/web/"),
    "datasette": ("monitor/datasette_plugin.py",),
    "rich": ("monitor/cli/",),
    "docx": ("monitor/review/word.py",),
    "watchfiles": ("monitor/reload.py",),
    "zstandard": ("monitor/store/bodies.py",),
    "psycopg": ("monitor/store/postgres.py", "monitor/store/pg_rows.py", "monitor/queue/jobs.py"),
    "pgqueuer": ("monitor/queue/jobs.py",),
}
IMPURE = {"random", "secrets", "socket", "subprocess", "asyncio", "os", "time"}
PURE_DOORS = (
    "monitor/fetch/client.py",
    "monitor/fetch/connection.py",
    "monitor/fetch/resolver.py",
    "monitor/fetch/visit.py",
    "monitor/fetch/turn.py",
    "monitor/fetch/turns.py",
    # It keeps a file, and looks whose it is.
    "monitor/parse/unpacked.py",
    "monitor/store/",
    "monitor/notify/channels/",
    "monitor/ports.py",
    "monitor/ports_alerts.py",
    "monitor/ports_keeping.py",
    "monitor/ports_store.py",
    "monitor/ports_stories.py",
)
ASYNC_ROOMS = (
    "monitor/ports.py",
    "monitor/fetch/",
    "monitor/notify/channels/",
    "monitor/keeper.py",
    "monitor/together.py",
    "monitor/hands.py",
    "monitor/cluster.py",
    "monitor/wiring_worker.py",
    "monitor/pipeline.py",
    "monitor/enrol.py",
    "monitor/discovery.py",
    "monitor/trial.py",
    "monitor/upkeep.py",
    "monitor/vigil.py",
    "monitor/pool.py",
    "monitor/queue/",
    "monitor/worker.py",
    "monitor/wiring.py",
    "monitor/checkup.py",
    "monitor/crew.py",
    "monitor/daemon.py",
    "monitor/reload.py",
    "monitor/seeing.py",
    "monitor/service.py",
    "monitor/works.py",
    "monitor/clock.py",
    "monitor/pressure.py",
    "monitor/ticks.py",
    "monitor/timekeeper.py",
    "monitor/demo/",
    "monitor/web/",
)
# What opens connections, and the one file that may: everything an outlet can influence goes through these three.
DIALLERS = {
    "AsyncClient": "monitor/fetch/client.py",
    "AsyncConnectionPool": "monitor/fetch/client.py",
    "AsyncHTTPTransport": "monitor/fetch/client.py",
    "ConnectionPool": "",
    "HTTPTransport": "",
    "connect_tcp": "monitor/fetch/connection.py",
    "getaddrinfo": "monitor/fetch/resolver.py",
    "gethostbyname": "",
    "create_connection": "",
    "create_datagram_endpoint": "",
    "open_connection": "",
    "sock_connect": "",
    "start_tls": "monitor/fetch/connection.py",
    "urlopen": "",
    "urlretrieve": "",
}
# The client of monitor.fetch itself is made where doors are named; the rest of the house is handed one.
MAKES_CLIENTS = ("monitor/wiring.py", "monitor/wiring_worker.py")
OTHER_CLIENTS = {
    "aiohttp", "anyio", "ftplib", "http.client", "imaplib", "nntplib", "poplib", "pycurl", "requests", "smtplib", "telnetlib",
    "urllib.request", "urllib3", "websockets", "xmlrpc",
}  # fmt: skip
# To a mail server that the operator names.
OTHER_WAYS = {"smtplib": "monitor/notify/channels/mail.py"}
NO_IO = ("monitor/pipeline.py", "monitor/reading.py")
IO_DOORS = {"monitor.fetch.client", "monitor.store", "monitor.notify.channels", "monitor.pool", "monitor.settings"}
# Rooms that hold trees of pages.
TREES = ("monitor/parse/", "monitor/extract/", "monitor/outlets/", "monitor/reading.py", "monitor/trial.py")
MAX_LINES, MAX_FUNCTION, MAX_PIPELINE = 400, 60, 300


# Every check looks at every file; parsing them all takes a third of a second.
parsed = cache(ast.parse)


def modules(root: Path) -> Iterator[tuple[str, str, ast.Module, str]]:
    """Yield (path from root, dotted name, tree, text) of every file of the package."""
    for path in sorted((root / "monitor").rglob("*.py")):
        relative = path.relative_to(root).as_posix()
        name = relative[:-3].replace("/", ".").removesuffix(".__init__")
        text = path.read_text(encoding="utf-8")
        yield relative, name, parsed(text), text


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield every imported module, those inside functions too; `from a import b` as a and as a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            if node.module.startswith("monitor"):
                for alias in node.names:
                    yield f"{node.module}.{alias.name}", node.lineno


def room(name: str) -> str | None:
    """Return the room a module stands in, None for the package itself."""
    return max((key for key in FLOORS if name == key or name.startswith(key + ".")), key=len, default=None)


def check_floors(root: Path) -> list[str]:
    """Imports go down, or stay in the room; the stages of floor 3 are strangers."""
    found = []
    for path, name, tree, text in modules(root):
        here = room(name)
        if here is None:
            if text.strip():
                found.append(f"{path}: no floor is given for it in tests/house.py")
            continue
        for target, line in imports(tree):
            there = room(target)
            if there is None or there == here or (here, there) in EXCEPTIONS:
                continue
            if FLOORS[there] >= FLOORS[here]:
                found.append(f"{path}:{line}: {here} (floor {FLOORS[here]}) imports {there} ({FLOORS[there]})")
    return sorted(set(found))


def check_doors(root: Path) -> list[str]:
    """One door per outside library."""
    found = []
    for path, _, tree, _ in modules(root):
        for target, line in imports(tree):
            allowed = DOORS.get(target.split(".")[0])
            if allowed and not any(path == door or (door.endswith("/") and path.startswith(door)) for door in allowed):
                found.append(f"{path}:{line}: imports {target}; its door is {' or '.join(allowed)}")
    return sorted(set(found))


def check_no_io(root: Path) -> list[str]:
    """pipeline.py and reading.py know stages and ports, never a door that does I/O."""
    return [
        f"{path}:{line}: imports {target}, which does I/O"
        for path, _, tree, _ in modules(root)
        if path in NO_IO
        for target, line in imports(tree)
        if any(target == door or target.startswith(door + ".") for door in IO_DOORS)
    ]


def check_pure(root: Path) -> list[str]:
    """Floors 1 to 3 take time, seeds and environment as arguments."""
    found = []
    for path, name, tree, _ in modules(root):
        here = room(name)
        if here is None or FLOORS[here] > 3 or any(path == d or path.startswith(d) for d in PURE_DOORS):
            continue
        found += [f"{path}:{line}: imports {t}" for t, line in imports(tree) if t.split(".")[0] in IMPURE]
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}:
                owner = node.value
                if isinstance(owner, ast.Name) and owner.id in {"datetime", "date"}:
                    found.append(f"{path}:{node.lineno}: asks the clock ({owner.id}.{node.attr})")
    return found


def check_dialling(root: Path) -> list[str]:
    """One HTTP client, made in one place; nothing else opens a connection or asks for a name."""
    found = []
    for path, _, tree, _ in modules(root):
        for target, line in imports(tree):
            if OTHER_WAYS.get(target) != path and any(f"{target}.".startswith(f"{other}.") for other in OTHER_CLIENTS):
                found.append(f"{path}:{line}: imports {target}, another way out")
            if target == "monitor.fetch.client.Client" and path not in MAKES_CLIENTS:
                found.append(f"{path}:{line}: makes clients of its own")
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _dials(node, path):
                found.append(f"{path}:{node.lineno}: opens connections by {ast.unparse(node.func)}")
            if isinstance(node, ast.ClassDef) and path != "monitor/fetch/client.py":
                bases = {ast.unparse(base).split(".")[-1] for base in node.bases}
                found += [f"{path}:{node.lineno}: {node.name} is a client" for base in bases & {"AsyncHTTPTransport"}]
    return found


def _dials(call: ast.Call, path: str) -> bool:
    name = ast.unparse(call.func)
    last = name.split(".")[-1]
    if name.startswith("httpx.") and last in {"get", "post", "request", "stream", "Client"}:
        return True
    if name == "socket.socket":
        # One that was inherited is no way out, nor is one that leads to a file.
        local = bool(call.args) and ast.unparse(call.args[0]) == "socket.AF_UNIX"
        return not local and not any(word.arg == "fileno" for word in call.keywords)
    return DIALLERS.get(last, path) != path


def check_parser(root: Path) -> list[str]:
    """Pages are parsed in one place, without events and as where scripts run; no tree is written out as markup again,
    which 70,000 nested templates crash.
    """
    found = []
    for path, _, tree, _ in modules(root):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("LexborHTMLParser"):
                said = {key.arg: ast.unparse(key.value) for key in node.keywords}
                safe = said.get("scripting") == "True" and "WO_EVENTS" in said.get("options", "")
                # What the program itself wrote is no page.
                own = bool(node.args) and isinstance(node.args[0], ast.Constant)
                if path != DOORS["selectolax"][0] or not (safe or own):
                    found.append(f"{path}:{node.lineno}: parses a page its own way")
            if isinstance(node, ast.Attribute) and node.attr in {"html", "inner_html"} and path.startswith(TREES):
                found.append(f"{path}:{node.lineno}: writes a tree as markup")
    return found


def check_async(root: Path) -> list[str]:
    """`async def` lives in the rooms that wait for something."""
    return [
        f"{path}:{node.lineno}: async def {node.name}"
        for path, _, tree, _ in modules(root)
        if not any(path == r or (r.endswith("/") and path.startswith(r)) for r in ASYNC_ROOMS)
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef)
    ]


def check_sizes(root: Path) -> list[str]:
    """Files up to 400 lines (pipeline.py and reading.py 300), functions up to 60, empty `__init__.py`."""
    found = []
    for path, _, tree, text in modules(root):
        lines = text.count("\n")
        if lines > (MAX_PIPELINE if path in NO_IO else MAX_LINES):
            found.append(f"{path}: {lines} lines")
        if path.endswith("__init__.py") and text.strip():
            found.append(f"{path}: not empty")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > MAX_FUNCTION:
                    found.append(f"{path}:{node.lineno}: {node.name} has {size} lines")
    return found


# Which engine the database is of, these alone may ask.
ENGINE_ROOMS = ("monitor/store/", "monitor/queue/", "monitor/wiring.py", "monitor/wiring_worker.py", "monitor/place.py")
_ENGINE = re.compile(r"postgres|sqlite|psycopg|pgqueuer|^database$", re.IGNORECASE)


def check_engines(root: Path) -> list[str]:
    """No `if postgres`: outside ENGINE_ROOMS nothing is decided by the engine of the database, and none is named."""
    found = []
    for path, _, tree, _ in modules(root):
        if path.startswith(ENGINE_ROOMS):
            continue
        for node in ast.walk(tree):
            tests: list[ast.AST] = []
            if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
                tests.append(node.test)
            elif isinstance(node, ast.comprehension):
                tests += node.ifs
            elif isinstance(node, ast.Match):
                tests += [node.subject, *(case.pattern for case in node.cases)]
            elif isinstance(node, ast.BoolOp | ast.Compare):
                tests.append(node)
            for one in (part for test in tests for part in ast.walk(test)):
                word = one.id if isinstance(one, ast.Name) else one.attr if isinstance(one, ast.Attribute) else ""
                word = str(one.value) if isinstance(one, ast.Constant) else word
                if _ENGINE.search(word) or ast.unparse(one) == "place.address":
                    found.append(f"{path}:{node.lineno if hasattr(node, 'lineno') else 0}: decides by {word!r}")
    return sorted(set(found))


CHECKS = (
    check_floors, check_doors, check_no_io, check_pure, check_dialling, check_parser, check_async, check_sizes,
    check_engines,
)  # fmt: skip
