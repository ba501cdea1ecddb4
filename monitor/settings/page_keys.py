"""What monitor.yaml says of the page, under `web`."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from monitor.settings.amounts import Listen, by_default, listen
from monitor.settings.keys import Keys, Text

LOOPBACK = ("127.0.0.1", "::1")
_NAME = r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9])?)*"


def host_name(value: str) -> str:
    """Return a host name in lower case."""
    if not re.fullmatch(_NAME, value):
        raise ValueError("a host name such as news.example.org, without https:// and without a port")
    return value.lower()


def proxies(value: object) -> tuple[str, ...]:
    """Return the addresses, and networks, of the proxies that are believed: true means this machine's."""
    if isinstance(value, bool):
        return LOOPBACK if value else ()
    try:
        return tuple(str(ipaddress.ip_network(one)) for one in _texts(value))
    except ValueError:
        raise ValueError("true, false or a list of addresses such as [10.0.0.2, 10.1.0.0/24]") from None


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError
    return value


HostName = Annotated[str, AfterValidator(host_name), WithJsonSchema({"type": "string", "pattern": f"^{_NAME}$"})]
Proxies = Annotated[
    tuple[str, ...],
    BeforeValidator(proxies),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "array", "items": {"type": "string"}}]}),
]


class PageKeys(Keys):
    """The page: hits, stories and outlets in a browser."""

    listen: Listen = by_default(listen, "off")
    """Where the daemon serves it, such as 127.0.0.1:9465. off: nowhere. Beyond this machine only with a password."""
    password_file: Text | None = None
    """What `monitor web password` wrote. A relative path starts at this folder. Without it nobody is asked for one."""
    names: list[HostName] = []
    """Host names that a browser may ask for it by, besides addresses and localhost: those of a reverse proxy."""
    proxy: Proxies = Field(default=(), json_schema_extra={"default": False})
    """Whether X-Forwarded-For and X-Forwarded-Proto are believed: true, of a proxy on this machine; or the addresses of
    proxies elsewhere."""
