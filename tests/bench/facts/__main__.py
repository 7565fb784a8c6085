"""Score the readers against facts written down by plain rules: `python -m tests.bench.facts FOLDER`.

FOLDER holds transcripts and a `TRUTH.json`: a list of objects, each with `file`, `format` and the facts.
"""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from ocm.sources import registry
from ocm.sources.json_lines import Unreadable, seconds
from ocm.sources.story import Story

_FORMATS = ("claude", "codex", "gemini", "copilot", "opencode export", "opencode sqlite")


def story_of(path: str) -> Story:
    """Return the story of the first conversation in a file."""
    unread = Unreadable()
    head = next(registry.heads(path, unread), None) or sys.exit(f"not recognised: {path}")
    story = Story(clean=lambda text: text, inside=lambda path: path)
    registry.read(head, story)
    return story


def compared(story: Story, truth: dict[str, Any]) -> dict[str, bool]:
    """Return for each fact that is written down whether the reader says the same."""
    answers = [turn.answer for turn in story.turns if turn.answer]
    prompts = [turn.prompt for turn in story.turns if turn.prompt]
    said = {
        "prompts": len(prompts) >= truth.get("prompts", 0),
        "first_prompt": any(truth.get("first_prompt", "")[:200].strip() in prompt for prompt in prompts),
        "last_answer": bool(answers) and answers[-1].strip()[:100] == truth.get("last_answer", "").strip()[:100],
        "files": list(story.named) == truth.get("files") or set(story.named) == set(truth.get("files", [])),
        "commits": [[one.sha, one.subject] for one in story.commits] == truth.get("commits"),
        "start": abs(story.start - seconds(truth.get("start", ""))) < 1,
        "end": abs(story.end - seconds(truth.get("end", ""))) < 1,
    }
    return {name: right for name, right in said.items() if truth.get(name)}


def main() -> None:
    """Print what was wrong, and the share of what was right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    size = 0
    began = time.perf_counter()
    for truth in json.loads((folder / "TRUTH.json").read_text(encoding="utf-8")):
        if truth["format"] not in _FORMATS:
            continue
        path = folder / truth["file"]
        size += path.stat().st_size
        for name, is_right in compared(story_of(str(path)), truth).items():
            total[name] += 1
            right[name] += is_right
            if not is_right:
                sys.stdout.write(f"{truth['file']}: {name}\n")
    seconds_taken = time.perf_counter() - began
    for name in total:
        sys.stdout.write(f"{name}: {right[name]} of {total[name]}\n")
    share = 100 * sum(right.values()) / max(1, sum(total.values()))
    sys.stdout.write(f"{share:.1f} % of {sum(total.values())} facts; {size / seconds_taken / 1e6:.0f} MB/s\n")


if __name__ == "__main__":
    main()
