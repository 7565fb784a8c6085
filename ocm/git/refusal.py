"""Why git cannot say: asked only once it could not, so that no answer is taken for "no" that nobody gave."""

import os

from ocm.git import process
from ocm.git.worktree import WorkTree
from ocm.store.paths import work_tree

NO_REPOSITORY = "it is in no git repository"
NO_PROGRAM = "git was not found"
OTHER_OWNER = "git refuses this repository, because another user owns it (safe.directory)"
LACKING = "this clone holds only a part of the repository, and nothing is fetched to answer"
FILTERED = "a filter that the repository names would have to run"
ELSEWHERE = "it belongs to another repository"
NEVER_HELD = "this repository does not hold it"
UNBORN = "the branch that is checked out has no commit, though others have"
BROKEN = "git could not read this repository"
_SIGNS = (
    ("dubious ownership", OTHER_OWNER),
    ("unsafe repository", OTHER_OWNER),
    ("not a git repository", "what .git names is not there, or is no repository"),
    ("repository version", "git is too old for the format of this repository"),
    ("repository extension", "git is too old for the format of this repository"),
    ("bad config", "git cannot read the settings of this repository"),
)


def reason(root: str) -> str:
    """Return why git cannot be asked about `root`; empty where it can."""
    top = work_tree(os.path.realpath(root))
    if top is None:
        return NO_REPOSITORY
    complaint = process.complaint(top)
    if complaint is None:
        return NO_PROGRAM
    return next((why for sign, why in _SIGNS if sign in complaint.lower()), BROKEN if complaint else "")


def of_an_answer(root: str) -> str:
    """Return why a question about `root` failed that git could have answered."""
    why = reason(root)
    if why:
        return why
    tree = WorkTree.find(root)
    lacks = tree is not None and any(word in tree.config.lower() for word in ("promisor", "partialclone"))
    return LACKING if lacks else BROKEN


def missing_submodule(name: str) -> str:
    """Return why nothing is known of what lies in a submodule that was not checked out."""
    return f"{name} is a submodule that is not checked out"
