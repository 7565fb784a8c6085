"""What a new conversation is told when it starts: the brief, or why there is none."""

from ocm.store.paths import Store


def message(store: Store, session_id: str, source: str, *, tokens: int, limit: int) -> tuple[str, str]:
    """Return what to say, and why that is nothing where a log should have it.

    One that is resumed or forked has it in its history; a store from elsewhere is not spoken for; and a host waits for
    the hook that asks, so that at most `limit` session files are read.
    """
    if source in {"resume", "fork"}:
        return "", ""
    from ocm.recall import brief
    from ocm.store import paths, trust

    if not paths.user_store():
        return "", f"{paths.NO_HOME} So nobody can say that this store was made here, and nothing of it is shown."
    if not trust.is_trusted(store):
        return trust.notice_once(store), ""
    own = session_id if source == "compact" else ""  # what the conversation itself has just lost, and fuller
    try:
        return brief.for_hook(store, own=own, me=session_id, tokens=tokens, most_read=limit), ""
    except brief.BehindError as error:
        return "", str(error)
