"""Packaging: what is in the tree is in the package, and nothing of it has to be guessed.

The package list of pyproject.toml is written by hand, since discovery does not work with mapped folders.
"""

from __future__ import annotations

import fnmatch
import importlib
import importlib.metadata
import os
import re
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
# What a build leaves in the tree.
NOT_PACKAGED = ("*.pyc", "*.so", "*.o", "_native.c", "_sm.c", "*.partial")


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def folders(mapping: dict[str, str]) -> dict[Path, str]:
    """Every folder of the tree that holds Python files, and the package it must be."""
    found = {}
    for package, top in mapping.items():
        for folder in [ROOT / top, *(path for path in (ROOT / top).rglob("*") if path.is_dir())]:
            if any(folder.glob("*.py")):
                parts = folder.relative_to(ROOT / top).parts
                found[folder] = ".".join([package, *parts])
    return found


def unpackaged(files: list[str], globs: list[str]) -> list[str]:
    """Files that no glob names. A star does not cross a folder, as in setuptools."""
    return [
        name
        for name in files
        if not any(
            len(Path(name).parts) == len(Path(glob).parts)
            and all(fnmatch.fnmatch(a, b) for a, b in zip(Path(name).parts, Path(glob).parts, strict=True))
            for glob in globs
        )
    ]


def test_every_folder_with_python_in_it_is_a_listed_package(project):
    settings = project["tool"]["setuptools"]

    assert sorted(settings["packages"]) == sorted(folders(settings["package-dir"]).values())


def test_every_package_says_what_it_is(project):
    for folder in folders(project["tool"]["setuptools"]["package-dir"]):
        assert (folder / "__init__.py").is_file(), folder
        assert (folder / "__init__.py").read_text(encoding="utf-8").lstrip().startswith('"""'), folder


def files_of(folder: Path, packages: dict[Path, str]) -> list[str]:
    """The files of one package, without those of packages inside it and without what a build leaves."""
    names = []
    for path in sorted(folder.rglob("*")):
        owner = next(parent for parent in path.parents if parent in packages)
        left_by_build = "__pycache__" in path.parts or any(
            fnmatch.fnmatch(path.name, p) for p in NOT_PACKAGED
        )
        if path.is_file() and owner == folder and not left_by_build:
            names.append(path.relative_to(folder).as_posix())
    return names


def test_every_other_file_of_the_tree_is_package_data(project):
    settings = project["tool"]["setuptools"]
    packages = folders(settings["package-dir"])
    left_out = []
    for folder, package in packages.items():
        data = [name for name in files_of(folder, packages) if not name.endswith(".py")]
        left_out += [
            f"{package}: {name}" for name in unpackaged(data, settings["package-data"].get(package, []))
        ]

    assert left_out == []


def test_a_file_that_no_glob_names_is_noticed():
    assert unpackaged(["cuda/a.cu", "cuda/deep/b.cu", "c.txt"], ["cuda/*.cu"]) == ["cuda/deep/b.cu", "c.txt"]


def test_what_is_installed_holds_every_file_of_the_tree(project):
    packages = folders(project["tool"]["setuptools"]["package-dir"])
    missing = []
    for folder, package in packages.items():
        home = Path(importlib.import_module(package).__file__ or "").parent
        for name in files_of(folder, packages):
            if not (home / name).is_file():
                missing.append(f"{package}: {name}")

    assert missing == []


@pytest.mark.parametrize("name", ["barewire.native._native", "barewire.softgpu.sm._sm"])
def test_the_compiled_parts_are_installed(name):
    assert importlib.import_module(name).__file__.endswith(".so")


def test_the_command_is_installed_and_its_entry_point_exists(project):
    (target,) = project["project"]["scripts"].values()
    module, _, function = target.partition(":")

    assert callable(getattr(importlib.import_module(module), function))
    (entry,) = importlib.metadata.entry_points(group="console_scripts", name="barewire")
    assert entry.value == target


def test_the_version_is_said_once(project):
    text = (ROOT / "driver" / "__init__.py").read_text(encoding="utf-8")
    (said,) = re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)

    assert said == project["project"]["version"] == importlib.metadata.version("barewire")


@pytest.mark.parametrize("name", ["README.md", "LICENSE", "NOTICE", "driver/py.typed"])
def test_the_papers_are_there(name):
    assert (ROOT / name).is_file()


@pytest.mark.parametrize("name", ["scripts/quickstart", "scripts/test", ".ci/run"])
def test_scripts_can_be_run(name):
    assert os.access(ROOT / name, os.X_OK)
    assert (ROOT / name).read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n")


def test_each_optional_package_is_named_once_per_extra(project):
    for requirements in project["project"]["optional-dependencies"].values():
        names = [re.split(r"[<>=! \[]", requirement)[0].lower() for requirement in requirements]
        assert len(names) == len(set(names))
