"""scripts/quickstart and scripts/test, run with stand-ins for apt, pip and barewire that note all calls."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUITES = "tests/unit tests/soft tests/device tests/pagetables tests/faults tests/notebooks tests/vm"
BORROWED = ("bash", "cat", "chmod", "dirname", "env", "id", "mkdir", "rm", "sed", "tr")

# A Python that lacks what $LACKS names (venv, headers), and makes environments of stand-ins.
PYTHON = """#!/usr/bin/env bash
case "$*" in
    *ensurepip*) [[ " $LACKS " != *" venv "* ]] || exit 1 ;;
    "-") cat >/dev/null; [[ " $LACKS " != *" headers "* ]] || exit 1 ;;
    *version_info*) [[ " $LACKS " != *" age "* ]] || exit 1 ;;
    -V) echo "Python 3.9.2" ;;
    "-m venv "*)
        mkdir -p "$3/bin"
        for name in python pip ruff mypy barewire; do
            note="$name"' $*${BAREWIRE_FULL:+ [full]}'
            printf '#!/usr/bin/env bash\\necho "%s" >>"$ASKED"\\n' "$note" >"$3/bin/$name"
            echo '[[ "$1" != list ]] || echo "$LISTS"' >>"$3/bin/$name"
            if [[ $name == "${FAILS:-}" ]]; then
                echo '[[ "$*" != *"${FAILS_AT:-}"* ]] || exit "${FAILS_WITH:-1}"' >>"$3/bin/$name"
            fi
            chmod +x "$3/bin/$name"
        done
        ;;
