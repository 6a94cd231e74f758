#!/usr/bin/env python3
"""Execute the notebooks and keep their outputs in them.

    python scripts/execute_notebooks.py [NOTEBOOK ...]        all of notebooks/ if none is named

A notebook is executed from top to bottom in a fresh kernel; an error of any cell ends it, and the file stays
as it was. What differs from run to run without meaning (times, the kernel's version) is left out, so
that a change of a file is a change of what it shows. Needs the packages of the extra "notebooks".
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
FORMAT = 4
CELL_TIMEOUT_S = 120
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
FOLDERS = ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")


def all_notebooks() -> list[Path]:
    """Those of the tree, in order."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def execute(path: Path) -> Any:
    """A notebook with fresh outputs; the file is not changed.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, FORMAT)
    with own_folders():
        client = NotebookClient(notebook, timeout=CELL_TIMEOUT_S, kernel_name="python3", record_timing=False)
        client.execute(cwd=str(NOTEBOOKS))
    tidy(notebook)
    return notebook


@contextmanager
def own_folders() -> Iterator[None]:
    """Jupyter's and IPython's folders somewhere of their own: nothing of the user's is read or written.

    The kernel's own description comes with its package, which is looked for beside the interpreter.
    """
    before = {name: os.environ.get(name) for name in FOLDERS}
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(dict.fromkeys(FOLDERS, folder))
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name)
                else:
                    os.environ[name] = value


def tidy(notebook: Any) -> None:
    """Leave out what says nothing about what is shown."""
    notebook["metadata"] = dict(METADATA)
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)
        for output in cell.get("outputs", ()):
            output.get("metadata", {}).clear()


def main(names: list[str]) -> int:
    """Execute and write."""
    import nbformat

    for path in [Path(name) for name in names] or all_notebooks():
        notebook = execute(path)
        nbformat.write(notebook, path)
        print(f"{path.name}: {sum(cell['cell_type'] == 'code' for cell in notebook['cells'])} cells")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
