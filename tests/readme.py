"""The commands of the README.

`python tests/readme.py test` prints the one that tests, `python tests/readme.py try` runs the first one, from nothing.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("try", "test")


def shell_commands(text: str) -> list[str]:
    """Return the commands in the README's `sh` blocks, in order."""
    return [block.strip() for block in re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)]


def command(name: str) -> str:
    """Return the README's first (`try`) or second (`test`) command."""
    return shell_commands((ROOT / "README.md").read_text(encoding="utf-8"))[NAMES.index(name)]


def run_from_nothing(line: str) -> int:
    """Run a command in a copy of the tree, with an empty HOME and hardly an environment; return its exit code."""
    with tempfile.TemporaryDirectory(prefix="ocm-readme-") as name:
        folder = Path(name)
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
        for file in filter(None, files):
            if (ROOT / file).is_file():
                (folder / "tree" / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / file, folder / "tree" / file)
        (folder / "home").mkdir()
        kept = ("PATH", "LANG", "SSL_CERT_FILE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "PYENV_ROOT")
        environment = {name: os.environ[name] for name in os.environ if name in kept or name.startswith("PIP_")}
        environment["HOME"] = str(folder / "home")
        return subprocess.run(["bash", "-c", line], cwd=folder / "tree", env=environment, check=False).returncode


def main() -> int:
    """Print or run one of the two commands."""
    name = sys.argv[1]
    if name == "test":
        print(command(name))
        return 0
    return run_from_nothing(command(name))


if __name__ == "__main__":
    sys.exit(main())
