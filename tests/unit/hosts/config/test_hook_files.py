"""Which profile a file of hooks has, whoever wrote it."""

from __future__ import annotations

import json

import pytest

from ocm.hosts.config.all_hosts import HOSTS
from ocm.hosts.config.hook_files import FULL, MINIMAL, Hooks


def hooks(name: str) -> Hooks:
    found = HOSTS[name].hooks
    assert found is not None
    return found


SCRIPTED = [name for name, host in HOSTS.items() if host.hooks and host.hooks.script]


@pytest.mark.parametrize("name", SCRIPTED)
def test_a_plugin_that_somebody_changed_has_no_profile(name: str) -> None:
    own = hooks(name).text(FULL)
    assert hooks(name).installed(own) == FULL
    assert hooks(name).installed(own + "// mine\n") == ""


def test_a_file_that_is_not_valid_has_no_profile() -> None:
    own = hooks("gemini-cli").text(MINIMAL)
    assert hooks("gemini-cli").installed(own) == MINIMAL
    assert hooks("gemini-cli").installed(own[:-4]) == ""


def test_what_is_no_hook_in_a_list_of_hooks_is_passed_over() -> None:
    document = json.loads(hooks("kiro").text(MINIMAL))
    document["hooks"].insert(0, "theirs")
    assert hooks("kiro").profile_in(json.dumps(document)) == MINIMAL
