"""`python -m tests.fuzz.read_only [--seconds 600] [--seed N]`: run what passes as reading, and see that nothing changed.

Commands are made of hostile pieces; those that `only_reads` lets pass run in a throw-away folder under every shell that is
installed. The folder holds files with names that are options, and the environment variables that hold options.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from ocm.hook.read_only import only_reads

SHELLS = {
    "bash": ["bash", "--norc", "-c"],
    "dash": ["dash", "-c"],
    "zsh": ["zsh", "-f", "-c"],
    "zsh extendedglob": ["zsh", "-f", "-o", "extendedglob", "-c"],
    "fish": ["fish", "--no-config", "-c"],
    "busybox": ["busybox", "sh", "-c"],
    "bash extglob": ["bash", "--norc", "-O", "extglob", "-O", "globstar", "-c"],
}
TYPED = {"bash typed": ["bash", "--norc", "-i"], "zsh typed": ["zsh", "-f", "-i"]}  # read as if a person typed them

_PROGRAMS = (
    """
ls|cat|head|tail|wc|grep|grep -r|sort|uniq|find|find .|find a.txt|xargs|xargs -I{}|xargs -n1|sed|sed -n|sed -e|awk|git diff
git log|git show|git status|git grep|git branch|git tag|git config|git stash|git blame HEAD|git reflog|git remote|echo|printf|test|[
[[|cd|pwd|true|file|stat|xxd|tree|rg|fd|jq .|date|env|tr|cut|base64|shuf|command|time|timeout 3|!|type|which|nl|od|column|diff
comm|basename|tac|fold|paste|tar|hostname|find sub -exec|find . -name x -exec|git -C .|git --no-pager|git|exit|LC_ALL=C sort|dirname
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
_WORDS = (
    """
a.txt|b.txt|sub|sub/c.txt|.|HEAD|main|new|foo|x y|-n|-r|-e|-l|-c|-a|-i|-o|-O|-d|-v|-f|-x|-s|-p|-I|-E|-name|-type|f|-print|-exec
-execdir|-delete|-fprint|-fls|-o CANARY|-oCANARY|-uo|--output=CANARY|--output|--out=CANARY|--outp|-i.bak|--in-place|-ni|-nE|-ne
--pre|./evil|--pre=./evil|-X|--exec|tch|touch|touch CANARY|CANARY|{}|\\;|+|';'|"+"|'{}'|-Otch|--open-files-in-pager=tch|--ext-diff
--textconv|--list|-m|--get|a.b|user.name|list|show|pop|expire|1|2|3|-1|5|'p'|1,2p|'1,2p'|'s/a/b/'|'s/a/b/w CANARY'|'w CANARY'|'s/./tch/e'
'1e tch'|'s/[/]/x/;w CANARY'|'$!N'|'/a/,/b/p'|'/a/w CANARY'|'s|a|b|w CANARY'|'y/abc/xyz/'|'{p;d}'|':a;N;$!ba;s/\\n/ /'|'s/a\\/w CANARY/'
's/[a/]w CANARY/'|'s/[]/]/w CANARY/'|'s/\\[/]/w CANARY'|'s,[^,],b,w CANARY'|'{print}'|'{print $1}'|'{print > "CANARY"}'|'{print | "tch"}'
'BEGIN{system("tch")}'|'$1>2'|'/a|b/'|'BEGIN{"tch"|getline}'|-F:|-F|-v|x=1|-t|-k2|--key=1|-eq|-ne|=|==|]|]]|-z|'a[$(tch)]'|a[`tch`]
%s|%d|'%s\\n'|'%*d'|-s now|+%F|-u|-ps|-l 4|--|--version|-V|-h|--help|-|'-delete'|"-delete"|\\-delete|-\\delete|-del'ete'|'.*'|'*.txt'
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
_PIECES = [
    "'", '"', "\\", "\\\\", "\\'", '\\"', "\\\n", "\n", "\n\n", ";", "&", "&&", "|", "||", "|&", ">", ">>", "<", "<<", "<<<", ">|", ">&", "<>",
    "&>", "2>&1", "2>/dev/null", ">/dev/null", "&>/dev/null", "&>/dev/null ", "2>", ">&2", "22>/dev/null", "(", ")", "{", "}", "{}", "{a,b}",
    "{-delete,x}", "{,.bak}", "{,new}", "{,-o}", "{,.x} ", "* ", "?* ", "[", "]", "*", "?", "**", "-*", "*T", "~", "~/", "#", " # ", "\n# ", "\n#", "!", "! ", "!!", "!t", "!-1", "!tch", "!$",
    "!=", '!"', "^", "^a^b", "\n^a^b", "=", "=tch", "=(tch)", "$", "$X", "$Y", '"$X"', '"$Y"', "${X}", "$V", '"$V"', "${X:=1}", "$?", '"$?"', "$'", '$"',
    "$(tch)", "`tch`", "<(tch)", ">(tch)", "$[1]", "$((1))", "${X[$(tch)]}", "$X[$(tch)]", "(e:tch:)", "(+tch)", "(#qe:tch:)", ";tch", "; tch ",
    " tch ", "\ntch\n", "&& tch", "| tch", "& tch", "; touch CANARY", ">CANARY", "> CANARY", ">sub/CANARY", "\t", "\r", "\x0b", "\x0c", "\u00a0",
    "\u2028", "é", "à", "²", "'é'", "\u2019", "\u201c", "%", "@", ",", ":", "+", "-", " -", " ", "  ", "a", "\\n", "\\x2d", "\\;", "\\|", "\\ ", "\\$", "\\`",
    "'a\\'b'", "'a\\\\'", "'\\'", "\\'tch\\'", "'; tch '", '"; tch "', "begin;", "end;", "do", "done", "if", "then", "fi", "function", "()", "{ ", " }", "]]",
    "time ", "command ", "X=1 ", "IFS=/ ", "PATH=. ", "LC_ALL=C ", "PAGER=cat ", "GIT_PAGER=tch ", "GIT_EXTERNAL_DIFF=tch ", "noglob ", "builtin ", "exec ", "-exec tch ;",
    " -exec cat {} \\; ", " -exec {} + ", " | xargs ", " | xargs -I{} ", " | sort ", " | uniq ", " | tee ", " | sh", "'!tch'", "'\n!tch'", '"\n!tch"', "'\n'", '"\n"',
]  # fmt: skip
_NAMES = [
    "a.txt", "b.txt", "sub/c.txt", "-delete", "-i", "-oCANARY", "--output=CANARY", "-exec", "x y", "w CANARY", "-n", "--pre=tch", "-v",
    "a[$(tch)]", ";tch", "-e", "p", "-fprint", "tch;", "-f", "1", "-R", "commit", "expire", "core.x", "1x", 'xBEGIN{system("tch")}', "new", "drop",
]  # fmt: skip
_JOINTS = [" | ", " && ", "; ", " || ", "\n", ";", "|", " 2>/dev/null | ", " 2>&1 | ", " \\\n| ", " &&\n"]


def command(chance: random.Random) -> str:
    """Return a command of ordinary and hostile pieces."""
    parts: list[str] = []
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3))):
        words = [chance.choice(_PROGRAMS), *chance.choices(_WORDS, k=chance.randrange(5))]
        parts += [" ".join(words), chance.choice(_JOINTS)]
    text = "".join(parts[:-1])
    for _ in range(chance.choice((0, 1, 1, 2, 3, 4))):
        at = chance.choice([index for index, char in enumerate(text) if char == " "] or [0]) if chance.random() < 0.5 else chance.randrange(len(text) + 1)  # fmt: skip
        text = text[:at] + chance.choice(_PIECES) + text[at:]
    if chance.random() < 0.1:
        at = chance.randrange(len(text) + 1)
        text = text[:at] + text[at + 1 :]
    return text


def mutant(chance: random.Random, seeds: list[str]) -> str:
    """Return a command that an assistant ran, with hostile pieces in it."""
    text = chance.choice(seeds)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(text) + 1)
        piece = chance.choice(_PIECES) if chance.random() < 0.7 else f" {chance.choice(_WORDS)} "
        text = text[:at] + piece + text[at + chance.randrange(2) :]
    return text


def allowed(chance: random.Random, seeds: list[str]) -> Iterator[str]:
    """Return, without end, commands that pass."""
    while True:
        text = mutant(chance, seeds) if seeds and chance.random() < 0.4 else command(chance)
        if only_reads(text):
            yield text


class Field:
    """A throw-away folder with a repository in it, and the shells that run there."""

    def __init__(self, folder: str) -> None:
        """Fill the folder; nothing outside of it can be found by a relative path of four levels."""
        self.base = folder
        self.home, self.bin = os.path.join(folder, "home"), os.path.join(folder, "bin")
        self.noted = os.path.join(folder, "noted")
        self.tree = os.path.join(folder, "tree")
        self.work = os.path.join(self.tree, "1", "2", "3", "4")
        os.makedirs(self.home)
        os.makedirs(self.bin)
        self._script(os.path.join(self.bin, "tch"))
        self.environment = {
            "PATH": self.bin + os.pathsep + "/usr/bin:/bin", "HOME": self.home, "X": "-delete", "Y": "a.txt -o CANARY", "V": "a[$(tch)]",
            "GIT_CONFIG_GLOBAL": os.path.join(self.tree, "gitconfig"), "GIT_CONFIG_NOSYSTEM": "1", "LANG": "C.UTF-8", "TERM": "dumb", "HISTFILE": os.path.join(folder, "history"),
            "PS1": "", "GIT_PAGER": "tch", "GIT_CEILING_DIRECTORIES": self.tree,
        }  # fmt: skip
        with open(self.environment["HISTFILE"], "w", encoding="utf-8") as out:
            out.write("touch CANARY\ntch\n")
        shells = [(name, line) for name, line in SHELLS.items() if shutil.which(line[0])]
        self.shells = dict(shells)
        self.typed = {name: line for name, line in TYPED.items() if shutil.which(line[0])}
        self.fill()

    def _script(self, path: str) -> None:
        with open(path, "w", encoding="utf-8") as out:
            out.write(f"#!/bin/sh\necho ran >> {self.noted}\n")
        os.chmod(path, 0o755)  # noqa: S103 - the shells have to start it

    def fill(self) -> None:
        """Put everything as it was."""
        shutil.rmtree(self.tree, ignore_errors=True)
        if os.path.exists(self.noted):
            os.remove(self.noted)
        os.makedirs(os.path.join(self.work, "sub"))
        for name in _NAMES:
            with open(os.path.join(self.work, name), "w", encoding="utf-8") as out:
                out.write("a b\nfoo\ntch\n3 x\n")
        self._script(os.path.join(self.work, "evil"))
        with open(self.environment["GIT_CONFIG_GLOBAL"], "w", encoding="utf-8") as out:  # a device would be replaced
            out.write("[user]\n\tname = a\n\temail = a@b.c\n[core]\n\texcludesFile = x\n")
        for line in (
            ["init", "-q", "-b", "main"],
            ["add", "."],
            ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "a"],
            ["status"],
        ):
            subprocess.run(["git", *line], cwd=self.work, env=self.environment, check=True, capture_output=True)
        self.before = self.state()

    def state(self) -> dict[str, tuple[int, int, int, int]]:
        """Return what every file is; git may note in its index when it last looked."""
        found = {"noted": (int(os.path.exists(self.noted)), 0, 0, 0)}
        for folder, folders, files in os.walk(self.tree):
            for name in (*folders, *files):
                path = os.path.join(folder, name)
                if name not in {".git", "index"}:
                    seen = os.lstat(path)
                    times = 0 if name in folders and ".git" in path else seen.st_mtime_ns
                    found[path] = (seen.st_ino, seen.st_size, times, seen.st_mode)
        return found

    def run(self, text: str) -> None:
        """Run a command in each shell."""
        for line in self.shells.values():
            self._start([*line, text], b"")
        for line in self.typed.values():
            self._start(line, text.encode() + b"\n")

    def _start(self, line: list[str], typed: bytes) -> None:
        """Run one command, and end it with all that it started when it takes long: `tail -f`, or a search of the disk."""
        quiet = subprocess.DEVNULL
        running = subprocess.Popen(
            line, cwd=self.work, env=self.environment, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True
        )  # fmt: skip
        try:
            running.communicate(typed, timeout=4)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
            running.communicate()

    def changed(self, text: str) -> str:
        """Return in which shells a command changed what, after it ran in all of them."""
        self.run(text)
        if self.state() == self.before:
            return ""
        self.fill()
        found = []
        for name, line in (*self.shells.items(), *self.typed.items()):
            self._start(
                [*line, *([] if name in self.typed else [text])], text.encode() + b"\n" if name in self.typed else b""
            )
            after = self.state()
            if after != self.before:
                found.append(f"{name}: {sorted(path for path, _ in after.items() ^ self.before.items())[:3]}")
                self.fill()
        return "; ".join(found) or "changed once, and not again"


def hunt(seconds: float, seed: int, seeds: list[str], most: int = 10**9) -> tuple[int, list[tuple[str, str]]]:
    """Return how many commands were run, and those that changed something."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    bad: list[tuple[str, str]] = []
    count = 0
    with tempfile.TemporaryDirectory(prefix="ocm-read-only-") as folder:
        field = Field(folder)
        end = time.monotonic() + seconds
        for text in allowed(chance, seeds):
            if time.monotonic() > end or count >= most:
                break
            count += 1
            if what := field.changed(text):
                bad.append((text, what))
    return count, bad


def corpus(
    path: str = os.path.join(os.path.dirname(__file__), "..", "unit", "hook", "read_only_corpus.txt"),
) -> dict[str, list[str]]:
    """Return the commands of the corpus by their section."""
    sections: dict[str, list[str]] = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("=== "):
                section = sections.setdefault(line[4:].strip(), [])
            elif sections and line.strip():
                section.append(line.rstrip("\n").replace("⏎", "\n"))
    return sections


def seeds() -> list[str]:
    """Return the reading commands of the corpus that stay inside a folder and end by themselves."""
    out = ("/dev/null --pid", "sleep", "gh ", "docker ", "npm ", "pip", "lsof", "cargo", "rustc", "go ")
    reading = [text for name, texts in corpus().items() if name.startswith("reads") for text in texts]
    return [
        text for text in reading
        if not any(part in text for part in out) and " /" not in text.replace("/dev/null", "") and "'/" not in text and "~" not in text
    ]  # fmt: skip


def main() -> int:
    """Hunt for a while; 1 when something was changed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.read_only", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}, shells: {', '.join([*SHELLS, *TYPED])}", flush=True)
    count, bad = hunt(wanted.seconds, wanted.seed, seeds())
    for text, what in bad:
        print(f"{text!r}\n    {what}")
    print(f"{count} commands passed and ran, {len(bad)} changed something")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
