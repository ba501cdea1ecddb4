"""One article and one other story in four languages, and the shapes in which sites show the other within the first."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from monitor.model import Page
from tests.extract.pages import NOW

URL = "https://www.courier.example/news/2026/11/bridge-vote"
OTHER = "/news/2026/11/mine-flood"
THIRD = "/news/2026/11/tram-line"


@dataclass(frozen=True)
class Story:
    """What a page shows; `place` and `writer` belong to the other story alone, as do `headline` and `summary`."""

    lang: str
    title: str
    author: str
    paragraphs: tuple[str, ...]
    place: str
    writer: str
    headline: str
    summary: str
    more: tuple[str, ...]
    caption: str
    third: str
    label: str
    most_read: str
    by: str
    date: str

    @property
    def cut(self) -> str:
        """The summary as a program cuts it."""
        return self.summary[: len(self.summary) * 4 // 5].rstrip(" ,、，") + "…"


ENGLISH = Story(
    lang="en",
    title="Council votes to close the old bridge for repairs until summer",
    author="Harriet Bowles",
    paragraphs=(
        "The town council voted on Monday evening to close the old bridge for repairs that will last until summer.",
        "Engineers had found cracks in two of the four arches, said the head of the works office, Edwin Marsh.",
        '"Nobody will be in danger if we act now, and nobody can say so in a year," he told the meeting.',
        "Shopkeepers on the south bank fear for their trade, since the next crossing lies four kilometres upstream.",
        "A ferry is to carry people on foot and bicycles, paid for by the town, from seven in the morning to midnight.",
        "The repairs cost nine million and are paid half by the region, which has yet to sign the agreement.",
    ),
    place="Tarnhollow",
    writer="Oswin Pickett",
    headline="Flooded mine at Tarnhollow to be pumped dry before winter, owner promises",
    summary="Water has stood in the lower galleries of the mine near Tarnhollow since a pump failed in September, and "
    "the owner said that three new ones had been ordered from abroad and would arrive within days.",
    more=(
        "Miners have been on short pay since then, and their union asked for a fund out of which rents can be met.",
        "The pit at Tarnhollow opened ninety years ago and gives work to six hundred people in the valley around it.",
        "An inspector who went down last week wrote that the timber in the deepest gallery had to be replaced soon.",
    ),
    caption="The winding tower of the mine at Tarnhollow in the morning fog.",
    third="Tram line to the hospital of Tarnhollow will open a year later than planned",
    label="Read also",
    most_read="Most read",
    by="By",
    date="18 November 2026",
)
GERMAN = Story(
    lang="de",
    title="Stadtrat beschließt Sperrung der alten Brücke bis zum Sommer",
    author="Henrike Bolte",
    paragraphs=(
        "Der Stadtrat hat am Montagabend beschlossen, die alte Brücke für Reparaturen bis zum Sommer zu sperren.",
        "Fachleute hatten in zwei der vier Bögen Risse gefunden, sagte der Leiter des Bauamts, Edgar Martens.",
        "„Niemand ist in Gefahr, wenn wir jetzt handeln, und in einem Jahr kann das keiner mehr sagen“, sagte er.",
        "Die Händler am Südufer fürchten um ihr Geschäft, denn der nächste Übergang liegt vier Kilometer flussauf.",
        "Eine Fähre soll Fußgänger und Fahrräder übersetzen, bezahlt von der Stadt, von sieben Uhr bis Mitternacht.",
        "Die Arbeiten kosten neun Millionen, die Hälfte trägt das Land, das den Vertrag noch nicht gezeichnet hat.",
    ),
    place="Finstergrund",
    writer="Ottokar Pichler",
    headline="Geflutetes Bergwerk in Finstergrund soll vor dem Winter leergepumpt sein",
    summary="In den unteren Stollen des Bergwerks bei Finstergrund steht das Wasser, seit im September eine Pumpe "
    "ausfiel, und der Betreiber erklärte, drei neue seien im Ausland bestellt und träfen in wenigen Tagen ein.",
    more=(
        "Die Bergleute arbeiten seither kurz, und ihre Gewerkschaft verlangt einen Fonds, aus dem Mieten zu zahlen sind.",
        "Die Grube von Finstergrund wurde vor neunzig Jahren eröffnet und gibt sechshundert Menschen im Tal Arbeit.",
        "Ein Prüfer, der vorige Woche einfuhr, schrieb, dass das Holz im tiefsten Stollen bald zu ersetzen sei.",
    ),
    caption="Der Förderturm des Bergwerks in Finstergrund im Morgennebel.",
    third="Straßenbahn zum Krankenhaus von Finstergrund fährt ein Jahr später als geplant",
    label="Lesen Sie auch",
    most_read="Meistgelesen",
    by="Von",
    date="18. November 2026",
)
UKRAINIAN = Story(
    lang="uk",
    title="Міська рада вирішила закрити старий міст на ремонт до літа",
    author="Галина Бойчук",
    paragraphs=(
        "Міська рада в понеділок увечері вирішила закрити старий міст на ремонт, який триватиме до самого літа.",
        "Інженери знайшли тріщини у двох із чотирьох арок, розповів керівник управління будівництва Едуард Марченко.",
        "«Ніхто не буде в небезпеці, якщо діяти зараз, а за рік цього вже ніхто не скаже», — заявив він на засіданні.",
        "Крамарі з південного берега бояться за торгівлю, адже наступна переправа лежить за чотири кілометри вгору.",
        "Пором перевозитиме пішоходів і велосипеди коштом міста щодня від сьомої години ранку до самої півночі.",
        "Роботи коштують дев’ять мільйонів, половину платить область, яка ще не підписала потрібної угоди.",
    ),
    place="Темнопіл",
    writer="Остап Пилипчук",
    headline="Затоплену шахту в місті Темнопіл обіцяють осушити ще до початку зими",
    summary="Вода стоїть у нижніх виробках шахти поблизу міста Темнопіл, відколи у вересні відмовив насос, а власник "
    "повідомив, що три нові вже замовлено за кордоном і їх привезуть протягом найближчих днів.",
    more=(
        "Гірники відтоді отримують неповну платню, і їхня спілка просить створити фонд, з якого платили б за житло.",
        "Шахта Темнопіл відкрилася дев’яносто років тому й дає роботу шістьом сотням людей у навколишній долині.",
        "Інспектор, який спускався минулого тижня, написав, що кріплення в найглибшій виробці треба скоро замінити.",
    ),
    caption="Копер шахти в місті Темнопіл у ранковому тумані.",
    third="Трамвай до лікарні міста Темнопіл відкриють на рік пізніше, ніж планували",
    label="Читайте також",
    most_read="Найпопулярніше",
    by="Автор",
    date="18 листопада 2026",
)
JAPANESE = Story(
    lang="ja",
    title="市議会、古い橋を修理のため夏まで閉鎖すると決定",
    author="山本春子",
    paragraphs=(
        "市議会は月曜日の夜、古い橋を修理のため夏まで閉鎖することを賛成多数で決めた。工事は来月の初めに始まる見通しである。",
        "技術者の調査で四つの橋脚のうち二つにひびが見つかったと、建設課の丸山英雄課長は説明した。原因はまだ分かっていない。",
        "「今すぐ動けば誰も危険にさらされないが、一年後にはそう言えなくなる」と課長は会議で議員たちに訴えた。",
        "南岸の商店主たちは客足が遠のくことを心配している。次の橋は四キロ上流にあり、歩いて渡るには遠すぎるためである。",
        "市の負担で渡し船が用意され、歩行者と自転車を朝七時から真夜中まで毎日運ぶことになった。料金は無料とされる。",
        "工事費は九億円で、その半分を県が負担するが、県はまだ協定書に署名していない。市は年内の署名を求めている。",
    ),
    place="暗沢",
    writer="押田平蔵",
    headline="暗沢の水没した鉱山、冬の前に排水を終えると所有会社が約束",
    summary="暗沢近くの鉱山では九月にポンプが故障してから下の坑道に水がたまったままになっており、所有会社は新しいポンプ三台を"
    "海外に注文し、数日のうちに届く予定だと明らかにした。",
    more=(
        "坑内で働く人たちはそれ以来給料を減らされており、労働組合は家賃を払うための基金を作るよう会社に求めている。",
        "暗沢の鉱山は九十年前に開かれ、谷に住む六百人に仕事を与えてきた。閉山の話が出たことはこれまで一度もない。",
        "先週坑内に入った検査官は、最も深い坑道の支柱を近く取り替える必要があると報告書に書いている。",
    ),
    caption="朝霧の中に立つ暗沢の鉱山のやぐら。",
    third="暗沢の病院へ向かう路面電車の開業は予定より一年遅れる見通し",
    label="あわせて読みたい",
    most_read="よく読まれている記事",
    by="文",
    date="2026年11月18日",
)
STORIES = (ENGLISH, GERMAN, UKRAINIAN, JAPANESE)


def _bullets(one: Story) -> str:
    return f'<p><b>{one.label}</b></p><ul><li><a href="{OTHER}">{one.headline}</a></li><li><a href="{THIRD}">{one.third}</a></li></ul>'


def _label_in_bold(one: Story) -> str:
    return f'<p><strong>{one.label}:</strong> <a href="{OTHER}">{one.headline}</a></p>'


def _label_after_bar(one: Story) -> str:
    return f'<p>{one.label} | <a href="https://courier.example{OTHER}"><em>{one.headline}</em></a></p>'


def _card_with_caption(one: Story) -> str:
    return (
        f'<div class="k3"><figure><img src="m.jpg"><figcaption>{one.caption}</figcaption></figure>'
        f'<h4><a href="{OTHER}">{one.headline}</a></h4><time>{one.date}</time><p>{one.summary}</p></div>'
    )


def _numbered_box(one: Story) -> str:
    return (
        f'<div class="q7"><div class="q8">{one.most_read}</div><ol><li><span>1</span><a href="{OTHER}">{one.headline}</a>'
        f'</li><li><span>2</span><a href="{THIRD}">{one.third}</a></li></ol></div>'
    )


def _whole_next_article(one: Story) -> str:
    texts = "".join(f"<p>{text}</p>" for text in (one.summary, *one.more))
    return f'<article class="v1"><h2><a href="{OTHER}">{one.headline}</a></h2><p>{one.by} {one.writer}</p>{texts}</article>'


def _article_after_the_article(one: Story) -> str:
    """It begins by closing the boxes of the page's own article."""
    texts = "".join(f"<p>{text}</p>" for text in (one.summary, *one.more, one.summary, *one.more))
    return (
        f'</div></article><article class="m1"><h2><a href="{OTHER}">{one.headline}</a></h2><div class="m2">{one.writer}</div>'
        f'<div class="m3">{texts}'
    )


