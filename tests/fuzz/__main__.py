"""`python -m tests.fuzz [--seconds 45] [TARGET …]`: fuzz with atheris, each target in a process of its own.

What is found stays in a folder that is printed; the corpus that is kept is read, and only added to with `--keep`.
"""

import argparse
import importlib
import os
import shutil
import subprocess
import sys
import tempfile

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
_KEPT, _LARGEST = 25, 2000
_SLOWEST = 20  # seconds for one input


def main() -> int:
    """Run the targets one after the other; 1 when one of them broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=45)
    parser.add_argument("--keep", action="store_true", help="add what opened new ways to the corpus")
    parser.add_argument("--inside", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("targets", nargs="*")
    wanted = parser.parse_args()
    if wanted.inside:
        return _inside(wanted.targets[0], wanted.inside, wanted.seconds)
    names = wanted.targets or sorted(os.listdir(CORPUS))
    return max(_outside(name, wanted.seconds, keep=wanted.keep) for name in names)


def _outside(name: str, seconds: int, *, keep: bool) -> int:
    folder = tempfile.mkdtemp(prefix=f"ocm-fuzz-{name}-")
    work = os.path.join(folder, "corpus")
    shutil.copytree(os.path.join(CORPUS, name), work)
    command = [sys.executable, "-m", "tests.fuzz", "--inside", folder, "--seconds", str(seconds), name]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    runs = [line for line in done.stderr.splitlines() if line.startswith(("Done ", "stat::number_of_executed_units"))]
    print(
        f"{name:8} {len(os.listdir(work))} inputs, {' '.join(runs[-1:])} -> {'ok' if not done.returncode else 'BROKE'}"
    )
    if done.returncode:
        print("\n".join(done.stderr.splitlines()[-40:]))
        print(f"    the input is in {folder}")
        return 1
    if keep:
        _keep(work, os.path.join(CORPUS, name))
    shutil.rmtree(folder)
    return 0


def _keep(work: str, kept: str) -> None:
    new = [name for name in os.listdir(work) if not os.path.exists(os.path.join(kept, name))]
    new.sort(key=lambda name: os.path.getsize(os.path.join(work, name)))
    for name in [name for name in new if os.path.getsize(os.path.join(work, name)) <= _LARGEST][-_KEPT:]:
        shutil.copy(os.path.join(work, name), os.path.join(kept, name))


def _inside(name: str, folder: str, seconds: int) -> int:
    """Fuzz in this process; it ends with the code of libFuzzer."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["ocm"]):
        targets = importlib.import_module("tests.fuzz.targets")
    options = [
        sys.argv[0], os.path.join(folder, "corpus"), f"-max_total_time={seconds}", f"-timeout={_SLOWEST}",
        "-max_len=8000", f"-artifact_prefix={folder}{os.sep}", "-print_final_stats=1", "-rss_limit_mb=1500",
    ]  # fmt: skip
    atheris.Setup(options, targets.TARGETS[name])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
