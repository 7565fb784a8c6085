"""What a user adds to the redaction and takes out of it: `redact.rules.NAME` and `redact.off` in `config.json`.

A rule of one's own is a fixed beginning and a class of characters with a count, `acme_[a-z0-9]{32}`: enough for every
token of the table, and no pattern can be made of it that backtracks. A project's own settings may add rules; only the
user's may switch some off, because a cloned project must not decide what is left in clear text.
"""

import re

from ocm.base.errors import BadInputError
from ocm.redaction.token_patterns import INNER_TOKENS, TOKENS
from ocm.store import config

OFF, OWN = "redact.off", "redact.rules."
# The rules beside those of the table of tokens.
OTHERS = (
    "authorization", "aws-secret-key", "command-password", "discord-token", "jwt", "password", "password-hash",
    "private-key", "secret", "url-password",
)  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9-]{1,39}")
_PATTERN = re.compile(r"([A-Za-z0-9_.:/=~@-]{3,40})(\[[A-Za-z0-9_.:/=+~-]{1,60}\]\{(\d{1,4})(?:,\d{0,4})?\})")
_SHORTEST, _LONGEST, _MOST = 8, 4000, 50

Table = tuple[tuple[str, str, str], ...]


class Rules:
    """The rules of a user's own, in the form of the table of tokens, and the names of those that are off."""

    __slots__ = ("off", "own")

    def __init__(self, own: Table = (), off: frozenset[str] = frozenset()) -> None:
        """Keep both."""
        self.own = own
        self.off = off


NONE = Rules()


def names() -> list[str]:
    """Return the name of every built-in rule that can be switched off; private text cannot."""
    return sorted({rule for table in (TOKENS, INNER_TOKENS) for rule, *_ in table} | set(OTHERS))


def load(user: str, store: str = "") -> Rules:
    """Return the rules that hold in the folder `store` for the user whose store is `user`; none that is not valid."""
    of_user = config.read(user)
    both = {**(config.read(store) if store and store != user else {}), **of_user}
    own = [(name.removeprefix(OWN), str(pattern)) for name, pattern in both.items() if name.startswith(OWN)]
    table = [row for name, pattern in own[:_MOST] if (row := _row(name, pattern))]
    off = of_user.get(OFF)
    return Rules(tuple(table), frozenset(_listed(off)) & frozenset(names()) if isinstance(off, str) else frozenset())


def is_setting(name: str) -> bool:
    """Return whether `name` is a setting of the redaction."""
    return name == OFF or (name.startswith(OWN) and bool(_NAME.fullmatch(name.removeprefix(OWN))))


def check(name: str, value: str, *, everywhere: bool) -> str:
    """Return `value` as the setting `name` keeps it.

    Raises:
        BadInputError: it is not accepted; it says what is.
    """
    if name != OFF:
        if _row(name.removeprefix(OWN), value) is None:
            raise BadInputError(
                f"{value!r} is not a form of a secret.",
                "Accepted: three or more fixed characters, then a class and a count from 8, as in acme_[a-z0-9]{32}.",
            )
        return value
    if not everywhere:
        raise BadInputError("A project cannot switch a rule off.", "Set redact.off for yourself, with --global.")
    unknown = [rule for rule in _listed(value) if rule not in names()]
    if unknown:
        raise BadInputError(f"There is no rule {unknown[0]!r}.", f"There are: {', '.join(names())}.")
    return ", ".join(_listed(value))


def shown(user: str, store: str) -> dict[str, object]:
    """Return the settings of the redaction that are set, for a list of all settings."""
    both = {**config.read(store), **config.read(user)}
    return {name: value for name, value in both.items() if is_setting(name)}


def _listed(value: str) -> list[str]:
    return [name.strip() for name in value.split(",") if name.strip()]


def _row(name: str, pattern: str) -> tuple[str, str, str] | None:
    match = _PATTERN.fullmatch(pattern)
    if match is None or not _NAME.fullmatch(name) or not _SHORTEST <= int(match[3]) <= _LONGEST:
        return None
    try:
        re.compile(match[2])
    except re.error:  # a range that runs backwards, or from many to few
        return None
    return name, match[1], match[2]
