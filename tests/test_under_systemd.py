"""deploy/ under a systemd of its own: READY, reload, the ends of a reader and of the daemon, the watchdog, backup, stop."""

from __future__ import annotations

import json

import pytest

from tests import nest

LACKING = nest.lacking()
CONFIG = {
    "monitor": "storage: {path: /var/lib/monitor/monitor.db}\npoliteness: {gap: 0s, contact: desk@example.org}\n",
    "outlets": """
outlets:
  talks:
    feeds: ["http://127.0.0.1:8099/feed.xml"]
    homepage: http://127.0.0.1:8099/
    every: 1s
    private: true
    baseline: alert
""",
    "rules": "rules: {talks: talks}\n",
    "alerts": """
channels:
  console: {kind: console}
  chat: {url_file: /run/credentials/monitor.service/chat}
  mail: {url_env: MAIL_URL}
routes: {all: {channels: [console]}}
""",
}
DROP_IN = """[Service]
LoadCredential=chat:/etc/monitor/secrets/chat
"""
# Each step waits for what it wants to see, 30 s at most; what came of it goes out as a line of JSON.
PROBE = '''
import json, os, signal, subprocess, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ITEM = "<item><title>Talks went on</title><link>http://127.0.0.1:8099/1.html</link><guid>1</guid></item>"
FEED = f"<rss version='2.0'><channel><title>t</title>{ITEM}</channel></rss>"
PAGE = "<html lang=en><article><h1>Talks went on</h1>" + "<p>The talks went on in the port all day, it was said.</p>" * 9

class Site(BaseHTTPRequestHandler):
    def do_GET(self):
        body = {"/feed.xml": FEED, "/1.html": PAGE}.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html" if self.path.endswith("html") else "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass

threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", 8099), Site).serve_forever, daemon=True).start()

def systemctl(*words):
    return subprocess.run(["systemctl", *words], capture_output=True, text=True)

def show(name, unit="monitor"):
    return systemctl("show", unit, "--value", "-p", name).stdout.strip()

def monitor(*words):
    command = ["runuser", "-u", "monitor", "--", "/opt/monitor/bin/monitor", "--config", "/etc/monitor", *words]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "MAIL_URL": "json://127.0.0.1:9"})

def wait(what):
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.1)
    return None

def status():
    found = monitor("status", "--json").stdout
    return json.loads(found) if found else {"totals": {"hits": 0}}

def events():
    return [event["kind"] for event in status().get("events", ())]

def kin():
    """Processes of the service by their parents."""
    pids = Path("/sys/fs/cgroup/system.slice/monitor.service/cgroup.procs").read_text().split()
    parents = {}
    for pid in pids:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        parents[int(pid)] = next(int(line.split()[1]) for line in lines if line.startswith("PPid"))
    return parents

def readers():
    """Children of the fork server."""
    daemon = int(show("MainPID"))
    return sorted(pid for pid, parent in kin().items() if parent not in (1, daemon))

def tell(step, value):
    print(json.dumps([step, value]), flush=True)

systemctl("daemon-reload")
tell("started", systemctl("start", "monitor").stderr)
if show("ActiveState") != "active":
    sys.exit(subprocess.run(["journalctl", "-u", "monitor", "-o", "cat"], capture_output=True, text=True).stdout)
tell("state", [show("ActiveState"), show("User")])
tell("read", wait(lambda: status()["totals"]["hits"] == 1))
rules = Path("/etc/monitor/rules.yaml")
good = rules.read_text()
rules.write_text("rules: {x: '((('}")
tell("reload", systemctl("reload", "monitor").stderr)
tell("refused", wait(lambda: "reload_failed" in events()))
rules.write_text(good.replace("talks}", "port}"))
systemctl("reload", "monitor")
tell("taken up", wait(lambda: "reload" in events()))
old = readers()
os.kill(old[0], signal.SIGKILL)
tell("reader replaced", wait(lambda: len(readers()) == len(old) and old[0] not in readers()))
tell("backup", systemctl("start", "monitor-backup").stderr)
tell("backups", len(list(Path("/var/lib/monitor/backups").glob("monitor-*Z.db"))))
first = show("MainPID")
os.kill(int(first), signal.SIGKILL)
tell("again after a kill", wait(lambda: show("ActiveState") == "active" and show("MainPID") not in (first, "0")))
Path("/run/systemd/system/monitor.service.d").mkdir(parents=True)
Path("/run/systemd/system/monitor.service.d/x.conf").write_text("[Service]\\nWatchdogSec=4\\nTimeoutStopSec=2\\n")
systemctl("daemon-reload")
systemctl("restart", "monitor")
second = show("MainPID")
os.kill(int(second), signal.SIGSTOP)
tell("again after silence", wait(lambda: show("ActiveState") == "active" and show("MainPID") not in (second, "0")))
tell("stopped", systemctl("stop", "monitor").stderr)
tell("result", [show("Result"), show("ExecMainStatus")])
tell("whole", monitor("db", "check").stdout)
'''


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.skipif(LACKING != "", reason=LACKING)
def test_the_service_lives_under_systemd(tmp_path):
    config = tmp_path / "overlay" / "etc" / "monitor"
    (config / "secrets").mkdir(parents=True)
    for name, text in CONFIG.items():
        (config / f"{name}.yaml").write_text(text)
    (config / "secrets" / "chat").write_text("json://127.0.0.1:9/chat\n")
    (config / "environment").write_text("MAIL_URL=json://127.0.0.1:9/mail\n")
    for secret in (config / "secrets" / "chat", config / "environment"):
        secret.chmod(0o600)
    drop_in = tmp_path / "overlay" / "etc" / "systemd" / "system.control" / "monitor.service.d"
    drop_in.mkdir(parents=True)
    (drop_in / "credentials.conf").write_text(DROP_IN)
    said = nest.boot(tmp_path, PROBE)
    assert dict(json.loads(line) for line in said.splitlines() if line.startswith("[")) == {
        "started": "",
        "state": ["active", "monitor"],
        "read": True,
        "reload": "",
        "refused": True,
        "taken up": True,
        "reader replaced": True,
        "backup": "",
        "backups": 1,
        "again after a kill": True,
        "again after silence": True,
        "stopped": "",
        "result": ["success", "0"],
        "whole": "/var/lib/monitor/monitor.db: whole\n",
    }, said
