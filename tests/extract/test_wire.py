"""Which agency an article is from."""

from __future__ import annotations

import pytest

from monitor.extract.wire import wire


@pytest.mark.parametrize(
    ("lead", "agency"),
    [
        ("KYIV, May 3 (Reuters) - The council agreed", "Reuters"),
        ("(Reuters) The council agreed", "Reuters"),
        ("WASHINGTON (AP) — The council", "Associated Press"),
        ("(ANSA) - ROMA, 3 MAG - Il consiglio", "ANSA"),
        ("Berlin (dpa/AFP) - Der Rat", "dpa"),
        ("Київ. Укрінформ. Рада погодила", "Ukrinform"),
        ("МОСКВА, 3 мая — РИА Новости. Совет", "RIA Novosti"),
        ("МОСКВА, 3 мая. /ТАСС/. Совет", "TASS"),
        ("【共同】港湾評議会は", "Kyodo"),
        ("新华社北京5月3日电", "Xinhua"),
        ("The council (AP) said that six ships", ""),
        ("He joined Reuters. Then he left", ""),
        ("The dispute (aa) went on", ""),
        ("", ""),
    ],
)
def test_a_dateline_names_the_agency(lead: str, agency: str) -> None:
    assert wire((), "", "", lead) == agency


@pytest.mark.parametrize(
    ("author", "agency"),
    [
        ("Reuters Staff", "Reuters"),
        ("AFP/Reuters", "AFP"),
        ("Le Quai avec AFP", "AFP"),
        ("dpa", "dpa"),
        ("Ani Sid", ""),
        ("Sid", ""),
        ("Paul Apa", ""),
    ],
)
def test_a_byline_names_the_agency_and_people_are_none(author: str, agency: str) -> None:
    assert wire((author,), "", "", "") == agency


def test_an_agencys_own_articles_are_not_from_a_wire() -> None:
    assert wire(("Ukrinform",), "", "Укрінформ", "Київ. Укрінформ. Рада") == ""
    assert wire((), "Reuters", "Harbour Times", "") == "Reuters"
