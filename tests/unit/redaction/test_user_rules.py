"""A user's own rules of redaction: added anywhere, switched off only for oneself."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from ocm.base.errors import BadInputError
from ocm.redaction import redact, user_rules
from ocm.setup import settings
from tests.support.builders import Project, run_ocm

OWN = "acme" + "_0123456789abcdef"
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9" + "." + "eyJ" + "zdWIiOiIxMjM0NSJ9" + "." + "c2lnbmF0dXJlLW9mLWl0"


@pytest.fixture
def stores(tmp_path: Path) -> tuple[str, str]:
    for name in ("user", "project"):
        (tmp_path / name).mkdir()
    return str(tmp_path / "user"), str(tmp_path / "project")


def write(store: str, tree: object) -> None:
    (Path(store) / "config.json").write_text(json.dumps(tree), encoding="utf-8")


def test_a_rule_of_ones_own_finds_its_form(stores: tuple[str, str]) -> None:
    settings.change(stores[1], "redact.rules.acme-key", "acme_[a-f0-9]{16}")
    rules = user_rules.load(*stores)
    assert redact.redact(f"ran with {OWN} today", rules) == ("ran with [REDACTED:acme-key] today", 1)
    assert redact.redact(f"ran with x{OWN} today", rules)[1] == 0, "not inside a word"
    assert redact.redact(f"ran with {OWN}ff today", rules)[1] == 0, "a fixed length ends at a boundary"
    assert redact.redact(f"ran with {OWN} today")[1] == 0


def test_a_rule_that_is_off_leaves_its_secrets(stores: tuple[str, str]) -> None:
    assert redact.redact(JWT)[0] == "[REDACTED:jwt]"
    settings.change(stores[0], "redact.off", "jwt", everywhere=True)
    assert redact.redact(JWT, user_rules.load(*stores)) == (JWT, 0)


def test_a_project_switches_nothing_off(stores: tuple[str, str]) -> None:
    with pytest.raises(BadInputError, match="--global"):
        settings.change(stores[1], "redact.off", "jwt")
    write(stores[1], {"redact": {"off": ", ".join(user_rules.names())}})
    assert redact.redact(JWT, user_rules.load(*stores))[1] == 1


def test_ones_own_rule_wins_over_the_projects(stores: tuple[str, str]) -> None:
    write(stores[1], {"redact": {"rules": {"acme-key": "zzzz_[a-z]{9}"}}})
    write(stores[0], {"redact.rules.acme-key": "acme_[a-f0-9]{16}"})
    assert user_rules.load(*stores).own == (("acme-key", "acme_", "[a-f0-9]{16}"),)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        ".*",
        "ab[a-z]{9}",
        "acme_[a-z]{3}",
        "acme_[z-a]{9}",
        "acme_[a-z]{9,8}",
        "acme_[a-z]+",
        "acme_[a-z]{99999}",
    ],
)
def test_what_could_backtrack_or_eat_everything_is_no_rule(stores: tuple[str, str], pattern: str) -> None:
    with pytest.raises(BadInputError, match="acme_"):
        settings.change(stores[0], "redact.rules.mine", pattern)
    write(stores[1], {"redact": {"rules": {"mine": pattern}}})
    assert user_rules.load(*stores).own == ()


def test_a_thousand_rules_of_a_project_cost_no_more_than_fifty(stores: tuple[str, str]) -> None:
    write(stores[1], {"redact": {"rules": {f"rule-{number}": "aaaa[a-z]{8,}" for number in range(1000)}}})
    rules = user_rules.load(*stores)
    assert len(rules.own) == 50
    start = time.process_time()
    redact.redact("a" * 100_000, rules)
    assert time.process_time() - start < 2


@pytest.mark.parametrize("name", ["redact.of", "redact.rules.", "redact.rules.UPPER", "redact.rules.a b"])
def test_other_names_are_no_settings(stores: tuple[str, str], name: str) -> None:
    with pytest.raises(BadInputError, match="There is no setting"):
        settings.change(stores[0], name, "acme_[a-z]{9}")


def test_a_rule_that_is_not_there_cannot_be_switched_off(stores: tuple[str, str]) -> None:
    with pytest.raises(BadInputError, match="no rule 'jtw'"):
        settings.change(stores[0], "redact.off", "jtw", everywhere=True)


def test_checkpoint_prompt_and_path_go_through_ones_own_rules(project: Project) -> None:
    assert run_ocm(project.root, "config", "set", "redact.rules.acme-key", "acme_[a-f0-9]{16}").returncode == 0
    assert "redact.rules.acme-key = acme_" in run_ocm(project.root, "config", "list").stdout
    assert run_ocm(project.root, "config", "get", "redact.rules.acme-key").stdout.strip() == "acme_[a-f0-9]{16}"
    project.hook("user-prompt", prompt=f"deploy with {OWN}")
    project.edited(f"{project.root}/{OWN}.txt")
    assert OWN not in json.dumps(project.lines()[1])
    found = project.checkpoint(goal=f"use {OWN}", work_summary=["done"])
    assert found["redactions"] >= 2
    assert OWN not in project.file().read_text(encoding="utf-8")


def test_a_path_with_a_secret_is_redacted_in_the_journal(project: Project) -> None:
    token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
    project.edited(f"{project.root}/dump/{token}.txt")
    assert token not in json.dumps(project.lines())
    assert project.lines()[-1]["path"].endswith("/dump/[REDACTED:github-token].txt")


def test_the_log_of_the_hook_holds_no_secret(project: Project) -> None:
    token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"
    from ocm.hook import main

    main.run(["stop", "--tool", token], b"{}", [])
    main.run([token], json.dumps({"session_id": "S", "cwd": str(project.root)}).encode(), [])
    assert project.log()
    assert token not in "\n".join(project.log())
