"""What a person does to the list of what is to be done: written into the session files that hold it."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from ocm.base.errors import BadInputError, NotFoundError, OcmError
from ocm.base.model import Session, clean_text
from ocm.redaction import redact, user_rules
from ocm.sessions import session_files
from ocm.store import files, paths
from ocm.store.paths import Store, user_store

BY_HAND = "todo"  # the id of the session that holds what a person adds
_TITLE = "To be done, by hand"
_ATTEMPTS = 5


def add(store: Store, text: str) -> str:
    """Put something on the list, and return it as it was stored.

    Raises:
        BadInputError: it is empty.
    """
    rules = user_rules.load(user_store(), store.path)
    item = redact.redact(clean_text(text), rules)[0].strip()
    if not item:
        raise BadInputError("The text is empty.", "Give what is to be done.")
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    branch = redact.redact(paths.git_head(store.root)[1], rules)[0]

    def with_item(session: Session) -> Session:
        pending = [*session.work_pending, *([] if item in session.work_pending else [item])]
        return replace(session, work_pending=pending, updated_at=now, branch=branch)

    from ocm.git import worktree

    project = redact.redact(worktree.project_name(store.root), rules)[0]
    new = Session(BY_HAND, _TITLE, tool="person", project=project, started_at=now)
    _change(store, BY_HAND, with_item, new)
    return item


def finish(store: Store, session_id: str, number: int, text: str, *, done: bool) -> None:
    """Take an item off the list of a session; where it is `done`, it goes to what was completed.

    Raises:
        NotFoundError: the session or the item is not there any more.
    """

    def without(session: Session) -> Session:
        pending = list(session.work_pending)
        if text not in pending:
            raise NotFoundError("The item was changed meanwhile.", "See: ocm todo")
        pending.pop(number if pending[number : number + 1] == [text] else pending.index(text))
        completed = [*session.work_completed, *([text] if done else [])]
        return replace(session, work_pending=pending, work_completed=completed)

    _change(store, session_id, without, None)


def _change(store: Store, session_id: str, edit: Callable[[Session], Session], new: Session | None) -> None:
    """Write a session as `edit` makes it, over its file or as a new one; again when somebody saved it in between."""
    from ocm.index import checkpoint_queries, scan

    files.make_private_dir(store.sessions)
    with files.locked(session_files.lock_path(store, session_id)):
        for _ in range(_ATTEMPTS):
            folder = scan.folder_stamp(store)
            known = session_files.read(store, session_id, [])
            if known is None and new is None:
                raise NotFoundError(f"There is no session {session_id!r} any more.", "See: ocm todo")
            session = known.session if known else new
            if session and (written := session_files.write(store, known, edit(session), "", seen=folder)):
                break
        else:
            raise OcmError("The session file is being changed all the time.", "Try again.")
    checkpoint_queries.refresh(store, os.path.basename(written.name), before=written.folder)