def _table_of_two(one: Story) -> str:
    cell = '<td><a href="{}"><img src="i.jpg"></a><div><a href="{}">{}</a></div><div>{}</div></td>'
    cells = cell.format(OTHER, OTHER, one.headline, one.summary) + cell.format(THIRD, THIRD, one.third, one.more[1])
    return f"<table><tr>{cells}</tr></table>"


def _quoted_box(one: Story) -> str:
    return f'<blockquote><p><a href="{OTHER}">{one.headline}</a></p><p>{one.summary}</p></blockquote>'


def _spans_in_one_link(one: Story) -> str:
    return (
        f'<a class="t1" href="{OTHER}"><span><span>{one.headline}</span> <span>{one.cut}</span> '
        f"<span>{one.by} {one.writer}</span></span></a>"
    )


def _line_with_date(one: Story) -> str:
    return f'<p><span>{one.date}</span> <a href="../11/mine-flood">{one.headline}</a></p>'


def _picture_and_headline(one: Story) -> str:
    return (
        f'<figure><a href="{OTHER}"><img src="m.jpg"></a><figcaption>{one.caption}</figcaption></figure>'
        f'<p><a href="{OTHER}">{one.headline}</a></p>'
    )


def _note_on_the_writer(one: Story) -> str:
    return (
        f'<div class="w2"><h3><a href="{OTHER}">{one.headline}</a></h3><p>{one.summary}</p>'
        f"<p><b>{one.writer}</b> {one.more[1]}</p></div>"
    )


