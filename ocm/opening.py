"""What a new conversation is told when it starts: the brief, or why there is none."""

from ocm import paths
from ocm.paths import Store


def words(store: Store, session_id: str, source: str, *, tokens: int, most: int) -> tuple[str, str]:
    """Return what to say, and why that is nothing where a log should have it.

    One that is resumed or forked has it in its history; a store from elsewhere is not spoken for; and a host waits for
    the hook that asks, so that at most `most` session files are read.
    """
    if source in {"resume", "fork"}:
        return "", ""
    from ocm import brief, index, trust

    if not trust.is_ours(store):
        return trust.first_word(store), ""
    lacking = index.behind(store)
    if lacking > most:
        why = f"no brief, because memory.db lacks {lacking} session files; any search, or ocm rebuild-index, reads them"
        return "", why
    own = brief.own(store, session_id, tokens) if source == "compact" else ""  # what it has just lost, and fuller
    branch = paths.git_head(store.root)[1]
    return own or brief.brief(store, branch=branch, session_id=None, tokens=tokens, quick=True), ""
