"""Without a network: everything imports, and the chapters run; the cut is real."""

import os
import pkgutil
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import dshcourse
import dshlib
import publish
import tools

ROOT = Path(__file__).parents[2]
OFFLINE = ROOT / "tools" / "offline"
MODULES = sorted(
    module.name
    for package in (dshlib, dshcourse, publish, tools)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.name.endswith("__main__")  # it runs what it imports
)
ASKS = "import urllib.request as r; r.urlopen('http://93.184.215.14/', timeout=5)"


def offline(*command, **options):
    paths = os.pathsep.join([str(OFFLINE), str(ROOT)])
    return subprocess.run([sys.executable, *command], capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": paths}, **options)  # fmt: skip


@pytest.mark.slow
def test_every_module_imports_without_a_network():
    code = (
        "import importlib, sys; sys.path.append('tools/handouts'); "  # where candidate.py starts
        f"[importlib.import_module(name) for name in {MODULES}]"
    )
    done = offline("-c", code, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def has_ipv6():
    try:
        socket.socket(socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("code", [
    ASKS,
    "import socket; socket.create_connection(('example.org', 80), timeout=5)",
    "import socket; socket.getaddrinfo(b'example.org', 80)",
    "import socket; socket.gethostbyname('example.org')",
    "import socket; socket.socket().connect(('93.184.215.14', 80))",
    pytest.param(
        "import socket; s = socket.socket(socket.AF_INET6); s.connect(('2001:db8::1', 80, 0, 0))",
        marks=pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6"),
    ),
    "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.sendto(b'', ('9.9.9.9', 53))",
    "import subprocess, sys; subprocess.run([sys.executable, '-c', "
    f"{ASKS!r}], check=True, stderr=sys.stderr)",
])  # fmt: skip
def test_a_program_offline_reaches_no_other_host(code):
    done = offline("-c", code)
    assert done.returncode == 1
    assert "The network is cut off for this test: " in done.stderr


def test_a_program_offline_reaches_its_own_machine():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = offline("-c", f"import socket; socket.create_connection(('localhost', {port}))")
    assert done.returncode == 0, done.stderr


def test_a_chapter_that_asks_for_the_network_fails_where_chapters_are_tested(tmp_path):
    cell = new_code_cell(ASKS, execution_count=1)
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "chapter.ipynb")
    shutil.copy(ROOT / "notebooks" / "conftest.py", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "-p", "no:cacheprovider", "--rootdir", tmp_path,
         "-c", "/dev/null", tmp_path],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 1
    assert "The network is cut off for this test: 93.184.215.14" in done.stdout
