from __future__ import annotations

import pytest

from tests.fetch.visiting import House


@pytest.fixture
async def house(tmp_path):
    house = House(tmp_path)
    yield house
    await house.client.aclose()
    house.ledger.close()
