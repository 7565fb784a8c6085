"""Values for the laws: any text a checkpoint can bring, with what breaks markdown and YAML often enough."""

from hypothesis import strategies as st

from ocm.base.model import CHANGE_TYPES, FileChange, PlanFile, Reference, Session, WorkEntry, clean_text
from ocm.base.text import one_line

HOSTILE = (
    "# heading", "## Goal", "### Work Completed", "---", "- --", "- - -", "```", "```ocm", "```text", "~~~", "<!--", "-->",
    "<div>", "<script>", "| a | b |", "|---|---|", "`code`", "``", "\\", "\\---", "[x] done", "[ ] open", "- item", "  - nested",
    "1. one", "> quote", "    code", "\tcode", "===", "key: value", "a: b # c", "null", "~", "[a, b]", "{a: b}", "&a *a", "0012",
    "1.10", "<!-- BEGIN openCodeMemory -->", "<!-- END openCodeMemory -->", "*", "+", "-", "- " * 40 + "deep", ">" * 40, "“…”",
    "日本語", "🎉", "עברית", "\u202e", "\u200b", "\x85", "\u2028", "\x0c", "\x1b[31m", "%YAML", "!!python/object", "a\tb", "&nbsp;",
)  # fmt: skip

_pieces = st.sampled_from(HOSTILE) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20
)
texts = st.lists(_pieces, min_size=1, max_size=6).flatmap(
    lambda pieces: st.lists(
        st.sampled_from(["\n", "\n\n", " ", "\n  ", "\n    ", "\r\n", "\n\t"]),
        min_size=len(pieces),
        max_size=len(pieces),
    ).map(lambda seams: clean_text("".join(piece + seam for piece, seam in zip(pieces, seams, strict=True))))
)
items = texts.filter(bool)
lines = texts.map(one_line).filter(bool)
item_lists = st.lists(items, max_size=4, unique=True)
paths = (
    st.lists(_pieces, min_size=1, max_size=3).map("/".join)
    | st.sampled_from(["src/a.py", "ü n.py", "a`b``c", " lead", "trail ", "a\nb", "→", "a → b", "C:\\x\\new"])
).filter(lambda path: bool(path) and "\x00" not in path)
accepted_paths = paths.filter(lambda path: bool(one_line(clean_text(path))))  # what a checkpoint call does not refuse

_instants = st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat(timespec="seconds"))
_headings = st.tuples(
    st.datetimes().map(lambda moment: f"{moment:%Y-%m-%d %H:%M}"),
    st.sampled_from(["", " · a3f1c99", " · d8e2f04 · git_commit"]),
).map("".join)


@st.composite
def sessions(draw: st.DrawFn) -> Session:
    """Any session that could be in a file."""
    changes = [
        FileChange(path, kind, draw(paths) if kind == "renamed" else None)
        for kind in CHANGE_TYPES
        for path in draw(st.lists(paths, max_size=2, unique=True))
    ]
    return Session(
        session_id=draw(lines),
        title=draw(st.just("") | lines),
        slug=draw(st.from_regex(r"[a-z0-9-]{0,10}", fullmatch=True)),
        tool=draw(st.just("claude-code") | lines),
        project=draw(st.just("") | lines),
        branch=draw(st.just("") | lines),
        status=draw(st.sampled_from(["open", "frozen", "closed"])),
        started_at=draw(_instants),
        updated_at=draw(_instants),
        ended_at=draw(st.just("") | _instants),
        git_sha_start=draw(st.sampled_from(["", "a3f1c99d2b" * 4])),
        git_sha_end=draw(st.sampled_from(["", "a3f1c99d2b" * 4])),
        trigger=draw(st.sampled_from(["", "git_commit", "manual"])),
        tags=draw(st.lists(lines, max_size=3, unique=True)),
        goal=draw(st.just("") | texts),
        work_completed=draw(item_lists),
        work_pending=draw(item_lists),
        files=changes,
        diff_summary=draw(st.sampled_from(["", "3 files changed, 187 insertions(+), 43 deletions(-)"])),
        work=draw(st.lists(st.builds(WorkEntry, _headings, item_lists), max_size=3)),
        plan_files=draw(st.lists(st.builds(PlanFile, lines, st.just("") | lines), max_size=3, unique=True)),
        decisions=draw(item_lists),
        problems=draw(item_lists),
        references=draw(st.lists(st.builds(Reference, lines, st.just("") | lines), max_size=3, unique=True)),
        source=draw(st.just("") | lines),
        source_id=draw(st.just("") | lines),
        model=draw(st.just("") | lines),
        parent=draw(st.just("") | lines),
        pinned=draw(st.sampled_from(["", "true", "false"])),
        merged_ids=draw(st.lists(lines, max_size=2, unique=True)),
        last_words=draw(st.just("") | texts),
        facts=draw(
            st.lists(
                st.sampled_from(["start 1772545930.5", "event stop 2026-03-03T16:02:44+01:00", 'blob "a b" 12ab']),
                max_size=3,
            )
        ),
    )
