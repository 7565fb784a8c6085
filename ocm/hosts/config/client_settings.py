"""Reading a host's own settings, for what in them keeps ocm from working; what cannot be read says nothing."""

from collections.abc import Mapping
from typing import Any

from ocm.edit import json_text
from ocm.edit.plain_text import EditError, decode


def read(path: str) -> dict[str, Any]:
    """Return a file of settings, comments or not; an empty object where there is none that can be read."""
    try:
        with open(path, "rb") as file:
            found = json_text.parse(decode(file.read())[0], comments=True)
    except (OSError, EditError):
        return {}
    return found if isinstance(found, dict) else {}


def at(settings: Mapping[str, Any], *path: str) -> object:
    """Return what stands at a path in some settings, None where nothing does."""
    found: object = settings
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def names(settings: Mapping[str, Any], *path: str) -> list[str]:
    """Return the names in the list at a path; one that is an object goes by its `serverName`."""
    found = at(settings, *path)
    listed = found if isinstance(found, list) else []
    told = [one.get("serverName") if isinstance(one, dict) else one for one in listed]
    return [one for one in told if isinstance(one, str)]
