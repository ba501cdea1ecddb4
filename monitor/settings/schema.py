"""What the four files may say, as pydantic models. The text under a field is what editors show for it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic.annotated_handlers import GetJsonSchemaHandler

from monitor.fetch.subscription import header_name
from monitor.parse import html, urls
from monitor.settings.amounts import (
    Age,
    Budget,
    Day,
    Duration,
    Interval,
    Listen,
    Size,
    Times,
    by_default,
    listen,
    seconds,
    size,
)
from monitor.settings.channel_keys import ChannelKeys
from monitor.settings.keys import Id, Keys, Language, Severity, Text, Variable
from monitor.settings.page_keys import PageKeys
from monitor.settings.routes import RouteKeys

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


# ---- values. A validator's ValueError says what was expected; faults.py adds what was found.


def _web_address(value: str) -> str:
    if value != value.strip() or urls.absolute("", value) is None:
        raise ValueError("an address that begins with http:// or https://")
    return value


def contact_address(value: str) -> str:
    """Return a mail or web address that can stand in a User-Agent header."""
    fits = value.isascii() and value.isprintable() and len(value) <= 200 and not set(value) & set("()<>\\")
    if value and not (fits and (_MAIL.fullmatch(value) or urls.absolute("", value))):
        raise ValueError("a mail address or a web address")
    return value


def _selector(value: str) -> str:
    html.check_selector(value)
    return value


class OrText:
    """JSON schema only: the model, or its short form, one text."""

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "minLength": 1}, handler(core)]}


WebAddress = Annotated[
    str,
    AfterValidator(_web_address),
    WithJsonSchema({"type": "string", "format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"}),
]


Selector = Annotated[str, AfterValidator(_selector)]


# ---- monitor.yaml


class KeepKeys(Keys):
    """For how long articles are kept."""

    articles: Age | None = None
    """Articles without a hit, from the day they were read. Without it: forever."""
    hits: Age | None = None
    """Articles with hits, from the newest of these, and the hits. Without it: forever."""


class StorageKeys(Keys):
    """Where the database is, how long articles stay in it, and how large it may grow."""

    path: Text | None = None
    """The database. A relative path starts at this folder. Without it: the user's data folder."""
    url_env: Variable | None = None
    """The environment variable that holds the address of a PostgreSQL database, in place of a file."""
    url_file: Text | None = None
    """The file that holds that address."""
    keep: KeepKeys = Field(default_factory=KeepKeys)
    """For how long; an outlet can say otherwise."""
    min_free: Size = by_default(size, "200MB")
    """With less free space than this nothing more is read; messages are still sent. 0MB: no such floor."""


class PolitenessKeys(Keys):
    """What the outlets' servers see of us."""

    contact: Annotated[str, AfterValidator(contact_address)] = ""
    """Your mail or web address; outlets see it in the User-Agent and can ask you to stop."""
    gap: Duration = by_default(seconds, "2s")
    """Time between two requests to one host."""


class LimitsKeys(Keys):
    """What one machine and one page may cost."""

    readers: Annotated[int, Field(ge=1, le=256)] | None = None
    """Reader processes. Without it: one a core."""
    fetch_deadline: Interval = by_default(seconds, "30s")
    """The longest one visit to a page or feed may last, redirects included."""
    page_size: Annotated[int, Field(ge=1_000, le=100_000_000)] = 5_000_000
    """Bytes; larger answers are not read."""
    baseline_pages: Annotated[int, Field(ge=0, le=10_000)] = 20
    """Articles read when a source is asked for the first time; the rest of its list is only noted."""


class ServiceKeys(Keys):
    """How the daemon is seen by other programs."""

    listen: Listen = by_default(listen, "127.0.0.1:9464")
    """Where it serves /healthz and /metrics, to whoever asks there. off: nowhere."""


