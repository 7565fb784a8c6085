"""The store that every test of the index has for itself."""

from pathlib import Path

import pytest

from ocm.store.paths import Store
from tests.support.session_store import make_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return make_store(tmp_path)
