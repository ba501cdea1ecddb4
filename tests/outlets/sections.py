"""Section pages of the shapes that sites have, written for these tests: markup, address, and what they list.

`articles` of each: (path, title). All other links of a page are menus, keywords, people, adverts and small print.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    url: str
    markup: str
    articles: tuple[tuple[str, str], ...]


MENU = """<header><a href="/"><img src="logo.png" alt="The Harbour Times of the northern coast"></a>
<nav><ul><li><a href="/world">World</a></li><li><a href="/business/markets">Markets</a></li>
<li><a href="/sport/football/premier-league">Premier League</a></li><li><a href="/subscribe-to-our-weekly-letter">Subscribe to
our weekly letter from the quay</a></li></ul></nav></header>"""
FOOT = """<footer><ul><li><a href="/about-the-harbour-times">About the Harbour Times and its people</a></li>
<li><a href="/privacy">Privacy</a></li><li><a href="/terms-and-conditions-of-use">Terms and conditions of use</a></li>
</ul><a href="https://social.example/harbour">Follow us</a></footer>"""

CARDS = Section(
    "https://www.a.example/world",
    f"""<html lang="en-GB"><head><title>World | Harbour Times</title></head><body>{MENU}<main><h1>World</h1>
<article class="card"><a href="/world/2026/nov/24/ferry-runs-aground-off-the-northern-cape"><img src="1.jpg"></a>
<span class="kicker"><a href="/world/europe">Europe</a></span>
<h2><a href="/world/2026/nov/24/ferry-runs-aground-off-the-northern-cape">Ferry runs aground off the northern cape</a></h2>
<p>All forty aboard were taken off before the tide rose, among them a crew that had been
<a href="/world/2025/mar/02/rescued-once-before-this-year">rescued once before this year</a> at the same place, off the northern
cape. <a href="/profile/ada-quay">Ada Quay</a></p>
<time datetime="2026-11-24T09:15:00Z">2 hours ago</time></article>
<article class="card"><h2><a href="/world/2026/nov/24/tides">Tides</a></h2>
<time datetime="2026-11-24T08:00:00Z">3 hours ago</time></article>
<article class="card"><h2><a href="/world/2026/nov/23/pilots-strike-enters-its-second-week#comments">12</a>
<a href="/world/2026/nov/23/pilots-strike-enters-its-second-week?utm_source=front">Pilots' strike enters its second
week</a></h2></article></main><aside><h3>Most read</h3><ol><li>
<a href="/world/2026/nov/01/an-older-story-that-everybody-reads">An older story that everybody reads</a></li></ol></aside>
{FOOT}</body></html>""",
    (
        ("/world/2026/nov/24/ferry-runs-aground-off-the-northern-cape", "Ferry runs aground off the northern cape"),
        ("/world/2026/nov/24/tides", "Tides"),
        ("/world/2026/nov/23/pilots-strike-enters-its-second-week", "Pilots' strike enters its second week"),
    ),
)

SOUP = Section(
    "https://b.example/nachrichten/",
    """<html lang="de"><body><div class="top-menu"><div><a href="/politik/">Politik</a></div><div><a href="/wetter/">Wetter
