"""The walls and the limits: what strangers tried, each through a real sandbox."""

import os
import socket
from pathlib import Path

import psutil
import pytest
from sandboxes import HOSTILE, error, printed, results, running, told

from dshlib.data import DEBIAN_FOLDER, load_largest
from tools.handouts.examiner import Examinee
from tools.handouts.library import ROOT, library
from tools.handouts.sandbox import Limits, Stopped, missing_walls, shutil

QUICK = Limits(cell=1, total=30, memory=2**29)
IMPATIENT = Limits(cell=0.3)
FILES = """
import os, sys
expected = ("/usr", "/lib", "/bin", "/etc", "/proc", "/dev", sys.prefix, sys.base_prefix,
            os.path.realpath(sys.base_prefix))
for folder, folders, names in os.walk("/"):
    folders[:] = [name for name in folders if not os.path.join(folder, name).startswith(expected)]
    for name in names:
        print(os.path.join(folder, name))
"""
ENVIRONMENT = """
import os, sys
print(sorted({name for p in (sys.prefix, sys.base_prefix) for name in os.listdir(p)}))
"""


def exists(path):
    return printed(f"import os\nprint(os.path.exists({str(path)!r}))") == "True\n"


def test_this_machine_has_walls():
    """Without bubblewrap these tests have to fail: nobody would see that the walls have a hole."""
    assert missing_walls() == ""


def test_files_in_reach_are_the_library_and_the_program_and_nothing_of_the_teacher():
    seen = printed(FILES).splitlines()
    others = [path for path in seen if not path.startswith(("/library/dshlib/", "/tmp/"))]
    assert sorted(others) == ["/program/candidate.py", "/program/messages.py"]


def test_of_the_environment_only_programs_and_packages_are_seen():
    """It may hold other things: `pip install -e git+...` puts a whole checkout into it."""
    assert set(eval(printed(ENVIRONMENT))) <= {"bin", "lib", "lib64", "pyvenv.cfg"}


def test_no_checkout_no_home_and_no_images_that_only_the_teacher_has(tmp_path):
    (tmp_path / "solutions.ipynb").write_text("another checkout")
    for path in (tmp_path, ROOT / "notebooks", ROOT / ".git", Path.home() / ".bashrc",
                 DEBIAN_FOLDER, load_largest().folder):  # fmt: skip
        assert not exists(path), path


def test_dshlib_is_the_library_of_the_sandbox_and_no_other_is_there():
    """An installed one has images and records that not every handout may show."""
    assert printed("import dshlib\nprint(dshlib.__file__)") == "/library/dshlib/__init__.py\n"
    source = "import os, sys\nprint([p for p in sys.path if os.path.isdir(f'{p}/dshlib')"
    assert printed(source + " and os.listdir(f'{p}/dshlib')])") == "['/library']\n"


@pytest.mark.parametrize("abstract", [False, True])
def test_no_socket_of_another_program_can_be_reached(tmp_path, abstract):
    """A server of tmux would run any command for them, outside."""
    address = f"\0{tmp_path}" if abstract else str(tmp_path / "server")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        with socket.socket(socket.AF_UNIX) as mine:
            mine.connect(address)  # there is one
        source = f"import socket\nsocket.socket(socket.AF_UNIX).connect({address!r})"
        assert error(source)[0] in ("FileNotFoundError", "ConnectionRefusedError")


def test_no_network_not_even_to_the_machine_itself():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        source = f"import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=2)"
        assert error(source)[0] in ("OSError", "ConnectionRefusedError")


@pytest.mark.parametrize("folder", ["/dev/shm", "/tmp", "~"])
def test_no_note_can_be_left_for_the_next_student(folder):
    note = f"import os\nnote = os.path.expanduser('{folder}/note-of-a-student')\n"
    assert printed(note + "print(open(note, 'w').write('5'))") == "1\n"
    assert printed(note + "print(os.path.exists(note))") == "False\n"
    assert not Path(folder).expanduser().joinpath("note-of-a-student").exists()


@pytest.mark.parametrize("folder", ["/", "/dev", "/run", "/usr/lib", "/etc", "/library", "/program",
                                    "/proc/sys"])  # fmt: skip
def test_nothing_can_be_written_outside_the_own_folder(folder):
    assert error(f"open('{folder}/mark', 'w')")[0] in ("OSError", "PermissionError")


def test_settings_of_the_kernel_are_out_of_sight():
    assert printed("import os\nprint(os.listdir('/proc/sys'), os.path.exists('/sys'))") == (
        "[] False\n"
    )


