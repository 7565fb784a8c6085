"""The JSON schemas of the tools' arguments and answers, and the check of arguments against them.

Every conversation pays for the words of the arguments, so they are few: under 1,200 tokens for all tools. What stands
in an answer is described by `ocm.base.rows`; a test compares the two key by key.
"""

from typing import Any

from ocm.base.errors import BadInputError
from ocm.base.model import STATUSES, TRIGGERS

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TEXTS: Schema = {"type": "array", "items": TEXT}
INTEGER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
_NULLABLE: Schema = {"type": ["string", "null"]}
_KINDS: dict[str, type] = {"string": str, "integer": int, "array": list}


def record(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    """Return the schema of an object."""
    schema: Schema = {"type": "object", "properties": properties}
    return {**schema, "required": list(required)} if required else schema


def rows_of(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    """Return the schema of an answer that is a list of rows."""
    return record({"result": {"type": "array", "items": record(properties, required)}}, ("result",))


def _described(description: str, schema: Schema) -> Schema:
    return {**schema, "description": description}


def checked(tool: str, schema: Schema, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that are given, checked against the tool's schema.

    Raises:
        BadInputError: naming the argument and what is accepted.
    """
    properties = schema["properties"]
    given = {name: value for name, value in arguments.items() if value is not None}
    for name in arguments:
        if name not in properties:
            raise BadInputError(f"{tool} has no argument {name!r}.", f"Accepted: {', '.join(properties)}.")
        if name in given:
            _check(name, given[name], properties[name])
    for name in schema.get("required", ()):
        if name not in given:
            raise BadInputError(f"{name} is missing.", f"{tool} needs {name}.")
    return given


def _check(name: str, value: object, schema: Schema) -> None:
    kind = _KINDS[schema.get("type", "string")]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadInputError(f"{name} is {type(value).__name__}.", f"{name} must be {kind.__name__}.")
    choices = schema.get("enum")
    if choices and value not in choices:
        raise BadInputError(f"{name} is {str(value)[:40]!r}.", f"Accepted: {', '.join(choices)}.")


# --- answers

SESSION: Schema = dict.fromkeys(
    ("session_id", "title", "goal", "date", "tool", "branch", "status", "markdown_path"), _NULLABLE
)
FRESHNESS: Schema = {"freshness": {"type": ["object", "null"]}, "commits_since": {"type": ["integer", "null"]}}
ENDED: Schema = {
    "type": "array",
    "items": record({"item": TEXT, "by": TEXT, "date": TEXT, "session_id": TEXT}),
}
STANDING: Schema = {"ended": ENDED, "landed": TEXT, "branch_state": TEXT, "unknown": {"type": "object"}}
FILE: Schema = {"path": TEXT, "change_type": TEXT, "old_path": TEXT}
HIT: Schema = {
    **SESSION,
    **FRESHNESS,
    "rank": INTEGER,
    "score": {"type": "number"},
    **STANDING,
    "snippet": TEXT,
    "top_files": TEXTS,
    "project": TEXT,
    **dict.fromkeys(("role", "before", "after", "file", "position"), TEXT),  # of what was said in a transcript
}
_PLANS: Schema = {"type": "array", "items": record({"path": TEXT, "header": TEXT}, ("path",))}
_REFERENCES: Schema = {"type": "array", "items": record({"url": TEXT, "title": TEXT}, ("url",))}
EXCERPT: Schema = {
    **SESSION,
    **FRESHNESS,
    **dict.fromkeys(("work_completed", "work_pending", "work_summary", "decisions", "problems"), TEXTS),
    "plan_files": _PLANS,
    "references": _REFERENCES,
    "files": {"type": "array", "items": record(FILE)},
    "notes": TEXT,
    "diff_summary": TEXT,
    "last_words": TEXT,
    "cut": TEXTS,
    **STANDING,
}
TIMELINE: Schema = {
    **SESSION,
    **FRESHNESS,
    "checkpoints": {
        "type": "array",
        "items": record({"at": TEXT, "commit": TEXT, "trigger": TEXT, "items": TEXTS}, ("at", "items")),
    },
    "is_anchor": FLAG,
    "changes": {"type": "array", "items": record({"path": TEXT, "change_type": TEXT, "state": _NULLABLE})},
    "commit": TEXT,
    "author": TEXT,
    "sessions": TEXTS,
}
REASON: Schema = {
    "file": TEXT,
    "line": {"type": ["integer", "null"]},
    **dict.fromkeys(("session_id", "date", "more", "freshness", "commit", "session", "because"), TEXT),
    "sure": FLAG,
    **dict.fromkeys(("decisions", "notes", "work"), TEXTS),
}
STORED: Schema = {
    "session_id": TEXT,
    "markdown_path": TEXT,
    "status": TEXT,
    "files_recorded": INTEGER,
    "redactions": INTEGER,
    "warnings": TEXTS,
}

# --- arguments

CHECKPOINT: Schema = record({
    "session_id": _described("filled in by the hook; else the conversation's id", TEXT),
    "goal": _described("what the user wants, one sentence", TEXT),
    "title": TEXT,
    "slug": _described("3-4 words, names the file the first time", TEXT),
    "tool": _described("the assistant", TEXT),
    "work_completed": _described("tasks finished", TEXTS),
    "work_pending": _described("everything open; replaces the list", TEXTS),
    "work_summary": _described("what was done, how verified", TEXTS),
    "decisions": _described("**What:** why, what was rejected; `Supersedes: What` ends an earlier one", TEXTS),
    "problems": _described("**What:** symptom, cause, fix; `Solves: What` later", TEXTS),
    "plan_files": _PLANS,
    "references": _REFERENCES,
    "tags": TEXTS,
    "trigger": {"enum": list(TRIGGERS)},
    "status": {"enum": list(STATUSES)},
})  # fmt: skip

SEARCH: Schema = record(
    {
        "query": _described("plain words; some of them suffice", TEXT),
        "limit": {"type": "integer", "default": 5, "maximum": 50},
        "tool_filter": TEXT,
        "status": TEXT,
        "branch": TEXT,
        "since": _described("YYYY-MM-DD", TEXT),
        "until": TEXT,
        "file": TEXT,
        "tag": TEXT,
        "scope": {"enum": ["project", "global", "transcripts"], "default": "project"},
    },
    ("query",),
)
