"""The programs that only read, and with which options.

Whatever is not listed is held back: a program, an option, a word that only the shell knows where it could be an option.
"""

from ocm.hook.read_only_git import gh, git
from ocm.hook.read_only_scripts import awk_reads, sed_reads
from ocm.hook.read_only_words import SPLIT, UNKNOWN, Options, UnsureError, fits, is_listed, names, need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def reads(words: "list[str]") -> bool:
    """Return whether a simple command only reads."""
    while words and _is_harmless_assignment(words[0]):
        words = words[1:]
    if not words:
        return False
    program, arguments = words[0], words[1:]
    if program in _ANY or (len(arguments) == 1 and f" {arguments[0]} " in _VERSIONS.get(program, "")):
        return True
    if program in _OPTIONS:
        return fits(arguments, _OPTIONS[program])
    check = _CHECKS.get(program)
    return check is not None and check(arguments)


def _is_harmless_assignment(word: str) -> bool:
    name, equals, value = word.partition("=")
    if name in {"GIT_PAGER", "PAGER", "GH_PAGER"}:
        return value == "cat"
    return bool(equals) and name in _SETTINGS and value.replace("-", "").replace(".", "").isalnum()


def _is_number(word: str) -> bool:
    return word.isascii() and word.lstrip("-").replace(".", "").isdigit()


def _nothing(arguments: "list[str]") -> bool:
    return not arguments


def _numbers(arguments: "list[str]") -> bool:
    return all(map(_is_number, arguments))


def _command(arguments: "list[str]") -> bool:
    return arguments[:1] in (["-v"], ["-V"]) or reads(arguments)


def _timeout(arguments: "list[str]") -> bool:
    return bool(arguments) and _is_number(arguments[0].rstrip("smhd")) and reads(arguments[1:])


def _test(arguments: "list[str]") -> bool:
    if not _TEST_NUMBERS.isdisjoint(arguments):  # zsh calculates, and what it calculates may run a command
        return all(word in _TEST or word in _TEST_NUMBERS or _is_number(word) for word in arguments)
    return all(SPLIT not in word and (word[:1] != "-" or word in _TEST) for word in arguments)


def _printf(arguments: "list[str]") -> bool:
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    form = arguments[0] if arguments else ""
    if form[:1] in {"", "-"} or UNKNOWN in form:
        return False
    kinds = {part.lstrip("-0123456789. +")[:1] for part in form.replace("%%", "").split("%")[1:]}
    return kinds <= {"s", "b", "c", "q"} or _numbers(arguments[1:])


def _xxd(arguments: "list[str]") -> bool:
    """Return whether a dump goes to no second file; the options of xxd cannot be joined."""
    rest = iter(arguments)
    files = 0
    for word in rest:
        if word[:2] in {"-l", "-s", "-c", "-g"}:
            need((word[2:] or next(rest, "")).isdigit() and not files)
        elif word[:1] in {"-", UNKNOWN}:
            need(word in {"-a", "-b", "-e", "-i", "-p", "-ps", "-u"} and not files)
        else:
            files += 1 + (UNKNOWN in word)
    return files <= 1


def _date(arguments: "list[str]") -> bool:
    rest = iter(arguments)
    for word in rest:
        if word in {"-d", "--date", "-r"}:
            need(UNKNOWN not in next(rest, UNKNOWN))
        elif not word.startswith(("+", "-I", "--date=", "--iso-8601", "--rfc-3339=")) and word not in _DATE:
            return False
    return True


def _find(arguments: "list[str]") -> bool:
    rest = iter(arguments)
    before = ""
    for word in rest:
        if word == "-exec":
            need(before[:1] != "-" or before in _FIND_ALONE)  # else it is what that option looks for
            need(reads(_executed(rest)))
        elif word[:1] == UNKNOWN or (word[:1] == "-" and word not in _FIND and not _is_find_value(word)):
            return False
        before = word
    return True


def _is_find_value(word: str) -> bool:
    """Return whether a word is a size, a time or a permission; no option that does something looks like it."""
    return _is_number(word.rstrip("kMGcbw")) or not word.strip("-ugoarwxst+=,")


def _executed(rest: "Iterator[str]") -> "list[str]":
    """Return the command that `find` runs; a path that it found does not start with a dash."""
    words: list[str] = []
    for word in rest:
        if word == ";" or (word == "+" and words[-1:] == ["/" + UNKNOWN]):
            return words
        need(word == "{}" or ("{}" not in word and word != "+"))
        words.append("/" + UNKNOWN if word == "{}" else word)
    raise UnsureError


