"""Rebuilding the caches: no page that held a deleted text is left, in the store or in its archive."""

from __future__ import annotations

import os
from pathlib import Path

from ocm.index import sync
from ocm.sessions import archive
from tests.support.builders import Project
from tests.support.session_store import ids, put_closed


def test_no_old_page_is_left_of_either_cache(project: Project) -> None:
    put_closed(project.store, "first", goal="zanzibar")
    put_closed(project.store, "second", goal="quokka")
    archive.archive_session(project.store, "first", "first.md")
    places = [place for place, _ in archive.places(project.store)]
    for place in places:
        sync.rebuild(place)
        Path(place.database + ".damaged").write_bytes(b"zanzibar quokka")
        for name in os.listdir(place.sessions):
            os.unlink(os.path.join(place.sessions, name))
    archive.rebuild_caches(project.store)
    for place in places:
        assert ids(place) == []
        assert not os.path.exists(place.database + ".damaged")
        assert not any(word in Path(place.database).read_bytes() for word in (b"zanzibar", b"quokka"))
