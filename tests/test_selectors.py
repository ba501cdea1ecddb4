"""An outlet's selectors go from outlets.yaml to the reader processes and decide what rules read."""

from __future__ import annotations

import pytest

from tests.newsroom import Newsroom
from tests.web import Web, article

PAGE = article(
    "Ministers keep a small staff for the winter",
    "Ministers of eleven countries agreed on Tuesday to keep forty people in the port, where the “coalition of the "
    "willing” is to meet next. The staff will have no command of its own, and no ships.",
    "Harbour workers were promised overtime. Their union wants to see the promise on paper, as it was not kept before.",
).replace(
    b"<h1>",
    b'<div class="diary"><p>From the diary of a traveller: the night train from Belgorod was late again, and everybody '
    b"in the carriage had a story about the winter in which it had not come at all.</p><p>We drank tea with the "
    b"conductor, who had worked on this line for thirty years, and who knew each of the villages by its dogs.</p></div>"
    b"<h1>",
)
OUTLETS = """
outlets:
  unaided: {{feeds: ["{url}/feed.xml"], private: true, baseline: alert}}
  aided:
    feeds: ["{url}/feed.xml"]
    private: true
    baseline: alert
    selectors:
      {selector}
"""


@pytest.mark.parametrize("selector", ["drop: .diary", 'body: "h1 ~ p"'])
def test_what_an_outlet_says_of_its_pages_decides_what_rules_read(tmp_path, selector):
    with Web() as web:
        room = Newsroom(tmp_path)
        room.write("outlets", OUTLETS.format(url=web.url, selector=selector))
        web.pages["/meeting.html"] = PAGE
        web.feed([("/meeting.html", "Ministers keep a small staff")])
        room.run("run", "--once")
        hits = {(row["outlet"], row["rule"]) for row in room.rows("hits")}
    # Without a word of help the diary before the headline is taken for the article's.
    assert hits == {("unaided", "coalition"), ("unaided", "belgorod"), ("aided", "coalition")}
