"""What a new conversation is told when it starts: the brief, or why there is none."""

from typing import NamedTuple

from ocm.store.paths import Store


class Told(NamedTuple):
    """What a new conversation is told, the line for its user, and why it is nothing where a log should have it."""

    said: str = ""
    greeting: str = ""
    why_not: str = ""


def load() -> None:
    """Load what a brief is made with, which takes as long as a question to git: so both are done at once."""
    import ocm.recall.brief  # noqa: F401


def message(store: Store, session_id: str, source: str, *, tokens: int, limit: int) -> Told:
    """Return what to say.

    One that is resumed or forked has it in its history; a store from elsewhere is not spoken for; and a host waits for
    the hook that asks, so that at most `limit` session files are read.
    """
    if source in {"resume", "fork"}:
        return Told()
    from ocm.recall import brief
    from ocm.store import paths, trust

    if not paths.user_store():
        why_not = f"{paths.NO_HOME} So nobody can say that this store was made here, and nothing of it is shown."
        return Told(why_not=why_not)
    if not trust.is_trusted(store):
        return Told(trust.notice_once(store))
    own = session_id if source == "compact" else ""  # what the conversation itself has just lost, and fuller
    greetings: list[str] = []
    try:
        said = brief.for_hook(store, own=own, me=session_id, tokens=tokens, most_read=limit, greeting=greetings.append)
    except brief.BehindError as error:
        return Told(why_not=str(error))
    return Told(said, "" if own else "".join(greetings))