class MonitorFile(Keys):
    """monitor.yaml: where things are stored, and how hard the network and this machine are worked."""

    storage: StorageKeys = Field(default_factory=StorageKeys)
    timezone: Text = "UTC"
    """IANA name, such as Europe/Berlin. Times in messages are shown in it."""
    politeness: PolitenessKeys = Field(default_factory=PolitenessKeys)
    limits: LimitsKeys = Field(default_factory=LimitsKeys)
    service: ServiceKeys = Field(default_factory=ServiceKeys)
    web: PageKeys = Field(default_factory=PageKeys)
    allow_commands: bool = False
    """Whether channels of `kind: command` may start programs on this machine."""


# ---- outlets.yaml


class SelectorKeys(Keys):
    """CSS selectors of this outlet's pages. One that finds nothing on a page leaves it to the automatic choice."""

    body: Selector = ""
    """The text stands in these elements, and nowhere else."""
    title: Selector = ""
    """The headline is the text of the first of these."""
    date: Selector = ""
    """When it was published: the first of these with a date in datetime, content or its text."""
    drop: Selector = ""
    """Taken off the page before anything is read: promotions, boxes, what others wrote."""

    @model_validator(mode="before")
    @classmethod
    def _drop_empty(cls, value: object) -> object:
        # `body: #story` says nothing to YAML, and must not pass for a selector left out.
        return value


class ListingKeys(Keys):
    """A page that lists articles, such as a section front, of an outlet without a feed."""

    url: WebAddress
    """The page."""
    links: Selector = ""
    """CSS selector of its links to articles. Without it, the links that look like articles."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"url": value} if isinstance(value, str) else value


_NO_SELECTORS, _NO_KEEP = SelectorKeys(), KeepKeys()


class OutletKeys(Keys):
    """A publication that is watched. It has at least one of `feeds`, `sitemaps` and `listings`."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [key]} for key in ("feeds", "sitemaps", "listings")]}
    )

    name: str = ""
    """As people know it; without it, the id."""
    homepage: WebAddress | None = None
    """The front page, for people."""
    language: Language | None = None
    """For pages that do not name their own, such as en."""
    feeds: list[WebAddress] = []
    """RSS, Atom or JSON feeds."""
    sitemaps: list[WebAddress] = []
    """News sitemaps, or indexes of them."""
    listings: list[Annotated[ListingKeys, OrText()]] = []
    """Pages that list articles, for an outlet that has neither feed nor sitemap."""
    every: Interval | None = None
    """Time between two polls of one source. Without it: as often as the outlet publishes, 2m to 24h."""
    private: bool = False
    """Its own host and port may be read although the address is private (intranet, loopback)."""
    baseline: Literal["silent", "alert"] = "silent"
    """Whether hits in what it lists at the first poll are alerted."""
    ignore_robots: Text | None = None
    """The reason why its robots.txt is not asked, such as a contract. Without it, it is."""
    headers_env: dict[Annotated[str, AfterValidator(header_name)], Variable] = {}
    """Of a subscription, sent to its own addresses alone: header, and the environment variable with its value."""
    cookies_file: Text | None = None
    """Of a subscription: cookies in Netscape's format. A relative path starts at this folder."""
    tags: list[Text] = []
    """Your own words for it."""
    # One for all: each with its own, 100,000 outlets took 100 MB more to read.
    selectors: SelectorKeys = Field(default_factory=lambda: _NO_SELECTORS)
    keep: KeepKeys = Field(default_factory=lambda: _NO_KEEP)
    """For how long its articles are kept. Without it: as monitor.yaml says."""
    keep_text: Literal["full", "sentences", "none"] = "full"
    """How much of their text is stored: all, the sentences that hits quote, or none."""

    @model_validator(mode="after")
    def _has_sources(self) -> OutletKeys:
        if not (self.feeds or self.sitemaps or self.listings):
            raise ValueError("at least one of `feeds`, `sitemaps` and `listings`")
        return self


class OutletsFile(Keys):
    """outlets.yaml: what is read."""

    outlets: dict[Id, OutletKeys] = {}
    """By id: a short stable name, which routes and listings use."""


# ---- rules.yaml


