"""OPML and CSV: what other programs write becomes outlets; what we write comes back the same; hostile files do nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import ReadError, Reason
from monitor.model import Outlet, Source
from monitor.outlets import opml, table
from monitor.outlets.exchange import Import, imported


def outline(inside, head=""):
    return f'<?xml version="1.0"?>{head}<opml version="2.0"><body>{inside}</body></opml>'.encode()


def from_opml(inside, *outlets):
    return imported(opml.read(outline(inside)), outlets)


def from_csv(text, *outlets):
    return imported(table.read(text.encode() if isinstance(text, str) else text), outlets)


MANY = (
    Outlet("a", "A & Sons <daily>", "https://a.example/", (Source("https://a.example/rss?x=1&y=2"),), "en", tags=("sea",)),
    Outlet("b", "Б", "", (Source("https://b.example/rss"), Source("https://b.example/two")), tags=("sea", "a, b/c%2C", "x")),
    Outlet("c", "c", "https://c.example/", (Source("https://c.example/news.xml", "sitemap"), Source("https://c.example/", "listing"))),
    Outlet("d", '=cmd|"/c calc"', "https://a.example/", (Source("https://d.example/rss"),), "uk", tags=("+1", "-", "a;b\\", "'=x")),
    Outlet("e", "'@e", "", (Source("https://e.example/rss"),), tags=("sea",)),
)  # fmt: skip


@pytest.mark.parametrize("form", [opml, table])
def test_what_is_written_comes_back_the_same(form):
    text = form.write(MANY)
    back = imported(form.read(text.encode()), [])
    assert back == Import(MANY)
    assert imported(form.read(text.encode()), MANY) == Import((), 7)


def test_the_selector_of_a_listing_travels_in_opml():
    outlet = Outlet("a", "A", "https://a.example/", (Source("https://a.example/", "listing", 'a[href*="/20"]'),))
    assert imported(opml.read(opml.write([outlet]).encode()), []).outlets == (outlet,)


NAME = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cf", "Co", "Cn", "Zs", "Zl", "Zp"]), min_size=1, max_size=12
)


@pytest.mark.parametrize("form", [opml, table])
@given(name=NAME, tags=st.lists(NAME, max_size=3, unique=True))
def test_any_name_and_tags_come_back(form, name, tags):
    outlet = Outlet("a", name, "https://a.example/", (Source("https://a.example/rss"),), "de", tags=tuple(tags))
    assert imported(form.read(form.write([outlet]).encode()), []).outlets == (outlet,)


def test_folders_are_tags_and_titles_names():
    found = from_opml(
        '<outline text="World"><outline text="Europe">'
        '<outline type="rss" text="Harbour" title="x" xmlUrl="https://h.example/rss" htmlUrl="https://h.example/"/>'
        '</outline></outline><outline xmlUrl="https://q.example/rss" title="Quay" category="/Sea/Ships,Daily"/>'
    )
    assert found.outlets == (
        Outlet(
            "harbour", "Harbour", "https://h.example/", (Source("https://h.example/rss"),), tags=("World", "Europe")
        ),
        Outlet("quay", "Quay", "", (Source("https://q.example/rss"),), tags=("Sea", "Ships", "Daily")),
    )


def test_feeds_that_share_a_home_page_are_one_outlet():
    found = from_opml(
        '<outline text="Harbour, World" xmlUrl="https://h.example/w" htmlUrl="https://www.h.example"/>'
        '<outline text="Harbour, Sport" xmlUrl="https://h.example/s" htmlUrl="http://h.example/"/>'
        '<outline text="Other" xmlUrl="https://o.example/s"/>'
    )
    assert [(one.id, len(one.sources)) for one in found.outlets] == [("harbour-world", 2), ("other", 1)]


def test_a_feed_in_two_folders_has_both_tags_and_is_counted_once_more():
    one = '<outline text="H" xmlUrl="https://h.example/rss"/>'
    found = from_opml(f'<outline text="A">{one}</outline><outline text="B">{one}</outline>')
    assert [outlet.tags for outlet in found.outlets] == [("A", "B")]
    assert found.known == 1


def test_what_is_watched_already_is_counted_however_it_is_spelt():
    known = Outlet("h", sources=(Source("https://www.h.example/rss/"),))
    found = from_opml('<outline text="x" xmlUrl="http://h.example/rss?utm_source=opml"/>', known)
    assert found == Import((), 1)


def test_what_cannot_be_taken_over_is_named_with_its_line():
    found = from_csv(
        "id,name,url,kind\n,A,ftp://a.example/x,\n,B,,\n,C,https://c.example/,gopher\nh,D,https://d.example/rss,\n"
        ",E,https://u:p@e.example/rss,\n,F,https://f.example/rss,feed\n",
        Outlet("h", sources=(Source("https://h.example/rss"),)),
    )
    assert [(one.line, one.what) for one in found.refused] == [(2, "A"), (3, "B"), (4, "C"), (5, "D"), (6, "E")]
    says = ["none of http", "no address", "no kind of source", "'h' already", "user name"]
    assert all(part in one.why for part, one in zip(says, found.refused, strict=True))
    assert [one.id for one in found.outlets] == ["f"]


def test_ids_that_we_make_are_never_those_that_are_there():
    known = Outlet("harbour", sources=(Source("https://x.example/rss"),))
    rows = "".join(f'<outline text="Harbour" xmlUrl="https://h{n}.example/rss"/>' for n in range(2))
    assert [one.id for one in from_opml(rows, known).outlets] == ["harbour-2", "harbour-3"]


def test_feed_addresses_of_old_readers_are_understood():
    found = from_opml(
        '<outline text="a" xmlUrl="feed://a.example/rss"/><outline text="b" xmlUrl="feed:https://b.example/rss"/>'
    )
    assert [one.sources[0].url for one in found.outlets] == ["http://a.example/rss", "https://b.example/rss"]


def test_no_file_opens_our_network_or_excuses_from_robots():
    found = from_opml(
        '<outline text="a" xmlUrl="http://127.0.0.1/rss" private="true" ignore_robots="yes" baseline="alert"/>'
    )
    (outlet,) = found.outlets
    assert (outlet.private, outlet.ignore_robots, outlet.alert_baseline) == (False, "", False)


def test_bare_ampersands_are_mended():
    found = from_opml('<outline text="A & B &eacute;" xmlUrl="https://a.example/?x=1&y=2"/>')
    assert found.outlets[0].sources == (Source("https://a.example/?x=1&y=2"),)
    assert found.outlets[0].name == "A & B &eacute;"


BOMB = '<!DOCTYPE o [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)


@pytest.mark.parametrize(
    "body",
    [
        outline('<outline text="&j;" xmlUrl="https://a.example/&j;"/>', BOMB + "]>"),
        outline('<outline text="&x;" xmlUrl="https://a.example/"/>', '<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        outline("", '<!DOCTYPE opml SYSTEM "http://127.0.0.1:1/x.dtd">'),
        outline('<outline text="&j;"/>', " " * 5_000 + BOMB + "]>"),
        outline('<outline text="&j;"/>', BOMB + "]>").decode().encode("utf-16"),
    ],
)  # fmt: skip
def test_a_file_that_declares_entities_is_refused(body):
    with pytest.raises(ReadError) as error:
        opml.read(body)
    assert error.value.reason is Reason.HOSTILE


@pytest.mark.parametrize(
    "body", [b"<html><body>x</body></html>", b"<opml><body>", b"<opml>" + b"<outline>" * 100_000, b"<", b"<opml/>x"]
)
def test_what_is_no_opml_is_said(body):
    with pytest.raises(ReadError, match="not OPML"):
        opml.read(body)


def test_rows_are_bounded(monkeypatch):
    monkeypatch.setattr(opml, "MAX_ROWS", 10)
    monkeypatch.setattr(table, "MAX_ROWS", 10)
    with pytest.raises(ReadError, match="more than 10"):
        from_opml('<outline text="a" xmlUrl="https://a.example/"/>' * 11)
    with pytest.raises(ReadError, match="more than 10"):
        from_csv("url\n" + "https://a.example/\n" * 11)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_of_any_spreadsheet_is_read(mark):
    text = f"Name{mark}URL{mark}Tags\r\nHarbour{mark}https://h.example/rss{mark}\r\n"
    for body in (text.encode(), text.encode("utf-16"), b"\xef\xbb\xbf" + text.encode()):
        assert [one.name for one in from_csv(body).outlets] == ["Harbour"]


def test_a_file_of_bare_addresses_is_read():
    found = from_csv("https://a.example/rss\n\nhttps://b.example/rss\n")
    assert [one.id for one in found.outlets] == ["a", "b"]


def test_rows_of_one_id_are_one_outlet():
    found = from_csv("id,url,kind,tags\na,https://a.example/rss,,x\na,https://a.example/n.xml,sitemap,x;y\n")
    assert found.outlets == (
        Outlet("a", "a", "", (Source("https://a.example/rss"), Source("https://a.example/n.xml", "sitemap")), tags=("x", "y")),
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "name,address\nA,https://a.example/\n", 'url\n"https://a.example/\n'])
def test_what_is_no_csv_of_ours_is_said_or_empty(text):
    if not text:
        assert from_csv(text) == Import()
        return
    with pytest.raises(ReadError):
        from_csv(text)


def test_no_cell_is_a_formula():
    cells = [cell for line in table.write(MANY).splitlines() for cell in line.replace('"', "").split(",")]
    assert any(cell.startswith("'=cmd") for cell in cells)
    assert not any(cell[:1] in set("=+-@\t\r") for cell in cells if cell)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_read_error(data):
    for read in (opml.read, table.read):
        for body in (data, b"<opml><outline xmlUrl='https://a.example/' text='" + data, b"url,id,tags\n" + data):
            try:
                imported(read(body), MANY)
            except ReadError:
                continue


@pytest.mark.parametrize("form", [opml, table])
def test_a_name_that_looks_encoded_twice_stays(form):
    outlet = Outlet("a", "Â¡", "", (Source("https://a.example/rss"),))
    assert imported(form.read(form.write([outlet]).encode()), []).outlets == (outlet,)
