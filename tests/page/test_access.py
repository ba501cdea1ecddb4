"""Who gets in to the page, by real HTTP: the password, its sessions, the forms, the names it is asked by."""

from __future__ import annotations

import os
import socket
import threading
import time
from urllib.parse import urlencode

import pytest
from itsdangerous import TimestampSigner

from monitor.web import access, entry, kept
from monitor.web.access import Sessions
from monitor.web.entry import inside
from monitor.web.guard import HEADERS
from tests.page.serving import PASSWORD, Browser, Desk, served, table


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    # A try takes .2 s and 16 MB; tests/page/test_daemon.py pays that.
    monkeypatch.setattr(access, "COST", 1 << 4)


@pytest.fixture
def desk(tmp_path):
    with served(tmp_path) as one:
        yield one


def open_to_all(method: str, path: str) -> bool:
    return path == "/login" or path.startswith("/static/")


def unprotected(desk: Desk, browser: Browser) -> list[str]:
    """Return what of the table answers somebody without a session."""
    found = []
    for method, path in table(desk.routes):
        if open_to_all(method, path):
            continue
        answer = browser.ask(method, path, "" if method == "POST" else None)
        asked_in = answer.status == 303 and answer.location.startswith("/login?next=")
        if not (answer.status == 401 or (asked_in and method in {"GET", "HEAD"})):
            found.append(f"{method} {path}: {answer.status}")
    return found


# ---- deny by default


def test_every_route_of_the_table_asks_for_a_session(desk) -> None:
    routes = list(table(desk.routes))
    assert {("GET", "/"), ("GET", "/hits/1"), ("POST", "/hits/1/mark"), ("GET", "/static/monitor.css")} <= set(routes)
    assert unprotected(desk, desk.browser()) == []
    # Each is there for somebody who is in: what was refused above is no 404.
    browser = desk.inside()
    answers = {path: browser.get(path).status for method, path in routes if method == "GET"}
    assert {path: status for path, status in answers.items() if status != 200 and path != "/login"} == {}


@pytest.mark.parametrize(
    ("paths", "folders", "shown"),
    [({"/hits"}, (), "GET /hits: 200"), (set(), ("/alerts",), "GET /alerts/1: 200")],
)
def test_a_route_without_protection_is_found(desk, monkeypatch, paths, folders, shown) -> None:
    monkeypatch.setattr(entry, "OPEN", entry.OPEN | paths)
    monkeypatch.setattr(entry, "OPEN_FOLDERS", entry.OPEN_FOLDERS + folders)
    assert shown in unprotected(desk, desk.browser())


@pytest.mark.parametrize("path", ["/loginx", "/login/1", "/staticx", "/nothing", "/api/v1/hits"])
def test_what_only_begins_like_an_open_path_is_closed(desk, path) -> None:
    assert desk.browser().get(path).status in {303, 401}


def test_without_a_password_nobody_is_asked(tmp_path) -> None:
    with served(tmp_path, closed=False) as desk:
        browser = desk.browser()
        assert browser.get("/").status == 200
        assert browser.get("/login?next=/hits").location == "/hits"
        assert "Log out" not in browser.get("/").text


# ---- login and logout


def test_the_right_password_opens_and_logout_closes(desk) -> None:
    browser = desk.browser()
    asked = browser.get("/hits?rule=ice")
    assert (asked.status, asked.location) == (303, "/login?next=%2Fhits%3Frule%3Dice")
    wrong = browser.login("wrong horse battery")
    assert (wrong.status, "That is not the password" in wrong.text) == (403, True)
    assert browser.get("/hits").status == 303
    right = browser.login(to="/hits?rule=ice")
    assert (right.status, right.location) == (303, "/hits?rule=ice")
    answer = browser.get("/hits?rule=ice")
    assert (answer.status, "Log out" in answer.text) == (200, True)
    assert browser.post("/logout", token=answer.token).location == "/login"
    assert browser.get("/hits").status == 303


def test_the_cookie_is_kept_from_scripts_and_other_sites(tmp_path) -> None:
    with served(tmp_path, proxies=("127.0.0.1",)) as desk:
        plain = desk.browser().get("/login").headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(plain.split("; "))
        assert "Secure" not in plain
        secure = desk.browser(headers={"X-Forwarded-Proto": "https"}).get("/login").headers["Set-Cookie"]
        assert secure.endswith("; Secure")


