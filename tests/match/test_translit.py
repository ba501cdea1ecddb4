"""Names in Cyrillic in the spellings of newspapers."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.match.translit import MAX_SPELLINGS, variants

LANGUAGES = ("uk", "ru", "be", "bg")
UK_RU = "абвгґдеєёжзиіїйклмнопрстуфхцчшщъыьэюя"

# One name a line: how it is written, the language, then "spelling" (any language) or "spelling:languages".
KNOWN = """
Зеленський uk Zelenskyi Zelensky Zelenskyy Zelenskiy Zelenskij Selenskyj:de Selenski:de Zelenski:fr,es,sl,hr,pt,ro
Зеленський uk Zełenski:pl Zelenskyj:cs,sk,sv,no,da Zelenszkij:hu Zelenskõi:et
Зеленский ru Zelensky Zelenskiy Selenski:de Selenskij:de Zelenski:es,sl,nl
Путин ru Putin Poutine:fr Poetin:nl Putyin:hu
Лавров ru Lavrov Lawrow:de,pl Ławrow:pl
Шойгу ru Shoigu Shoygu Schoigu:de Choïgou:fr Choigou:fr Szojgu:pl Šojgu:cs,sl Sjojgu:sv,no,da Sjojgoe:nl Šoigu:fi
Шойгу ru Sojgu:hu Șoigu:ro Şoygu:tr
Хрущёв ru Khrushchev Chruschtschow:de Khrouchtchev:fr Jruschov:es Chruszczow:pl Chruščov:cs Hruščov:sl,hr
Хрущёв ru Chrusjtjov:sv Khrusjtsjov:no Khrusjtjov:da Chroesjtsjov:nl Hruštšov:fi,et Hruscsov:hu Hrușciov:ro
Хрущев ru Khrushchev Chruschtschow:de Jruschov:es Chruszczow:pl
Горбачев ru Gorbachev Gorbatschow:de Gorbatchev:fr Gorbachov:es Gorbaczow:pl Gorbačov:cs,sl,hr Gorbatjov:sv,da
Горбачев ru Gorbatsjov:nl,no Gorbatšov:fi Gorbacsov:hu Gorbaciov:ro Gorbačëv:it
Горбачёва ru Gorbacheva Gorbatschowa:de Gorbaczowa:pl
Лукашенко ru Lukashenko Lukaschenko:de Loukachenko:fr Łukaszenko:pl Lukašenko:cs,sk,sl Loekasjenko:nl Lukasjenko:sv
Лукашэнка be Lukashenka Lukaschenka:de Loukachenka:fr Łukaszenka:pl Lukašenka:cs
Навальный ru Navalny Navalnyy Nawalny:de,pl Navalni:es,sl Navalnyj Navaľnyj:sk Navaljni:hr Navalnij:hu Navalnyi
Київ uk Kyiv Kyjiw:de,pl Kyïv:fr Kyjiv:cs,sk,nl
Киев ru Kiev Kiew:de Kijev:nl,hr
Кличко uk Klychko Klitschko Klytschko:de Kličko:sl,hr Klyčko:cs Kłyczko:pl Klitsjko:nl Klitchko:fr
Тимошенко uk Tymoshenko Timoschenko:de Timochenko:fr Timoshenko:es Tymoszenko:pl Tymošenko:cs Timosjenko:nl
Янукович uk Yanukovych Janukowitsch:de Ianoukovitch:fr Yanukóvich:es Janukowycz:pl Janukovyč:cs Janukovič:sl
Янукович uk Janukovytj:sv,da Janoekovitsj:nl Janukovics:hu
Порошенко uk Poroshenko Poroschenko:de Porochenko:fr Poroszenko:pl Porošenko:cs,sl Porosjenko:nl,sv
Буданов uk Budanov Budanow:de,pl Boudanov:fr Boedanov:nl
Сирський uk Syrskyi Syrsky Syrskyj:de,cs,sv Syrski:pl Sirski:sl,es
Залужний uk Zaluzhnyi Zaluzhny Zaluzhnyy Saluschnyj:de Zaloujny:fr Załużny:pl Zalužnyj:cs Zalužni:sl Zaloezjny:nl
Чайковский ru Tchaikovsky Chaikovskii Tschaikowski:de Tchaïkovski:fr Tchaikovski:fr Chaikovski:es Czajkowski:pl
Чайковский ru Čajkovskij:cs,it Čajkovski:sl Tjajkovskij:sv Tsjaikovski:nl Tšaikovski:fi Csajkovszkij:hu
Сибіга uk Sybiha Sibiha:es
Єрмак uk Yermak Jermak:de,pl,cs,sl,sv,nl,fi,hu Iermak:fr
Ельцин ru Yeltsin Jelzin:de Eltsine:fr Jelcyn:pl Jelcin:cs,sl,hu Jeľcin:sk Jeltsin:nl,sv,fi
Достоевский ru Dostoyevsky Dostojewski:de,pl Dostoïevski:fr Dostoyevski:es Dostojevskij:cs,sv Dostojevski:nl,sl
Солженицын ru Solzhenitsyn Solschenizyn:de Soljenitsyne:fr Sołżenicyn:pl Solženicyn:cs Solzjenitsyn:sv
Медведев ru Medvedev Medwedew:de Miedwiediew:pl Medvegyev:hu
Пригожин ru Prigozhin Prigoschin:de Prigojine:fr Prigożyn:pl Prigožin:cs,sl Prigozjin:nl,sv
Ціханоўская be Tsikhanouskaya Tsikhanouskaia Zichanouskaja:de Cichanouska:pl Cichanouská:cs Tsikhanouskaïa:fr
Бяляцкі be Bialiatski Bjaljazki:de Bialacki:pl Bjaljacki:cs
Борисов bg Borisov Borissow:de Borissov:fr Borisow:pl
Щерев bg Shterev Schterew:de Szterew:pl Šterev:cs
Стоичков bg Stoichkov Stoitschkow:de Stoiczkow:pl
Първанов bg Parvanov Parwanow:de,pl
Щербак uk Shcherbak Schtscherbak:de Chtcherbak:fr Scherbak:es Szczerbak:pl Ščerbak:cs Sjtjerbak:sv
Згурський uk Zghurskyi Zghursky Shurskyj:de Zhurskyj:cs
Їжакевич uk Yizhakevych Jischakewytsch:de Jiżakewycz:pl Jižakevyč:cs
Юрій uk Yurii Yuriy Jurij:de,pl,cs,sv Joerij:nl Iouriy:fr
Мар'яна uk Mariana Maryana Marjana:de,pl,cs
Кольо bg Kolyo Koljo:de,cs
НАТО uk NATO
""".strip().splitlines()  # fmt: skip


@pytest.mark.parametrize("line", KNOWN)
def test_names_are_spelled_as_newspapers_spell_them(line):
    name, language, *expected = line.split()
    found = dict(variants(name, language))
    for part in expected:
        spelling, _, languages = part.partition(":")
        assert spelling in found, (spelling, found)
        if languages:
            wanted = set(languages.split(","))
            assert wanted <= set(found[spelling] or wanted), (spelling, found[spelling])
        else:
            assert found[spelling] == (), (spelling, found[spelling])


def test_all_words_of_a_name_are_spelled_by_one_scheme():
    found = dict(variants("Володимир Зеленський", "uk"))
    assert found["Volodymyr Zelensky"] == ()
    assert "de" in found["Wolodymyr Selenskyj"]
    assert "pl" in found["Wołodymyr Zełenski"]
    assert "es" in found["Volodímir Zelenski"]
    assert "Volodymyr Selenskyj" not in found
    assert "Wolodymyr Zelenskyj" not in found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Сергей Лавров", {"Sergei Lavrov", "Sergej Lawrow", "Sergueï Lavrov", "Serguéi Lavrov", "Siergiej Ławrow"}),
        ("Владимир Путин", {"Vladimir Putin", "Wladimir Putin", "Vladimir Poutine", "Vladímir Putin"}),
        ("Алексей Навальный", {"Alexei Navalny", "Alexej Nawalny", "Alexeï Navalny", "Alexéi Navalni"}),
        ("Александр Лукашенко", {"Alexander Lukashenko", "Alexandre Loukachenko", "Alexandr Lukašenko"}),
        ("Михаил Горбачев", {"Mikhail Gorbachev", "Michail Gorbatschow", "Mikhaïl Gorbatchev", "Mijaíl Gorbachov"}),
        ("Римский-Корсаков", {"Rimsky-Korsakov", "Rimski-Korsakow", "Rimskij-Korsakov"}),
    ],
)
def test_full_names_have_the_usual_given_name(name, expected):
    assert expected <= dict(variants(name, "ru")).keys()


def test_a_spelling_stands_once_with_all_its_languages():
    assert variants("Єрмак", "uk")[0] == ("Yermak", ())
    assert variants("Путин", "ru") == (("Putin", ()), ("Poutine", ("fr",)), ("Poetin", ("nl",)), ("Putyin", ("hu",)))
    assert variants("НАТО", "ru") == (("NATO", ()),)


def test_capitals_stay():
    found = dict(variants("ЩЕРБАК", "uk"))
    assert {"SHCHERBAK", "SCHTSCHERBAK", "SZCZERBAK", "ŠČERBAK"} <= found.keys()
    assert dict(variants("Я. Щ.", "uk")).keys() >= {"Ya. Shch.", "Ja. Schtsch."}
    assert dict(variants("щербак", "uk")).keys() >= {"shcherbak"}


@pytest.mark.parametrize("apostrophe", "'’ʼ‘`")
def test_an_apostrophe_is_read_in_any_form_and_not_written(apostrophe):
    found = dict(variants(f"В{apostrophe}ячеслав", "uk"))
    assert {"Viacheslav", "Vyacheslav", "Wjatscheslaw", "Vjačeslav"} <= found.keys()


def test_stress_marks_and_letters_in_two_parts_are_read():
    assert variants("Зеле\u0301нський", "uk") == variants("Зеленський", "uk")
    assert variants(unicodedata.normalize("NFD", "Шойгу Київ Хрущёв"), "ru") == variants("Шойгу Київ Хрущёв", "ru")


@pytest.mark.parametrize(
    ("name", "language"),
    [("Zelensky", "uk"), ("", "uk"), ("习近平", "ru"), ("Вучић", "ru"), ("Тоқаев", "ru"), ("Лавров", "sr"), ("ь", "uk"), ("42", "bg")],
)  # fmt: skip
def test_what_it_cannot_spell_comes_back_as_it_is(name, language):
    assert variants(name, language) == ((name, ()),)


def test_latin_parts_stay():
    assert variants("Telegram-канал", "ru")[0] == ("Telegram-kanal", ())


@given(st.one_of(st.text(), st.text(UK_RU + UK_RU.upper() + " -'’.Aé1\u0301")), st.sampled_from([*LANGUAGES, "", "kk"]))
def test_any_text_gives_few_spellings_each_once(name, language):
    found = variants(name, language)
    assert 1 <= len(found) <= MAX_SPELLINGS
    assert len(dict(found)) == len(found)
    for _, languages in found:
        assert all(re.fullmatch("[a-z]{2}", code) for code in languages)
        assert len(set(languages)) == len(languages)
    assert found == variants(name, language)


@given(st.text(UK_RU + UK_RU.upper() + " -'’.", min_size=1), st.sampled_from(LANGUAGES))
def test_cyrillic_letters_become_latin_letters(name, language):
    found = variants(name, language)
    if found == ((name, ()),):
        assert not set(name.lower()) & set(UK_RU) - set("ьъ")
        return
    for spelling, _ in found:
        assert all(unicodedata.name(char).startswith("LATIN ") for char in spelling if char.isalpha()), spelling


@given(st.text(UK_RU + " ", min_size=1), st.sampled_from(LANGUAGES))
def test_spellings_of_any_language_come_first(name, language):
    for_some = [bool(languages) for _, languages in variants(name, language)]
    assert not for_some[0]
    assert for_some == sorted(for_some)


@given(st.text(UK_RU, min_size=1), st.sampled_from(LANGUAGES))
def test_words_are_spelled_alone(word, language):
    alone = dict(variants(word, language))
    if any(map(str.isalpha, "".join(alone))) and len(alone) < MAX_SPELLINGS and word not in alone:
        twice = variants(f"{word} {word}", language)
        assert [spelling for spelling, _ in twice] == [f"{spelling} {spelling}" for spelling in alone]