</a></div><div><a href="/abo/digital/jetzt-vier-wochen-testen">Jetzt vier Wochen lang kostenlos testen</a></div></div>
<div class="wrap has-sidebar"><div class="row"><div class="teaser-x"><div class="hl"><a href="/nachrichten/hafen-koeln-wird-fuer-zwei-jahre-gesperrt-a-118823.html">Hafen Köln wird für zwei
Jahre gesperrt</a></div><div>Die Stadt baut neu. <a href="/nachrichten/hafen-koeln-wird-fuer-zwei-jahre-gesperrt-a-118823.html">mehr</a></div></div>
<div class="teaser-x"><div class="hl"><a href="/nachrichten/lotsen-fordern-mehr-lohn-a-118811.html">Lotsen fordern mehr Lohn</a></div></div>
<div class="teaser-x"><div class="hl"><a href="/nachrichten/ebbe-a-118809.html">Die Ebbe kam früher als je zuvor</a></div></div>
</div><div class="pages"><a href="/nachrichten/seite-2.html">2</a><a href="/nachrichten/seite-3.html">3</a></div></div>
<div class="bottom"><a href="/impressum.html">Impressum</a> <a href="/datenschutz.html">Datenschutzerklärung</a>
<a href="/agb.html">Allgemeine Geschäftsbedingungen</a></div></body></html>""",
    (
        (
            "/nachrichten/hafen-koeln-wird-fuer-zwei-jahre-gesperrt-a-118823.html",
            "Hafen Köln wird für zwei Jahre gesperrt",
        ),
        ("/nachrichten/lotsen-fordern-mehr-lohn-a-118811.html", "Lotsen fordern mehr Lohn"),
        ("/nachrichten/ebbe-a-118809.html", "Die Ebbe kam früher als je zuvor"),
    ),
)

WORDPRESS = Section(
    "https://blog.example/",
    """<html lang="en-US"><body class="home blog with-sidebar"><div id="masthead"><a href="https://blog.example/">Quay Notes</a>
<ul class="menu"><li><a href="/about/">About</a></li><li><a href="/category/boats/">Boats</a></li></ul></div>
<div id="content"><div class="post hentry"><h2 class="entry-title"><a href="https://blog.example/why-cranes-stand-still/">Why
cranes stand still</a></h2><span class="byline"><a href="/author/ada/">Ada Quay</a></span>
<time class="published" datetime="2026-11-23T10:00:00+00:00">23 November</time>
<p>They wait for the wind to <a href="https://blog.example/why-cranes-stand-still/#more-71">Continue reading</a></p>
<a href="/tag/wind-and-weather/" rel="tag">wind and weather</a></div>
<div class="post hentry"><h2 class="entry-title"><a href="https://blog.example/ropes/">Ropes</a></h2>
<time class="published" datetime="2026-11-20T10:00:00+00:00">20 November</time>
<a href="https://blog.example/ropes/#respond">4 comments</a></div>
<div class="post hentry"><h2 class="entry-title"><a href="https://blog.example/a-week-on-the-dredger/">A week on the dredger</a>
</h2><time class="published" datetime="2026-11-12T10:00:00+00:00">12 November</time></div>
<a class="next" href="https://blog.example/page/2/">Older posts</a></div>
<div class="sidebar"><h3>Archive</h3><a href="/2026/11/">November 2026</a><a href="/2026/10/">October 2026</a></div>
</body></html>""",
    (
        ("/why-cranes-stand-still/", "Why cranes stand still"),
        ("/ropes/", "Ropes"),
        ("/a-week-on-the-dredger/", "A week on the dredger"),
    ),
)

WHOLE_CARDS = Section(
    "https://c.example/actualites",
    f"""<html lang="fr"><body>{MENU}<div class="css-1x9"><a class="css-a81 css-7" href="/actualites/economie/le-port-rouvre-apres-la-tempete_48213">
<div><img alt="" src="x.jpg"></div><div class="css-k"><span>Économie</span></div><div class="css-t">Le port rouvre après la tempête</div>
<div class="css-d">Trois jours de fermeture ont coûté cher aux armateurs de la côte, qui demandent une aide rapide de la région
et de l'État.</div><div>Il y a 2 h</div></a>
<a class="css-a81 css-7" href="/actualites/societe/les-dockers-votent_48207"><div class="css-k"><span>Société</span></div>
<div class="css-t">Les dockers votent la grève</div><div class="css-d">Le vote de lundi était serré, disent les syndicats
du port de commerce et ceux du port de pêche.</div></a>
<a class="css-a81 css-7" href="/actualites/monde/un-phare-eteint_48190"><div class="css-k"><span>Monde</span></div>
<div class="css-t">Un phare éteint pour toujours</div></a></div>
<a class="css-b" href="/actualites/economie">Toute l'actualité économique de la région</a>{FOOT}</body></html>""",
    (
        ("/actualites/economie/le-port-rouvre-apres-la-tempete_48213", "Le port rouvre après la tempête"),
        ("/actualites/societe/les-dockers-votent_48207", "Les dockers votent la grève"),
        ("/actualites/monde/un-phare-eteint_48190", "Un phare éteint pour toujours"),
    ),
)

