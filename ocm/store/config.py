"""Settings: defaults < user < project < environment, typed. Light, because every hook reads them."""

import os

from ocm.store import paths

NAME = "config.json"
MAX_BYTES = 256 * 1024
MAX_LOG = 256 * 1024  # of the log and of the one before it
MAX_JOURNAL = 2 * 1024 * 1024  # of one session, before the next prompt stores what it holds
DEFAULTS: dict[str, int | str] = {
    "gate.threshold": 5,
    "gate.mode": "block",
    "gate.deny": "changes",
    "gate.count": "all",
    "gate.shut": "change",
    "brief.tokens": 600,
    "recall.prompt": "on",
    "record.last_words": "on",
    "sources.step": "on",
    "import.exclude": "",
}
CHOICES: dict[str, tuple[str, ...]] = {
    "gate.mode": ("block", "remind", "off"),
    "gate.deny": ("changes", "all"),
    "gate.count": ("all", "changes"),
    "gate.shut": ("change", "count"),
    "recall.prompt": ("on", "off"),
    "record.last_words": ("on", "off"),
    "sources.step": ("on", "off"),
}
TEXTS = {"import.exclude": "names of sources and projects, and paths, with * and ?, separated by commas"}
_LONGEST_TEXT = 4_000
BOUNDS = {"gate.threshold": (1, 10_000), "brief.tokens": (0, 4_000)}


def load(*stores: str) -> dict[str, int | str]:
    """Return every setting: later `stores` (folders) win, the environment last; what is not valid is passed over."""
    settings = dict(DEFAULTS)
    for store in stores:
        for name, value in read(store).items():
            checked = check(name, value)
            if checked is not None:
                settings[name] = checked
    for name in DEFAULTS:
        value = os.environ.get(variable(name))
        checked = None if value is None else check(name, value)
        if checked is not None:
            settings[name] = checked
    return settings


def read(store: str) -> dict[str, object]:
    """Return what `config.json` of `store` sets, as dotted names; empty when it is missing or not valid JSON.

    Settings are the user's own: those that came with a checkout say nothing.
    """
    path = os.path.join(store, NAME)
    if not store or not os.path.exists(path):
        return {}
    import json

    from ocm.store import tracked

    if tracked.holds(tracked.names(store), NAME):
        return {}
    try:
        found = json.loads(paths.read_regular(path, MAX_BYTES, follow=True))
        return flatten(found) if isinstance(found, dict) else {}
    except (OSError, ValueError, RecursionError):
        return {}


def flatten(tree: dict[str, object], prefix: str = "") -> dict[str, object]:
    """Return `{"gate": {"mode": "off"}}` as `{"gate.mode": "off"}`; dotted names stay as they are."""
    flat: dict[str, object] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[prefix + name] = value
    return flat


def check(name: str, value: object) -> int | str | None:
    """Return `value` in the type of the setting `name`, or None when it is not accepted."""
    if name in BOUNDS:
        low, high = BOUNDS[name]
        text = str(value)
        if isinstance(value, bool) or not text.isascii() or not text.isdigit() or len(text) > len(str(high)):
            return None
        return int(text) if low <= int(text) <= high else None
    if name in TEXTS:
        return value if isinstance(value, str) and value.isprintable() and len(value) <= _LONGEST_TEXT else None
    return value if isinstance(value, str) and value in CHOICES.get(name, ()) else None


def accepted(name: str) -> str:
    """Return in words what the setting `name` accepts."""
    if name in BOUNDS:
        return "a whole number from {} to {}".format(*BOUNDS[name])
    return TEXTS.get(name) or " or ".join(CHOICES[name])


def variable(name: str) -> str:
    """Return the environment variable that sets `name`."""
    return "OCM_" + name.upper().replace(".", "_")
