"""Who may look: a password kept as its scrypt hash, sessions as signed cookies, a token in every form.

Pure but for `Door`, which remembers failed attempts. The door to itsdangerous.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field

from itsdangerous import BadSignature, TimestampSigner

# OWASP's password storage cheat sheet names 2^17, 8, 1 and this as equally hard; this takes 16 MB a try, not 128.
COST, BLOCK, LANES = 1 << 14, 8, 5
_ROOM = 32 << 20
SHORTEST, LONGEST_PASSWORD = 10, 500
"""Characters. By the waits after wrong ones 300 are tried a day; a form holds 8 kB."""
SESSION = 14 * 24 * 3_600
"""Seconds for which a login holds."""
FREE_TRIES, LONGEST = 5, 300.0
"""Failed attempts without a wait, and the longest wait in seconds."""


@dataclass(frozen=True, slots=True)
class Password:
    """What is kept of a password: `hashed`, and `key`, by which sessions are signed. A new one ends all sessions."""

    hashed: bytes
    salt: bytes
    key: bytes

    def __repr__(self) -> str:
        return "Password(…)"


def unfit(password: str) -> str:
    """Return why it cannot be one, for people; "" where it can."""
    if not SHORTEST <= len(password) <= LONGEST_PASSWORD:
        return f"a password has {SHORTEST} to {LONGEST_PASSWORD} characters, such as four words that nothing connects"
    return "" if password.isprintable() else "a password has no control characters"


def made(password: str, random: Callable[[int], bytes]) -> Password:
    """Return what is to be kept of a new password. `random`: of the system."""
    salt = random(16)
    return Password(_hash(password, salt), salt, random(32))


def matches(password: str, kept: Password) -> bool:
    """Say whether it is the one; in the same time whatever it is."""
    return hmac.compare_digest(_hash(password, kept.salt), kept.hashed)


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(errors="replace"), salt=salt, n=COST, r=BLOCK, p=LANES, maxmem=_ROOM)


_FORM = "scrypt-14-8-5"


def write(kept: Password) -> str:
    """Return the line that is kept in a file."""
    return " ".join((_FORM, *(b64encode(part).decode() for part in (kept.salt, kept.hashed, kept.key)))) + "\n"


def read(text: str) -> Password | None:
    """Read what `write` wrote; None for anything else."""
    form, *rest = text.split() or [""]
    try:
        salt, hashed, key = (b64decode(part, validate=True) for part in rest)
    except ValueError:
        return None
    return Password(hashed, salt, key) if form == _FORM and len(hashed) == 64 and len(key) == 32 else None


class Sessions:
    """Cookies that say who came in: a random name, signed and dated. `key`: by what at this moment."""

    def __init__(self, key: Callable[[], bytes], random: Callable[[int], bytes]) -> None:
        self._key, self._random = key, random

    @property
    def _signer(self) -> TimestampSigner:
        return TimestampSigner(self._key(), salt="monitor.session", digest_method=hashlib.sha256)

    def begin(self, *, entered: bool) -> str:
        """Return the cookie of a new session. `entered`: the password was given."""
        return self._signer.sign(f"{'in' if entered else 'out'}-{self._random(16).hex()}").decode()

    def known(self, cookie: str) -> bool:
        """Say whether a cookie is one of ours that still holds."""
        return self._name(cookie) is not None

    def entered(self, cookie: str) -> bool:
        """Say whether it is one of somebody who gave the password."""
        return (self._name(cookie) or "").startswith("in-")

    def token(self, cookie: str) -> str:
        """Return what each form of this session carries, so that no other site can send one."""
        return hmac.new(self._key(), f"form {self._name(cookie)}".encode(), "sha256").hexdigest()

    def sent(self, cookie: str, token: str) -> bool:
        """Say whether a form came from a page of this session."""
        return self.known(cookie) and hmac.compare_digest(self.token(cookie).encode(), token.encode(errors="replace"))

    def _name(self, cookie: str) -> str | None:
        try:
            return self._signer.unsign(cookie, max_age=SESSION).decode()
        except (BadSignature, UnicodeError):
            return None


@dataclass
class Door:
    """How long somebody has to wait for the next try: of all together, as addresses cost nothing. `monotonic`: s."""

    monotonic: Callable[[], float]
    _failed: int = 0
    _until: float = field(default=0.0)

    def wait(self) -> float:
        """Return the seconds until a try is looked at; 0: now."""
        return max(self._until - self.monotonic(), 0.0)

    def failed(self) -> None:
        """Note a wrong password: after FREE_TRIES the wait doubles with each."""
        self._failed += 1
        if self._failed >= FREE_TRIES:
            self._until = self.monotonic() + min(2.0 ** (self._failed - FREE_TRIES), LONGEST)

    def entered(self) -> None:
        """Note a right one."""
        self._failed = 0
