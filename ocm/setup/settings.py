"""Changing settings; reading them is `config`, which every hook imports."""

import json
import os
from typing import Any

from ocm.base.errors import BadInputError, OcmError, suggestion
from ocm.redaction import user_rules
from ocm.store import config, files, paths


def names() -> list[str]:
    """Return the settings that have a name of their own."""
    return [*config.DEFAULTS, user_rules.OFF]


def shown(store: str) -> dict[str, Any]:
    """Return every setting with the value that holds for a store."""
    stores = paths.user_store(), store
    return {**config.load(*stores), **user_rules.shown(*stores)}


def check_name(name: str) -> None:
    """Let known settings pass.

    Raises:
        BadInputError: naming those there are.
    """
    if name not in config.DEFAULTS and not user_rules.is_setting(name):
        there_are = ", ".join([*names(), f"{user_rules.OWN}NAME"])
        raise BadInputError(
            f"There is no setting {name!r}.", f"{suggestion(name, config.DEFAULTS)}There are: {there_are}."
        )


def change(store: str, name: str, value: str | None, *, everywhere: bool = False) -> None:
    """Set `name` in the `config.json` of a store, or take it out when `value` is None; keys it does not know stay.

    Raises:
        BadInputError: the setting or its value is not known; nothing was changed.
        OcmError: the file is not valid; nothing was changed.
    """
    check_name(name)
    checked = None if value is None else _checked(name, value, everywhere=everywhere)
    path = os.path.join(store, "config.json")
    if os.path.islink(path) and not everywhere:
        raise OcmError(f"{path} is a link to another file.", "Change that file itself, or set it with --global.")
    with files.locked(path + ".lock"):
        tree = _read(path)
        _put(tree, name, checked)
        files.make_private_dir(store)
        files.atomic_write(path, (json.dumps(tree, indent=2, ensure_ascii=False) + "\n").encode())


def _checked(name: str, value: str, *, everywhere: bool) -> int | str:
    if user_rules.is_setting(name):
        return user_rules.check(name, value, everywhere=everywhere)
    checked = config.check(name, value)
    if checked is None:
        accepted = config.accepted(name)
        near = suggestion(value, accepted.split(" or "))
        raise BadInputError(f"{name} cannot be {value!r}.", f"{near}Accepted: {accepted}.")
    return checked


def _put(tree: dict[str, Any], name: str, value: int | str | None) -> None:
    tree.pop(name, None)
    group, _, leaf = name.partition(".")
    inner = tree.get(group)
    if not isinstance(inner, dict):
        inner = {}
    inner.pop(leaf, None)
    if value is not None:
        inner[leaf] = value
    if inner:
        tree[group] = inner
    else:
        tree.pop(group, None)


def _read(path: str) -> dict[str, Any]:
    try:
        data = paths.read_regular(path, config.MAX_BYTES, follow=True)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise OcmError(
            f"{path} cannot be read: {error.strerror}.", "Look at that file; nothing was changed."
        ) from error
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise OcmError(f"{path} is not a JSON object.", "Correct it in an editor; nothing was changed.")
    return found
