"""Which commands of git and gh only read: none that writes a file, or that runs a program it was told of."""

from ocm.hook.read_only_words import SPLIT, UNKNOWN, is_listed, names, need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def git(arguments: "list[str]") -> bool:
    """Return whether a git command only reads, given what stands behind `git`."""
    rest = list(arguments)
    while rest and rest[0] in {"-C", "--no-pager", "-P", "--no-optional-locks"}:
        if rest.pop(0) == "-C":
            need(rest and SPLIT not in rest[0] and rest.pop(0).rfind(UNKNOWN) <= 0)  # or it may be several words
    if not rest:
        return False
    name, words = rest[0], rest[1:]
    after = words.index("--") + 1 if "--" in words else len(words)
    if after > 1 and words[after - 2][:1] == "-":
        after = len(words)  # it may be the value of the option before it
    if not all(map(_is_safe, words[:after])) or not all(
        _is_safe(word) or word[:1] == UNKNOWN for word in words[after:]
    ):
        return False
    if name in _GIT_ANY:
        return True
    check = _GIT.get(name)
    return check is not None and check(words)


def _is_safe(word: str) -> bool:
    """Return whether a word writes no file and runs no program that the repository or the command names."""
    if "(signature" in word or "%G" in word.translate(_SIGNS):  # runs the program that checks signatures
        return False
    if word[:1] != "-":
        return word[:1] != UNKNOWN
    name = word[2:].partition("=")[0]
    return UNKNOWN not in word and (
        word[:2] != "--" or name in {"", "text"} or not any(long.startswith(name) for long in _GIT_NOT)
    )


def _git_grep(words: "list[str]") -> bool:
    return not any(word[:1] == "-" and word[:2] != "--" and "O" in word for word in words)


def _git_names(words: "list[str]") -> bool:
    """Return whether `git branch` or `git tag` lists: a name alone would be created."""
    return is_listed(words, _GIT_LIST) and (all(word[:1] == "-" for word in words) or not _GIT_LISTS.isdisjoint(words))


def _git_tag(words: "list[str]") -> bool:
    return _git_names(["--list" if word in {"-l", "-n"} else word for word in words])


def _git_config(words: "list[str]") -> bool:
    if not is_listed(words, _GIT_CONFIG):
        return False
    named = [word for word in words if word[:1] != "-"]
    reading = not _GIT_GETS.isdisjoint(words) or words[:1] in (["get"], ["list"])
    return reading or (len(named) == 1 and "." in named[0] and UNKNOWN not in named[0])


def _git_reflog(words: "list[str]") -> bool:
    return _GIT_REFLOG.isdisjoint(words) and not any(UNKNOWN in word for word in words)


def gh(arguments: "list[str]") -> bool:
    """Return whether a gh command only reads; one that sends something is held back."""
    name, verb = [*arguments, "", ""][:2]
    if name == "api":
        return is_listed(arguments[1:], _GH_API)
    return f" {verb} " in _GH.get(name, "") and is_listed(arguments[2:], _GH_OPTIONS)


# --- the lists

_SIGNS = {ord("+"): None, ord("-"): None, ord(" "): None}
_GIT_NOT = (
    "output", "ext-diff", "textconv", "filters", "open-files-in-pager", "help", "show-signature", "exec", "upload-pack",
    "edit",
)  # fmt: skip
_GIT_ANY = names(
    "status diff log show blame annotate shortlog rev-parse rev-list ls-files ls-tree cat-file describe"
    " merge-base name-rev for-each-ref show-ref show-branch count-objects check-ignore check-attr var diff-tree"
    " diff-index diff-files cherry range-diff version --version"
)
_GIT_LISTS = names("--list --contains --no-contains --merged --no-merged --points-at")
_GIT_LIST = (
    " -a -r -v -vv -av -avv -va -rv -l -n -n1 -n3 -n5 -n9 --list --all --remotes --show-current --contains"
    " --no-contains --merged --no-merged --points-at --sort= --format= --column --no-column --color --no-color"
    " --ignore-case -i --verbose "
)
_GIT_CONFIG = (
    " --get --get-all --get-regexp --list -l --global --local --system --worktree --show-origin --show-scope"
    " --name-only --null -z --type= --bool --int --path --includes --no-includes --all --show-names "
)
_GIT_GETS = names("--get --get-all --get-regexp --list -l")
_GIT_REFLOG = names("expire delete drop write exists")
_GIT: "dict[str, Callable[[list[str]], bool]]" = {
    "grep": _git_grep,
    "branch": _git_names,
    "tag": _git_tag,
    "config": _git_config,
    "reflog": _git_reflog,
    "stash": lambda words: words[:1] in (["list"], ["show"]),
    "notes": lambda words: words[:1] in (["list"], ["show"]),
    "remote": lambda words: words in ([], ["-v"], ["--verbose"]) or words[:1] == ["get-url"],
    "worktree": lambda words: words[:1] == ["list"],
    "submodule": lambda words: words in ([], ["status"], ["status", "--recursive"], ["summary"]),
    "symbolic-ref": lambda words: words in (["HEAD"], ["--short", "HEAD"], ["-q", "HEAD"], ["-q", "--short", "HEAD"]),
    "bisect": lambda words: words == ["log"],
    "sparse-checkout": lambda words: words == ["list"],
}
_GH_API = " --paginate --jq -q -i --include --slurp --silent -t --template "
_GH = {
    "pr": " view list diff checks status ",
    "issue": " view list status ",
    "run": " view list ",
    "release": " view list ",
    "repo": " view list ",
    "workflow": " view list ",
    "label": " list ",
    "search": " code commits issues prs repos ",
    "auth": " status ",
}
_GH_OPTIONS = (
    " --json --jq -q -t --template --comments -c -R --repo --log --log-failed -v --verbose --job -j"
    " --attempt --exit-status --name-only --patch --color --limit -L --state -s --author -A --label -l"
    " --search -S --assignee -a --base -B --head -H --draft --required --workflow --branch -b --event -e"
    " --user -u --status --commit --language --owner --filename --extension -- "
)
