"""apprise's service for an URL, without the 170 others: to load them all takes .25 s, and 26 MB for good."""

from __future__ import annotations

import importlib
from typing import Any

import apprise

# The file of the plugin, and its schemes. What is missing here, or elsewhere in another release, is found by apprise.
_PLUGINS = {
    "bluesky": "bluesky",
    "custom_form": "form forms",
    "custom_json": "json jsons",
    "custom_xml": "xml xmls",
    "discord": "discord",
    "email": "mailto mailtos",
    "google_chat": "gchat",
    "gotify": "gotify gotifys",
    "guilded": "guilded",
    "home_assistant": "hassio hassios",
    "mastodon": "mastodon mastodons toot toots",
    "matrix": "matrix matrixs",
    "mattermost": "mmost mmosts",
    "ntfy": "ntfy ntfys",
    "pushbullet": "pbul",
    "pushover": "pover",
    "rocketchat": "rocket rockets",
    "signal_api": "signal signals",
    "slack": "slack",
    "telegram": "tgram",
    "twilio": "twilio",
    "webexteams": "webex wxteams",
    "workflows": "workflow workflows",
    "zulip": "zulip",
}
PLUGIN_OF = {scheme: name for name, schemes in _PLUGINS.items() for scheme in schemes.split()}


def service(url: str, scheme: str, asset: apprise.AppriseAsset) -> Any:
    """Return what sends to an URL of this scheme; None where it cannot be used."""
    plugin = _plugin(scheme)
    if plugin is None:
        return apprise.Apprise.instantiate(url, asset=asset)
    if not plugin.enabled:
        return None
    try:
        # As apprise does it.
        said = plugin.parse_url(url.replace("/#", "/%23"))
        made = plugin(**(said | {"tag": set(), "asset": asset})) if said else None
    except Exception:  # noqa: BLE001 - a plugin's own ways to say that it is no address of its
        return None
    return made if made is not None and made.enabled else None


def _plugin(scheme: str) -> Any:
    try:
        module = importlib.import_module(f"apprise.plugins.{PLUGIN_OF[scheme]}")
    except (KeyError, ImportError):
        return None
    found = (getattr(module, name) for name in dir(module) if name.startswith("Notify"))
    return next((one for one in found if hasattr(one, "app_id") and scheme in one.schemas(one)), None)
