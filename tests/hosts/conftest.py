"""Fixtures: the real client, a place without a network, and a repository that `ocm init` has set up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from .bench import Bench, make_bench
from .clients import CLAUDE, Client
from .network import Network
from .others import KINDS, OtherBench, make_other

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from .headless import Headless


@pytest.fixture(scope="session")
def claude_code() -> Path:
    """Return the client."""
    return found(CLAUDE)


def found(client: Client) -> Path:
    """Return a client; without it its tests are skipped, or fail where the clients are required and to be had."""
    if os.name == "nt":
        pytest.skip("these tests start and kill processes the POSIX way")
    if not client.binary.exists():
        missing = f"there is no {client.name} at {client.binary}: run `python -m tests.hosts.install_clients`"
        if os.environ.get("OCM_REQUIRE_CLIENTS") == "1" and not client.gone.exists():
            pytest.fail(missing)
        pytest.skip(missing)
    return client.binary


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    """Return a place that only loopback can be reached from, where the platform has such."""
    network = Network()
    yield network
    network.close()


@pytest.fixture
def bare(claude_code: Path, network: Network, tmp_path: Path) -> Iterator[Bench]:
    """Return a repository without `ocm`; at the end no hook has had a reason to step aside."""
    bench = make_bench(claude_code, tmp_path, network)
    yield bench
    log = bench.store / "hook.log"
    assert not log.exists() or not log.read_text(encoding="utf-8")


@pytest.fixture
def bench(bare: Bench) -> Bench:
    """Return a repository in which `ocm init` was run, and its result committed."""
    bare.set_up()
    return bare


@pytest.fixture(params=KINDS, ids=lambda kind: kind.host)
def other(request: pytest.FixtureRequest, network: Network, tmp_path: Path) -> Iterator[OtherBench]:
    """Return a repository without `ocm` and a client other than Claude Code; at the end no hook has stepped aside."""
    kind: type[Headless] = request.param
    found(kind.client)
    bench = make_other(kind, tmp_path, network)
    yield bench
    bench.client.close()
    log = bench.store / "hook.log"
    assert not log.exists() or not log.read_text(encoding="utf-8")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failed test what the model was shown."""
    report = yield
    used = getattr(item, "funcargs", {})
    bench = used.get("bare") or used.get("other")
    if report.failed and isinstance(bench, Bench):
        report.sections.append(("What the model was shown", bench.report(used["tmp_path"])))
    return report
