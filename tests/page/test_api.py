"""The API over a filled archive, by HTTP: what it answers, what its document says of it, how it refuses."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli.main import cli
from monitor.store.sqlite import SqliteStore
from monitor.views import Filter
from monitor.web.endpoints import ENDPOINTS
from tests.naughty import NAUGHTY
from tests.page.programs import ARTICLES, OUTLETS, RULES, SILENCES, Programs, configuration, fill, serving
from tests.page.schema import faults
from tests.store.make import hits_on, later

ATOM = "{http://www.w3.org/2005/Atom}"
LISTS = {"hits": "id", "articles": "id", "stories": "id", "rules": "id", "outlets": "source", "silences": "id"}
PROBLEM = "application/problem+json"
HUGE = "9" * 5_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("programs")
    configuration(made)
    fill(made / "monitor.db")
    return made


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator[Programs]:
    with serving(folder) as programs:
        yield programs


def told(folder: Path, *words: str) -> list[dict]:
    """Return what the command line prints."""
    found = CliRunner().invoke(cli, ["--config", str(folder / "config"), *words], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return [json.loads(line) for line in found.stdout.splitlines()]


# ---- the same as the command line


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("hits", {"limit": "200"}, ("hits", "--ndjson")),
        ("hits", {"q": "harbour", "rule": "rule1"}, ("hits", "harbour", "--rule", "rule1", "--ndjson")),
        ("hits", {"q": "@port", "sort": "relevance"}, ("hits", "@port", "--sort", "relevance", "--ndjson")),
        ("hits", {"story": "s4", "outlet": "o1"}, ("hits", "--story", "s4", "--outlet", "o1", "--ndjson")),
        ("hits", {"standing": "silenced"}, ("hits", "--standing", "silenced", "--ndjson")),
        ("hits", {"until": "2026-11-24T08:05"}, ("hits", "--until", "2026-11-24T08:05", "--ndjson")),
        ("articles", {}, ("articles", "--ndjson")),
        ("articles", {"q": "harbour", "lang": "en"}, ("articles", "harbour", "--lang", "en", "--ndjson")),
        ("stories", {}, ("story", "list", "--ndjson")),
        ("rules", {}, ("rules", "list", "--json")),
        ("outlets", {}, ("outlets", "list", "--json")),
        ("alerts", {}, ("alerts", "list", "--json")),
        ("alerts", {"state": "pending"}, ("alerts", "list", "--state", "pending", "--json")),
        ("alerts", {"held": "true"}, ("alerts", "list", "--held", "--json")),
        ("alerts", {"reason": "held_quiet"}, ("alerts", "list", "--reason", "held_quiet", "--json")),
        ("silences", {"all": "true"}, ("silence", "list", "--all", "--json")),
        ("silences", {}, ("silence", "list", "--json")),
    ],
)
def test_a_list_is_that_of_the_command_line(page, folder, name, given, words):
    rows, expected = page.get(name, **given)[name], told(folder, *words)
    if name in {"rules", "outlets"}:
        key = LISTS[name]
        rows, expected = sorted(rows, key=lambda row: row[key]), sorted(expected, key=lambda row: row[key])
    assert rows == expected
    assert expected or given == {"standing": "silenced"}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("hits/1", ("hits", "show", "1", "--json")),
        ("articles/2", ("articles", "show", "2", "--json")),
        ("stories/s2", ("story", "show", "s2", "--json")),
        ("stories/s4", ("story", "show", "s4", "--json")),
        ("alerts/1", ("alerts", "show", "1", "--json")),
    ],
)
def test_one_is_that_of_the_command_line(page, folder, path, words):
    assert [page.get(path)] == told(folder, *words)


def test_what_the_command_line_only_lists_is_one_of_its_list(page):
    for name, key, one in (("rules", "id", "ice"), ("silences", "id", 3)):
        rows = page.get(name, **({"all": "true"} if name == "silences" else {}))[name]
        assert page.get(f"{name}/{one}") == next(row for row in rows if row[key] == one)
    rows = [row for row in page.get("outlets")["outlets"] if row["outlet"] == "o1"]
    found = page.get("outlets/o1")
    assert (found["outlet"], sorted(found["sources"], key=lambda row: row["source"])) == ("o1", rows)
    assert [len(rows), rows[0]["troubles"][0]["trouble"]] == [2, "layout"]


# ---- cursors


def walk(page: Programs, name: str, limit: int, **given: str) -> list[dict]:
    rows: list[dict] = []
    after: dict[str, str] = {}
    while True:
        found = page.get(name, limit=limit, **given, **after)
        rows += found[name]
        if found["next"] is None:
            return rows
        assert len(found[name]) == limit
        assert len(rows) < 1_000
        after = {"after": found["next"]}


@pytest.mark.parametrize("limit", [1, 2, 5, 7, 200])
@pytest.mark.parametrize(
    ("name", "given", "count"),
    [
        ("hits", {}, ARTICLES + (ARTICLES + 2) // 3),
        ("hits", {"q": "harbour"}, ARTICLES + (ARTICLES + 2) // 3),
        ("hits", {"q": "harbour", "sort": "relevance", "rule": "ice"}, ARTICLES),
        ("articles", {}, ARTICLES + 1),
        ("articles", {"q": "harbour -nothing", "sort": "relevance"}, ARTICLES),
        ("stories", {}, None),
        ("rules", {}, RULES),
        ("outlets", {}, OUTLETS + 2),
        ("alerts", {}, None),
        ("silences", {"all": "true"}, SILENCES),
        ("silences", {}, None),
    ],
)
def test_a_walk_has_no_gap_and_no_double(page, name, given, count, limit):
    whole = page.get(name, limit=200, **given)[name]
    assert len(whole) == (count or len(whole)) > 2
    assert walk(page, name, limit, **given) == whole


def test_hits_that_come_move_no_story_within_a_walk(tmp_path):
    configuration(tmp_path)
    fill(tmp_path / "monitor.db")
    with serving(tmp_path) as page:
        whole = [row["id"] for row in page.get("stories")["stories"]]
        first = page.get("stories", limit=2)
        store = SqliteStore.open(tmp_path / "monitor.db")
        for number, story in enumerate((whole[0], whole[-1], "new")):
            hits_on(store, 500 + number, ("ice",), story, found_at=later(9_000))
        store.close()
        rest = page.get("stories", after=first["next"])
        assert [row["id"] for row in first["stories"] + rest["stories"]] == whole
        assert {row["id"] for row in page.get("stories", limit=3)["stories"]} == {"new", whole[-1], whole[0]}


def test_a_rule_that_goes_leaves_no_gap(page):
    """The cursor says behind which key to go on, not how many were shown."""
    first = page.get("rules", limit=2)
    assert [row["id"] for row in first["rules"]] == ["ice", "rule0"]
    assert page.get("rules", after=first["next"], limit=1)["rules"][0]["id"] == "rule1"


# ---- the document


def document(page: Programs) -> dict:
    return page.get("openapi.json")


def addresses(page: Programs) -> Iterator[tuple[str, str]]:
    """Yield each path of the document with an address of something that is there."""
    there = {"hits": "1", "articles": "2", "stories": "s0", "rules": "ice", "outlets": "o1", "alerts": "1",
             "silences": "1"}  # fmt: skip
    for path in document(page)["paths"]:
        yield path, path.replace("{id}", there.get(path.split("/")[3], "") if "{id}" in path else "")


def test_each_answer_is_what_the_document_says(page):
    said = document(page)
    found = [*addresses(page)]
    assert len(found) == len(ENDPOINTS) + 1
    for path, address in found:
        answer = page.ask(address)
        (media, content), *_ = said["paths"][path]["get"]["responses"]["200"]["content"].items()
        assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, media), path
        if media == "application/json":
            assert [*faults(answer.json, content["schema"], said)] == [], path


def test_each_row_of_each_filter_is_what_the_document_says(page):
    said = document(page)
    for name in ("hits", "articles", "stories", "rules", "outlets", "alerts", "silences"):
        schema = said["paths"][f"/api/v1/{name}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        given = {"q": "harbour"} if name in {"hits", "articles"} else {}
        assert [*faults(page.get(name, limit=200, **given), schema, said)] == []
        if "/{id}" in "".join(path for path in said["paths"] if path.startswith(f"/api/v1/{name}/")):
            one = said["paths"][f"/api/v1/{name}/{{id}}"]["get"]["responses"]["200"]["content"]["application/json"]
            for row in page.get(name, limit=200, **({"all": "true"} if name == "silences" else {}))[name]:
                number = row["outlet"] if name == "outlets" else row["alert"]["id"] if name == "alerts" else row["id"]
                assert [*faults(page.get(f"{name}/{number}"), one["schema"], said)] == []


def test_the_check_of_answers_sees_what_is_not_described(page):
    said, hit = document(page), page.get("hits/1")
    schema = {"$ref": "#/components/schemas/HitShown"}
    assert [*faults(hit, schema, said)] == []
    for wrong in (
        {**hit, "more": 1},
        {**hit, "id": "1"},
        {**hit, "standing": "odd"},
        {**hit, "found_at": "2026-01-01"},
    ):
        assert [*faults(wrong, schema, said)], wrong
    assert [*faults({name: hit[name] for name in hit if name != "rule"}, schema, said)]


def test_every_parameter_is_described_and_every_described_one_is_taken(page):
    for path, described in document(page)["paths"].items():
        for one in described["get"].get("parameters", ()):
            if one["in"] == "query":
                answer = page.ask(path, {one["name"]: "\x07"})
                unknown = answer.status == 400 and "there is no such" in answer.json["detail"]
                assert not unknown, (path, one["name"])
        answer = page.ask(path.replace("{id}", "1"), {"surplus": "1"})
        assert (answer.status, answer.json["parameter"]) == (400, "surplus"), path


def test_what_the_manual_asks_is_answered(page):
    manual = Path(__file__).parents[2].joinpath("docs", "api.md").read_text("utf-8")
    asked = re.findall(r"http://127\.0\.0\.1:9465(/[^']+)", manual)
    assert len(asked) > 4
    for address in asked:
        assert page.ask(address).status == 200, address
    named = {address.replace("ID", "{id}") for address in re.findall(r"`(/(?:api/v1/|hits\.)[^`]*)`", manual)}
    assert named == set(document(page)["paths"])


# ---- refusals


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("hits?limit=0", "a number from 1 to 200"),
        ("hits?limit=201", "a number from 1 to 200"),
        ("hits?limit=%C2%B2", "a number from 1 to 200"),
        (f"hits?limit={HUGE}", "a number from 1 to 200"),
        ("hits?limit=1&limit=2", "give it once"),
        ("hits?since=soon", "2026-11-24T08:00"),
        ("hits?since=0001-01-01T00:00%2B14:00", "2026-11-24T08:00"),
        ("hits?standing=odd", "one of live, late"),
        ("hits?sort=odd", "one of newest, relevance"),
        ("hits?sort=relevance", "give one"),
        ("hits?q=(", "line 1, column 2"),
        ("hits?q=@nobody", "nobody"),
        (f"hits?q={'a' * 2_001}", "2000 characters"),
        (f"hits?rule={'a' * 201}", "200 characters"),
        ("hits?after=n0", "`next` of the page before"),
        ("hits?after=nffffffffffffffffffff", "`next` of the page before"),
        ("hits?after=ko1", "`next` of the page before"),
        ("hits?q=harbour&sort=relevance&after=r1-99", "begin again"),
        ("stories?after=n1", "`next` of the page before"),
        ("rules?after=n1", "`next` of the page before"),
        ("rules?after=", "`next` of the page before"),
        ("alerts?after=s1-1", "`next` of the page before"),
        ("alerts?state=odd", "one of pending"),
        ("alerts?held=yes", "true or false"),
        ("alerts?reason=odd", "one of first"),
        ("silences?all=1", "true or false"),
        ("outlets?odd=1", "those there are: after, limit"),
        ("hits/1?limit=1", "those there are: none"),
    ],
)
def test_what_cannot_be_used_is_refused_with_what_to_write(page, address, said):
    answer = page.ask(f"/api/v1/{address}")
    assert (answer.status, answer.headers["content-type"]) == (400, PROBLEM)
    assert said in answer.json["detail"]
    assert answer.json["status"] == 400
    assert answer.json["parameter"] == address.split("?")[1].split("=")[0] or "&" in address or "harbour" in address


@pytest.mark.parametrize("name", ["hits", "articles", "stories", "rules", "outlets", "alerts", "silences"])
@pytest.mark.parametrize(
    "one", ["0", "-1", "9223372036854775807", "9223372036854775808", HUGE, "abc", "1.0", "%00", "²"]
)
def test_an_id_that_nothing_has_is_not_found(page, name, one):
    answer = page.ask(f"/api/v1/{name}/{one.replace('²', '%C2%B2')}")
    assert (answer.status, answer.headers["content-type"], answer.json["status"]) == (404, PROBLEM, 404)


def test_what_is_not_served_and_what_would_change_something_are_problems(page):
    for path in ("/api/", "/api/v1", "/api/v1/", "/api/v1/hits/", "/api/v2/hits", "/api/v1/hits/1/2"):
        answer = page.ask(path)
        assert (answer.status, answer.headers["content-type"]) == (404, PROBLEM), path
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "ODD"):
        for path in ("/api/v1/hits", "/api/v1/openapi.json", "/hits.atom"):
            answer = page.ask(path, method=method)
            assert (answer.status, answer.headers["content-type"]) == (405, PROBLEM), (method, path)
            assert "GET" in answer.headers["allow"]
    for path in ("/api/v1/hits", "/hits.atom"):
        answer = page.ask(path, method="HEAD")
        assert (answer.status, answer.body) == (200, b"")


def test_nothing_that_is_asked_makes_a_500(page):
    """Each naughty string in each parameter and as an id; half as two parameters."""
    for place, one in enumerate(text[:4_000] for text in NAUGHTY):
        endpoint = ENDPOINTS[place % len(ENDPOINTS)]
        for given in ([(item.name, one.encode("utf-8", "surrogatepass"))] for item in endpoint.parameters):
            assert page.ask(endpoint.path.replace("{id}", "1"), given).status in {200, 400}, (endpoint.path, given)
        for query in ({"q": one.encode("utf-8", "surrogatepass")}, {one.encode("utf-8", "surrogatepass"): "1"}):
            assert page.ask("/api/v1/articles", query).status in {200, 400}, query


def test_without_a_database_it_says_so(tmp_path):
    configuration(tmp_path)
    with serving(tmp_path) as page:
        answer = page.ask("/api/v1/hits")
        assert (answer.status, answer.headers["content-type"]) == (503, PROBLEM)
        assert "database" in answer.json["detail"]


# ---- the feed


def test_a_view_of_hits_is_a_feed(page):
    answer = page.ask("/hits.atom", {"rule": "rule1", "outlet": "", "q": "harbour", "since": ""})
    assert answer.headers["content-type"] == "application/atom+xml"
    tree = ElementTree.fromstring(answer.body)
    terms = [one.get("term") for one in tree.iterfind(f"{ATOM}entry/{ATOM}category")]
    assert terms == ["rule1"] * len(page.get("hits", rule="rule1")["hits"])
    assert tree.findtext(f"{ATOM}title") == "hits, rule rule1, harbour"
    (here,) = (one.get("href") for one in tree.iterfind(f"{ATOM}link") if one.get("rel") == "self")
    assert page.ask(here.removeprefix(f"http://127.0.0.1:{page.port}")).body == answer.body


def test_the_screen_names_the_feed_of_what_it_shows(page):
    body = page.ask("/hits", {"rule": "rule1", "after": "n9"}).body.decode()
    assert '<link rel="alternate" type="application/atom+xml"' in body
    assert 'href="/hits.atom?rule=rule1"' in body
    assert "hits.atom" not in page.ask("/hits", {"since": "soon"}).body.decode()


def test_a_feed_of_what_is_not_understood_is_refused(page):
    """One that leaves a filter out would tell everything."""
    for given in ({"since": "soon"}, {"q": "("}, {"outlets": "o1"}):
        answer = page.ask("/hits.atom", given)
        assert (answer.status, answer.headers["content-type"]) == (400, PROBLEM)


def test_the_archive_is_as_full_as_these_tests_take_it_for(folder):
    store = SqliteStore.open_readonly(folder / "monitor.db")
    hits = store.hits.rows(Filter(limit=999))
    assert len({row.hit.story_id for row in hits}) > 2
    assert len(store.silences.rows()) == SILENCES > len(store.silences.active(datetime.now(UTC))) > 2
    store.close()
