"""Charsets: what a page says, what its bytes say, and that neither can run or raise anything."""

from __future__ import annotations

import codecs
from encodings import aliases
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.parse import bytes as raw

RUSSIAN = "Пристань в Варне закрыта до конца недели, сообщил глава порта. " * 20
FRENCH = "Le port de Varna est fermé jusqu’à la fin de l’été, a déclaré la préfète à Paris. " * 20
CZECH = "Přístav ve Varně je do konce týdne uzavřen, řekl ředitel přístavu Řehoř Šťastný. " * 20
JAPANESE = "港は週末まで閉鎖されると市長は述べた。" * 20
CHINESE = "港口将关闭到本周末，市长周二表示。" * 20
HOSTILE = (
    "idna hex hex_codec rot13 rot_13 zlib zip bz2 base64 uu quopri undefined utf-7 utf_7 unicode_escape "
    "raw_unicode_escape mbcs oem ansi dbcs punycode palmos utf-8-sig charmap aliases __init__ encodings.hex "
    "../../etc/passwd os string-escape x-user-defined replacement none null 8bit"
).split()
LABELS = sorted({*aliases.aliases, *aliases.aliases.values(), *HOSTILE, *raw._ALLOWED})


def sound(text):
    """Fail for what no text may hold."""
    assert "\0" not in text
    text.encode("utf-8")


@given(st.binary(max_size=300), st.sampled_from(LABELS), st.sampled_from(("header", "meta", "xml", "all")))
def test_no_bytes_and_no_label_raise(body, label, place):
    if place in {"meta", "all"}:
        body = f"<meta charset='{label}'>".encode() + body
    if place in {"xml", "all"}:
        body = f"<?xml version='1.0' encoding='{label}'?>".encode() + body
    header = f"text/html; charset={label}" if place in {"header", "all"} else "text/html"
    text = raw.decode(body, header)
    sound(text)
    assert raw.utf8(body, header) == text.encode()


@given(st.text(max_size=60), st.binary(max_size=100))
def test_no_header_raises(header, body):
    sound(raw.decode(body, f"text/html; charset={header}"))
    sound(raw.decode(body, header))


def test_only_codecs_of_the_list_are_ever_looked_up(monkeypatch):
    asked = []
    monkeypatch.setattr(codecs, "lookup", asked.append)
    for label in LABELS:
        name = raw._known(label)
        assert name is None or name in raw._ALLOWED
        assert name is None or label not in HOSTILE or label == "utf-8-sig"
    assert asked == []