esac
"""
APT = """#!/usr/bin/env bash
echo "apt-get $*" >>"$ASKED"
exit "${APT_FAILS:-0}"
"""


class Checkout:
    """A checkout that holds only the scripts, on a machine that holds only the stand-ins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "programs"
        self.asked_file = folder / "asked"
        self.environment = {
            "PATH": str(self.programs),
            "ASKED": str(self.asked_file),
            "LACKS": "",
            "LISTS": "",
        }
        self.asked_file.touch()
        self.programs.mkdir()
        shutil.copytree(ROOT / "scripts", folder / "scripts", ignore=shutil.ignore_patterns("*.py"))
        for name in BORROWED:
            (self.programs / name).symlink_to(shutil.which(name) or f"/bin/{name}")
        for name, text in (("python3", PYTHON), ("apt-get", APT), ("gcc", "#!/bin/sh\n")):
            self.add_program(name, text)
        # On a machine where the tests do not run as root.
        self.add_program("sudo", '#!/usr/bin/env bash\nexec "$@"\n')

    def add_program(self, name: str, text: str) -> None:
        (self.programs / name).unlink(missing_ok=True)  # it may be a link to this machine's own
        (self.programs / name).write_text(text)
        (self.programs / name).chmod(0o755)

    def remove_program(self, name: str) -> None:
        (self.programs / name).unlink()

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        program, *arguments = command
        return subprocess.run(
            [str(self.folder / "scripts" / program), *arguments],
            env={**self.environment, **variables},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @property
    def asked(self) -> list[str]:
        return self.asked_file.read_text().splitlines()


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    return Checkout(tmp_path)


def test_quickstart_installs_checks_and_runs_the_demo(checkout):
    done = checkout.run("quickstart")

    assert done.returncode == 0, done.stderr
    assert [line.split()[0:2] for line in checkout.asked] == [
        ["python", "-m"],
        ["barewire", "doctor"],
        ["barewire", "list"],
        ["barewire", "demo"],
    ]
    assert checkout.asked[-1] == "barewire demo --device soft:gh100"
    assert "All is well" in done.stdout
    assert "pip install" in checkout.asked[0]
    assert checkout.asked[0].endswith(".[cli]")


def test_quickstart_asks_apt_for_nothing_on_a_machine_that_has_everything(checkout):
    checkout.run("quickstart")

    assert not any(line.startswith("apt-get") for line in checkout.asked)


@pytest.mark.parametrize(
    ("lacks", "wanted"), [("venv", "python3-venv"), ("headers", "python3-dev"), ("gcc", "gcc libc6-dev")]
)
def test_quickstart_installs_only_what_is_missing_and_says_so(checkout, lacks, wanted):
    if lacks == "gcc":
        checkout.remove_program("gcc")

    done = checkout.run("quickstart", LACKS=lacks)

    assert done.returncode == 0, done.stderr
    assert f"Installing with apt: {wanted}\n" in done.stdout
    assert [line for line in checkout.asked if line.startswith("apt-get install")] == [
        f"apt-get install -y -qq --no-install-recommends {wanted}"
    ]


def test_quickstart_names_what_apt_could_not_install(checkout):
    done = checkout.run("quickstart", LACKS="venv", APT_FAILS="100")

    assert done.returncode == 2
    assert "python3-venv" in done.stderr


def test_quickstart_without_apt_names_what_is_missing(checkout):
    checkout.remove_program("apt-get")

    done = checkout.run("quickstart", LACKS="headers")

    assert done.returncode == 2
    assert "python3-dev" in done.stderr


def test_quickstart_refuses_an_old_python_by_its_version(checkout):
    done = checkout.run("quickstart", LACKS="age")

    assert done.returncode == 2
    assert "Python 3.9.2 is too old" in done.stderr


def test_quickstart_passes_the_device_on(checkout):
    checkout.run("quickstart", "nv:1")

    assert [line for line in checkout.asked if "demo" in line] == ["barewire demo --device nv:1"]


LISTED = """\
device      pci_address   pci_id     model        driver    opens  detail
----------  ------------  ---------  -----------  --------  -----  ----------------
-           0000:02:00.0  10de:2330  NVIDIA H100  vfio-pci  no     bound to vfio-pci
nv:0        0000:01:00.0  10de:2330  NVIDIA H100  nvidia    no     /dev/nvidia0 may not be read
nv:1        0000:41:00.0  10de:2330  NVIDIA H100  nvidia    yes    by /dev/nvidia1
nv:2        0000:42:00.0  10de:2330  NVIDIA H100  nvidia    yes    by /dev/nvidia2
soft:gh100  -             10de:2330  software     -         yes    in this process
"""


def test_quickstart_runs_the_demo_on_the_first_gpu_that_opens_and_then_on_the_software_gpu(checkout):
    done = checkout.run("quickstart", LISTS=LISTED)

    assert done.returncode == 0, done.stderr
    assert [line for line in checkout.asked if "demo" in line] == [
        "barewire demo --device nv:1",
        "barewire demo --device soft:gh100",
    ]


def test_quickstart_goes_on_when_the_doctor_finds_something(checkout):
    done = checkout.run("quickstart", FAILS="barewire", FAILS_AT="doctor")

    assert done.returncode == 0
    assert checkout.asked[-1] == "barewire demo --device soft:gh100"


def test_quickstart_on_a_device_that_is_not_there_says_that_the_set_up_is_complete(checkout):
    done = checkout.run("quickstart", "nv:0", FAILS="barewire", FAILS_AT="demo", FAILS_WITH="3")

    assert done.returncode == 3
    assert "The set-up is complete, but nv:0 cannot be opened" in done.stdout
    assert "All is well" not in done.stdout


@pytest.mark.parametrize("code", ["1", "3", "4", "6"])
def test_quickstart_fails_when_the_demo_fails(checkout, code):
    done = checkout.run("quickstart", FAILS="barewire", FAILS_AT="demo", FAILS_WITH=code)

    assert done.returncode == 1
    assert "All is well" not in done.stdout


def test_quickstart_fails_when_pip_fails(checkout):
    done = checkout.run("quickstart", FAILS="python", FAILS_AT="pip")

    assert done.returncode == 2
    assert "pip could not install barewire" in done.stderr


def test_the_test_script_lints_checks_types_and_tests_in_this_order(checkout):
    done = checkout.run("test", "-k", "layers")

    assert done.returncode == 0, done.stderr
    install, lint, types, tests = checkout.asked
    assert install.endswith(".[test]")
    assert lint.startswith("ruff check")
    assert types.startswith("mypy")
    assert tests == f"python -m pytest {SUITES} -k layers"


def test_the_full_form_asks_for_exhaustive_tests_of_the_same_suites(checkout):
    checkout.run("test", "--full")

    assert checkout.asked[-1] == f"python -m pytest {SUITES} [full]"


@pytest.mark.parametrize("stage", ["ruff", "mypy"])
def test_a_stage_that_fails_ends_the_test_script(checkout, stage):
    done = checkout.run("test", FAILS=stage)

    assert done.returncode != 0
    assert checkout.asked[-1].startswith(stage)


def test_the_test_script_keeps_an_environment_that_is_there(checkout):
    checkout.run("test")
    marker = checkout.folder / ".venv" / "marker"
    marker.touch()

    checkout.run("test")

    assert marker.exists()


@pytest.mark.parametrize("script", ["quickstart", "test"])
def test_scripts_explain_themselves(checkout, script):
    done = checkout.run(script, "--help")

    assert done.returncode == 0
    assert f"scripts/{script}" in done.stdout
    assert checkout.asked == []
