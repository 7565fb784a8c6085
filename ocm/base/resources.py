"""The files that ocm installs, as they lie in `hooks/` and `rules/`."""

import os


def read(*parts: str) -> str:
    """Return the text of an installed file, such as `read("rules", "claude-code.md")`.

    A wheel holds the two folders in `ocm/data`; a source tree, and an editable install of it, beside the package.
    """
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    inside = os.path.join(package, "data", *parts)
    beside = os.path.join(os.path.dirname(package), *parts)
    with open(inside if os.path.exists(inside) else beside, encoding="utf-8") as file:
        return file.read()