def _xargs(arguments: "list[str]") -> bool:
    rest = list(arguments)
    mark, counts = "", False
    while rest and rest[0][:1] == "-":
        option = rest.pop(0)
        if option[:2] in {"-n", "-L", "-P", "-I", "-d"}:
            value = option[2:] or (rest.pop(0) if rest else "")
            need(value and UNKNOWN not in value and (option[1] in "Id" or value.isdigit()))
            mark = value if option[1] == "I" else mark
            counts = counts or option[1] in "nL"
        elif option not in {"-0", "-r", "-0r", "-r0", "-t", "--null", "--no-run-if-empty"}:
            return False
    if not rest or (mark and counts):  # the last of the two is the one that holds
        return not rest
    return reads([word.replace(mark, UNKNOWN) for word in rest] if mark else [*rest, UNKNOWN])


def _awk(arguments: "list[str]") -> bool:
    rest = iter(arguments)
    for word in rest:
        if word in {"-F", "-v"}:
            value = next(rest, "-")
            need(value[:1] != "-" and UNKNOWN not in value)
        elif word[:2] not in {"-F", "-v"}:
            return word[:1] != "-" and awk_reads(word)
    return False


def _sed(arguments: "list[str]") -> bool:
    rest = iter(arguments)
    scripts: list[str] = []
    files: list[str] = []
    for word in rest:
        if word[:1] == UNKNOWN or (files and word[:1] == "-" != word):
            return False
        if word[:1] != "-" or word == "-":
            files.append(word)
        elif word[1:].strip("nErsuz") == "e" == word[-1] or word == "--expression":
            scripts.append(next(rest, UNKNOWN))
        elif word[1:].strip("nErsuz") and word not in _SED:
            return False
    return all(map(sed_reads, scripts or files[:1] or [UNKNOWN]))


def _first(*options: str, most: int = 99) -> "Callable[[list[str]], bool]":
    """Return a check for programs that only read when their first word is one of these and no other is an option."""

    def check(arguments: "list[str]") -> bool:
        others = arguments[1:]
        return (
            arguments[:1] != []
            and arguments[0] in options
            and len(others) <= most
            and all(word[:1] not in {"-", UNKNOWN} and ":" not in word for word in others)
        )

    return check


def _listed(verbs: str, options: str) -> "Callable[[list[str]], bool]":
    """Return a check for programs whose first word is a verb that reads, and the rest no option but these."""
    return lambda arguments: f" {[*arguments, ''][0]} " in verbs and is_listed(arguments[1:], options)


# --- the lists

