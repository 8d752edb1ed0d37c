"""The house rules: imports run one way, docstrings and the README are true."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image

import dshcourse
import dshlib

ROOT = Path(__file__).parents[1]
WITH_TORCH = [f"dshlib.{name}" for name in (
    "loss", "pairs", "networks", "training",
    "hashers.base", "hashers.class_code", "hashers.cnnh", "hashers.dsh", "hashers.saved",
)]  # fmt: skip
PACKAGES = {  # of the modules that have another name
    "faiss": "faiss-cpu", "IPython": "ipython", "PIL": "pillow", "skimage": "scikit-image",
    "sklearn": "scikit-learn",
}  # fmt: skip
MODULES = [
    module.name
    for package in (dshlib, dshcourse)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.ispkg
]
DRAWING = ("dshcourse.figures", "dshcourse.demos.")


@pytest.mark.parametrize(("modules", "unwanted"), [
    ([m for m in MODULES if m not in WITH_TORCH and not m.startswith(DRAWING)],
     {"matplotlib", "ipywidgets", "torch"}),
    (WITH_TORCH, {"matplotlib", "ipywidgets"}),
], ids=["without torch", "with torch"])  # fmt: skip
def test_modules_start_without_drawing_libraries_and_torch_only_where_needed(modules, unwanted):
    """All in one process: the first line that is too long names one."""
    code = (
        "import importlib, sys\n"
        f"for module in {modules}:\n"
        "    importlib.import_module(module)\n"
        f"    print(module, *({unwanted} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == modules


def code_lines(source):
    """The lines that are neither blank nor comments nor of docstrings."""
    source = re.sub(r'^ *""".*?"""', "", source, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"^ *[^ #\n].*", source, flags=re.MULTILINE)


@pytest.mark.parametrize("module", MODULES)
def test_public_names_have_docstrings_and_files_stay_small(module):
    loaded = importlib.import_module(module)
    assert len(loaded.__doc__.splitlines()[0]) > 30
    assert len(code_lines(inspect.getsource(loaded))) <= 200
    for name, value in vars(loaded).items():
        is_own = getattr(value, "__module__", None) == loaded.__name__
        if is_own and not name.startswith("_") and name != "main" and callable(value):
            assert value.__doc__, name


@pytest.mark.parametrize("module", MODULES)
def test_no_public_name_of_a_package_hides_a_module_of_it(module):
    loaded = importlib.import_module(module)
    package, _, leaf = loaded.__name__.rpartition(".")
    assert getattr(sys.modules[package], leaf) is loaded


def test_first_line_of_every_file_says_what_it_is_for():
    for folder in ("data", "dshlib", "dshcourse", "publish", "tests", "tools"):
        for path in (ROOT / folder).rglob("*.py"):
            if "node_modules" in path.parts:
                continue
            said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
            assert said and len(said.splitlines()[0]) > 30, path


def documented():
    """Every docstring that names chapters: module and name, what must be found there, chapters."""
    for module in MODULES:
        if module.startswith("dshcourse.exercises."):
            continue
        loaded = importlib.import_module(module)
        own = [v for v in vars(loaded).values() if getattr(v, "__module__", "") == loaded.__name__]
        for thing in [loaded, *own]:
            text = thing.__doc__ or "" if callable(thing) or thing is loaded else ""
            for named in re.findall(r"[Cc]hapters? (\d\d(?:(?:, | and | to )\d\d)*)", text):
                name = getattr(thing, "__name__", "").removeprefix("dshlib.")
                yield pytest.param(name, re.findall(r"\d\d", named), id=f"{name}-{named}")


@pytest.mark.parametrize(("name", "numbers"), list(documented()))
def test_chapter_named_in_a_docstring_is_there_and_uses_it(name, numbers):
    for number in numbers:
        (chapter,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
        words = re.findall("[A-Z]*[a-z]+|[A-Z]+", name.rpartition(".")[2])
        text = chapter.read_text(encoding="utf-8")
        assert re.search("[ _]?".join(words), text, re.IGNORECASE), chapter.name


def pinned(name):
    """The packages of a requirements file, every one with its version."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z-]+[a-z0-9-]*==[\d.]+", pin) for pin in pins)
    return [pin.partition("==")[0] for pin in pins]


def test_requirements_are_pinned_once_and_cover_the_package():
    course, development = pinned("requirements.txt"), pinned("requirements-dev.txt")
    needed, cluster = declared()
    assert needed | cluster <= set(course)
    assert len({*course, *development}) == len(course + development)


def declared():
    """Packages in pyproject.toml: those that everybody needs, and those of the extra cluster."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = project["dependencies"], project["optional-dependencies"]["cluster"]
    return [{re.match(r"[\w-]+", line)[0] for line in lines} for lines in lists]


def test_pyproject_declares_what_the_package_imports_and_nothing_else():
    imported = set()
    for path in [*(ROOT / "dshlib").rglob("*.py"), *(ROOT / "dshcourse").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module)
    modules = {name.partition(".")[0] for name in imported} - sys.stdlib_module_names
    modules -= {"dshlib", "dshcourse"}
    needed, cluster = declared()
    assert {PACKAGES.get(name, name) for name in modules} == needed | cluster
    assert cluster == {"distributed"} and not needed & cluster


def test_every_file_claims_the_versions_of_python_for_which_the_pins_are_resolved():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    versions = re.search(r"^PYTHONS := (.*)$", makefile, re.MULTILINE)[1].split()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["classifiers"] == [f"Programming Language :: Python :: {v}" for v in versions]
    assert project["requires-python"] == f">={versions[0]}"
    for name in ("README.md", "tools/handouts/build.py"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert f"Python {versions[0]} to {versions[-1]}" in text, name


def test_readme_and_contributing_name_only_files_modules_and_targets_that_exist():
    text = "\n".join(
        (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md")
    )
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / target).exists(), target
    for module in re.findall(r"`(dsh(?:lib|course)\.[a-z.]+)`", text):
        importlib.import_module(module)
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE))
    assert named >= {"slides", "site", "browser", "explore", "handouts", "benchmarks", "lint"}
    for target in named:
        assert f"\n{target}:" in makefile, target


def readme_examples():
    return re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)


def test_the_first_example_of_the_readme_runs_and_scores():
    example, _ = readme_examples()
    call = example[example.index("mean_average_precision(hasher") :]
    space = {}
    exec(example.replace(call, f"score = {call}"), space)
    assert 0.3 < space["score"] < 0.5


def test_the_second_example_of_the_readme_runs_on_a_folder_of_pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number, path in enumerate(f"pictures/{kind}/{i}.png" for i in range(30) for kind in "ab"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 40), ["red", "blue"][number % 2]).save(path)
    _, example = readme_examples()
    space = {}
    exec(example, space)
    assert space["codes"].shape == (6, 12) and Path("dsh.safetensors").exists()


@pytest.mark.slow
def test_wheel_brings_the_classroom_split_and_what_was_recorded(tmp_path):
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob(f"dshlib-{dshlib.__version__}-*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", tmp_path / "site", wheel], check=True)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from dshlib.data import load; "
        "from dshcourse.study.records import load_recorded; "
        "load_recorded('table3-classroom.json'), load_recorded('outputs-alpha.safetensors'); "
        "d = load('classroom'); print(len(d.database), d.folder)"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code, tmp_path / "site"], cwd=tmp_path,
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.startswith(f"6000 {tmp_path}")
