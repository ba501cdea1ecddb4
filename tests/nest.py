"""Boots the systemd of this machine once more, in namespaces of its own, to see how deploy/'s units fare under it.

Root is an overlay that is gone afterwards; processes, mounts, network (loopback alone), names and control groups are the
nest's own. monitor and its Python stand under /opt, as a service cannot look into /root or /tmp. Needs root.
"""

from __future__ import annotations

import os
import platform
import shutil
import site
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
SYSTEMD = Path("/lib/systemd/systemd")
# Where Python is a shared library, it is looked for where it was built: out of a service's reach.
PROGRAM = """#!/bin/sh
export LD_LIBRARY_PATH=/opt/python/lib PYTHONPATH=/opt/monitor/repo:/opt/monitor/site
exec /opt/python/bin/python{version} -m monitor "$@"
"""
PROBE = """[Unit]
DefaultDependencies=no
Wants=systemd-journald.service systemd-tmpfiles-setup.service
After=systemd-journald.socket
[Service]
Type=oneshot
Environment=LD_LIBRARY_PATH=/opt/python/lib
ExecStart=/opt/python/bin/python{version} /srv/nest/probe.py
ExecStopPost=/bin/systemctl --no-block exit
StandardOutput=file:/srv/nest/out
StandardError=file:/srv/nest/err
TimeoutStartSec=120
"""
# $1: a folder with overlay/ (laid over the root) and what the probe writes; $2: the checkout; $3: Python; $4: packages.
INNER = """set -e
mount --make-rprivate /
mount -t tmpfs none /mnt
mkdir /mnt/up /mnt/work /mnt/root
cp -a "$1"/overlay/. /mnt/up
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work /mnt/root
cd /mnt/root
mkdir -p opt/python opt/monitor/repo opt/monitor/site srv/nest old
mount --bind "$1" srv/nest; mount --bind "$2" opt/monitor/repo
mount --bind "$3" opt/python; mount --bind "$4" opt/monitor/site
mount -t proc proc proc
mount --bind proc/sys proc/sys; mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 none dev
for one in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0"; do
    mknod -m 666 dev/${one%% *} c ${one#* }
done
ln -s /proc/self/fd dev/fd; mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts; ln -s pts/ptmx dev/ptmx
mount -t tmpfs none run; mount -t tmpfs none tmp; chmod 1777 tmp dev/shm
rm -rf etc/systemd/system/*.wants; : > etc/fstab; : > etc/machine-id
chroot . useradd --system --home-dir /var/lib/monitor --shell /usr/sbin/nologin monitor
pivot_root . old
mount --make-rprivate /; mount --make-rshared /
umount -l /old
ip link set lo up
exec env -i container=nest PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=probe.service
"""


def lacking() -> str:
    """Return why nothing can be booted here, "" where it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "a nested systemd takes root on Linux"
    missing = [tool for tool in ("unshare", "pivot_root", "ip", "useradd") if not shutil.which(tool)]
    if not SYSTEMD.exists() or missing:
        return f"not installed: {', '.join(missing) or 'systemd'}"
    return "" if _group() else "there is no cgroup2 here"


def _group() -> Path | None:
    """Return the control group (v2) that this process is in."""
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text("utf-8").splitlines())
    place = next((Path(words[1]) for words in mounts if words[2] == "cgroup2"), None)
    lines = Path("/proc/self/cgroup").read_text("utf-8").splitlines()
    inside = next((line[3:] for line in lines if line.startswith("0::")), "/")
    return place / inside.lstrip("/") if place else None


def boot(folder: Path, probe: str) -> str:
    """Boot with deploy/'s units and `folder`/overlay, run `probe` (Python) as a service of root's, end; return its output.

    Raises AssertionError with all that was said where it failed.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    units = folder / "overlay" / "etc" / "systemd" / "system"
    shutil.copytree(ROOT / "deploy", units, ignore=shutil.ignore_patterns("*.d", "*.py", "__pycache__"))
    (units / "probe.service").write_text(PROBE.format(version=version))
    (folder / "probe.py").write_text(probe)
    program = folder / "overlay" / "opt" / "monitor" / "bin" / "monitor"
    program.parent.mkdir(parents=True)
    program.write_text(PROGRAM.format(version=version))
    for path in (folder / "overlay", *(folder / "overlay").rglob("*")):
        path.chmod(0o755 if path.is_dir() or path == program else path.stat().st_mode)
    group = _group()
    assert group is not None
    group /= f"nest-{os.getpid()}"
    group.mkdir()
    words = [folder, ROOT, sys.base_prefix, site.getsitepackages()[0]]
    enter = 'echo $$ > "$0"/cgroup.procs; exec unshare -mpfniuC --kill-child bash -c "$@"'
    try:
        done = subprocess.run(
            ["bash", "-c", enter, group, INNER, "inner", *words],
            check=False, capture_output=True, text=True, timeout=180, cwd="/",
        )  # fmt: skip
    finally:
        for path in sorted(group.rglob("*/"), reverse=True):
            with suppress(OSError):
                path.rmdir()
        group.rmdir()
    said = [(folder / name).read_text("utf-8") if (folder / name).exists() else "" for name in ("out", "err")]
    assert said[0], f"{platform.node()}: {done.stdout}\n{done.stderr}\n{said[1]}"
    return said[0] + said[1]