OVERLAY = Section(
    "https://d.example/news",
    f"""<html lang="en"><body>{MENU}<section><h2><a href="/news/local">Local</a></h2><ul class="grid">
<li><a class="overlay" href="/news/articles/c8x7d2k9pq1o" aria-label="Council buys the old lighthouse"></a>
<h3>Council buys the old lighthouse</h3><p>It has been dark since 1971.</p></li>
<li><a class="overlay" href="/news/articles/c1r4t6y8uo3m"></a><h3>Fish market moves inland after a century</h3></li>
</ul></section><section><h2><a href="/news/national-and-international">National and international</a></h2><ul class="grid">
<li><a class="overlay" href="/news/articles/cz0q2w4e6r8t" aria-label="Bridge toll to rise again in spring"><img src="3.jpg"></a></li>
<li><a class="overlay" href="/news/articles/cy2u4i6o8p0a"></a><h3>Seals return to the inner basin</h3></li></ul></section>
{FOOT}</body></html>""",
    (
        ("/news/articles/c8x7d2k9pq1o", "Council buys the old lighthouse"),
        ("/news/articles/c1r4t6y8uo3m", "Fish market moves inland after a century"),
        ("/news/articles/cz0q2w4e6r8t", "Bridge toll to rise again in spring"),
        ("/news/articles/cy2u4i6o8p0a", "Seals return to the inner basin"),
    ),
)

CHINESE = Section(
    "http://e.example/local/",
    """<html lang="zh"><body><div class="nav"><a href="/">首页</a><a href="/local/">本地</a><a href="/sports/">体育</a></div>
<div class="list"><ul><li><a href="/local/2026-11/24/content_10093312.htm">港口码头今日恢复全面运营</a><span>2026-11-24</span></li>
<li><a href="/local/2026-11/24/content_10093298.htm">渔民迎来近十年最好的一个冬季</a><span>2026-11-24</span></li>
<li><a href="/local/2026-11/23/content_10093177.htm">灯塔重新点亮</a><span>2026-11-23</span></li></ul>
<div class="page"><a href="/local/index_2.htm">下一页</a></div></div>
<div class="foot"><a href="/about/contact.htm">联系我们</a><a href="/about/copyright.htm">版权声明</a></div></body></html>""",
    (
        ("/local/2026-11/24/content_10093312.htm", "港口码头今日恢复全面运营"),
        ("/local/2026-11/24/content_10093298.htm", "渔民迎来近十年最好的一个冬季"),
        ("/local/2026-11/23/content_10093177.htm", "灯塔重新点亮"),
    ),
)

RUSSIAN = Section(
    "https://f.example/lenta/",
    """<html lang="ru"><body><div class="menu"><a href="/politics">Политика</a><a href="/incidents">Происшествия</a></div>
<div class="lenta"><div class="item"><span class="time">14:20</span><a href="/news/872213">Паромная переправа возобновила
работу после шторма</a></div><div class="item"><span class="time">14:05</span><a href="/news/872209">Лоцманы объявили
забастовку</a></div><div class="item"><span class="time">13:41</span><a href="/news/872198">Маяк на мысе передадут
городу</a></div></div><div class="tags"><a href="/tags/flot">Северный флот</a><a href="/tags/port">Порты и верфи страны</a></div>
<div class="footer"><a href="/pages/4">Правила использования материалов редакции</a></div></body></html>""",
    (
        ("/news/872213", "Паромная переправа возобновила работу после шторма"),
        ("/news/872209", "Лоцманы объявили забастовку"),
        ("/news/872198", "Маяк на мысе передадут городу"),
    ),
)

