"""Which shell commands pass because they only read: a corpus, what each shell does with what passes, and how long it takes."""

from __future__ import annotations

import os
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocm.hook.command_name import plainly_reads
from ocm.hook.read_only import MAX_LENGTH, only_reads
from tests.fuzz import read_only as fuzz

CORPUS = fuzz.corpus()
READS = [text for name, texts in CORPUS.items() if name.startswith("reads") for text in texts]
CHANGES = [text for name, texts in CORPUS.items() if name.startswith("changes") for text in texts]


def test_the_corpus_is_large_enough_to_say_something() -> None:
    assert len(set(READS)) >= 400
    assert len(set(CHANGES)) >= 500


@pytest.mark.parametrize("half", ["reads, first half", "reads, second half"])
def test_at_least_97_of_100_commands_that_read_pass(half: str) -> None:
    held = [text for text in CORPUS[half] if not only_reads(text)]
    assert len(held) <= 0.03 * len(CORPUS[half]), held


def test_no_command_that_changes_something_passes() -> None:
    assert [text for text in CHANGES if only_reads(text)] == []


@pytest.mark.parametrize("command", [
    "", " ", "\n", ";", "ls\0", "ls\r\nls", "ls\x0btouch x", "ls \u00a0x", "ls\u2028touch x", "ls \ud800", "ls \ue000", "ls a\u00e0b",
    "LC_ALL=C", "ls\n^ls^touch", "ls {a b}", "ls {a", "ls a}", "ls {a}>/dev/null", "uniq a \u00b2>/dev/null", "ls $1", "ls ${X", 'ls "', "ls '", "ls \\",
    "cat < $X", "cat < /dev/tcp/host/1", "cat < *", "cat <&3", "ls >&3", "ls >> /dev/null2", "find . -exec", "ls;;ls", "; ls", "| ls", "ls | | cat", "ls ||| cat", "ls |", "ls &&\n", "ls && ; ls", "ls\n; ls", "[[ a b ]] && cat 'a\ntouch x\n'", "[[\ta\nls", "find . -exec cat {}", "find . -exec cat a{} ;",
    "xargs -I", "xargs -n x ls", "xargs -n", "xargs -I{} $X", "awk", "awk -F", "awk -F:", "sed", "sed -e", "sed -n", "sed ''\\''", "sed 's'", "sed 's/a'", "sed 's/a/b'", "sed '1,'",
    "sed '/a'", "sed 's/a\\'", "sed 's/[[:alpha:]/x/'", "sed 's/[:alpha:]/x/;'", "sed 'Y/a/b/'", "sed 'p p'", "timeout", "timeout 5", "timeout x ls", "time", "!", "git", "git -C",
    "git --no-pager", "git -C $X status", "git diff -- --output=x", "git log -S -- *", "gh", "gh pr", "gh x list", "npm", "pip", "pip show $X", "go", "tar", "command -p", "printf", "printf --", "printf -- -v x",
    "printf -- '%d' 'a[0]'", "date -d", "date -d $X", "xxd -l", "xxd -l x", "xxd a -p", "xxd *", "tar -tf *x", "tar -tf x -C", "sort --parallel=2 a", "sort $X", 'sort "$X"',
])  # fmt: skip
def test_what_is_not_certain_is_held_back(command: str) -> None:
    assert not only_reads(command)


@pytest.mark.parametrize("command", [
    "cat 'it'\\''s' \\\n  b", 'grep "a\\"b\\$c\\\nd" x', "grep 'a\\\\' b", 'ls "a\\`b"', "echo $", 'grep "a$" b', "ls ~ ~/x ~user", "echo a=b HEAD~1 a#b", "[ $? -eq 0 ]", "[ 1 -lt 2 ]",
    '[ "$X" = a ]', "[[ $? -ne 0 ]]", "xargs", "xargs -r -n 2 grep x", "xargs -d , -P2 cat", "sed -n '/[[:space:]]\\[x\\]/Ip; 1!G;h;$!d' a", "sed 's/[^,]*,//2g' a",
    "sed --expression 'y/abc/xyz/' -s a -", "awk -v x=1 -F, '{print x || y}' *", "date --date='1 day ago' -Iseconds", "date -r a", "printf -- '%5s %% %b' \"$X\" b", "printf '%d' 5", "xxd -l16 -s 4 a",
    "find . -perm -u+x -size -10k", "find . -newermt 2024-01-01", "git log -- '*.py' *", "git diff HEAD -- *.py", 'git --no-pager -C "$X" status', "git tag -n v1", "exit", "exit 1",
    "LC_ALL=C.UTF-8 PAGER=cat git log", "ls;\n\nls;", "ls |\n\n cat &&\n# so\nls", "ls 2>&1 >/dev/null 2>/dev/null <a", "ls &>/dev/null; ls", "ls \u00fcber 'caf\u00e9 \u2019'", "sort -k 2 -t: a", "uniq -f 1 a", "echo !=", "! ls",
    "grep '!x' a", "grep '\n!= x' a", 'echo "a ! b"', "ls {a,b{c,d}} {}", "cat *", "grep -e -x *", "base64 a", "timeout 1.5s ls", "env", "hostname -f",
])  # fmt: skip
def test_ordinary_ways_to_write_a_reading_command_pass(command: str) -> None:
    assert only_reads(command)


