"""Texts, packed: Zstandard with a dictionary that was trained on the archive's own texts. The door of zstandard.

Without a dictionary an article of 3.1 kB takes 1.75 kB, with one of its language 1.3 kB. Dictionaries stay in the
database for good, so that whatever was packed can be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import zstandard

from monitor import heap
from monitor.errors import DamagedError
from monitor.store.codec import micros
from monitor.store.rows import Row, Sql, clean

# 6 would be 40 us faster an article and 2 % larger.
LEVEL = 9
DICTIONARY_BYTES = 112_640
# So many bodies of a language make a dictionary worth its place, and twenty times as many a better one. Samples are the
# newest: what the next articles will be like.
TRAIN_AT = (500, 10_000, 200_000)
SAMPLES = 3_000
# A hundred times the dictionary, as Zstandard's manual has it. Training takes twice as much memory (22 MB of texts 42),
# and 3,000 texts of 12 kB left the writer 70 MB of it.
SAMPLE_BYTES = 100 * DICTIONARY_BYTES
# Languages without a dictionary of their own are packed with that of all texts.
ALL = "*"
_COUNT = """
INSERT INTO languages (language, bodies) VALUES (?, 1), (?, 1)
ON CONFLICT (language) DO UPDATE SET bodies = languages.bodies + 1
"""


class SqlBodies:
    """Packs and unpacks texts by the dictionaries of the database."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._packers: dict[int | None, zstandard.ZstdCompressor] = {None: _packer(None)}
        self._unpackers: dict[int | None, zstandard.ZstdDecompressor] = {None: zstandard.ZstdDecompressor()}
        self._current: dict[str, int | None] = {}

    def pack(self, text: str, language: str | None) -> tuple[int | None, bytes]:
        """Return the number of a dictionary, None for none, and the packed text."""
        number = self._dictionary(language or "")
        packer = self._packers.get(number)
        if packer is None:
            packer = self._packers[number] = _packer(self._load(number))
        try:
            data = text.encode()
        except UnicodeEncodeError:
            data = str(clean(text)).encode()
        return number, packer.compress(data)

    def unpack(self, number: int | None, data: bytes) -> str:
        """Return the text that `pack` packed. Raises DamagedError."""
        unpacker = self._unpackers.get(number)
        if unpacker is None:
            unpacker = self._unpackers[number] = zstandard.ZstdDecompressor(dict_data=self._load(number))
        try:
            return unpacker.decompress(data).decode()
        except (zstandard.ZstdError, UnicodeDecodeError) as error:
            raise DamagedError(f"a text in {self._sql.path} cannot be unpacked ({error}): restore a backup") from error

    def forget(self) -> None:
        """Know no dictionary by heart: one that was made in a transaction that was undone is not in the database, and
        its number will be another's.
        """
        self._current.clear()
        for known in (self._packers, self._unpackers):
            for number in [number for number in known if number is not None]:
                del known[number]

    def count(self, language: str | None) -> None:
        """Count a new body of a language."""
        self._sql.write(_COUNT, language or "", ALL)

    def untrained(self) -> list[str]:
        """Return the languages that have enough bodies for a first or a better dictionary."""
        rows = self._sql.all("""
            SELECT l.language, l.bodies, (SELECT count(*) FROM dictionaries d WHERE d.language = l.language) AS made
            FROM languages l
        """)
        return [row["language"] for row in rows if row["made"] < len(TRAIN_AT) and row["bodies"] >= _need(row)]

    def train(self, language: str, now: datetime) -> int:
        """Make a dictionary of the newest bodies of a language, in force from now on; return its number, 0 where the
        texts give none.
        """
        rows = self._sql.all(
            "SELECT b.dictionary, b.data FROM bodies b JOIN articles a ON a.id = b.article_id "
            "WHERE ? IN (coalesce(a.language, ''), '*') ORDER BY a.id DESC LIMIT ?",
            language, SAMPLES,
        )  # fmt: skip
        samples: list[bytes | bytearray | memoryview] = []
        left = SAMPLE_BYTES
        for row in rows:
            samples.append(self.unpack(row["dictionary"], row["data"]).encode())
            left -= len(samples[-1])
            if left <= 0:
                break
        try:
            made = zstandard.train_dictionary(DICTIONARY_BYTES, samples).as_bytes()
        except zstandard.ZstdError:
            # Too few or too much alike: asked for again at the next size.
            made = b""
        del rows, samples
        heap.give_back()
        number = self._sql.insert(
            "INSERT INTO dictionaries (language, made_at, data) VALUES (?, ?, ?) RETURNING id",
            language,
            micros(now),
            made,
        )
        assert number is not None
        if not made:
            return 0
        self._sql.write("UPDATE languages SET dictionary = ? WHERE language = ?", number, language)
        # Nothing is packed with the one before any more.
        self.forget()
        return number

    def _dictionary(self, language: str) -> int | None:
        if language not in self._current:
            rows = self._sql.all("SELECT language, dictionary FROM languages WHERE language IN (?, ?)", language, ALL)
            found = {row["language"]: row["dictionary"] for row in rows}
            self._current[language] = found.get(language) or found.get(ALL)
        return self._current[language]

    def _load(self, number: int | None) -> zstandard.ZstdCompressionDict:
        row = self._sql.one("SELECT data FROM dictionaries WHERE id = ?", number)
        if row is None:
            raise DamagedError(f"{self._sql.path} has lost the dictionary {number} of its texts: restore a backup")
        return zstandard.ZstdCompressionDict(row[0])


def _need(row: Row | Mapping[str, int]) -> int:
    return TRAIN_AT[row["made"]]


def _packer(dictionary: zstandard.ZstdCompressionDict | None) -> zstandard.ZstdCompressor:
    if dictionary is None:
        return zstandard.ZstdCompressor(level=LEVEL, write_checksum=False)
    # Its tables are made once, not at every text.
    dictionary.precompute_compress(level=LEVEL)
    return zstandard.ZstdCompressor(level=LEVEL, dict_data=dictionary, write_checksum=False, write_dict_id=False)
