"""Schemathesis against the API's document: what it makes up finds no 500 and no answer that is not described.

It needs the executable: `pip install '.[browser]'` beside this Python, or on PATH.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.page.programs import configuration, fill, serving
from tests.store.make import NOW

# A query that is no query, and a cursor of another order, are strings like others to a schema.
UNDESCRIBED = "positive_data_acceptance"


@pytest.mark.slow
@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
def test_schemathesis_finds_nothing(tmp_path, closed):
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent)) or shutil.which("schemathesis")
    if program is None:
        pytest.skip("there is no schemathesis: pip install '.[browser]'")
    configuration(tmp_path)
    fill(tmp_path / "monitor.db")
    with serving(tmp_path, closed=closed) as page:
        token = page.tokens.create("it", NOW, bytes)
        header = ["-H", f"Authorization: Bearer {token}"] if closed else []
        done = subprocess.run(
            [program, "run", f"http://127.0.0.1:{page.port}/api/v1/openapi.json", "--max-examples", "10", "--seed", "1",
             "--exclude-checks", UNDESCRIBED, "--no-color", *header],
            capture_output=True, text=True, timeout=300, check=False, cwd=tmp_path,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested
    assert int(tested[1]) == 15