@pytest.mark.parametrize(("command", "expected"), [
    ("Get-Content a.txt", True), ("Get-ChildItem -Recurse -Filter *.py src", True), ("Select-String -Pattern 'foo' -Path src\\*.ts | Measure-Object -Line", True),
    ("git log --oneline -5", True), ("git grep -O foo", False), ("git log 'a b'", True), ("git log --out'put'=x", False), ("git diff a,--output=x", False), ("git diff *", False),
    ("Get-Content a > b", False), ("Get-Content a; rm b", False), ("Get-Content (rm b)", False), ("Get-Content $(rm b)", False), ("Get-Content a | Set-Content b", False),
    ("Get-Content a -OutVariable x", False), ("Get-Content a | % { rm b }", False), ("Get-Content \u2018a\u2019", False), ("Remove-Item a", False), ("Get-Content a\nrm b", False), ("", False),
    ("Get-Content a |", False), ("Get-Content a & del b", False), ("Get-Content 'a | del b'", False), ("ls -la", False), ("git", False), ("git commit", False),
])  # fmt: skip
def test_powershell_has_a_short_list_of_its_own(command: str, expected: bool) -> None:
    assert only_reads(command, "PowerShell") is expected


def test_another_shell_is_not_guessed_at() -> None:
    assert not only_reads("ls", "nu")


@given(st.lists(st.sampled_from(fuzz._PIECES + fuzz._WORDS + fuzz._PROGRAMS), max_size=30).map("".join) | st.text())
def test_any_text_gets_an_answer(text: str) -> None:
    assert only_reads(text) in {True, False}
    assert only_reads(text, "PowerShell") in {True, False}


@pytest.mark.parametrize("text", [
    "ls " + "a " * (MAX_LENGTH // 2 - 2), "ls '" + "\\'" * (MAX_LENGTH // 2 - 2), "ls;" * (MAX_LENGTH // 3), "sed 's/" + "[" * (MAX_LENGTH - 20) + "/'",
    "awk '" + "print|" * (MAX_LENGTH // 6 - 2) + "'", "! " * (MAX_LENGTH // 2 - 2) + "ls", "git log " + "--o " * (MAX_LENGTH // 4 - 2), "a" * 10**6, "ls " + "'" * 10**6,
])  # fmt: skip
def test_a_long_command_is_judged_at_once(text: str) -> None:
    start = time.process_time()
    only_reads(text)
    assert time.process_time() - start < 1


@pytest.mark.skipif(os.name == "nt", reason="the shells are POSIX shells and fish")
@pytest.mark.parametrize("seconds", [5, pytest.param(300, marks=[pytest.mark.long, pytest.mark.timeout(400)])])
def test_what_passes_changes_nothing_in_any_shell_that_is_here(seconds: int) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    count, bad = fuzz.hunt(seconds, seed, fuzz.seeds())
    assert count
    assert not bad


@pytest.mark.skipif(os.name == "nt", reason="the shells are POSIX shells and fish")
def test_the_hunt_sees_what_changes(tmp_path: os.PathLike[str]) -> None:
    field = fuzz.Field(os.fspath(tmp_path))
    for text in (
        "tch",
        "touch CANARY",
        "echo x > a.txt",
        "find . -delete",
        "cd sub && sort -o c.txt c.txt",
        "sed -i p a.txt",
    ):
        assert "bash" in field.changed(text)
    assert field.changed("cat a.txt") == ""


# --- what is judged at a glance


def test_what_plainly_reads_is_judged_to_read_as_well() -> None:
    texts = {text for texts in CORPUS.values() for text in texts}
    plain = {text for text in texts if plainly_reads(text)}
    assert len(plain) >= 70
    assert {text for text in plain if not only_reads(text)} == set()


_GLANCED = st.lists(
    st.sampled_from((
        "ls", "cat", "git", "log", "diff", "status", "sed", "find", "rg", "grep", "-n", "-p", "-i", "-o", "-name", "-exec", "-delete",
        "--output=x", "--pre", "-5", "5", "1,5p", "p", "x", "*", "HEAD", "2>/dev/null", "2>&1", "|", "||", "&", ";", ">", "a b",
        '"a b"', "'a b'", '"a', "'", '""', '"$x"', "a'b'", "`x`", "\\", "~", "!", "=", "(", "\n", "\t", "tee", "xargs",
    )),
    max_size=6,
)  # fmt: skip


@given(_GLANCED, st.sampled_from((" ", " ", "")))
def test_no_words_read_plainly_that_the_judge_would_hold_back(words: list[str], between: str) -> None:
    command = between.join(words)
    assert not plainly_reads(command) or only_reads(command)


@pytest.mark.parametrize("command", [
    "ls", "cat a b", 'grep -rn "def f" src | head -20', "sed -n '1,80p' a.py", "git log --oneline -5", "git diff", "ls x 2>/dev/null",
    "find . -name '*.py' -type f 2>&1 | wc -l", "rg -n foo src",
])  # fmt: skip
def test_the_plainest_commands_are_judged_at_a_glance(command: str) -> None:
    assert plainly_reads(command)
