"""Languages: what a page claims and what its text is in."""

from __future__ import annotations

import pytest

from monitor.parse import language

TEXTS = {
    "en": "The harbour council agreed on Tuesday to build berths for six ships, ending a dispute of two years.",
    "de": "Der Hafenrat hat am Dienstag beschlossen, Liegeplätze für sechs Schiffe zu bauen, und beendet den Streit.",
    "fr": "Le conseil du port a décidé mardi de construire des postes d'amarrage pour six navires, mettant fin au litige.",
    "uk": "Рада порту у вівторок погодилася збудувати причали для шести суден і завершити дворічну суперечку.",
    "ru": "Совет порта во вторник согласился построить причалы для шести судов и закончить двухлетний спор.",
    "ja": "港湾評議会は火曜日、六隻の船のための停泊所を建設することに合意し、二年にわたる争いを終わらせた。",
}


@pytest.mark.parametrize("own", TEXTS)
def test_a_wrong_claim_is_overruled_and_a_right_one_kept(own):
    text = f"{TEXTS[own]} {TEXTS[own]}"
    assert {language.checked(claim, text) for claim in (*TEXTS, None)} == {own}


def test_too_little_text_proves_nothing():
    assert language.checked("de", "The harbour council agreed") == "de"
    assert language.checked(None, "") is None


def test_kin_and_what_the_model_does_not_know_are_left_alone():
    norwegian = (
        "Havnerådet ble tirsdag enige om å bygge kaiplasser til seks skip, og avslutter dermed en strid på to år. "
    )
    assert language.checked("nb", norwegian * 2) == "nb"
    assert language.checked("rn", TEXTS["en"] * 2) == "rn"


def test_a_quotation_at_the_beginning_does_not_decide():
    quoted = TEXTS["de"] + " " + " ".join([TEXTS["en"]] * 6)
    assert language.checked("en", quoted) == "en"


@pytest.mark.parametrize("text", ["\x00" * 500, "\ud800" * 500, "1234 " * 100, "😀" * 200])
def test_what_is_no_text_keeps_the_claim(text):
    assert language.checked("en", text) == "en"
