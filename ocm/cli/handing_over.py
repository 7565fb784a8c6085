"""Handing the work over to another assistant: what it is told first, and the command that opens it with that. Pure."""

from ocm.base import sanitize
from ocm.base.sanitize import BEGIN, END, LABEL, MARKED
from ocm.base.text import one_line

# Read from what each command says of itself with `--help`; hosts without such a command are not here.
OPENINGS = {
    "claude-code": ("claude",),
    "cline": ("cline",),
    "codex": ("codex",),
    "copilot": ("copilot", "--interactive"),
    "gemini-cli": ("gemini", "--prompt-interactive"),
    "opencode": ("opencode", "--prompt"),
}
_GO_ON = "Go on with this work where it was left."
_LAST = "Said last by the assistant before:"


def prompt(brief: str, last_words: str) -> str:
    """Return the brief with the last words of the session before, where it does not have them, and what to do with it.

    Args:
        brief: In its fence; empty where nothing is worth saying.
        last_words: As they are stored.
    """
    said = sanitize.sanitize_line(last_words)
    lines = brief.split("\n") if brief else [BEGIN, LABEL, END]
    if said and one_line(said, 60).rstrip("…") not in brief:
        lines[-1:-1] = [f"{_LAST} {said}"]
    if sanitize.holds_marks("".join(lines)) and MARKED not in lines:
        lines.insert(2, MARKED)
    return "\n".join([*lines, _GO_ON])


def opening(host: str, prompt: str) -> list[str]:
    """Return the program and the arguments that open a conversation of `host` with a first prompt."""
    *words, last = OPENINGS[host]
    # In one word with its option a prompt is never taken for another option, whatever it begins with.
    return [*words, f"{last}={prompt}"] if last.startswith("--") else [*words, last, prompt]
