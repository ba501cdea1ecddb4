"""API tokens: made, listed and revoked by the command line; what they open, and what they do not."""

from __future__ import annotations

import json
import os
import re
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli.main import cli
from monitor.web.endpoints import ENDPOINTS
from monitor.web.entry import COOKIE
from monitor.web.tokens import Tokens, beside
from tests.page.programs import Programs, configuration, fill, serving

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("tokens")
    configuration(made)
    fill(made / "monitor.db")
    return made


@pytest.fixture
def page(folder: Path):
    with serving(folder, closed=True) as programs:
        yield programs
    beside(folder / "monitor.db").unlink(missing_ok=True)


def run(folder: Path, *words: str):
    return CliRunner().invoke(cli, ["--config", str(folder / "config"), "web", "token", *words])


def asks(page: Programs, token: str, path: str = "/api/v1/hits") -> int:
    return page.ask(path, Authorization=f"Bearer {token}").status


def test_a_token_is_shown_once_and_lets_a_program_in_until_it_is_revoked(page, folder):
    token = run(folder, "create", "newsletter").stdout.strip()
    assert re.fullmatch(r"monitor_[A-Za-z0-9_-]{43}", token)
    assert asks(page, token) == 200
    assert asks(page, token[:-1]) == 401
    listed = run(folder, "list", "--json").stdout
    assert json.loads(listed)["name"] == "newsletter"
    assert token not in listed + run(folder, "list").stdout + beside(folder / "monitor.db").read_text()
    assert run(folder, "revoke", "newsletter").exit_code == 0
    assert asks(page, token) == 401
    assert run(folder, "list", "--json").stdout == ""


def test_a_name_is_taken_once_and_revoked_once(page, folder):
    first = run(folder, "create", "a").stdout.strip()
    second = run(folder, "create", "the other one").stdout.strip()
    again = run(folder, "create", "a")
    assert (again.exit_code, "revoke it" in again.stderr) == (2, True)
    assert run(folder, "revoke", "a").exit_code == 0
    gone = run(folder, "revoke", "a")
    assert (gone.exit_code, "there is no token" in gone.stderr) == (1, True)
    assert [asks(page, first), asks(page, second)] == [401, 200]


@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\x1b", "n" * 61, "\u2028"])
def test_what_is_no_name_makes_no_token(folder, name):
    assert run(folder, "create", name).exit_code == 2
    assert not beside(folder / "monitor.db").exists()


def test_a_token_opens_what_programs_read_and_nothing_else(page):
    token = page.tokens.create("a", NOW, os.urandom)
    for endpoint in ENDPOINTS:
        path = endpoint.path.replace("{id}", "1")
        assert asks(page, token, path) in {200, 404}, path
        assert page.ask(path).status == 401, path
    for path in ("/", "/hits", "/hits/1", "/hits.atom/", "/hits.atomx", "/alerts", "/rules", "/outlets", "/api"):
        answer = page.ask(path, Authorization=f"Bearer {token}")
        assert (answer.status, answer.headers["location"][:6]) == (303, "/login"), path
    for path in ("/hits/1/mark", "/messages/m1/retry", "/logout", "/api/v1/hits"):
        assert page.ask(path, method="POST", Authorization=f"Bearer {token}").status in {401, 405}, path


def test_without_a_token_the_api_says_how_to_come_by_one(page):
    for header in ("", "Bearer", "Bearer ", "Bearer x", "Basic bW9uaXRvcjp4", "Bearer \xff", "bearer " + "x" * 9_000):
        answer = page.ask("/api/v1/hits", **({"Authorization": header} if header else {}))
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer"), header
        assert answer.headers["content-type"] == "application/problem+json"
        assert "monitor web token create" in answer.json["detail"]


def test_no_answer_to_a_program_sets_a_cookie(page):
    token = page.tokens.create("a", NOW, os.urandom)
    entered = page.sessions.begin(entered=True)
    for headers in (
        {},
        {"Authorization": f"Bearer {token}"},
        {"Cookie": f"{COOKIE}={entered}"},
        {"Cookie": "monitor=x"},
    ):
        for path in ("/api/v1/hits", "/api/v1/nothing", "/hits.atom", "/api/v1/openapi.json"):
            assert "set-cookie" not in page.ask(path, **headers).headers
    assert "set-cookie" in page.ask("/login").headers


def test_somebody_who_gave_the_password_may_look_too(page):
    entered, other = page.sessions.begin(entered=True), page.sessions.begin(entered=False)
    assert page.ask("/api/v1/hits", Cookie=f"{COOKIE}={entered}").status == 200
    assert page.ask("/api/v1/hits", Cookie=f"{COOKIE}={other}").status == 401
    assert page.ask("/api/v1/hits", method="POST", Cookie=f"{COOKIE}={entered}").status == 405


def test_the_document_says_that_a_token_is_asked_for(page):
    token = page.tokens.create("a", NOW, os.urandom)
    said = page.ask("/api/v1/openapi.json", Authorization=f"Bearer {token}").json
    assert said["security"] == [{"token": []}]
    assert all("401" in one["get"]["responses"] for one in said["paths"].values())


def test_a_file_that_cannot_be_read_lets_nobody_in_and_is_not_written_over(page, folder):
    token = page.tokens.create("a", NOW, os.urandom)
    path = beside(folder / "monitor.db")
    path.write_text("odd " + path.read_text())
    assert asks(page, token) == 401
    for words in (("create", "b"), ("list",), ("revoke", "a")):
        assert run(folder, *words).exit_code in {1, 2}
    assert path.read_text().startswith("odd ")


def test_the_file_is_its_owners_and_holds_hashes_alone(tmp_path):
    tokens = Tokens(beside(tmp_path / "monitor.db"))
    made = [tokens.create(f"n{number}", NOW, os.urandom) for number in range(3)]
    path = tmp_path / "monitor.db.tokens"
    assert path.stat().st_mode & 0o777 == 0o600
    assert not any(token in path.read_text() or token[8:20] in path.read_text() for token in made)
    assert [one.name for one in tokens.all()] == ["n0", "n1", "n2"]
    assert {one.name for one in tmp_path.iterdir()} == {path.name}


def test_tokens_made_at_once_are_all_kept(tmp_path):
    path = beside(tmp_path / "monitor.db")
    made: list[str] = []

    def work(name: int) -> None:
        made.extend(Tokens(path).create(f"{name}/{number}", NOW, os.urandom) for number in range(10))

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    known = Tokens(path)
    assert len(made) == 60
    assert all(map(known.known, made))