def _data_attributes(one: Story) -> str:
    return (
        f'<div data-kind="story" data-id="77"><div data-slot="title"><a href="https://courier.example{OTHER}?from=in">'
        f'{one.headline}</a></div><div data-slot="by">{one.writer}</div><div data-slot="dek">{one.summary}</div></div>'
    )


def _no_link(one: Story) -> str:
    return f"<p><b>{one.headline}</b></p><p>{one.by} {one.writer}, {one.date}</p><p>{one.cut}</p>"


def _line_breaks(one: Story) -> str:
    return f'<br><br><b>{one.label}:</b><br><br><a href="{OTHER}">{one.headline}</a><br><br>{one.cut}<br><br>{one.by} {one.writer}<br><br>'


def _label_and_line_break(one: Story) -> str:
    return f'<p><b>{one.label}</b><br><a href="{OTHER}">{one.headline}</a><br><a href="{THIRD}">{one.third}</a></p>'


def _summary_below_a_line_break(one: Story) -> str:
    return f'<p><a href="{OTHER}"><b>{one.headline}</b></a><br>{one.summary}<br>{one.by} {one.writer}</p>'


def _box_with_a_link_at_its_end(one: Story) -> str:
    return f'<div class="u5"><h4>{one.headline}</h4><p>{one.summary}</p><a href="{OTHER}">{one.label}</a></div>'