def test_walls_cannot_be_taken_down_from_inside():
    source = "import os\nprint([os.system(f'{c} 2> /dev/null') != 0 for c in ('umount /proc/sys',"
    source += "'mount -o remount,rw /', 'mount -t tmpfs none /tmp', 'unshare --user true')])"
    assert printed(source) == "[True, True, True, True]\n"


def test_other_processes_are_out_of_sight():
    source = "import os\nprint(len([n for n in os.listdir('/proc') if n.isdigit()]))"
    assert int(printed(source)) <= 3


def test_environment_variables_of_the_teacher_are_not_passed_on(monkeypatch):
    monkeypatch.setenv("PASSWORD_OF_THE_TEACHER", "x")
    source = "import os\nprint(sorted(os.environ), open('/proc/1/environ').read())"
    assert "PASSWORD" not in printed(source)


def test_own_folder_is_gone_afterwards_without_walls_too():
    with running("import os\nprint(os.getcwd())", with_walls=False) as examinee:
        folder = Path(examinee.results[0]["printed"].strip())
        assert folder.is_dir()
    assert not folder.exists()


@pytest.mark.parametrize("with_walls", [True, False])
def test_memory_of_all_processes_together_is_limited(with_walls):
    """Each of them stays below the limit."""
    source = "import os, time\nfor _ in range(7):\n    if os.fork() == 0:\n        break\n"
    source += "held = b'x' * (100 * 2**20)\ntime.sleep(60)"
    assert error(source, limits=QUICK, with_walls=with_walls) == (
        "Stopped", "it took more than 0.5 GB of memory",
    )  # fmt: skip


def test_pages_that_processes_share_count_once():
    source = "import os\nheld = b'x' * (200 * 2**20)\nfor _ in range(4):\n    pid = os.fork()\n"
    source += (
        "    if pid == 0:\n        import time\n        time.sleep(0.5)\n        os._exit(0)\n"
    )
    source += "for _ in range(4):\n    os.wait()\nprint('fine')"
    assert printed(source, limits=QUICK) == "fine\n"


def test_memory_of_one_process_is_limited_with_an_error_that_python_knows():
    assert error("x = bytearray(3 * 10**9)")[0] == "MemoryError"


def test_what_is_only_reserved_or_mapped_takes_no_memory():
    assert printed("import mmap\nm = mmap.mmap(-1, 2**33)\nprint(len(m))") == f"{2**33}\n"


def test_torch_and_a_trained_dsh_fit_into_the_limits_of_every_handout():
    source = (
        "import torch\nfrom dshlib import DSH, load\ndata = load('classroom').database\n"
        "model = DSH(12, epochs=1).fit(data.images[:1000], data.labels[:1000])\n"
        "print(model.encode(data.images[:5]).shape)"
    )
    assert printed(source, limits=Limits(cell=60)) == "(5, 12)\n"


def test_fork_bomb_is_ended():
    """By the watch where root runs it, else by the system. This one stops at 512 by itself."""
    bomb = "import os, time\nfor _ in range(9):\n    os.fork()\ntime.sleep(60)"
    kind, text = error(bomb, limits=QUICK)
    assert "started more than 64 processes" in text or kind == "BlockingIOError"


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm"])
def test_disk_is_limited(folder):
    source = f"for n in range(9):\n    open(f'{folder}/{{n}}', 'wb').write(bytes(50 * 2**20))"
    kind, text = error(source)
    assert kind == "OSError" and "No space left" in text


def test_what_a_cell_prints_without_end_takes_no_memory():
    source = "for _ in range(5000):\n    print('y' * 10**5)"
    (result,) = results(source, limits=Limits(cell=20, memory=2**28))
    assert result["error"] is None and len(result["printed"]) == 5000


def test_processor_time_is_limited_not_the_clock():
    """A machine under load takes longer, and a right answer must not fail for it."""
    assert printed("import time\ntime.sleep(2)\nprint('fine')", limits=QUICK) == "fine\n"
    kind, text = error("while True:\n    pass", limits=QUICK)
    assert (kind, text) == ("Stopped", "it did not finish within 1 seconds: an endless loop?")


@pytest.mark.parametrize("asked", ["SIG_DFL", "SIG_IGN"])
def test_processor_time_of_children_counts(asked):
    """Also if nobody asks how they ended, so that the system adds it to nobody's."""
    source = f"import signal, subprocess, sys\nsignal.signal(signal.SIGCHLD, signal.{asked})\n"
    source += "while True:\n    subprocess.run([sys.executable, '-c', 'sum(range(10**7))'])"
    assert "did not finish within 1 seconds" in error(source, limits=QUICK)[1]


