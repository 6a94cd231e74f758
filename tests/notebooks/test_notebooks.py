"""The notebooks run from top to bottom on any machine, and what they show is what is in the files.

A notebook's outputs are compared with those of a fresh run, without the numbers: addresses and times differ
from run to run, the words do not.
"""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LARGEST_BYTES = 500_000  # outputs included: a notebook is read in a browser
NUMBER = re.compile(r"0x[0-9a-f]+|\d+(\.\d+)?( (us|ms|s)\b)?")

pytestmark = pytest.mark.software_gpu


def executor() -> ModuleType:
    """scripts/execute_notebooks.py as a module."""
    path = ROOT / "scripts" / "execute_notebooks.py"
    spec = importlib.util.spec_from_file_location("execute_notebooks", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def text_of(part: str | list[str]) -> str:
    return part if isinstance(part, str) else "".join(part)


def shown(cell: Any) -> list[dict[str, str]]:
    """What a cell shows, by kind: HTML without its styles, texts, and streams."""
    found = []
    for output in cell["outputs"]:
        data = output.get("data", {output["output_type"]: output.get("text", "")})
        found.append({kind: text_of(part) for kind, part in data.items()})
    return found


def words(text: str) -> list[str]:
    """A text's words without its numbers, and without HTML's tags."""
    return NUMBER.sub("#", re.sub(r"<[^>]*>", " ", text)).split()


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request) -> Path:
    return request.param


def test_there_are_notebooks():
    assert [path.name for path in NOTEBOOKS] == ["01-from-power-on-to-a-kernel.ipynb"]


def test_a_notebook_has_been_executed_from_top_to_bottom(path):
    cells = code_cells(read(path))

    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert [output for cell in cells for output in cell["outputs"] if output["output_type"] == "error"] == []


def test_a_notebook_is_small_and_tells_nothing_of_where_it_ran(path):
    notebook = read(path)

    assert path.stat().st_size < LARGEST_BYTES
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
    assert notebook["metadata"]["language_info"] == {"name": "python"}


def test_a_notebook_needs_no_style_sheet_and_no_script(path):
    html = [one.get("text/html", "") for cell in code_cells(read(path)) for one in shown(cell)]

    assert sum(map(bool, html)) > 10
    assert not [text for text in html if re.search(r"<(script|style|link|img|iframe)", text)]


def test_prose_stands_between_the_cells(path):
    kinds = [cell["cell_type"] for cell in read(path)["cells"]]

    assert kinds[0] == kinds[-1] == "markdown"
    assert kinds.count("markdown") >= 0.6 * kinds.count("code")


@pytest.mark.timeout(180)
def test_a_fresh_run_shows_what_the_file_shows(path):
    pytest.importorskip("nbclient")
    kept, fresh = code_cells(read(path)), code_cells(executor().execute(path))

    for before, now in zip(kept, fresh, strict=True):
        source = text_of(before["source"])
        assert [sorted(one) for one in shown(now)] == [sorted(one) for one in shown(before)], source
        for one, other in zip(shown(now), shown(before), strict=True):
            for kind, text in one.items():
                assert words(text) == words(other[kind]), source


def test_the_first_notebook_shows_every_layer():
    text = "\n".join(
        part for cell in code_cells(read(NOTEBOOKS[0])) for one in shown(cell) for part in one.values()
    )

    for part in (
        "NV_PMC_BOOT_0 = 0x180000a1",
        "active_stat=ACTIVE",
        "page tables",
        "NV_MMU_VER3_PTE",
        "GPFIFO ring",
        "NVC8B5_LAUNCH_DMA",
        "0xcafe",
        "FFMA",
        "QMD V04_00",
        "grid_width",
        "MmuFault",
        "unwritten memory",
        "LDG.E R7",
        "sanitizer: nothing found",
    ):
        assert part in text, part
