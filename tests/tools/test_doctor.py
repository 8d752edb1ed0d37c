"""The doctor of set-ups: a copy of the course is broken in one way, and the right line says so."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import doctor

ROOT = Path(__file__).parents[2]
BASE = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")  # without any package


@pytest.fixture
def course(tmp_path):
    """A copy of what the doctor looks at, its notebooks left out."""
    folder = tmp_path / "course"
    for name in ("dshlib", "tools", "data/classroom"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.txt", "requirements-dev.txt", "Makefile"):
        shutil.copy(ROOT / name, folder)
    (folder / "notebooks").mkdir()
    return folder


def ask(course, *checks, command=(sys.executable, "-m", "tools.doctor"), **environment):
    """Run the doctor in the copy: exit code and lines."""
    environment = os.environ | {"PYTHONPATH": str(course)} | environment
    done = subprocess.run([*command, *checks], cwd=course, env=environment, capture_output=True,
                          encoding="utf-8")  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout.splitlines()


def shadow(course, module, text):
    """A folder for PYTHONPATH in which a module of this name stands before the real one."""
    folder = course.parent / "shadow"
    folder.mkdir()
    (folder / f"{module}.py").write_text(text, encoding="utf-8")
    return os.pathsep.join([str(folder), str(course)])


def replace(path, pattern, new):
    text = path.read_text(encoding="utf-8")
    assert re.search(pattern, text)
    path.write_text(re.sub(pattern, new, text), encoding="utf-8")


@pytest.mark.slow
def test_a_whole_setup_is_well_in_a_line_for_each_check(course):
    code, lines = ask(course)
    needed = [line for line in lines if "full data" not in line and "→" not in line]
    assert code == 0, lines
    assert [line[0] for line in needed] == ["✓"] * (len(doctor.CHECKS) - 1)
    assert 10 <= len(doctor.CHECKS) <= 12


@pytest.mark.parametrize(("module", "text", "check", "said", "mend"), [
    ("numpy", "raise ModuleNotFoundError(\"No module named 'numpy'\")", "classroom",
     "No module named 'numpy'", "mend the packages first"),
    ("torch", "raise OSError('libtorch_cpu.so: undefined symbol')", "torch",
     "libtorch_cpu.so: undefined symbol", "--force-reinstall --no-deps"),
    ("torch", "raise OSError('[WinError 126] Error loading \"c10.dll\" or another DLL')", "torch",
     "WinError 126", "Visual C++"),
    ("torchvision", "raise RuntimeError('operator torchvision::nms does not exist')", "torch",
     "operator torchvision::nms does not exist", "--force-reinstall"),
    ("torch", "import os, signal; os.kill(os.getpid(), signal.SIGILL)", "torch",
     "ended by signal 4", "--force-reinstall"),
    ("dshlib", "__version__ = '0'", "dshlib", "notebooks import another one", "--editable ."),
    ("ipykernel_launcher", "raise SystemExit(1)", "kernel", "does not start", "-m ipykernel"),
])  # fmt: skip
def test_a_package_that_does_not_load_is_told_with_its_own_words(
    course, module, text, check, said, mend
):
    code, lines = ask(course, check, PYTHONPATH=shadow(course, module, text))
    assert (code, lines[0][0]) == (1, "✗")
    assert said in lines[0]
    assert "→" in lines[-1]
    assert mend in lines[-1]


def test_packages_missing_or_of_another_version_are_named(course):
    replace(course / "requirements.txt", r"numpy==\S+", "numpy==1.2.3\nno-such-package==1.0")
    code, lines = ask(course, "packages")
    assert code == 1
    assert re.search(r"✗ packages: +numpy is [\d.]+, not 1.2.3; missing: no-such-package", lines[0])
    assert "pip install -r requirements.txt" in lines[1]


def test_a_package_that_only_tests_need_is_a_limit(course):
    replace(course / "requirements-dev.txt", r"pytest==\S+", "pytest==1.2.3")
    code, lines = ask(course, "packages")
    assert code == 0
    assert re.match(r"– packages: .*: pytest is [\d.]+, not 1.2.3$", lines[0])
    assert "pip install -r requirements-dev.txt" in lines[1]


@pytest.mark.parametrize("damage", [
    lambda path: path.unlink(),
    lambda path: path.write_bytes(path.read_bytes()[:-100]),
    lambda path: path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n")),
    lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n"),
], ids=["missing", "truncated", "line endings of Windows", "git LFS"])  # fmt: skip
def test_damaged_classroom_data_is_named_with_the_command_that_restores_it(course, damage):
    damage(course / "data" / "classroom" / "train-images-idx3-ubyte.gz")
    code, lines = ask(course, "classroom")
    assert (code, lines[0][0]) == (1, "✗")
    assert "train-images-idx3-ubyte.gz" in "".join(lines)
    assert "git checkout -- data/classroom" in lines[-1]


def test_full_data_is_a_limit_where_it_is_not(course, tmp_path):
    code, lines = ask(course, "full", DSHLIB_DATA=str(tmp_path / "nowhere"))
    assert code == 0
    mark, found = re.match(r"(.) full data: +(.*)", lines[0]).groups()
    assert (mark, found[:10]) in (("–", "not here; "), ("✓", "/usr/share"))


def test_notebooks_that_would_run_in_another_python_are_told(course):
    kernel = course.parent / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    shutil.copytree(Path(sys.prefix) / "bin", course / "other" / "bin", symlinks=True)
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", course / "other")
    (course / "other" / "lib").symlink_to(Path(sys.prefix) / "lib")
    python = str(course / "other" / "bin" / "python")
    argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    code, lines = ask(course, "kernel", JUPYTER_PATH=str(course.parent / "jupyter"))
    assert code == 1
    assert f"✗ kernel:         notebooks would run in '{course / 'other'}'" == lines[0]
    assert "unset JUPYTER_PATH" in lines[1]


@pytest.mark.slow
@pytest.mark.parametrize("extension", doctor.SLIDERS)
def test_sliders_that_jupyterlab_has_disabled_are_told(course, tmp_path, extension):
    (tmp_path / "labconfig").mkdir()
    (tmp_path / "labconfig" / "page_config.json").write_text(
        json.dumps({"disabledExtensions": {extension: True}})
    )
    code, lines = ask(course, "sliders", JUPYTER_CONFIG_DIR=str(tmp_path))
    assert (code, lines[0][0]) == (1, "✗")
    assert f"labextension enable {extension}" in lines[1]


def test_a_python_older_than_the_pins_allow_is_told(course):
    replace(course / "pyproject.toml", r"Python :: 3\.\d+", "Python :: 3.99")
    code, lines = ask(course, "python")
    assert (code, lines[0][0]) == (1, "✗")
    assert "install Python 3.99 to 3.99, 64 bits" in lines[1]


def test_without_venv_make_doctor_says_how_to_make_it_and_makes_nothing(course):
    before = sorted(course.rglob("*"))
    command = ("make", "-s", "doctor", f"PYTHON={BASE}")
    code, lines = ask(course, command=command, PYTHONPATH="", PYTHONDONTWRITEBYTECODE="1")
    text = "\n".join(lines)
    assert code != 0
    assert "✗ environment:    none here" in text
    assert "`make lab` makes .venv" in text
    assert re.search("missing: .*distributed", text)
    assert len([line for line in lines if line[0] in "✓✗–"]) == len(doctor.CHECKS)
    assert sorted(course.rglob("*")) == before


def test_a_venv_whose_python_is_gone_is_to_be_made_anew(course):
    (course / ".venv" / "bin").mkdir(parents=True)
    (course / ".venv" / "bin" / "python").symlink_to(course / "uninstalled")
    command = (BASE, "-m", "tools.doctor")
    code, lines = ask(course, "environment", command=command)
    assert (code, lines[0]) == (1, "✗ environment:    the Python of .venv does not start")
    assert "delete the folder .venv" in lines[1]


def test_a_venv_without_pip_is_told(course):
    subprocess.run([BASE, "-m", "venv", "--without-pip", course / ".venv"], check=True)
    code, lines = ask(course, command=("make", "-s", "doctor"), PYTHONPATH="")
    assert code != 0
    (number,) = [n for n, line in enumerate(lines) if line.startswith("✗ environment:    no pip")]
    assert "python3-venv" in lines[number + 1]


def test_another_python_than_that_of_venv_is_told(course):
    subprocess.run([BASE, "-m", "venv", "--without-pip", course / ".venv"], check=True)
    code, lines = ask(course, "environment", command=(BASE, "-m", "tools.doctor"))
    assert code == 1
    assert "is not the one of .venv" in lines[0]
    assert "-m tools.doctor" in lines[1]


def test_a_folder_that_cannot_be_written_is_told(course):
    (course / "notebooks").rmdir()
    (course / "notebooks").symlink_to("/proc")
    code, lines = ask(course, "folder")
    assert (code, lines[0][0]) == (1, "✗")
    assert "a folder of your own" in lines[1]


def test_more_threads_than_processors_are_a_limit(course):
    code, lines = ask(course, "machine", OMP_NUM_THREADS="9999")
    assert code == 0
    assert re.match("– machine: .* OMP_NUM_THREADS is 9999", lines[0])


def test_programs_are_a_limit_where_they_are_not(course, tmp_path):
    code, lines = ask(course, "programs", PATH="")
    assert code == 0
    assert lines[0].startswith("– programs:       not here: chromium, bubblewrap; only")
    assert lines[1].endswith("`make chromium bubblewrap`")
    (tmp_path / "chromium").symlink_to(sys.executable)
    _, lines = ask(course, "programs", PATH=str(tmp_path))
    assert lines[0].startswith("– programs:       not here: bubblewrap; only")


def test_a_check_that_fails_itself_is_told_and_the_next_one_still_runs(course):
    (course / "requirements.txt").unlink()
    code, lines = ask(course, "packages", "folder")
    assert code == 1
    assert lines[0].startswith("✗ packages:       cannot be checked: FileNotFoundError")
    assert lines[1][0] == "✓"


def test_an_unknown_check_is_named_with_those_there_are(course):
    done = subprocess.run([sys.executable, "-m", "tools.doctor", "liver"], cwd=ROOT,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 1
    assert "['liver'] are unknown; there are: python, environment" in done.stderr


def test_marks_are_written_where_the_terminal_knows_only_ascii(course):
    assert ask(course, "folder", PYTHONIOENCODING="ascii")[1][0][0] == "✓"


def test_an_old_python_can_read_the_doctor_and_no_package_is_needed_for_it():
    source = (ROOT / "tools" / "doctor.py").read_text(encoding="utf-8")
    tree = ast.parse(source, feature_version=(3, 8))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {getattr(n, "module", None) or n.names[0].name for n in nodes}
    assert {name.partition(".")[0] for name in modules} <= sys.stdlib_module_names


@pytest.mark.parametrize(("path", "version", "encoding", "misread"), [
    ("C:\\course", (3, 11, 9), "cp1252", False),
    ("C:\\Übung", (3, 11, 9), "cp1252", True),
    ("C:\\Übung", (3, 12, 3), "cp1252", True),
    ("C:\\Übung", (3, 12, 4), "cp1252", False),
    ("C:\\Übung", (3, 13, 0), "cp1252", False),
    ("C:\\Í", (3, 11, 9), "cp1252", True),  # its second byte is none of this encoding
    ("C:\\演習", (3, 11, 9), "cp932", True),
    ("/home/me/Übung", (3, 11, 9), "utf-8", False),
    ("/home/me/Übung", (3, 11, 9), "ascii", True),
])  # fmt: skip
def test_a_path_that_python_misreads_in_a_pth_file_is_known(path, version, encoding, misread):
    assert doctor.misreads_path(path, version, encoding) is misread


@pytest.mark.skipif(
    sys.version_info >= (3, 12, 4) or not sys.platform.startswith("linux"),
    reason="this Python reads .pth files as UTF-8",
)
def test_what_misreads_a_path_is_what_the_site_module_does(tmp_path):
    (tmp_path / "Übung").mkdir()
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "course.pth").write_text(str(tmp_path / "Übung"), encoding="utf-8")
    code = "import site, sys; site.addsitedir(sys.argv[1]); print(ascii(sys.path[-1][-5:]))"
    for utf8_mode in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-I", "-X", f"utf8={utf8_mode}", "-c", code, tmp_path / "site"],
            env=os.environ | {"LC_ALL": "C"}, capture_output=True, text=True,
        )  # fmt: skip
        assert "Error" in done.stderr or ascii("Übung") not in done.stdout


def test_a_folder_that_python_misreads_is_told_with_what_helps(monkeypatch):
    monkeypatch.setattr(doctor, "ask", lambda *_, **__: (False, "ModuleNotFoundError: 'dshlib'"))
    monkeypatch.setattr(doctor, "misreads_path", lambda *_: True)
    finding = doctor.examine(doctor.check_dshlib)
    assert finding.mark == "✗" and "wrongly" in finding.found
    assert finding.mend.startswith("move the course to a folder with ASCII letters only, or use")


def test_dshlib_that_is_not_installed_is_told_with_the_command_that_installs_it(monkeypatch):
    said = "ModuleNotFoundError: No module named 'dshlib'"
    monkeypatch.setattr(doctor, "ask", lambda *_, **__: (False, said))
    assert "--editable ." in doctor.examine(doctor.check_dshlib).mend


def test_help_names_the_checks():
    done = subprocess.run([sys.executable, "-m", "tools.doctor", "--help"], cwd=ROOT,
                          capture_output=True, encoding="utf-8", check=True)  # fmt: skip
    assert "packages, dshlib, torch" in " ".join(done.stdout.split())
