"""`web:` in monitor.yaml: what it means, and what may not be."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import ConfigErrors
from monitor.settings import page
from monitor.settings.load import load
from monitor.settings.record import Page


def said(folder: Path, text: str, **how) -> Page:
    (folder / "monitor.yaml").write_text(text)
    return load(folder, {}, **how).page


def fault(folder: Path, text: str, **how) -> str:
    with pytest.raises(ConfigErrors) as found:
        said(folder, text, **how)
    assert len(found.value.errors) == 1
    return str(found.value)


def test_the_page_is_off_and_open_to_this_machine(tmp_path) -> None:
    assert said(tmp_path, "timezone: UTC\n") == Page(None, None, (), ())
    assert said(tmp_path, "web: {listen: '[::1]:9465'}\n").listen == ("::1", 9465)


def test_what_is_said_is_meant(tmp_path) -> None:
    (tmp_path / "key").touch(mode=0o640)
    text = "web:\n  listen: 0.0.0.0:80\n  password_file: key\n  names: [News.example.org, news.example.org]\n"
    found = said(tmp_path, text + "  proxy: [10.0.0.2, 10.1.0.0/24]\n")
    assert found == Page(("0.0.0.0", 80), tmp_path / "key", ("news.example.org",), ("10.0.0.2/32", "10.1.0.0/24"))
    assert said(tmp_path, text + "  proxy: true\n").proxies == ("127.0.0.1", "::1")
    assert page.of(tmp_path, {}) == said(tmp_path, text + "  proxy: true\n")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "[::]", "[2001:db8::1]"])
def test_beyond_this_machine_only_with_a_password(tmp_path, host) -> None:
    text = f"web:\n  listen: '{host}:9465'\n"
    found = fault(tmp_path, text)
    assert f"monitor.yaml:2:11: web.listen: {host}:9465 can be reached from other machines" in found
    assert "`monitor web password`" in found
    with pytest.raises(ConfigErrors):
        page.of(tmp_path, {})
    assert page.of(tmp_path, {}, checked=False).listen is not None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.9.9.9"])
def test_this_machine_needs_none(tmp_path, host) -> None:
    assert said(tmp_path, f"web: {{listen: '{host}:9465'}}\n").listen


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("names: [https://news.example.org]", "web.names.0: found 'https://news.example.org', expected a host name"),
        ("names: ['news.example.org:443']", "expected a host name"),
        ("proxy: 10.0.0.2", "web.proxy: found '10.0.0.2', expected true, false or a list of addresses"),
        ("proxy: [proxy.example.org]", "expected true, false or a list of addresses"),
        ("proxy: [10.0.0.2/8]", "expected true, false or a list of addresses"),
        ("listen: 9465", "expected an address and a port"),
        ("password: hunter2222", "unknown key 'password'"),
    ],
)
def test_what_cannot_be_is_said_with_its_line(tmp_path, key, expected) -> None:
    found = fault(tmp_path, f"web:\n  {key}\n")
    assert "monitor.yaml:2:" in found
    assert expected in found


@pytest.mark.parametrize(
    ("mode", "what"), [(None, "No such file"), (0o644, "not its owner's alone"), (0o620, "chmod 600")]
)
def test_the_password_has_to_be_there_for_its_owner_alone(tmp_path, mode, what) -> None:
    if mode:
        (tmp_path / "key").touch()
        (tmp_path / "key").chmod(mode)
    text = "web:\n  listen: 127.0.0.1:1\n  password_file: key\n"
    found = fault(tmp_path, text)
    assert "monitor.yaml:3:18: web.password_file: " in found
    assert what in found
    # Who only looks at the configuration, or does not serve the page, does not need it.
    assert said(tmp_path, text, addresses=False).password_file == tmp_path / "key"
    assert said(tmp_path, "web: {password_file: key}\n").listen is None


def test_a_proxy_without_a_password_is_doubted(tmp_path) -> None:
    (tmp_path / "monitor.yaml").write_text("web:\n  names: [news.example.org]\n")
    (warning,) = load(tmp_path, {}).warnings
    assert "monitor.yaml:1: web: whoever gets to the proxy" in warning