@pytest.mark.parametrize("proxies", [(), ("10.0.0.2",)])
def test_a_proxy_is_believed_only_where_it_is_named(tmp_path, proxies) -> None:
    with served(tmp_path, proxies=proxies) as desk:
        answer = desk.browser(headers={"X-Forwarded-Proto": "https"}).get("/login")
        assert "Secure" not in answer.headers["Set-Cookie"]


def test_wrong_passwords_make_everybody_wait_a_while(desk) -> None:
    browser = desk.browser()
    for _ in range(access.FREE_TRIES):
        assert browser.login("wrong horse battery").status == 403
    for wait in (1, 2, 4):
        # The right one is not looked at either: else the wait would tell nothing.
        early = desk.browser().login()
        assert (early.status, f"again in {wait} s" in early.text) == (429, True)
        desk.times.append(desk.times[-1] + wait)
        assert browser.login("wrong horse battery").status == 403
    desk.times.append(desk.times[-1] + access.LONGEST)
    assert browser.login().status == 303
    assert browser.login("wrong horse battery").status == 403
    assert browser.login().status == 303


def test_tries_at_once_are_one_after_the_other(desk) -> None:
    statuses = []
    tries = [threading.Thread(target=lambda: statuses.append(desk.browser().login("wrong").status)) for _ in range(12)]
    for one in tries:
        one.start()
    for one in tries:
        one.join()
    assert sorted(statuses) == [403] * access.FREE_TRIES + [429] * (12 - access.FREE_TRIES)


@pytest.mark.parametrize(
    "place",
    ["//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "evil.example",
     "javascript:alert(1)", "/\r\nX: y", "/%0d%0aX: y\n"],
)  # fmt: skip
def test_a_login_leads_nowhere_else(desk, place) -> None:
    assert desk.browser().login(to=place).location == "/"
    assert inside(place) == "/"


def test_a_path_that_begins_with_two_slashes_leads_nowhere_else(desk) -> None:
    browser = desk.browser()
    asked = browser.get("//evil.example/x")
    assert asked.location == "/login?next=%2F%2Fevil.example%2Fx"
    assert browser.post(asked.location, token=browser.get(asked.location).token, password=PASSWORD).location == "/"


# ---- sessions


def test_a_new_password_ends_all_sessions(desk) -> None:
    browser = desk.inside()
    assert browser.get("/").status == 200
    desk.change_password("another horse entirely")
    assert browser.get("/").status == 303
    assert browser.login().status == 403
    assert browser.login("another horse entirely").status == 303
    assert browser.get("/").status == 200


@pytest.mark.parametrize("fault", ["text", "mode", "gone"])
def test_a_password_file_that_cannot_be_used_lets_nobody_in(desk, fault, caplog) -> None:
    browser, sound = desk.inside(), desk.secret.read_text()
    if fault == "text":
        desk.secret.write_text("scrypt-14-8-5 AAAA BBBB CCCC\n")
    elif fault == "mode":
        desk.secret.chmod(0o644)
    else:
        desk.secret.unlink()
    assert [browser.get(path).status for path in ("/", "/login", "/hits")] == [503] * 3
    assert caplog.text.count("the page answers nobody") == 1
    assert str(desk.secret) in caplog.text
    assert sound.split()[1] not in caplog.text
    kept.write(desk.secret, sound)
    assert browser.get("/").status == 200


def test_cookies_of_others_are_nobodys(desk) -> None:
    browser = desk.browser()
    own = browser.get("/login") and browser.cookie
    foreign = Sessions(lambda: os.urandom(32), os.urandom).begin(entered=True)
    for cookie in (foreign, own, own.replace("out-", "in-"), "in-00", "", '"', "in-.".join(own.split("out-")), "é"):
        assert desk.browser(cookie=cookie).get("/hits").status == 303, cookie


@pytest.mark.parametrize("others", ["a:b={1}; {}; [x]=1", 'x="a;b', "=; ;;", "monitors=1; xmonitor=2", "\xe9=\xff"])
def test_cookies_of_other_programs_on_this_machine_do_no_harm(desk, others) -> None:
    session = desk.inside().cookie
    assert desk.browser(headers={"Cookie": f"{others}; monitor={session}"}).get("/").status == 200
    assert desk.browser(headers={"Cookie": f"monitor={session}; {others}"}).get("/").status == 200
    assert desk.browser(headers={"Cookie": others}).get("/").status == 303


