"""What `deploy/`, compose.yaml and the Dockerfile promise, as far as it can be seen without installing anything."""

from __future__ import annotations

import importlib.metadata
import json
import lzma
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from ipaddress import collapse_addresses, ip_network
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from py3langid import langid

from monitor import cluster
from monitor.cli.main import cli
from monitor.daemon import DRAIN_READS, DRAIN_SENDS, HEARTBEAT
from monitor.fetch import guard
from tests import sealed

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "monitor.service"
UNITS = sorted(DEPLOY.glob("*.service"))
LACKING = sealed.lacking()


def no_systemd():
    """Return why its units cannot be analysed here; before 250 `security` knows no --offline."""
    if not shutil.which("systemd-analyze"):
        return "systemd-analyze is not installed"
    found = subprocess.run(["systemd-analyze", "--version"], check=True, capture_output=True, text=True).stdout
    version = int(re.match(r"systemd (\d+)", found)[1])
    return "" if version >= 250 else f"systemd-analyze is of version {version}, not 250"


NO_SYSTEMD = no_systemd()
systemd = pytest.mark.skipif(NO_SYSTEMD != "", reason=NO_SYSTEMD)


def analyze(*words):
    return subprocess.run(
        ["systemd-analyze", *map(str, words)], check=False, capture_output=True, text=True, timeout=60
    )


@systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_service_is_exposed_no_more_than_it_must_be(unit):
    found = analyze("security", "--offline=true", "--threshold=20", unit)
    assert found.returncode == 0, found.stdout


def units(folder, change=lambda text: text):
    """Copy deploy/ to where the program and what else is started are there."""
    program = folder / "monitor"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    shutil.copytree(DEPLOY, folder / "units", ignore=shutil.ignore_patterns("__pycache__", "*.py", "*.yaml"))
    for path in (folder / "units").rglob("*.*"):
        if path.is_file():
            path.write_text(change(path.read_text("utf-8")).replace("/opt/monitor/bin/monitor", str(program)))
    return sorted(path for path in (folder / "units").iterdir() if path.is_file())


@systemd
def test_units_and_their_drop_ins_have_no_fault(tmp_path):
    # Its exit code is 0 for a key that does not exist.
    found = analyze("verify", "--man=no", *units(tmp_path))
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


@systemd
@pytest.mark.parametrize("key", ["WatchdogSec", "IPAddressDeny"])
def test_a_misspelt_key_in_unit_or_drop_in_is_found(tmp_path, key):
    found = analyze("verify", "--man=no", *units(tmp_path, lambda text: text.replace(f"{key}=", f"{key}s=")))
    assert f"'{key}s'" in found.stderr


@pytest.mark.skipif(LACKING != "", reason=LACKING)
def test_the_unit_refuses_what_it_says():
    tries = (
        "import ctypes, mmap, os, socket",
        "def refused(what, *words, **how):",
        "    try: what(*words, **how)",
        "    except OSError: return True",
        "assert refused(mmap.mmap, -1, 4096, prot=7)",
        "assert refused(socket.socket, socket.AF_NETLINK)",
        "assert refused(os.chown, '/', 0, 0)",
        "assert ctypes.CDLL(None).unshare(0x10000000) == -1",
        "assert not refused(socket.socketpair)",
        "assert not refused(socket.socket, socket.AF_INET6)",
        "assert not refused(mmap.mmap, -1, 4096)",
    )
    words = [sys.executable, "-m", "tests.sealed", str(UNIT), sys.executable, "-c", "\n".join(tries)]
    subprocess.run(words, cwd=ROOT, check=True, timeout=60)


