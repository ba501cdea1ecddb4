"""The style sheet and the script: what a browser may keep of them, and of the feed."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from monitor.web import files
from tests.page.programs import configuration, fill, serving
from tests.page.room import page

STATIC = Path(files.__file__).with_name("static")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with page(tmp_path_factory.mktemp("files")) as found:
        yield found


@pytest.mark.parametrize(("name", "media"), [("monitor.css", "text/css"), ("monitor.js", "text/javascript")])
def test_a_file_is_kept_under_its_version_and_asked_for_without_it(served, name, media):
    place = re.search(rf'"(/static/{name}\?v=[0-9a-f]+)"', served.get("/").text)[1]
    body = STATIC.joinpath(name).read_bytes()
    assert place.endswith(hashlib.sha256(body).hexdigest()[:12])
    kept = served.get(place)
    assert (kept.status_code, kept.content) == (200, body)
    assert kept.headers["content-type"].startswith(media)
    assert kept.headers["cache-control"] == "private, max-age=31536000, immutable"
    for other in (f"/static/{name}", f"/static/{name}?v=0123456789ab"):
        asked = served.get(other)
        assert (asked.content, asked.headers["cache-control"]) == (body, "private, no-cache")
        again = served.get(other, headers={"If-None-Match": asked.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_what_is_kept_gives_nobody_a_session(served):
    served.client.cookies.clear()
    assert "set-cookie" not in served.get("/static/monitor.css").headers
    assert "set-cookie" in served.get("/").headers


@pytest.mark.parametrize("name", ["none.css", "%2e%2e%2fguard.py", "monitor.css%00", "guard.py"])
def test_nothing_else_is_served(served, name):
    assert served.get(f"/static/{name}").status_code == 404


def test_the_script_runs_no_text_and_makes_no_markup():
    script = STATIC.joinpath("monitor.js").read_text()
    forbidden = re.findall(
        r"eval|Function\(|innerHTML|outerHTML|insertAdjacent|document\.write|setTimeout|import", script
    )
    assert forbidden == []
    # First paint: less than a picture.
    assert len(script) + len(STATIC.joinpath("monitor.css").read_text()) < 10_000


# ---- the feed


def test_a_feed_that_is_the_same_is_not_sent_again(tmp_path):
    configuration(tmp_path)
    fill(tmp_path / "monitor.db")
    with serving(tmp_path) as programs:
        first = programs.ask("/hits.atom", {"rule": "ice"})
        assert first.status == 200
        assert first.headers["cache-control"] == "private, no-cache"
        tag = first.headers["etag"]
        for sent in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            again = programs.ask("/hits.atom", {"rule": "ice"}, **{"If-None-Match": sent})
            assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag), sent
        for sent in ('"other"', "", tag.strip('"')):
            assert programs.ask("/hits.atom", {"rule": "ice"}, **{"If-None-Match": sent}).body == first.body
        other = programs.ask("/hits.atom", {"rule": "rule1"}, **{"If-None-Match": tag})
        assert (other.status, other.headers["etag"] != tag) == (200, True)
        # Whatever is JSON changes by the second: it is kept by nobody.
        assert programs.ask("/api/v1/hits").headers["cache-control"] == "no-store"
