"""The sandbox and the wire: what gets through, and what does not."""

import json
import socket
import subprocess
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.handouts import messages
from tools.handouts.examiner import Examinee, StudentError, examine
from tools.handouts.sandbox import UNSHARE, Limits, Stopped, walls

needs_walls = pytest.mark.skipif(not walls(), reason="this system has no walls")
SHORT = Limits(cell=5, total=60)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
)


def run(*sources, limits=SHORT, secrets=()):
    examinee = Examinee(sources, limits, secrets)
    examinee.start()
    return examinee


def printed(source, **options):
    examinee = run(source, **options)
    examinee.close()
    return examinee.results[0]["printed"]


def through(value):
    wire = json.loads(messages.line(messages.pack(value, lambda thing: 7)))
    return messages.unpack(wire, lambda number, kind: (number, kind))


@given(DATA)
def test_data_comes_through_unchanged(value):
    assert through(value) == value


@pytest.mark.parametrize("array", [
    np.arange(6).reshape(2, 3)[:, ::-1], np.zeros((0, 4), np.uint8), np.array([True, False]),
    np.array(["a", "bc"]), np.float32(1.5), np.array(3),
])  # fmt: skip
def test_arrays_keep_type_and_shape(array):
    got = through(array)
    assert np.array_equal(got, array) and got.dtype == array.dtype and got.shape == array.shape


def test_what_is_no_data_stays_where_it_is():
    assert through({"f": [print]}) == {"f": [(7, "builtin_function_or_method")]}


@pytest.mark.parametrize("forged", [
    {}, {"list": 3}, {"array": "!", "dtype": "f8", "shape": [1]}, [1],
    {"array": "", "dtype": "O", "shape": [0]}, {"exec": ["1"]}, {"kept": "x", "type": "y"},
])  # fmt: skip
def test_forged_message_is_a_value_error(forged):
    with pytest.raises(ValueError):
        messages.unpack(forged, lambda number, kind: None)


def test_function_is_called_there_and_its_result_comes_here():
    examinee = run("def f(x, *, scale=1):\n    x[0] = 9\n    return {'sum': (x * scale).sum()}")
    space = {"np": np, "out": []}
    test = "x = np.array([1.0, 2.0])\nout.append(f(x, scale=2))\nout.append(x.tolist())"
    assert examine(test, space, examinee) is None
    assert space["out"] == [{"sum": 22.0}, [9.0, 2.0]]
    assert "f" not in space
    examinee.close()


def test_function_can_call_a_function_of_the_test_back():
    examinee = run("def twice(f, x):\n    return f(f(x))")
    assert examine("assert twice(lambda v: v + 1, 5) == 7", {}, examinee) is None
    message = examine("twice(lambda v: v.missing, 5)", {}, examinee)
    assert "the function that you were given cannot take that" in message
    examinee.close()


def test_object_stays_there_and_is_used_from_here():
    examinee = run("class A:\n    def __init__(self):\n        self.n = 0\n"
                   "    def add(self, k):\n        self.n += k\n        return self.n")  # fmt: skip
    assert examine("a = A()\na.add(2)\nassert a.add(3) == 5", {}, examinee) is None
    examinee.close()


def test_process_that_ended_is_started_again_for_the_next_test():
    examinee = run("import os\ndef f(x):\n    return os._exit(1) if x else 'alive'")
    assert "it ended the Python process" in examine("f(1)", {}, examinee)
    assert examine("assert f(0) == 'alive'", {}, examinee) is None
    examinee.close()


def test_time_of_a_call_and_of_the_whole_is_limited():
    start = time.monotonic()
    examinee = run("def f():\n    while True:\n        pass", limits=Limits(cell=1, total=3))
    message = [examine("f()", {}, examinee) for _ in range(5)]
    examinee.close()
    assert "did not finish within 1 seconds" in message[0]
    assert message[-1] == "the time for the whole notebook is up"
    assert time.monotonic() - start < 20


def test_memory_is_limited_and_what_is_printed_too():
    examinee = run("x = bytearray(3 * 10**9)", "print('y' * 10**6)")
    examinee.close()
    assert examinee.results[0]["error"]["kind"] == "MemoryError"
    assert len(examinee.results[1]["printed"]) == 5000


def test_errors_carry_their_kind():
    examinee = run("def f():\n    raise KeyError('k')")
    space = {}
    examinee.fetch("f", space)
    with pytest.raises(StudentError, match="KeyError"):
        space["f"]()
    examinee.close()


def test_candidate_that_writes_nonsense_to_the_wire_is_stopped():
    examinee = run("import os\ndef f():\n    for fd in range(3, 30):\n        try:\n"
                   "            os.write(fd, b'nonsense\\n')\n        except OSError:\n"
                   "            pass\n    return 1")  # fmt: skip
    space = {}
    examinee.fetch("f", space)
    with pytest.raises(Stopped, match="no reply"):
        space["f"]()
    examinee.close()


def test_walls_stand_where_the_system_lets_us_make_them():
    """Else the tests below would be left out, and nobody would see that the walls have a hole."""
    try:
        possible = subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        possible = False
    assert walls() == possible


@needs_walls
def test_no_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        source = f"import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=2)"
        examinee = run(source)
        examinee.close()
    assert examinee.results[0]["error"]["kind"] in ("OSError", "ConnectionRefusedError")


@needs_walls
def test_nothing_can_be_written_elsewhere_and_secrets_look_empty(tmp_path):
    (tmp_path / "gradebook.db").write_text("marks")
    source = (f"import os\nprint(os.listdir({str(tmp_path)!r}))\n"
              f"open({str(tmp_path.parent / 'mark')!r}, 'w')")  # fmt: skip
    examinee = run(source, secrets=[tmp_path])
    examinee.close()
    assert examinee.results[0]["printed"] == "[]\n"
    assert examinee.results[0]["error"]["kind"] == "OSError"
    assert not (tmp_path.parent / "mark").exists()


@needs_walls
def test_secret_may_lie_in_another_secret(tmp_path):
    """As the gradebook does, for a course that is marked where its sources are."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    listed = printed(f"import os\nprint(os.listdir({str(tmp_path)!r}))",
                     secrets=[tmp_path / "a" / "b", tmp_path])  # fmt: skip
    assert listed == "[]\n"


def test_sandbox_that_does_not_start_is_no_fault_of_the_student(monkeypatch):
    monkeypatch.setattr("tools.handouts.sandbox.sys.executable", "/bin/false")
    with pytest.raises(RuntimeError, match="does not start"):
        run("1 + 1")


@needs_walls
def test_other_processes_are_out_of_sight():
    source = "import os\nprint(len([n for n in os.listdir('/proc') if n.isdigit()]))"
    assert int(printed(source)) <= 3


def test_own_folder_is_gone_afterwards_and_the_environment_is_bare(monkeypatch):
    monkeypatch.setenv("PASSWORD_OF_THE_TEACHER", "x")
    import pathlib

    examinee = run("import os\nprint(os.getcwd())\nprint(sorted(os.environ))")
    here, names = examinee.results[0]["printed"].splitlines()
    assert pathlib.Path(here).exists() and "PASSWORD" not in names
    examinee.close()
    assert not pathlib.Path(here).exists()