@pytest.mark.skipif(LACKING != "", reason=LACKING)
def test_the_whole_line_runs_under_the_units_system_call_rules(tmp_path):
    """Readers are forked, limited, timed; pages read, matched; mail and chat delivered."""
    words = [sys.executable, "-m", "tests.sealed", str(UNIT), sys.executable, "-m", "monitor", "demo"]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(words, check=False, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    assert "X-Monitor-Id: " in done.stdout


def values(path, key):
    return sealed.said(path, key)


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(s|min)?", text).groups()
    return int(number) * (60 if unit == "min" else 1)


def test_stopping_and_watching_fit_the_daemon():
    assert seconds(values(UNIT, "TimeoutStopSec")[0]) > 2 * DRAIN_READS + DRAIN_SENDS
    assert seconds(values(UNIT, "WatchdogSec")[0]) == 5 * HEARTBEAT
    assert seconds(compose()["stop_grace_period"]) > 2 * DRAIN_READS + DRAIN_SENDS
    assert health()[1][-1] == str(5 * HEARTBEAT)


def test_the_address_filter_is_the_guards():
    path = DEPLOY / "monitor.service.d" / "addresses.conf"
    denied = [ip_network(one) for line in values(path, "IPAddressDeny") for one in line.split()]
    public = ip_network("2000::/3")
    outside = ip_network("::/0").address_exclude(public)
    for version, wanted in ((4, guard._BLOCKED_V4), (6, [*outside, *guard._BLOCKED_V6])):
        found = collapse_addresses(one for one in denied if one.version == version)
        assert list(found) == list(collapse_addresses(wanted))


# ---- the lock


def closure(roots):
    """Return what the installed packages say that these need, by name."""
    found, left = set(), [Requirement(root) for root in roots]
    while left:
        one = left.pop()
        if one.marker and not any(one.marker.evaluate({"extra": extra}) for extra in ("", *one.extras)):
            continue
        if one.name not in found:
            found.add(one.name)
            more = [Requirement(text) for text in importlib.metadata.requires(one.name) or ()]
            for part in more:
                if not part.marker or any(part.marker.evaluate({"extra": extra}) for extra in ("", *one.extras)):
                    part.marker = None
                    left.append(part)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


def picked(*names):
    done = subprocess.run([sys.executable, DEPLOY / "lock.py", *names], check=True, capture_output=True, text=True)
    entries = re.findall(r"^(\S+)==\S+ \\\n((?: .*\n)+)", done.stdout, re.MULTILINE)
    assert all("--hash=sha256:" in text for _, text in entries)
    assert len(entries) == done.stdout.count("==")
    return {name for name, _ in entries}


def test_the_image_gets_what_the_program_needs_and_nothing_else():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    # Where other versions are installed than the lock's, these may need what it does not have.
    locked = set(re.findall(r"^(\S+)==", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE))
    assert picked() == closure(project["project"]["dependencies"]) & locked
    assert picked("hatchling") == closure(["hatchling"]) & locked
    assert project["build-system"]["build-backend"] == "hatchling.build"


def test_with_an_extra_the_image_gets_that_too():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["cluster"]]
    locked = set(re.findall(r"^(\S+)==", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE))
    assert picked("+cluster") == closure(wanted) & locked
    assert {"psycopg", "psycopg-binary", "pgqueuer"} <= picked("+cluster") - picked()


def test_a_package_that_is_not_in_the_lock_is_an_error():
    words = [sys.executable, DEPLOY / "lock.py", "numpie"]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode != 0
    assert "not in the lock: numpie" in done.stderr


# ---- the container


def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]["monitor"]


def test_the_cluster_of_compose_runs_what_there_is():
    parsed = yaml.safe_load((DEPLOY / "compose.cluster.yaml").read_text("utf-8"))
    services, alone = parsed["services"], compose()
    assert {name: one["command"][0] for name, one in services.items() if name != "db"} == {
        "monitor": "run", "worker": "work",
    }  # fmt: skip
    for name in ("monitor", "worker"):
        one = services[name]
        assert seconds(one["stop_grace_period"]) > cluster.DRAIN + DRAIN_READS
        hardening = ("read_only", "cap_drop", "security_opt", "pids_limit", "ulimits", "mem_limit", "logging")
        assert {key: one[key] for key in hardening} == {key: alone[key] for key in hardening}
        assert (
            one["build"]["args"]["EXTRA"]
            in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
        )
        assert set(one["secrets"]) <= parsed["secrets"].keys()


def test_the_secret_of_compose_needs_only_its_signs_taken_off():
    text = re.sub(r"^( *)#(secrets|  slack)", r"\1\2", (ROOT / "compose.yaml").read_text("utf-8"), flags=re.MULTILINE)
    file = yaml.safe_load(text)
    assert file["services"]["monitor"]["secrets"] == list(file["secrets"]) == ["slack"]


def test_docker_takes_compose_yaml():
    words = ["docker", "compose", "version"]
    if not shutil.which("docker") or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("docker compose is not installed")
    subprocess.run(["docker", "compose", "--file", ROOT / "compose.yaml", "config", "--quiet"], check=True, timeout=60)


def instructions():
    text = (ROOT / "Dockerfile").read_text("utf-8").rpartition("\nFROM ")[2]
    for line in re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()[1:]:
        yield line.partition(" ")[::2]


def health():
    """Return the options and the words of HEALTHCHECK."""
    text = next(rest for name, rest in instructions() if name == "HEALTHCHECK")
    options, _, command = text.partition(" CMD ")
    return dict(re.findall(r"--(\S+)=(\S+)", options)), yaml.safe_load(command)


