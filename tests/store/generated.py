"""An archive with something of everything in it, the same for the same seed; and what may be asked of it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import count

from monitor.errors import AlertReason, QueryError, Reason, SendReason, Trouble
from monitor.model import (
    Alert,
    Article,
    Block,
    Delivery,
    Evidence,
    Hit,
    Kind,
    Link,
    LinkState,
    Memory,
    Message,
    Outlet,
    Role,
    Silence,
    Source,
    Standing,
    TextKind,
    Traits,
)
from monitor.parse.digest import title_key
from monitor.placing import Kinship, Move
from monitor.query import parse
from monitor.store.tables import SqlStore
from monitor.views import (
    EventRow,
    Filter,
    Kept,
    LinkOutcome,
    Moved,
    Pass,
    Placement,
    PlacementReason,
    PollOutcome,
    RobotsFile,
)
from monitor.views_alerts import Changed, Decided, Marked, Post, Put
from monitor.views_health import Ailment, Glance
from monitor.views_service import Daemon
from tests.store.make import NOW, later

WORDS = {
    "en": "harbour ice ferry minister said port strike don't co-operate U.S. Turkey nato storm the of in 2026 3.5 résumé",
    "de": "Hafen Eis Fähre Ministerin sagte Streik Straße Außenpolitik größer NATO Sturm die der in München weiß",
    "tr": "İstanbul liman ışık buz IĞDIR bakan dedi grev fırtına ve bir için çağrı şehir",
    "ru": "гавань лёд паром министр сказал порт забастовка шторм ёлка НАТО и в на Турция",
    "el": "λιμάνι πάγος πλοίο υπουργός είπε απεργία Άγκυρα καταιγίδα της και ΟΔΟΣ",
    "ar": "ميناء جليد عبارة وزير قال إضراب عاصفة الناتو في من تركيا",
    "he": "נמל קרח מעבורת שר אמר שביתה סערה נאט״ו של",
    "hi": "बंदरगाह बर्फ नौका मंत्री हड़ताल तूफान नाटो में",
    "zh": "港口 结冰 渡轮 部长 表示 罢工 北约 风暴 在",
    "ja": "港 氷 フェリー 大臣 ストライキ 嵐 ＮＡＴＯ が",
    "ko": "항구 얼음 여객선 장관 파업 폭풍 나토",
    "th": "ท่าเรือ น้ำแข็ง รัฐมนตรี พายุ",
    "am": "ወደብ በረዶ ሚኒስትር አድማ።",
}  # fmt: skip
ODD = (
    "nul\0within", "\0", "half \ud83d pair", "\udc00", "😀 emoji 👩‍👩‍👧‍👦 family", "e\u0301 combining", "\u202eoverride",
    "tab\tnew\nline\r\n", "\\N", "\\.", "back\\slash", "quote ' \" ` $1 ?1 {}", "\ufffd", "\ufeffbom", "a" * 3_000, "",
    "ﬁ ligature", "ⅷ", "x" * 70_000, "ſ K Å", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🇩🇪", "null", "NaN", "1e400",
)  # fmt: skip
OUTLETS = ("courier", "herald", "bote", "gazete", "вестник", "日報", "o'neil", "zeitung.example")
RULES = ("ice", "harbour", "nato", "strike", "Rule", "правило", "z-last")
ROUTES, CHANNELS = ("desk", "night", "Ämter"), ("mail", "chat", "hook", "Chat")
DAYS = 40


class Generated:
    """Writes it, through the ports as the line does."""

    def __init__(self, store: SqlStore, *, articles: int, seed: int = 1) -> None:
        self.store, self.rng, self.articles = store, random.Random(seed), articles
        self.numbers: list[int] = []
        self._post = count(1)

    def write(self) -> None:
        """Write all of it."""
        store = self.store
        with store.transaction():
            store.outlets.sync(
                [Outlet(name, f"The {name}", sources=(Source(_feed(name)), Source(_feed(name) + "/2", kind="listing", links="a.x")))
                 for name in OUTLETS], later(-DAYS * 86_400),
            )  # fmt: skip
            store.upkeep.use_zone("Europe/Berlin")
            store.upkeep.rules_since(dict.fromkeys(RULES, "v1"), later(-9_999))
        for start in range(0, self.articles, 25):
            with store.transaction():
                for number in range(start, min(start + 25, self.articles)):
                    self._article(number)
            if start == 200:
                with store.transaction():
                    for language in ("en", "de", "*"):
                        store.bodies.train(language, NOW)
        for part in (self._revise, self._stories, self._alerts, self._silences, self._sources, self._rest):
            with store.transaction():
                part()

    def at(self) -> float:
        return -self.rng.randrange(DAYS * 86_400) + self.rng.choice((0.0, 0.5, 0.000001))

    def words(self, language: str, most: int) -> str:
        pool, rng = WORDS[language].split(), self.rng
        said = [rng.choice(pool) for _ in range(rng.randint(1, most))]
        if rng.random() < 0.05:
            said.insert(rng.randrange(len(said)), rng.choice(ODD[:-6]))
        return " ".join(said) + rng.choice((".", ".", "!", "?", "。", ""))

    def made(self, number: int) -> Article:
        rng = self.rng
        language = rng.choice(list(WORDS))
        outlet = rng.choice(OUTLETS)
        text = " ".join(self.words(language, 12) for _ in range(rng.randint(1, 12)))
        if number % 50 == 7:
            text += " " + " ".join(f"{word}{rng.randrange(999)}" for word in WORDS[language].split() * 200)
        blocks = [Block(Role.BODY, text), Block(Role.BODY, self.words(language, 30), at=later(-number))]
        blocks += [Block(rng.choice(list(Role)), self.words(language, 9)) for _ in range(rng.randrange(4))]
        title = rng.choice(ODD) if number % 17 == 3 else self.words(language, 7)
        url = f"https://{rng.choice(('www.', ''))}{outlet}.example/{number}{rng.choice(('', '?a=ü', '#x'))}"
        return Article(
            url, title, rng.choice((language, language, language, None)), tuple(blocks),
            canonical_url=rng.choice(("", url, f"https://{outlet}.example/c/{number}")),
            authors=tuple(self.words("en", 2) for _ in range(rng.randrange(3))),
            published=rng.choice((None, later(self.at()), later(86_400 * 3))), updated=rng.choice((None, later(self.at()))),
            section=rng.choice(("", "world", "Welt/Politik")), outlet=outlet, wire=rng.choice(("", "", "Reuters", "dpa")),
            paywalled=rng.choice((None, True, False)), standfirst=rng.choice(("", self.words(language, 9))),
            live=rng.random() < 0.1, text=rng.choice((TextKind.FULL, TextKind.FULL, TextKind.FEED, TextKind.LISTING)),
            reason=rng.choice((None, None, None, Reason.TIMEOUT, Reason.FORBIDDEN)), content_hash=rng.choice(("", f"h{number}")),
            detail=rng.choice(("", "HTTP 503")),
        )  # fmt: skip

    def _article(self, number: int) -> None:
        store, rng = self.store, self.rng
        article = self.made(number)
        at = later(-DAYS * 86_400 + number * DAYS * 86_400 / self.articles + rng.choice((0.0, 0.25, -7_200.0)))
        state = rng.choice((LinkState.NEW, LinkState.NEW, LinkState.WAITING, LinkState.READ))
        link = Link(
            article.outlet, _feed(article.outlet), article.url, article.canonical_url or article.url,
            guid=rng.choice(("", f"g{number // 3}")), title=article.title, summary=self.words("en", 9), published=article.published,
            content=rng.choice(("", self.words("de", 40))), author=self.words("en", 2), title_key=title_key(article.title),
            state=state, abroad=rng.random() < 0.2, repeats=rng.choice((0, 0, number)), standing=rng.choice(list(Standing)),
        )  # fmt: skip
        added = store.links.add([link], self.source(article.outlet), at, lease=600)
        kept = Kept(article.blocks[:1], tuple(rng.getrandbits(64) for _ in range(6))) if rng.random() < 0.1 else None
        saved = store.articles.save(article, fetched_at=at, standing=rng.choice(list(Standing)), kept=kept)
        if not saved.created:
            return
        self.numbers.append(saved.article_id)
        story = f"s{rng.randrange(self.articles // 3 + 1)}"
        traits = Traits(tuple(sorted(rng.getrandbits(63) for _ in range(8))), rng.randbytes(30))
        placed = Placement(
            story, rng.choice(list(PlacementReason)), f"mark{number}", f"mark{rng.randrange(number + 1)}",
            rng.choice((0.0, 1.0, rng.random())), at, traits,
        )  # fmt: skip
        store.stories.place(placed, saved.article_id, at)
        hits = [
            self._hit(rule, saved.article_id, story, at, article)
            for rule in rng.sample(RULES, rng.choice((0, 1, 1, 2, 4)))
        ]
        store.hits.add(hits)
        for one in added:
            outcome = rng.choice(
                (LinkState.READ, LinkState.READ, LinkState.PARTIAL, LinkState.FAILED, LinkState.AGAIN, None)
            )
            if outcome:
                store.links.finish(
                    LinkOutcome(one.id, outcome, rng.randrange(4), rng.choice((None, Reason.TIMEOUT, Reason.NOT_FOUND)), "d",
                                saved.article_id, at + timedelta(hours=rng.randrange(900)), etag='"é"', last_modified="x")
                )  # fmt: skip

    def _hit(self, rule: str, number: int, story: str, at: object, article: Article) -> Hit:
        quote = article.blocks[0].text[:200]
        evidence = Evidence("ice", "body", (0, 3), 0, (0, len(quote)), quote[:3], quote=quote, mark=(0, 3))
        return Hit(rule, (evidence,) * self.rng.randint(1, 3), f"v{self.rng.randrange(3)}", article_id=number, revision=1,
                   found_at=at, story_id=story, standing=self.rng.choice(list(Standing)))  # fmt: skip

    def source(self, outlet: str) -> int:
        return self.store.sql.number("SELECT id FROM sources WHERE outlet_id = ? ORDER BY id LIMIT 1", outlet)

    def _revise(self) -> None:
        store, rng = self.store, self.rng
        for number in rng.sample(self.numbers, len(self.numbers) // 5):
            for _ in range(rng.randint(1, 3)):
                stored = store.articles.get(number)
                new = self.made(number)
                changed = Article(
                    stored.article.url, new.title, new.language, new.blocks, canonical_url=stored.article.canonical_url,
                    outlet=stored.article.outlet, standfirst=new.standfirst, content_hash=new.content_hash,
                )  # fmt: skip
                store.articles.save(changed, fetched_at=later(rng.random()), standing=Standing.LIVE, known_id=number)
            rules = {hit.rule_id for hit in store.hits.of(number)}
            store.hits.settle(number, set(sorted(rules)[:1]), rules, 2, later(3))
        # The newest too: its number, and those of its hits, are not given a second time.
        store.keeping.take_out([*rng.sample(self.numbers, len(self.numbers) // 20), *self.numbers[-2:]])
        self.numbers = [number for number in self.numbers if store.articles.row(number)]

    def story_ids(self) -> list[str]:
        return [row["id"] for row in self.store.sql.all("SELECT id FROM stories ORDER BY id")]

    def _stories(self) -> None:
        store, rng = self.store, self.rng
        for _ in range(len(self.numbers) // 20):
            # Also of stories that have ended: an alias of an alias.
            old, new = rng.sample(self.story_ids(), 2)
            if store.stories.resolve(new) != store.stories.resolve(old):
                store.stories.join(old, store.stories.resolve(new), later(self.at()))
        for _ in range(10):
            number = rng.choice(self.numbers)
            if store.stories.placed([number]):
                store.stories.split([number], later(self.at()))
        placed = store.sql.all(
            "SELECT t.mark, p.story_id FROM traits t JOIN placements p ON p.article_id = t.article_id ORDER BY t.article_id"
        )
        for row in rng.sample(placed, 10):
            move = Move(row["mark"], row["story_id"], f"moved{row['mark']}", PlacementReason.NEAR_TEXT, 0.3)
            store.stories.move([move], later(self.at()))
        ids = self.story_ids()
        pairs = [rng.sample(ids, 2) for _ in range(40)] + [["s1", one] for one in rng.sample(ids, 9)]
        store.stories.relate(
            [Kinship(a, b, rng.choice((0.5, 0.75, rng.random())), "Turkey, Türkiye") for a, b in pairs]
        )
        store.stories.forget_traits(later(-DAYS * 86_400 + 90_000), limit=5)

    def _alerts(self) -> None:
        store, rng = self.store, self.rng
        for row in store.hits.rows(Filter(limit=10_000)):
            hit, route = row.hit, rng.choice(ROUTES)
            if rng.random() < 0.6:
                due = later(self.at() + rng.choice((0, 3 * 86_400)))
                reason = rng.choice((AlertReason.FIRST, AlertReason.NEW_FACT))
                store.alerts.open(Alert(route, hit.rule_id, hit.story_id, due, reason), hit.id, later(self.at()))
            decided = Decided(
                later(self.at()), rng.choice(list(AlertReason)), route, hit.rule_id, hit.id, 0, rng.choice(("", "é\n"))
            )
            store.alerts.log([decided])
        for _ in range(4):
            for due in store.alerts.due(later(0), limit=60, flush=True):
                self._tell(due.alert)
            for number in rng.sample(self.numbers, 12):
                changed = Changed(
                    number, rng.choice(("headline", "sentence", "deleted")), "before", rng.choice(("", "after"))
                )
                for alert_id, _, _ in store.alerts.correct(changed, later(1)):
                    store.alerts.reopen(alert_id, later(self.at()), AlertReason.REVISED, rng.choice(("", "held_quiet")))
        waiting = [one.alert.id for route in ROUTES for one in store.alerts.waiting(route, limit=30)]
        store.alerts.hold(waiting[:10], later(600), AlertReason.OVER_BUDGET)
        for number in waiting[10:16]:
            store.alerts.silence(number)
        for number in waiting[16:30]:
            store.alerts.gather(number, RULES[0], "s1")
        store.outbox.post([self._message(ROUTES[0], ())], later(2))
        for turn in range(6):
            for row in store.outbox.lease(later(turn), owner=f"o{turn}", lease=60, limit=6):
                delivery = rng.choice((
                    Delivery(sent=True, reason=SendReason.OK), Delivery(sent=False, reason=SendReason.REFUSED, detail="503"),
                    Delivery(sent=False, reason=SendReason.AMBIGUOUS, detail="no answer"),
                ))  # fmt: skip
                if rng.random() < 0.9:
                    store.outbox.mark(row, delivery, later(turn), retry_at=rng.choice((None, later(turn + 90))))
        for route in ROUTES:
            for day in range(5):
                store.digests.take(route, f"2026-11-2{day}", rng.choice(("08:00", "18:00")), later(-day * 86_400))
            items = store.digests.items(route)
            told = tuple((item.due.alert.id, item.revision) for item in items[:3])
            store.digests.tell(items[:3], [self._message(route, told, Kind.DIGEST)], f"d-{route}", later(5))

    def _tell(self, alert: Alert) -> None:
        rng = self.rng
        told = ((alert.id, alert.revision),)
        posts = [self._message(alert.route, told) for _ in range(rng.randint(0, 2))]
        puts = [
            Put(alert.route, channel, alert.id, alert.revision, AlertReason.OVER_LIMIT)
            for channel in rng.sample(CHANNELS, rng.randint(0, 2))
        ]
        self.store.alerts.tell([alert], posts, puts, later(self.at()))

    def _message(self, route: str, told: tuple[tuple[int, int], ...], kind: Kind = Kind.ALERT) -> Post:
        rng, number = self.rng, next(self._post)
        message = Message(
            f"m{number:05}",
            rng.choice(ODD[:-6]),
            self.words("ru", 30),
            "*text*",
            "<p>ß</p>",
            kind,
            "thread",
            '{"a": 1}',
        )
        return Post(route, rng.choice(CHANNELS), message, told, urgent=rng.random() < 0.2)

    def _silences(self) -> None:
        store, rng = self.store, self.rng
        for number in range(30):
            start = self.at()
            matchers = (("rule", rng.choice(RULES)), ("story", f"s{number}"), ("outlet", "Ä*"))[: rng.randint(1, 3)]
            silence = Silence(
                0, matchers, later(start), later(start + rng.randrange(9 * 86_400)), "désk", self.words("el", 5)
            )
            store.silences.add(silence, later(start))
        store.silences.end(30, later(-9))
        for number, row in enumerate(store.hits.rows(Filter(limit=60))):
            store.marks.put(row.hit.id, Marked(rng.choice(("relevant", "noise")), f"p{number % 3}", later(self.at())))
        for rule in RULES[:3]:
            store.spikes.begin(rule, later(-900))
        store.spikes.end(RULES[0], later(-60))

    def _sources(self) -> None:
        store, rng = self.store, self.rng
        for due in store.outlets.lease_due(later(1), limit=13, lease=60):
            failed = rng.random() < 0.4
            store.outlets.record(
                PollOutcome(due.id, later(self.at()), later(self.at() + 90_000), Reason.DNS if failed else None, "détail",
                            rng.randrange(5), '"etag"', "Tue", "hash", rng.choice((None, 3)), rng.randbytes(9), rng.random(),
                            rng.random(), "plan", rewritten=rng.random() < 0.5, seen=rng.choice((None, b"\0\xff")),
                            news_at=rng.choice((None, later(-5))), quiet=rng.random() * 1e-9, spells=rng.random() * 1e9,
                            moved=rng.choice(("", "https://new.example/")))
            )  # fmt: skip
        for number, outlet in enumerate(OUTLETS):
            store.outlets.hold_host(f"{outlet}.example", later(self.at() + 40 * 86_400))
            store.outlets.put_robots(
                RobotsFile(f"https://{outlet}.example:443", 200, rng.randbytes(50), later(-number))
            )
            store.outlets.learn(outlet, lambda _, n=number: Memory(((1, n), (2**63,)), (n, 7)))
            glances = [Glance(later(-n), rng.choice((None, Reason.TIMEOUT)), n, n * 3, n) for n in range(5)]
            store.health.note(outlet, glances, 9)
        for outlet in OUTLETS[::2]:
            store.health.begin(
                Ailment(
                    outlet, rng.choice((Trouble.FAILING, Trouble.LAYOUT)), later(self.at()), "sagt", "tu", "polls", 3
                )
            )
        store.links.move([Moved(number, f"n{number}", later(-1), None, reread=True) for number in (1, 2, 3)], NOW)
        # One guid of several titles: which of them is named is no matter of the order in which rows lie.
        for number in rng.sample(range(500), 9):
            link = Link(
                OUTLETS[0],
                _feed(OUTLETS[0]),
                f"https://x.example/{number}",
                f"https://x.example/{number}",
                "same",
                f"t{number}",
            )
            store.links.add([link], self.source(OUTLETS[0]), NOW, lease=60)
        # One is watched no more; of two that are new nothing was ever read, and one is not any more.
        with store.transaction():
            store.outlets.sync(
                [Outlet(name, f"The {name}", sources=(Source(_feed(name)),)) for name in (*OUTLETS[:-1], "new-b", "new-a")], later(0),
            )  # fmt: skip
        number = self.source(OUTLETS[1])
        store.outlets.record(PollOutcome(number, later(1), later(9)))
        store.outlets.record(PollOutcome(number, later(2), later(9), Reason.DNS))

    def _rest(self) -> None:
        store, rng = self.store, self.rng
        for number in range(80):
            store.upkeep.event(EventRow(rng.choice(("disk", "config", "clock")), later(self.at()), rng.choice(("", *OUTLETS)),
                                        rng.choice((0, number)), "why", self.words("zh", 4)))  # fmt: skip
        for number in range(9):
            store.upkeep.record_pass(Pass(later(number), later(number + 1), number, 1, 2, 3, 4, 5))
        store.upkeep.introduce(Daemon(4711, "0.1.0", NOW, 8, 7, address="127.0.0.1:1", digests=((later(5), "désk"),)))
        sql = store.sql
        for number in range(7):
            values = (number, "courier", number, "article", "v", rng.randbytes(40))
            sql.write(
                "INSERT INTO readings (link_id, outlet_id, at, kind, version, data) VALUES (?, ?, ?, ?, ?, ?)", *values
            )
            sql.write("INSERT INTO reports (kind, data) VALUES (?, ?)", "poll", rng.randbytes(9))
        sql.write("INSERT INTO copies (path, kind, at) VALUES ('/srv/backup.db', 'backup', 5)")
        sql.write("INSERT INTO turns (host, owner, until, free_at) VALUES ('x.example', 'w1', 1, 2)")
        sql.write("INSERT INTO workers (id, at, data) VALUES ('w1', 1, '{}')")


def _feed(outlet: str) -> str:
    return f"https://{outlet}.example/feed"


def queries(seed: int, number: int) -> Iterator[tuple[str, Filter]]:
    """Yield so many questions in the rule language, each with a filter; those that it refuses are none."""
    rng = random.Random(seed)
    asked = 0

    def term() -> str:
        pool = [word for word in WORDS[rng.choice(list(WORDS))].split() if word not in {"in", "of"}]
        word = rng.choice(pool).strip(".。።")
        kind = rng.randrange(9)
        if kind == 0:
            return f"{word[: rng.randint(3, 6)]}*" if len(word) > 2 else word
        if kind == 1:
            return f'"{word} {rng.choice(pool)}"'
        if kind == 2:
            return f"{word} NEAR/{rng.randint(1, 9)} {rng.choice(pool)}"
        if kind == 3:
            return f"{word} ONEAR/{rng.randint(1, 9)} {rng.choice(pool)}"
        if kind == 4:
            return f"{rng.choice(('title', 'lead', 'body', 'caption'))}:{word}"
        if kind == 5:
            return "{" + word + "}"
        return word

    while asked < number:
        said = " ".join(
            f"{rng.choice(('', 'OR ', 'AND '))}{term()}" if place else term()
            for place in range(rng.choice((1, 1, 2, 3)))
        )
        if rng.random() < 0.25:
            said += f" -{term()}" if rng.random() < 0.5 else f" AND NOT ({term()} OR {term()})"
        if rng.random() < 0.1:
            said += rng.choice((" outlet:courier", " lang:de", " section:world", " author:harbour"))
        try:
            parse(said)
        except QueryError:
            continue
        asked += 1
        yield said, wanted(rng)


def wanted(rng: random.Random) -> Filter:
    """Return a filter."""

    def maybe(*values: object) -> object:
        return rng.choice(values) if rng.random() < 0.25 else None

    since, until = sorted(rng.uniform(-DAYS * 86_400, 0) for _ in range(2))
    return Filter(
        rule=maybe(*RULES, "none"), outlet=maybe(*OUTLETS, "none"), language=maybe("en", "de", "zh", "xx"),
        since=maybe(later(since)), until=maybe(later(until)), limit=rng.choice((1, 3, 7, 20, 50)),
        story=f"s{rng.randrange(60)}" if rng.random() < 0.1 else None,
    )  # fmt: skip