def test_a_session_ends_by_itself(desk, monkeypatch) -> None:
    signer = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: signer(self) - access.SESSION - 5)
    sessions = Sessions(access.read(desk.secret.read_text()).key.__bytes__, os.urandom)
    old = sessions.begin(entered=True)
    monkeypatch.undo()
    assert desk.browser(cookie=old).get("/").status == 303
    young = sessions.begin(entered=True)
    assert desk.browser(cookie=young).get("/").status == 200


# ---- forms


def test_no_form_is_taken_without_its_sessions_token(desk) -> None:
    browser, other = desk.inside(), desk.inside()
    posts = [path for method, path in table(desk.routes) if method == "POST" and not path.startswith("/api")]
    known = {"/login", "/logout", "/zone", "/hits/1/mark", "/messages/m1/retry", "/silences/new", "/silences/1/end"}
    assert known <= set(posts)
    stranger = desk.browser()
    for path in posts:
        for token in ("", other.get("/").token, stranger.get("/login").token, "0" * 64, "ü"):
            answer = browser.post(path, token=token, mark="noise", password=PASSWORD)
            assert (path, answer.status) == (path, 403)
        assert (path, browser.post(path).status) == (path, 403)
    assert desk.marks() == []
    answer = browser.post("/hits/1/mark", token=browser.get("/").token, mark="noise")
    assert (answer.status, answer.location) == (303, "/hits/1#worth")
    assert desk.marks() == ["noise"]


def test_a_login_without_a_token_counts_for_nothing(desk) -> None:
    browser = desk.browser()
    for _ in range(2 * access.FREE_TRIES):
        assert browser.post("/login", token="", password="wrong horse battery").status == 403
    assert browser.login().status == 303


def test_a_form_that_is_too_long_is_none(desk) -> None:
    browser = desk.inside()
    token = browser.get("/").token
    assert browser.post("/hits/1/mark", token=token, mark="noise", more="x" * entry.LARGEST).status == 403


def test_who_hangs_up_within_a_form_leaves_nothing_in_the_log(desk, caplog) -> None:
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", desk.port)) as client:
            client.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\ntoken=")
            time.sleep(0.05)
    # Those before it have come to their ends when this one has.
    assert desk.browser().login("wrong horse battery").status == 403
    assert caplog.text == ""


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_a_button_leads_back_here(desk, back) -> None:
    browser = desk.inside()
    token = browser.get("/").token
    assert browser.post("/hits/1/mark", token=token, mark="noise", back=back).location == "/#hit-1"
    assert browser.post("/zone?" + urlencode({"back": back}), token=token, zone="UTC").location == "/"


# ---- names and headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example"]
)
def test_a_name_that_is_not_ours_is_refused(tmp_path, host) -> None:
    with served(tmp_path, closed=False, names=("news.example.org",)) as desk:
        assert desk.browser(host=host).get("/hits").status == 421
        for ours in ("News.example.org", "news.example.org:443", "localhost", "[::1]:80", "192.0.2.7"):
            assert desk.browser(host=ours).get("/hits").status == 200, ours


def test_every_answer_has_the_headers(tmp_path) -> None:
    with served(tmp_path, broken=True) as desk:
        browser, stranger = desk.inside(), desk.browser()
        answers = [browser.ask(method, path) for method, path in table(desk.routes)]
        answers += [stranger.get("/hits"), stranger.post("/logout"), desk.browser(host="evil.example").get("/")]
        answers += [browser.get("/nothing"), browser.ask("PUT", "/hits"), browser.get("/hits?after=nonsense")]
        desk.secret.unlink()
        answers.append(browser.get("/"))
        found = {one.status for one in answers}
        assert {200, 303, 400, 401, 403, 404, 405, 421, 500, 503} <= found
        for one in answers:
            assert {name: one.headers[name] for name in HEADERS} == dict(HEADERS), one.status
            assert "Server" not in one.headers
            assert "ZeroDivision" not in one.text
        assert stranger.get("/static/monitor.css").headers["Content-Security-Policy"].startswith("default-src 'none'")