def test_the_table_says_what_python_says():
    for label in aliases.aliases:
        try:
            name = codecs.lookup(label).name
        except LookupError:
            continue
        expected = raw._MEANS.get(name, name) if name in raw._ALLOWED else None
        assert raw._known(label) == expected, label
    for name in raw._ALLOWED:
        "".encode(name)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("windows-1251", "cp1251"),
        ("X-SJIS", "cp932"),
        ("x-gbk", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ("ISO_8859-1:1987", "cp1252"),
        ("latin-1", "cp1252"),
        ("unicode-1-1-utf-8", "utf-8"),
        ("windows-949", "cp949"),
        ("utf8", "utf-8"),
    ],
)
def test_labels_of_the_web_are_known(label, name):
    assert raw._known(label) == name


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (RUSSIAN.encode("cp1251"), "text/html", RUSSIAN),
        (RUSSIAN.encode("koi8-r"), "text/html", RUSSIAN),
        (JAPANESE.encode("shift_jis"), "text/html", JAPANESE),
        (b"<meta charset=shift_jis>" + JAPANESE.encode("cp932"), "", JAPANESE),
        (CHINESE.encode("gb18030"), "text/html; charset=gb2312", CHINESE),
        (b"<html lang=fr>" + FRENCH.encode("cp1252"), "text/html", FRENCH),
        (b"<html class=x lang='cs-CZ'>" + CZECH.encode("cp1250"), "text/html", CZECH),
        # A language of the template is not believed against letters of another script.
        (b"<html lang=en>" + RUSSIAN.encode("cp1251"), "text/html", RUSSIAN),
        (b"<html>" + b" " * 5_000 + b"<meta charset=koi8-u>" + RUSSIAN.encode("koi8-u"), "text/html", RUSSIAN),
        # The header goes before the page.
        (b"<meta charset=windows-1251>" + RUSSIAN.encode("koi8-r"), "text/html; charset=koi8-r", RUSSIAN),
        # A header that cannot be right does not.
        (b"<meta charset=windows-1251>" + RUSSIAN.encode("cp1251"), "text/html; charset=utf-8", RUSSIAN),
        (b"<?xml version='1.0' encoding='iso-8859-2'?>" + CZECH.encode("iso8859-2"), "text/xml", CZECH),
        (("<html>" + RUSSIAN).encode("utf-16-le"), "text/html", RUSSIAN),
        (("<!doctype html>" + RUSSIAN).encode("utf-16-be"), "text/html", RUSSIAN),
        (("\ufeff" + RUSSIAN).encode("utf-16-be"), "text/html; charset=windows-1251", RUSSIAN),
        (("\ufeff" + RUSSIAN).encode("utf-32-le"), "text/html", RUSSIAN),
        (("<p>" + FRENCH).encode("utf-16-le"), "text/html; charset=utf-16le", FRENCH),
        (b"<meta charset=utf-16><p>Quiet in Varna", "text/html", "Quiet in Varna"),
        (b"<meta charset=utf-16><p>\xe9t\xe9", "text/html; charset=windows-1252", "été"),
        ((RUSSIAN + "\ufeff" + FRENCH).encode(), "text/html", RUSSIAN + "\ufeff" + FRENCH),
    ],
)
def test_real_pages_are_read_in_their_charset(body, content_type, expected):
    assert expected in raw.decode(body, content_type)


@pytest.mark.parametrize("content_type", ["text/html", "text/html; charset=utf-8", "text/html; charset=windows-1251"])
@pytest.mark.parametrize("text", [RUSSIAN, FRENCH, CHINESE])
def test_utf_8_with_a_few_broken_bytes_stays_utf_8(text, content_type):
    body = bytearray(text.encode() * 4)
    for place in (len(body) // 2, len(body) // 3):
        body[place] = 0xFF
    found = raw.decode(bytes(body), content_type)
    assert found[:50] == text[:50]
    assert 0 < found.count("\ufffd") <= 8
    # Cut within a letter.
    whole = text.encode()
    end = next(at for at in range(len(whole) - 1, 0, -1) if whole[at] >= 0xC0) + 1
    assert raw.decode(whole[:end], content_type)[:-1] == whole[: end - 1].decode()


@pytest.mark.parametrize(
    ("text", "encoding"), [(FRENCH, "cp1252"), (CHINESE, "gb18030"), (RUSSIAN, "cp1251"), (JAPANESE, "euc_jp"),
                           (JAPANESE, "cp932"), ("한국어로 쓰인 기사 한 편이다. " * 20, "cp949"), (CZECH, "cp1250")],
)  # fmt: skip
def test_nothing_else_is_taken_for_broken_utf_8(text, encoding):
    assert not raw._is_broken_utf8(text.encode(encoding))
    assert text in raw.decode(text.encode(encoding), f"text/html; charset={encoding}")


def test_five_megabytes_without_sense_are_decoded_by_a_look_at_their_beginning(monkeypatch):
    import charset_normalizer

    sizes = []
    real = charset_normalizer.from_bytes
    monkeypatch.setattr(
        charset_normalizer, "from_bytes", lambda body, **how: sizes.append(len(body)) or real(body, **how)
    )
    body = Random(1).randbytes(5_000_000)
    sound(raw.decode(body, "text/html"))
    assert sizes == [20_000]