TABLES = Section(
    "http://g.example/index.php?section=3",
    """<HTML><HEAD><TITLE>Bulletin</TITLE></HEAD><BODY><TABLE><TR><TD><A HREF="index.php?section=1">Home</A><BR>
<A HREF="index.php?section=2">Ships</A><BR><A HREF="index.php?section=4">Letters</A></TD><TD>
<TABLE><TR><TD>24.11.2026</TD><TD><A HREF="index.php?id=5512"><B>D</B>redging of the inner basin begins on Monday</A></TD></TR>
<TR><TD>22.11.2026</TD><TD><A HREF="index.php?id=5508">Two tugs sold to a yard in the south</A></TD></TR>
<TR><TD>19.11.2026</TD><TD><A HREF="index.php?id=5501">Harbour office closed for stocktaking</A></TD></TR></TABLE>
</TD></TR></TABLE><CENTER><A HREF="mailto:x@g.example">Write to the office of the harbour master</A></CENTER></BODY></HTML>""",
    (
        ("/index.php?id=5512", "Dredging of the inner basin begins on Monday"),
        ("/index.php?id=5508", "Two tugs sold to a yard in the south"),
        ("/index.php?id=5501", "Harbour office closed for stocktaking"),
    ),
)

BASE = Section(
    "https://h.example/es/portada",
    f"""<html lang="es"><head><base href="https://h.example/es/noticias/"></head><body>{MENU}<main>
<section class="lead"><article><header><p><a href="/es/tema/puertos">Puertos</a></p><h2><a href="20261124/el-dique-sur-cede-tras-una-noche-de-oleaje.html">El
dique sur cede tras una noche de oleaje</a></h2></header></article></section>
<section><div><h3><a href="20261124/la-lonja-cierra.html"><span class="live">Directo</span><span>La lonja cierra sus
puertas</span></a></h3></div><div><h3><a href="20261123/nuevo-faro.html">Un faro nuevo para la isla</a></h3></div>
<div class="promo"><a href="https://tienda.example/ofertas/las-mejores-ofertas-de-la-semana">Las mejores ofertas de la
semana en nuestra tienda</a></div></section></main>{FOOT}</body></html>""",
    (
        (
            "/es/noticias/20261124/el-dique-sur-cede-tras-una-noche-de-oleaje.html",
            "El dique sur cede tras una noche de oleaje",
        ),
        ("/es/noticias/20261124/la-lonja-cierra.html", "Directo La lonja cierra sus puertas"),
        ("/es/noticias/20261123/nuevo-faro.html", "Un faro nuevo para la isla"),
    ),
)

ARABIC = Section(
    "https://i.example/economy",
    """<html lang="ar" dir="rtl"><body><nav><a href="/politics">سياسة</a></nav><div class="cards">
<div class="c"><a href="/economy/2026/11/24/%D8%A7%D9%84%D9%85%D9%8A%D9%86%D8%A7%D8%A1-%D9%8A%D9%81%D8%AA%D8%AD"><h3>الميناء يفتح
أبوابه من جديد</h3></a></div><div class="c"><a href="/economy/2026/11/24/%D8%A5%D8%B6%D8%B1%D8%A7%D8%A8"><h3>إضراب المرشدين
البحريين</h3></a></div><div class="c"><a href="/economy/2026/11/23/%D8%A7%D9%84%D8%B5%D9%8A%D8%AF"><h3>موسم الصيد</h3></a></div></div>
<footer><a href="/aboutus">من نحن</a></footer></body></html>""",
    (
        (
            "/economy/2026/11/24/%D8%A7%D9%84%D9%85%D9%8A%D9%86%D8%A7%D8%A1-%D9%8A%D9%81%D8%AA%D8%AD",
            "الميناء يفتح أبوابه من جديد",
        ),
        ("/economy/2026/11/24/%D8%A5%D8%B6%D8%B1%D8%A7%D8%A8", "إضراب المرشدين البحريين"),
        ("/economy/2026/11/23/%D8%A7%D9%84%D8%B5%D9%8A%D8%AF", "موسم الصيد"),
    ),
)