_SETTINGS = names("LC_ALL LC_CTYPE LC_COLLATE LANG LANGUAGE NO_COLOR FORCE_COLOR TZ COLUMNS GIT_OPTIONAL_LOCKS")
_ANY = names(  # whatever the arguments, they only read
    "ls dir vdir cat head tail wc cut nl tac rev pwd true false : basename dirname realpath readlink stat"
    " md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum shasum md5 cksum sum od hexdump hd strings"
    " whoami id uname nproc uptime groups printenv echo cd pushd popd du df cmp comm diff paste join fold fmt"
    " expand unexpand seq which whereis type ps free tr column expr sleep lscpu lsblk locale getconf sw_vers"
    " lsb_release tty cal pgrep clear"
)
_VERSION = " --version "
_VERSIONS: dict[str, str] = dict.fromkeys(
    names(
        "gcc g++ clang make cmake java javac ruby perl php docker uv ruff curl deno bun pip pip3 git gh jq rg"
        " fd tree grep sed awk gawk find sort bash tar"
    ),
    _VERSION,
) | {
    "python": " --version -V -VV ",
    "python3": " --version -V -VV ",
    "node": " --version -v ",
    "npm": " --version -v ",
    "cargo": " --version -V ",
    "rustc": " --version -V ",
    "go": " version ",
}
_GREP = (
    "EFGPivwxcLlqsnHhoZrRabTUzIyu0123456789",
    "efmABCdD",
    (
        " include exclude exclude-dir exclude-from color colour recursive dereference-recursive line-number"
        " count files-with-matches files-without-match only-matching extended-regexp fixed-strings perl-regexp"
        " basic-regexp ignore-case no-ignore-case invert-match word-regexp line-regexp context after-context"
        " before-context max-count quiet silent no-messages null no-filename with-filename byte-offset text"
        " binary-files regexp file null-data line-buffered version help "
    ),
    -1,
    True,
)
_OPTIONS: dict[str, Options] = {
    "grep": _GREP,
    "egrep": _GREP,
    "fgrep": _GREP,
    "sort": (
        "bdfghiMnRrVucsmz",
        "kt",
        (
            " reverse numeric-sort unique human-numeric-sort version-sort general-numeric-sort key field-separator"
            " ignore-case stable check zero-terminated "
        ),
        -1,
        False,
    ),
    "uniq": ("cdDuiz", "fsw", " count repeated unique ignore-case skip-fields skip-chars check-chars ", 1, False),
    "file": ("bihkLNnrs0vI", "F", " brief mime mime-type mime-encoding dereference ", -1, False),
    "tree": (
        "adfishDCnLIPpugFJXrtvUASQN",
        "",
        " dirsfirst noreport du gitignore prune filelimit charset matchdirs ignore-case filesfirst sort ",
        -1,
        False,
    ),
    "rg": (
        "nNilcHIuSswxvoUFPqLhV0abp.",
        "egtTABCmMdjrEf",
        (
            " files files-with-matches files-without-match glob iglob type type-not type-list context after-context"
            " before-context max-count max-depth max-columns ignore-case smart-case case-sensitive line-number"
            " no-line-number hidden no-ignore no-ignore-vcs no-ignore-parent unrestricted fixed-strings"
            " word-regexp line-regexp invert-match only-matching multiline multiline-dotall pcre2 count count-matches"
            " json stats no-heading heading with-filename no-filename column vimgrep color colors no-messages"
            " sort sortr follow null trim replace quiet regexp passthru text max-filesize no-config debug"
            " version no-column "
        ),
        -1,
        False,
    ),
    "fd": (
        "HIuspaigl0LF",
        "edtEScj",
        (
            " type extension hidden no-ignore max-depth min-depth exact-depth exclude glob full-path absolute-path"
            " size changed-within changed-before list-details follow color print0 ignore-case case-sensitive"
            " fixed-strings max-results version "
        ),
        -1,
        False,
    ),
    "jq": (
        "nrcesSMCajRh",
        "fL",
        (
            " arg argjson args jsonargs slurpfile rawfile raw-output raw-input compact-output null-input slurp"
            " sort-keys tab indent exit-status join-output ascii-output color-output monochrome-output stream seq"
            " from-file version "
        ),
        -1,
        True,
    ),
    "shuf": ("erz", "ni", "", 1, False),
    "base64": ("dD", "w", " decode wrap ", 1, False),
    "lsof": ("nPtlUaRbOw", "ipucd", "", -1, False),
    "ss": ("tulnpaeix460smo", "", "", -1, False),
    "netstat": ("tulnpaer46is", "", "", -1, False),
    "zcat": ("", "", "", -1, False),
    "bzcat": ("", "", "", -1, False),
    "xzcat": ("", "", "", -1, False),
}
_TEST_NUMBERS = names("-eq -ne -lt -le -gt -ge")
_TEST = names("-f -d -e -r -w -x -s -L -h -n -z -S -p -b -c -g -u -k -O -G -N -nt -ot -ef -a -o ! ] ]] = == != =~")
_DATE = names("-u -R --utc --universal --rfc-email")
_FIND_ALONE = names(
    "-not -a -o -and -or -print -print0 -prune -empty -true -false -readable -writable -executable -depth"
    " -mount -xdev -L -P -H -E -x -X -s -nouser -nogroup -ls -quit -daystart -follow -noleaf"
)
_FIND = _FIND_ALONE | names(
    "-name -iname -path -ipath -wholename -iwholename -regex -iregex -regextype -type -xtype -size -maxdepth"
    " -mindepth -mtime -mmin -atime -amin -ctime -cmin -newer -anewer -cnewer -newermt -newerct -user -group"
    " -uid -gid -perm -links -inum -samefile -lname -ilname -fstype -used -printf"
)
_SED = frozenset(("--quiet", "--silent", "--regexp-extended", "--null-data", "--posix", "--debug"))
_NPM_OPTIONS = " --depth -g --global --all -a --json --prod --production --parseable -p --long -l --omit "
_CHECKS: "dict[str, Callable[[list[str]], bool]]" = {
    "!": reads,
    "time": reads,
    "command": _command,
    "timeout": _timeout,
    "env": _nothing,
    "arch": _nothing,
    "hostname": lambda arguments: arguments in ([], ["-f"], ["-s"], ["-i"], ["-I"], ["-d"]),
    "xxd": _xxd,
    "exit": _numbers,
    "test": _test,
    "[": _test,
    "[[": _test,
    "printf": _printf,
    "date": _date,
    "find": _find,
    "xargs": _xargs,
    "awk": _awk,
    "gawk": _awk,
    "mawk": _awk,
    "sed": _sed,
    "git": git,
    "gh": gh,
    "npm": _listed(" ls list ll view outdated ", _NPM_OPTIONS),
    "pip": _listed(" list show freeze check ", " --format -o --outdated --files -f --user --not-required "),
    "docker": _listed(
        " ps images logs inspect port history info version ", " -a --all -q --format -f --filter --tail --no-trunc "
    ),
    "tar": _first("-tf", "-tzf", "-tvf", "-tvzf", "-tzvf", "-tjf", "tf", "tvf", "tzf", "tzvf", "tvzf"),
    "unzip": _first("-l", "-v"),
    "crontab": _first("-l", most=0),
    "dpkg": _first("-l", "-L", "-s", "-S"),
    "go": lambda arguments: arguments[:1] == ["env"] and all(word.isalnum() for word in arguments[1:]),
}
_CHECKS["pip3"] = _CHECKS["pip"]