def test_processes_that_come_and_go_hide_nothing_from_the_watch():
    source = "import os\n"
    source += "while True:\n    if os.fork() == 0:\n        os._exit(0)\n    os.wait()"
    assert "did not finish within 1 seconds" in error(source, limits=QUICK)[1]


def test_who_sleeps_is_waited_for_longer_but_not_for_ever():
    text = error("import time\ntime.sleep(10**6)", limits=IMPATIENT)[1]
    assert text == "it did not finish within 3 seconds: does it wait?"


def test_time_of_the_whole_notebook_is_limited_over_all_restarts():
    limits = Limits(cell=1, total=3)
    first, *_, last = told("def f():\n    while True:\n        pass", *["f()"] * 5, limits=limits)
    assert "did not finish within 1 seconds" in first
    assert last == "the time for the whole notebook is up"


def test_time_of_the_whole_notebook_may_be_up_before_a_cell_has_run():
    with pytest.raises(Stopped, match="the time for the whole notebook is up"):
        results("while True:\n    pass", limits=Limits(cell=1, total=0.01))


def test_thousands_of_questions_with_a_sleep_between_share_one_deadline():
    source = (
        "import time\ndef ask(f):\n    for _ in range(3000):\n        f(1)\n        time.sleep(.1)"
    )
    assert "does it wait?" in told(source, "ask(lambda x: x)", limits=IMPATIENT)


def test_questions_of_one_call_are_counted(monkeypatch):
    monkeypatch.setattr("tools.handouts.sandbox.MOST_ASKS", 20)
    source = "def ask(f, n):\n    return sum(f(1) for _ in range(n))"
    tests = "assert ask(lambda x: x, 19) == 19", "ask(lambda x: x, 10**9)"
    message = "it called a function that it was given more than 20 times"
    assert told(source, *tests) == [None, message]


def test_candidate_that_does_not_read_does_not_hold_up_the_examiner():
    """What it is sent is larger than a pipe, so writing waits, too."""
    source = HOSTILE + "def f(x):\n    send = candidate.send\n"
    source += "    candidate.send = lambda raw: (send(raw), time.sleep(10**6))\n    return 1"
    assert "does it wait?" in told(source, "f(1)\nf('x' * 10**7)", limits=IMPATIENT)


def test_candidate_that_writes_nonsense_to_the_wire_is_stopped():
    source = (
        HOSTILE + "def f():\n    while True:\n        candidate.send(b'nonsense' * 1000 + b'\\n')"
    )
    assert "no reply" in told(source, "f()")


def test_line_without_end_is_cut():
    source = HOSTILE + "def f():\n    while True:\n        candidate.send(b'x' * 2**20)"
    assert told(source, "f()") == "its result is too large"


def test_process_that_ended_is_started_again_for_the_next_test():
    source = "import os\ndef f(x):\n    return os._exit(1) if x else 'alive'"
    first, second = told(source, "f(1)", "assert f(0) == 'alive'")
    assert "it ended the Python process" in first and second is None


@pytest.mark.parametrize("with_walls", [True, False])
def test_nothing_that_was_started_lives_on(with_walls):
    nap = str(10**9 + os.getpid())
    source = (
        f"import subprocess\nnap = subprocess.Popen(['sleep', '{nap}'], start_new_session=True)"
    )
    with running(source, with_walls=with_walls):
        sleepers = [
            p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", nap]
        ]
        assert len(sleepers) == 1
    gone, alive = psutil.wait_procs(sleepers, timeout=20)
    assert gone and not alive


def test_sandbox_that_does_not_start_is_no_fault_of_the_student(monkeypatch):
    monkeypatch.setattr("tools.handouts.sandbox.sys.executable", "/bin/false")
    with pytest.raises(RuntimeError, match="does not start"):
        printed("1 + 1")


def why_no_walls():
    return missing_walls.__wrapped__()


def test_without_bubblewrap_one_is_told_how_to_get_it(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "apt-get install bubblewrap" in why_no_walls()


def test_where_user_namespaces_are_forbidden_one_is_told_so(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert "No permissions" in why_no_walls() and "user namespaces" in why_no_walls()


def test_other_systems_are_told_that_walls_need_linux(monkeypatch):
    monkeypatch.setattr("tools.handouts.sandbox.sys.platform", "darwin")
    assert "need Linux" in why_no_walls()


def test_nothing_runs_unasked_where_walls_are_missing(monkeypatch):
    monkeypatch.setattr("tools.handouts.sandbox.missing_walls", lambda: "bubblewrap is missing")
    with pytest.raises(RuntimeError, match="bubblewrap is missing"):
        Examinee(["1 + 1"], QUICK, library()).start()