BULLETINS = Section(
    "https://ministry.example/en/press/releases",
    """<html lang="en"><body><div id="navigation"><a href="/en/ministry">The Ministry</a><a href="/en/press/contacts-for-the-press">Contacts
for the press and for broadcasters</a></div><div class="breadcrumb"><a href="/en">Home</a> / <a href="/en/press">Press</a></div>
<div class="view"><div class="views-row"><span>24 November 2026</span> <a href="/en/press/releases/minister-opens-the-new-lock">Minister
opens the new lock</a></div><div class="views-row"><span>20 November 2026</span>
<a href="/en/press/releases/statement-on-the-loss-of-the-trawler">Statement on the loss of the trawler</a></div>
<div class="views-row"><span>18 November 2026</span> <a href="/en/press/releases/fees">Fees for small craft are lowered from the first
of January</a></div></div><ul class="pager"><li><a href="?page=1">2</a></li><li><a href="?page=12">last</a></li></ul>
</body></html>""",
    (
        ("/en/press/releases/minister-opens-the-new-lock", "Minister opens the new lock"),
        ("/en/press/releases/statement-on-the-loss-of-the-trawler", "Statement on the loss of the trawler"),
        ("/en/press/releases/fees", "Fees for small craft are lowered from the first of January"),
    ),
)

FRONT = Section(
    "https://www.j.example/",
    f"""<html lang="en"><body>{MENU}<main><div class="hero"><h1><a href="/2026/11/24/storm-live/">Storm: the coast counts
its losses</a></h1><ul><li><a href="/2026/11/24/what-we-know/">What we know so far</a></li>
<li><a href="/2026/11/24/in-pictures-the-morning-after/">In pictures: the morning after</a></li></ul></div>
<section><h2><a href="/opinion/">Opinion</a></h2><div><h3><a href="/2026/11/24/opinion-build-higher/">Build higher, or move</a></h3>
<p class="by"><a href="/staff/jo-mole">Jo Mole</a></p></div></section>
<section><h2><a href="/video/">Video</a></h2><div><a href="https://video.j.example/watch/991827/the-wave-that-took-the-pier">The wave
that took the pier</a></div></section></main><div class="cookie"><a href="/how-we-use-cookies-and-your-data">How we use cookies and
your data on this site</a></div>{FOOT}</body></html>""",
    (
        ("/2026/11/24/storm-live/", "Storm: the coast counts its losses"),
        ("/2026/11/24/what-we-know/", "What we know so far"),
        ("/2026/11/24/in-pictures-the-morning-after/", "In pictures: the morning after"),
        ("/2026/11/24/opinion-build-higher/", "Build higher, or move"),
        ("https://video.j.example/watch/991827/the-wave-that-took-the-pier", "The wave that took the pier"),
    ),
)

PLAIN = Section(
    "https://k.example/wire",
    "<html><body><h1>Wire</h1>"
    + "".join(
        f'<p><a href="/wire/{1764000 + n}">{text}</a></p>'
        for n, text in enumerate(["Quay reopened", "Tug lost off the point", "Ice in the outer roads by Friday", "Fog"])
    )
    + '<p><a href="/contact">Contact</a></p></body></html>',
    (
        ("/wire/1764000", "Quay reopened"),
        ("/wire/1764001", "Tug lost off the point"),
        ("/wire/1764002", "Ice in the outer roads by Friday"),
        ("/wire/1764003", "Fog"),
    ),
)

UNSLUGGED = Section(
    "https://l.example/stories",
    f"""<html lang="en"><body>{MENU}<div class="feed"><div class="story"><h2><a href="/stories/lock">The lock that
never opened</a></h2></div><div class="story"><h2><a href="/stories/eels">A river without eels</a></h2></div>
<div class="story"><h2><a href="/stories/salt">Salt in the wells of the lower town</a></h2></div></div>{FOOT}</body></html>""",
    (
        ("/stories/lock", "The lock that never opened"),
        ("/stories/eels", "A river without eels"),
        ("/stories/salt", "Salt in the wells of the lower town"),
    ),
)