def test_compose_gives_the_container_no_more_than_it_needs():
    service = compose()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"] == "1g"
    assert service["pids_limit"] == 1024
    assert not {"privileged", "cap_add", "ports", "network_mode", "env_file", "environment"} & service.keys()
    assert service["volumes"] == ["./config:/config:ro", "data:/data"]


def test_tmp_holds_the_language_model_of_two_fork_servers():
    # It is unpacked into a file there: with 64 MB no reader could be started.
    (tmp,) = compose()["tmpfs"]
    size = int(re.search(r"size=(\d+)m", tmp)[1]) << 20
    with lzma.open(Path(langid.__file__).parent / langid.MODEL_FILE) as model:
        assert size > 2 * model.seek(0, os.SEEK_END)


def test_compose_and_the_dockerfile_ask_for_health_alike():
    options, words = health()
    check = compose()["healthcheck"]
    assert check.pop("test") == ["CMD", *words]
    assert {name.replace("_", "-"): str(value) for name, value in check.items()} == options


def test_the_health_check_is_a_command_that_there_is():
    _, words = health()
    assert words[0] == "monitor"
    command = cli.get_command(None, words[1])
    assert {word for word in words if word.startswith("--")} <= {
        option for parameter in command.params for option in parameter.opts
    }


def test_the_image_runs_as_a_number_that_is_not_root_and_reads_config():
    found = dict(instructions())
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", found["USER"])
    assert "MONITOR_CONFIG=/config" in shlex.split(found["ENV"])
    assert found["STOPSIGNAL"] == "SIGTERM"


def test_the_builder_is_sent_what_the_image_is_made_of_and_no_more():
    lines = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    sent = {line[1:] for line in lines if line.startswith("!")}
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8"))
    copied = {word.removeprefix("./") for words in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
              for word in words.split()}  # fmt: skip
    assert sent == copied
    assert "*" in lines


@pytest.fixture
def buildah(tmp_path):
    """Call buildah with a store of its own, in which nothing stays."""
    if not shutil.which("buildah"):
        pytest.skip("buildah is not installed")
    store = ["--storage-driver", "vfs", "--root", str(tmp_path / "store"), "--runroot", str(tmp_path / "run")]

    def call(*words, code=0):
        done = subprocess.run(
            ["buildah", *store, *map(str, words)], check=False, capture_output=True, text=True, timeout=900
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout.strip()

    yield call
    call("rm", "--all")
    call("rmi", "--all", "--force")


def base(buildah):
    """Return the image to build on: of the folder $MONITOR_TEST_BASE, a root with Python, where no registry is reached."""
    folder = os.environ.get("MONITOR_TEST_BASE")
    if not folder:
        return "python:3.13-slim"
    container = buildah("from", "scratch")
    buildah("copy", "--quiet", container, folder, "/")
    buildah("commit", "--quiet", container, "localhost/base")
    return "localhost/base"


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("extra", ["", "cluster"])
def test_the_image_builds_and_the_line_runs_in_it(buildah, extra):
    """No network but for the base and the packages. Its health check fails where no daemon ever gave a sign."""
    build = ("build", "--isolation", "chroot", "--format", "docker", "--build-arg", f"BASE={base(buildah)}")
    buildah(*build, "--build-arg", f"EXTRA={extra}", "--tag", "monitor", ROOT)
    container = buildah("from", "monitor")
    image = json.loads(buildah("inspect", "--type", "image", "monitor"))["Docker"]["config"]
    assert image["User"] == "10001:10001"
    assert image["Healthcheck"]["Test"] == ["CMD", "monitor", "status", "--max-age", "150"]

    def run(*words, **how):
        return buildah("run", "--isolation", "chroot", "--cap-drop", "all", container, "--", *words, **how)

    assert "X-Monitor-Id: " in run("monitor", "demo")
    assert run("id", "--user") == "10001"
    installed = set(
        run("python", "-c", "import importlib.metadata as m; print(*{d.name for d in m.distributions()})").split()
    )
    assert not {"pytest", "mypy", "ruff", "hatchling", "datasette"} & installed
    assert ({"psycopg", "pgqueuer"} <= installed) == (extra == "cluster")
    run("monitor", "config", "check")
    run(*image["Healthcheck"]["Test"][1:], code=1)
    # A worker of a database that is not there: the image has what asks it, or says what is missing.
    script = "cp -r /config /tmp/c && echo 'storage: {url_env: DB}' >> /tmp/c/monitor.yaml && monitor --config /tmp/c work 2>&1"
    away = ("--env", "DB=postgresql://nobody@127.0.0.1:9/none")
    said = buildah("run", "--isolation", "chroot", *away, container, "--", "sh", "-c", script, code=1)
    assert ("does not answer" if extra else "news-monitor[cluster]") in said
