"""What alerts.yaml says of a channel."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from monitor.settings.keys import Keys, Text, Variable


def _mailbox(value: str) -> str:
    # What email takes to import is for those who mail.
    from monitor.notify.mail_text import mailbox

    mailbox(value)
    return value


def _unsubscribe(value: str) -> str:
    if not re.fullmatch(r"(mailto:[^\s<>,@]+@|https://)[^\s<>,]+", value) or not value.isascii():
        raise ValueError("an address that begins with mailto: or https://")
    return value


Mailbox = Annotated[str, AfterValidator(_mailbox)]
Unsubscribe = Annotated[str, AfterValidator(_unsubscribe)]


class ChannelKeys(Keys):
    """`kind: console`, `kind: command`, or an address by exactly one of `url_env`, `url_file` and `url`."""

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [key]} for key in ("kind", "url_env", "url_file", "url")]}
    )

    kind: Literal["apprise", "console", "mail", "webhook", "command"] | None = None
    """Without it: apprise. `console`: printed where the daemon runs. `mail`: by SMTP, in threads. `webhook`: posted as
    JSON, signed. `command`: JSON for a program.
    """
    url_env: Variable | None = None
    """The environment variable that holds the address: an Apprise URL, a webhook's, or a mail server's."""
    url_file: Text | None = None
    """The file that holds the address. A relative path starts at this folder."""
    url: Text | None = None
    """The address itself. Only for addresses that are no secret."""
    secret_env: Variable | None = None
    """Of a webhook: the environment variable with the key that messages are signed with."""
    secret_file: Text | None = None
    """Of a webhook: the file with that key. A relative path starts at this folder."""
    headers_env: Variable | None = None
    """Of a webhook: the environment variable with headers to send, a line `Name: value` each."""
    headers_file: Text | None = None
    """Of a webhook: the file with those headers. A relative path starts at this folder."""
    sender: Annotated[Mailbox | None, Field(alias="from")] = None
    """Of mail: from whom, such as "Monitor <monitor@example.org>"."""
    to: list[Mailbox] = []
    """Of mail: to whom."""
    cc: list[Mailbox] = []
    """Of mail: to whom besides."""
    reply_to: Mailbox | None = None
    """Of mail: whom answers go to."""
    unsubscribe: Unsubscribe | None = None
    """Of mail: where to leave, mailto:... or https://..."""
    subject_prefix: Text | None = None
    """Of mail: how subjects begin, such as "[monitor]"."""
    command: list[Text] = []
    """Of a command: the path of the program, and its arguments as they are; no shell reads them."""
    delivery: Literal["at_least_once", "at_most_once"] = "at_least_once"
    """Whether what may have arrived is sent again, or stays `unknown` for you to decide."""

    @model_validator(mode="after")
    def _one_way(self) -> ChannelKeys:
        addresses = sum(way is not None for way in (self.url_env, self.url_file, self.url))
        if addresses != (0 if self.kind in {"console", "command"} else 1):
            raise ValueError("exactly one of `kind: console`, `kind: command`, `url_env`, `url_file` and `url`")
        if (self.kind == "command") != bool(self.command):
            raise ValueError("`command` where it says `kind: command`, and only there")
        keys = ((self.secret_env, self.secret_file), (self.headers_env, self.headers_file))
        if any(way for pair in keys for way in pair) and self.kind != "webhook":
            raise ValueError("`secret_...` and `headers_...` only where it says `kind: webhook`")
        if any(all(pair) for pair in keys):
            raise ValueError("one way to each: `..._env` or `..._file`")
        mail = (self.sender, self.to, self.cc, self.reply_to, self.unsubscribe, self.subject_prefix)
        if any(mail) and self.kind != "mail":
            raise ValueError("`from`, `to` and what else is of mail only where it says `kind: mail`")
        if self.kind == "mail" and not (self.sender and self.to):
            raise ValueError("`from` and `to` where it says `kind: mail`")
        return self
