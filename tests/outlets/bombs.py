"""Feeds made to hurt. `python -m tests.outlets.bombs` reads each in a process of its own and prints a line of JSON:
its name, what came of it, seconds, and how many MB the process grew.
"""

from __future__ import annotations

import json
import multiprocessing
import resource
import time

from monitor.errors import ReadError
from monitor.outlets import feed
from tests.outlets.feeds import LINK, page, rss

_LAUGHS = '<!ENTITY l0 "lol">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
_ITEM = "<item><title>x</title><link>/a</link></item>"


def _dated(count):
    """The newest in the middle, where no cut at either end would find them."""
    yield "<rss>"
    for number in range(count):
        day = f"<pubDate>{2020 + (5 if number % 100 == 50 else 0)}-01-01</pubDate>" if number % 50 == 0 else ""
        yield f"<item><link>/{number}</link>{day}</item>"
    yield "</rss>"


def _declared(entities, item):
    return f"<!DOCTYPE r [{entities}]>" + rss(item + LINK, head="")


def _many(count, written):
    return "".join(written.format(number) for number in range(count))


ONE, NOTHING, HOSTILE, NO_FEED = "1 entries, 0 dropped", "0 entries, 1 dropped", "hostile", "not_a_feed"
NEWEST = "1000 entries, 99000 dropped, the newest of 2025"
_BROKEN = "<rss><channel><item><title>x<b></title><link>/a</link>"
_FILE = 'SYSTEM "file:///etc/passwd"'
# What is made, and what comes of it.
BOMBS = {
    "billion laughs": (lambda: _declared(_LAUGHS, "<title>&l9;</title>"), ONE),
    "billion laughs in what is broken": (lambda: _declared(_LAUGHS, "<title><b>&l9;</title>"), ONE),
    "quadratic blow-up": (lambda: _declared(f'<!ENTITY a "{"a" * 200}">', "&a;" * 500_000), HOSTILE),
    "one large entity": (lambda: _declared(f'<!ENTITY a "{"a" * 50_000}">', "&a;" * 50_000), NO_FEED),
    "external entity": (lambda: _declared(f"<!ENTITY x {_FILE}>", "<title>&x;</title>"), ONE),
    "parameter entity": (lambda: _declared(f"<!ENTITY % x {_FILE}> %x;", ""), ONE),
    "100,000 items": (lambda: "".join(_dated(100_000)), NEWEST),
    "80,000 odd dates": (lambda: "<rss>" + _many(80_000, "<item><link>/{}</link><date>x 2020 y</date></item>") + "</rss>", "1000 entries, 79000 dropped"),
    "100,000 attributes": (lambda: rss("").replace("<item", "<item " + _many(100_000, 'a{}="" ')), HOSTILE),
    "100,000 bare attributes": (lambda: rss("").replace("<item", "<item " + _many(100_000, "a{} ")), HOSTILE),
    "200,000 deep": (lambda: "<rss>" + "<a>" * 200_000 + "</a>" * 200_000 + "</rss>", HOSTILE),
    "4,000 deep": (lambda: "<rss><channel>" + "<a>" * 4_000 + _ITEM, ONE),
    "a million references": (lambda: rss(f"{LINK}<description>{'&lt;' * 1_000_000}</description>"), ONE),
    "a million ampersands": (lambda: rss(f"{LINK}<description>{'&' * 1_000_000}</description>"), ONE),
    "900,000 ampersands in what is broken": (lambda: _BROKEN + "&" * 900_000, HOSTILE),
    "190,000 signs in what is broken": (lambda: _BROKEN + "< " * 190_000, ONE),
    "4,900 deep in what is broken": (lambda: _BROKEN + "<b>" * 4_900 + "<i></i>" * 20_000, ONE),
    "30,000 items never closed": (lambda: "<rss><channel>" + "<item><title>x<link>/a" * 30_000, HOSTILE),
    "a title of 4 MB": (lambda: rss(f"<title>{'x' * 4_000_000}</title>{LINK}"), ONE),
    "a title of 20 MB": (lambda: rss(f"<title>{'x' * 20_000_000}</title>{LINK}"), "too_large"),
    "a million elements": (lambda: "<rss>" + "<a/>" * 1_200_000 + "</rss>", HOSTILE),
    "a million signs": (lambda: rss(LINK + "<description>" + "<" * 1_900_000), HOSTILE),
    "CDATA never closed": (lambda: "<rss>" + "<![CDATA[" * 200_000, HOSTILE),
    "comments never closed": (lambda: "<rss>" + "<!--" * 400_000, HOSTILE),
    "49,000 prefixes": (lambda: "<rss>" + _many(49_000, "<p{}:a>") + "<", HOSTILE),
    "half of it no UTF-8": (lambda: b"<rss><channel><title>" + b"\xe9" * 300_000 + b"a" * 1_600_000, NO_FEED),
    "one emoji in 2 MB": (lambda: "<rss><channel><item>&" + "x " * 990_000 + "\U0001f600</item>", NOTHING),
    "deep JSON": (lambda: '{"items": ' + "[" * 190_000, NO_FEED),
    "600,000 objects of JSON": (lambda: '{"items": [' + ",".join(['{"a":1}'] * 600_000) + "]}", HOSTILE),
    "a million strings of JSON": (lambda: '{"items": [' + ",".join(['"ab"'] * 990_000) + "]}", "0 entries, 990000 dropped"),
    "100,000 items of JSON": (lambda: '{"items": [' + ",".join(['{"url":"/a","title":"x"}'] * 100_000) + "]}", NEWEST[:27]),
    "a number of 1 MB": (lambda: '{"items": [{"id": ' + "9" * 1_000_000 + "}]}", NO_FEED),
}  # fmt: skip


def _run(name, sender):
    body = BOMBS[name][0]()
    whole = page(body)
    del body
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        found = feed.read(whole)
        outcome = f"{len(found.entries)} entries, {found.dropped} dropped"
        if newest := max((entry.published.year for entry in found.entries if entry.published), default=0):
            outcome += f", the newest of {newest}"
    except ReadError as error:
        outcome = error.reason.value
    spent = time.process_time() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    sender.send({"name": name, "outcome": outcome, "seconds": round(spent, 2), "grown": round(grown)})


def main():
    # Forked from a process that has everything loaded, as readers are: what grows is the bomb's.
    import feedparser  # noqa: F401

    feed.read(page(rss(LINK)))
    context = multiprocessing.get_context("fork")
    for name in BOMBS:
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=_run, args=(name, sender))
        child.start()
        child.join(20)
        print(json.dumps(receiver.recv() if receiver.poll() else {"name": name, "outcome": "nothing"}), flush=True)
        child.kill()


if __name__ == "__main__":
    main()