class RuleKeys(Keys):
    """A query, and what to call its hits."""

    query: Text
    """What an article must say, in the rule language."""
    name: str = ""
    """As messages call it; without it, the id."""
    tags: list[Text] = []
    """Your own words for it; routes can choose by them."""
    severity: Severity = "normal"
    """Routes can choose by it."""
    languages: list[Language] = []
    """It holds only in articles in these; without it, in all."""
    mode: Literal["live", "shadow", "off"] = "live"
    """`shadow`: hits are stored and counted, never told. `off`: it is not looked for."""
    until: Day | None = None
    """The last day on which it is looked for, such as 2026-12-31."""
    budget: Budget | None = None
    """Messages a day, such as 20/day; what is over goes to the digest, which says what made the noise."""
    spike: Times | None = None
    """Such as 5x: tell only when the last hour had so many times more than is usual at that hour of the week."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"query": value} if isinstance(value, str) else value


class NameKeys(Keys):
    """One name, and where it holds."""

    text: Text
    """The name as it is written."""
    case: Literal["exact", "fold"] = "fold"
    """`exact`: only in exactly this case, as an acronym needs that is also a word."""
    languages: list[Language] = []
    """It holds only in articles in these; without it, in all."""
    not_at_sentence_start: bool = False
    """A capital at the start of a sentence says nothing: do not count it there."""
    accents: Literal["exact", "fold"] = "exact"
    """`fold`: with, without or with other accents, as `Sanchez` for `Sánchez`."""
    inflect: bool = False
    """The forms it takes in its `languages` count too; write it as a dictionary would."""
    transliterate: bool = False
    """A name in Cyrillic letters: the spellings of newspapers in Latin letters count too."""
    only_with: list[Text] = []
    """It holds only in an article that has one of these: words, phrases, word*, {Exact}."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"text": value} if isinstance(value, str) else value


class EntityKeys(Keys):
    """Somebody or something with names."""

    label: str = ""
    """As people know it; without it, the id."""
    names: Annotated[list[Annotated[NameKeys, OrText()]], Field(min_length=1)]
    """Every name it has, in every language and script you read."""
    unless_near: list[Text] = []
    """A name does not count where one of these stands within ten words of it, or over it: others of that name."""
    wikidata: Annotated[str, Field(pattern=r"^(Q[1-9][0-9]*)?$")] = ""
    """Its number there, such as Q7184; for your own use."""


class EntitiesFile(Keys):
    """A file of the folder entities/: who and what rules can name. What rules.yaml says of an id comes before it."""

    entities: dict[Id, EntityKeys] = {}
    """By id: somebody or something with names, used in a query as @id."""


class RulesFile(Keys):
    """rules.yaml: what is looked for."""

    rules: dict[Id, Annotated[RuleKeys, OrText()]] = {}
    """By id: a short stable name. Either the query alone, or keys."""
    entities: dict[Id, EntityKeys] = {}
    """By id: somebody or something with names, used in a query as @id."""


# ---- alerts.yaml


class NoticesKeys(Keys):
    """Who is told how outlets fare: when one is silent, blocked, changed, and when it is read as usual again."""

    channels: list[str] = []
    """Ids of the channels that are told. Without it: none; `monitor status` shows it."""


class AlertsFile(Keys):
    """alerts.yaml: who is told, and of what."""

    channels: dict[Id, ChannelKeys] = {}
    """By id: where messages go."""
    routes: dict[Id, RouteKeys] = {}
    """By id: which hits go to which channels."""
    notices: NoticesKeys = Field(default_factory=NoticesKeys)
    """Who is told when an outlet is not read as usual."""


FILE_MODELS: dict[str, type[Keys]] = {
    "monitor": MonitorFile,
    "outlets": OutletsFile,
    "rules": RulesFile,
    "alerts": AlertsFile,
}


SCHEMAS = (*FILE_MODELS, "entities")
"""What `json_schema` knows."""


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of one file: monitor, outlets, rules, alerts, or entities for those of its folder."""
    model = EntitiesFile if name == "entities" else FILE_MODELS[name]
    title = "entities/*.yaml" if name == "entities" else f"{name}.yaml"
    schema = model.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": f"{title} of monitor"}
