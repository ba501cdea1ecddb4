"""A service that is loaded alone is the one that apprise finds among all."""

from __future__ import annotations

import subprocess
import sys

import apprise
import pytest
from apprise.plugins import N_MGR

from monitor.notify.channels import services

ASSET = apprise.AppriseAsset(allow_templates=False, storage_mode="memory")
# The examples that each plugin's own documentation gives, without secrets.
REST = {
    "bluesky": "reader@bsky.example/app-pass-word-1234",
    "discord": "4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?footer=yes",
    "email": "user:pass@press.invalid?to=desk@press.invalid&name=a%20b",
    "google_chat": "workspace/key/token",
    "gotify": "gotify.invalid/token12345",
    "guilded": "4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
    "home_assistant": "home.invalid/long-lived-token",
    "mastodon": "token@social.invalid/@desk",
    "matrix": "user:token@chat.invalid/#room",
    "mattermost": "chat.invalid/3ccdd113474722377935511fc85d3dd4",
    "ntfy": "ntfy.invalid/topic",
    "pushbullet": "o.gn5kj6nfhv736I7jC3cj3QLRiyhgl98b",
    "pushover": "uuuuuuuuuuuuuuuuuuuuuuuuuuuuuu@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "rocketchat": "user:password@chat.invalid/#general",
    "signal_api": "127.0.0.1:8080/+15551234567/+15551234568",
    "slack": "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
    "telegram": "123456789:abcdefg_hijklmnop/12315544/",
    "twilio": "AC735c307c62944b5abcdef:abcdef0123456789abcdef@15551234567/15551234568",
    "webexteams": "Y2lzY29zcGFyazovL3VzL1JPT00vYmJjZWIxYWQtNDNmMS0zYjU4LTkxNDctZjE0YmIwYzRkMTU0",
    "workflows": "chat.invalid:443/abcdefghijklmnop/signature",
    "zulip": "bot@organisation/a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6/general",
}


def told(service):
    return service and (type(service), service.url(privacy=False), service.tags)


@pytest.mark.parametrize("scheme", services.PLUGIN_OF)
def test_it_is_what_apprise_makes(scheme):
    rest = REST.get(services.PLUGIN_OF[scheme], "chat.invalid/hook?format=text&rto=9.5")
    for url in (f"{scheme}://{rest}", f"{scheme.upper()}://{rest}", f"{scheme}://", f"{scheme}://%20/?format=x"):
        assert services._plugin(scheme) is N_MGR[scheme]
        assert told(services.service(url, scheme, ASSET)) == told(apprise.Apprise.instantiate(url, asset=ASSET)), url


def test_the_examples_are_addresses():
    assert all(
        services.service(f"{s}://{REST.get(p, 'chat.invalid/x')}", s, ASSET) for s, p in services.PLUGIN_OF.items()
    )


def test_what_is_not_in_the_table_is_found_by_apprise():
    assert "prowl" not in services.PLUGIN_OF
    key = "a" * 40
    assert type(services.service(f"prowl://{key}", "prowl", ASSET)) is N_MGR["prowl"]
    assert services.service("nonsense://x", "nonsense", ASSET) is None
    # A service's own address, as it is copied there.
    hook = "https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
    assert type(services.service(hook, "https", ASSET)) is N_MGR["discord"]


def test_no_other_is_loaded():
    code = (
        "import sys; from monitor.notify.channels.apprise import AppriseChannel; from monitor.model import Channel\n"
        "AppriseChannel().check(Channel('c', url='json://127.0.0.1:9/x'))\n"
        "print(len([name for name in sys.modules if name.startswith('apprise.plugins.')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10