GOVERNMENT = Section(
    "https://gov.example/news",
    """<body><div role=banner><a href="/">Government portal of the coast</a></div><div id=block-mainmenu><a href=/services>Services</a><a href="/services/apply-for-a-licence">Apply for a licence</a></div>
<div class="view-content"><div class="item"><div class="views-field-title"><span><a href="/news/licences-now-online" hreflang=en>Licences now online</a></span></div><div class="created">24/11/2026</div></div>
<div class="item"><div class="views-field-title"><span><a href="/news/new-harbour-master-named" hreflang=en>New harbour master named</a></span></div><div class="created">20/11/2026</div></div>
<div class="item"><div class="views-field-title"><span><a href="/news/2026-budget-for-the-port-approved-by-the-council" hreflang=en>2026 budget for the port approved by the council</a></span></div></div></div>
<div class="region-bottom"><ul><li><a href="/accessibility-statement">Accessibility statement</a></li><li><a href="/contact-us">Contact us</a></li><li><a href="/freedom-of-information">Freedom of information</a></li></ul></div></body>""",
    (
        ("/news/licences-now-online", "Licences now online"),
        ("/news/new-harbour-master-named", "New harbour master named"),
        ("/news/2026-budget-for-the-port-approved-by-the-council", "2026 budget for the port approved by the council"),
    ),
)

PORTAL = Section(
    "https://p.example/",
    """<body><header class=top><nav><a href=/esportes/>Esportes</a></nav></header><div class="feed-root">
<div class="bastian-feed-item"><div class="feed-post"><a class="feed-post-link" href="https://p.example/sp/noticia/2026/11/24/chuva-alaga-o-porto.ghtml"><p>Chuva alaga o porto e para os guindastes</p></a><span class="feed-post-datetime">Há 2 horas</span> <span>— Em <a href="https://p.example/sp/">São Paulo</a></span></div></div>
<div class="bastian-feed-item"><div class="feed-post"><a class="feed-post-link" href="https://p.example/rj/noticia/2026/11/24/greve.ghtml"><p>Greve</p></a><ul class="bullets"><li><a href="https://p.example/rj/noticia/2026/11/23/entenda-a-greve.ghtml">Entenda a greve em cinco pontos</a></li></ul></div></div></div>
<div class="load-more"><a href="/index/feed/pagina-2.ghtml">Veja mais</a></div><footer><a href="/politica-de-privacidade.ghtml">Política de privacidade do portal de notícias</a></footer></body>""",
    (
        (
            "https://p.example/sp/noticia/2026/11/24/chuva-alaga-o-porto.ghtml",
            "Chuva alaga o porto e para os guindastes",
        ),
        ("https://p.example/rj/noticia/2026/11/24/greve.ghtml", "Greve"),
        ("https://p.example/rj/noticia/2026/11/23/entenda-a-greve.ghtml", "Entenda a greve em cinco pontos"),
    ),
)

NEWSLETTER = Section(
    "https://s.example/archive",
    """<body><div class="main-menu"><a href="/about">About</a><a href="/archive">Archive</a></div><div class="portable-archive"><div class="linkRow"><a href="https://s.example/p/the-last-pilot"><div><div class=t>The last pilot</div><div class=d>On a trade that ends</div></div></a><a href="https://s.example/p/the-last-pilot/comments">12</a><a href="https://s.example/@ada">Ada</a></div>
<div class="linkRow"><a href="https://s.example/p/mud"><div><div class=t>Mud</div><div class=d>What the dredger brings up, and where it goes</div></div></a><a href="https://s.example/@ada">Ada</a></div>
<div class="linkRow"><a href="https://s.example/p/notes-from-a-flooded-quay"><div><div class=t>Notes from a flooded quay</div></div></a></div></div><div class=foot><a href="/privacy">Privacy</a><a href="/tos">Terms</a></div></body>""",
    (
        ("/p/the-last-pilot", "The last pilot"),
        ("/p/mud", "Mud"),
        ("/p/notes-from-a-flooded-quay", "Notes from a flooded quay"),
    ),
)