SHAPES: dict[str, Callable[[Story], str]] = {
    "bullets of headlines under a label": _bullets,
    "a label in bold and a headline in one paragraph": _label_in_bold,
    "a label, a bar and a headline, linked without www": _label_after_bar,
    "a card with caption, headline, date and a full summary": _card_with_caption,
    "a numbered box": _numbered_box,
    "a whole article": _whole_next_article,
    "a whole article after the article": _article_after_the_article,
    "a table of two cards": _table_of_two,
    "a box that is a quotation": _quoted_box,
    "headline, summary and byline as spans in one link": _spans_in_one_link,
    "a line of date and headline": _line_with_date,
    "a picture with its caption, then a headline": _picture_and_headline,
    "a box with a note on its writer": _note_on_the_writer,
    "data attributes alone": _data_attributes,
    "no link, but a byline with a date and a cut summary": _no_link,
    "text between line breaks": _line_breaks,
    "a label and headlines in one paragraph with line breaks": _label_and_line_break,
    "headline, summary and byline in one paragraph with line breaks": _summary_below_a_line_break,
    "a box with a heading and a link at its end": _box_with_a_link_at_its_end,
}
AT_THE_END = "a whole article after the article"


def page(one: Story, shape: str, *, middle: bool) -> Page:
    """A page of the article with the other story in it or after it."""
    other = SHAPES[shape](one)
    if shape == "text between line breaks":
        texts = [f"{text}<br><br>" for text in one.paragraphs]
    else:
        texts = [f"<p>{text}</p>" for text in one.paragraphs]
    texts.insert(3 if middle else len(texts), other)
    return of(one, "".join(texts))


def of(one: Story, body: str) -> Page:
    """A page of the article with this body."""
    said = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": one.title,
        "datePublished": "2026-11-19T08:00:00+02:00",
        "author": {"@type": "Person", "name": one.author},
    }
    markup = (
        f'<!doctype html><html lang="{one.lang}"><head><meta charset="utf-8"><title>{one.title} | Courier</title>'
        f'<script type="application/ld+json">{json.dumps(said)}</script></head><body><nav><a href="/">Courier</a></nav>'
        f'<main><article class="m1"><h1>{one.title}</h1><div class="m2">{one.author}</div><div class="m3">{body}'
        "</div></article></main><footer><p>© 2026 Courier</p></footer></body></html>"
    )
    return Page(URL, URL, 200, {"content-type": "text/html; charset=utf-8"}, markup.encode(), NOW)