JAPANESE = Section(
    "https://n.example/category/economy",
    """<body><header><ul><li><a href="/category/politics">政治</a></li></ul></header><main><ul class=list><li><a href="/articles/ABC7K2D9Q1XU"><p class=title>港の再開で輸出が回復、物流各社が増便へ</p><p class=time>11/24 14:10</p></a></li><li><a href="/articles/ABC7K2D8P4YU"><p class=title>灯台の保存を市が決定</p></a></li><li><a href="/articles/ABC7K1Z3W5TU"><p class=title>漁協が新しい市場を開設</p></a></li></ul></main><footer><a href="/info/terms">利用規約について詳しくはこちらをご覧ください</a></footer></body>""",
    (
        ("/articles/ABC7K2D9Q1XU", "港の再開で輸出が回復、物流各社が増便へ"),
        ("/articles/ABC7K2D8P4YU", "灯台の保存を市が決定"),
        ("/articles/ABC7K1Z3W5TU", "漁協が新しい市場を開設"),
    ),
)

MAGAZINE = Section(
    "https://m.example/",
    """<body><nav><a href=/culture>Culture</a></nav><section class=hero><a href="/culture/the-sea-the-sea"><img></a><h2 class=hed><a href="/culture/the-sea-the-sea">The Sea, the Sea</a></h2><p>by <a href="/contributors/jo-mole">Jo Mole</a></p></section>
<section class=river><h4><a href=/science>Science</a></h4><div class=it><h3 class=hed><a href="/science/why-eels-vanish">Why Eels Vanish</a></h3></div><div class=it><h3 class=hed><a href="/science/tides">Tides, Explained</a></h3></div><div class=it><h3 class=hed><a href="/business/the-price-of-sand">The Price of Sand</a></h3></div></section>
<section class=sub><h3><a href="/subscribe">Subscribe</a></h3><a href="/gift/give-a-year-of-the-magazine">Give a year of the magazine to a friend</a></section></body>""",
    (
        ("/culture/the-sea-the-sea", "The Sea, the Sea"),
        ("/science/why-eels-vanish", "Why Eels Vanish"),
        ("/science/tides", "Tides, Explained"),
        ("/business/the-price-of-sand", "The Price of Sand"),
    ),
)

CLUB = Section(
    "http://o.example/news.php",
    """<html><body><div align=center><a href="index.php">Home</a> | <a href="news.php">News</a> | <a href="contact.php">Contact</a></div><p><b>24.11.</b> <a href="shownews.php?nid=881">Boat show opens in the hall of the old yard</a></p><p><b>23.11.</b> <a href="shownews.php?nid=880">Two new moorings</a></p><p><b>20.11.</b> <a href="shownews.php?nid=879">Winter prices for lifting and storing of boats</a></p><div><a href="http://counter.example/x">Visitors</a></div></body></html>""",
    (
        ("shownews.php?nid=881", "Boat show opens in the hall of the old yard"),
        ("shownews.php?nid=880", "Two new moorings"),
        ("shownews.php?nid=879", "Winter prices for lifting and storing of boats"),
    ),
)

SECTIONS = {
    "cards": CARDS, "soup": SOUP, "wordpress": WORDPRESS, "whole cards": WHOLE_CARDS, "overlay": OVERLAY,
    "chinese": CHINESE, "russian": RUSSIAN, "tables": TABLES, "base": BASE, "arabic": ARABIC, "bulletins": BULLETINS,
    "front": FRONT, "plain": PLAIN, "unslugged": UNSLUGGED, "government": GOVERNMENT, "portal": PORTAL,
    "japanese": JAPANESE, "magazine": MAGAZINE, "club": CLUB,
}  # fmt: skip
# Short titles, addresses that say nothing, no heading: for a selector.
MISSED = NEWSLETTER
