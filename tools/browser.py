"""JupyterLab, Voilà and Chromium started for a while, and a demo moved in them by keyboard.

The tests in tests/browser and `python -m tools.benchmarks browser` stand on it. Chromium is the one
of the system, which `make chromium` installs.
"""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import sync_playwright

from dshcourse.demos.catalogue import DEMOS
from tools.chapters import ROOT, calls_explore
from tools.run_notebooks import KERNEL

TOKEN = "for-the-tests-only"
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # to servers of this machine
START_SECONDS = 120
RUN_SECONDS = 1200
ANSWER_SECONDS = 120
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
QUIET = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}

DEMOS_PAGE = "demos.ipynb"
MAKE_DEMOS = """from dshcourse.demos import explore
from dshcourse.demos.catalogue import DEMOS, Inputs, train_as_in_chapter_09
from dshlib.data import load

inputs = Inputs(load("classroom"))
inputs.run = train_as_in_chapter_09(inputs.dataset, epochs=2)  # of eight
made = [entry.make(inputs) for entry in DEMOS]
len(made)"""

# The window holds on to the promise: one that only this program waits for may be collected.
RUN_ALL = """() => {
  const runAll = async app => {
    await app.restored;
    const panel = app.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
    await app.commands.execute("notebook:run-all-cells");
    window.allRan = true;
  };
  window.running = runAll(window.jupyterapp);
}"""
CELLS = """() => {
  const list = window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells;
  return list.map(cell => cell.toJSON());
}"""
SCROLL_TO = "index => window.jupyterapp.shell.currentWidget.content.scrollToItem(index, 'start')"
STATE = """box => {
  const told = choice => {
    const at = choice.querySelector('select, [type=range], :checked');
    return at?.getAttribute('aria-valuetext') ?? at?.value ?? null;
  };
  const output = box.querySelector('.output');
  return {
    words: box.querySelector('[role=status]').textContent,
    error: box.querySelector('[role=alert]').textContent,
    picture: output.innerHTML,
    images: output.querySelectorAll('img').length,
    values: [...box.querySelectorAll('.choice')].map(told),
    disabled: [...box.querySelectorAll('.choice')].map(c => !c.querySelector(':enabled')),
  };
}"""
PLACE = """choice => {
  const radios = [...choice.querySelectorAll('[type=radio]')];
  if (radios.length) return [radios.findIndex(radio => radio.checked), radios.length];
  const { options, selectedIndex, value, max } = choice.querySelector('select, [type=range]');
  return options ? [selectedIndex, options.length] : [+value, +max + 1];
}"""
# The kernel answers a widget with any number of messages, and then that it is idle again.
FOLLOW = """() => {
  const app = window.jupyterapp;
  const kernel = app.widgetManager?.kernel ?? app.shell.currentWidget.sessionContext.session.kernel;
  window.sent = 0;
  window.unanswered = new Set();
  kernel.anyMessage.connect((_, { msg, direction }) => {
    if (direction !== 'send' || msg.header.msg_type !== 'comm_msg') return;
    window.sent += 1;
    window.unanswered.add(msg.header.msg_id);
  });
  kernel.iopubMessage.connect((_, { header, content, parent_header }) => {
    if (header.msg_type === 'status' && content.execution_state === 'idle')
      window.unanswered.delete(parent_header.msg_id);
  });
}"""
SETTLED = """async ([box, seconds]) => {
  const until = performance.now() + 1000 * seconds;
  const frame = () => new Promise(requestAnimationFrame);
  const reached = async (what, test) => {
    while (!test()) {
      if (performance.now() > until) throw Error(`${what} after ${seconds} s: ${box.innerText}`);
      await frame();
    }
  };
  await reached('nothing sent to the kernel', () => window.sent > 0);
  await reached('no answer from the kernel', () => window.unanswered.size === 0);
  await reached('no new picture',
                () => !box.querySelector('.output[aria-busy=true]'));
  await frame();
  await frame();
  window.sent = 0;
}"""
STILL = """async box => {
  box.scrollIntoView({ block: 'start' });
  for (let same = 0, last; same < 30; ) {
    await new Promise(requestAnimationFrame);
    const { y, height } = box.getBoundingClientRect();
    same = last === y + height ? same + 1 : 0;
    last = y + height;
  }
}"""
WATCH = """box => {
  const seen = { places: new Set(), empty: 0 }, scrolled = [];
  for (let e = box; e; e = e.parentElement) scrolled.push(e);
  const output = box.querySelector('.output');
  const look = () => {
    const { x, y } = box.getBoundingClientRect(), top = output.getBoundingClientRect().y;
    seen.places.add([x, y, top - y, scrollY, ...scrolled.map(e => e.scrollTop)]
      .map(Math.round).join());
    seen.empty += !output.querySelector('img');
    if (window.watched === seen) requestAnimationFrame(look);
  };
  window.watched = seen;
  look();
}"""
WATCHED = """() => {
  const { places, empty } = window.watched;
  window.watched = null;
  return { places: [...places], empty };
}"""


def free_port():
    """A port of the loopback interface that nobody listens on just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def serving(command, url, log, **options):
    """Run a server until the with block ends. Raises RuntimeError with its log if it fails.

    Parameters: command, a list; url, answers once the server is up; log, file for what it prints;
    options of subprocess.Popen.
    """
    with open(log, "wb") as printed:
        server = subprocess.Popen(command, stdout=printed, stderr=subprocess.STDOUT, **options)
        try:
            _wait_for(server, url, log)
            yield server
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait_for(server, url, log):
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return DIRECT.open(url, timeout=5).close()
        except OSError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no answer from {url}:\n{Path(log).read_text()}") from None
            time.sleep(0.2)


@contextmanager
def jupyterlab(folder):
    """JupyterLab on a copy of the chapters, with settings and everything else in `folder`.

    Yields its address. What autosave writes stays in the copy.
    """
    shutil.copytree(ROOT / "notebooks", folder / "course" / "notebooks")
    notifications = folder / "settings/@jupyterlab/apputils-extension"
    notifications.mkdir(parents=True)
    notifications.joinpath("notification.jupyterlab-settings").write_text(json.dumps(QUIET))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={folder / 'course'}", "--expose-app-in-browser",
        "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    status = f"{address}/api/status?token={TOKEN}"
    with serving(command, status, folder / "lab.log", env=own_folders(folder), cwd=folder):
        yield address


@contextmanager
def explorer_page(folder):
    """Voilà, started by the command of `make explore`, with everything else in `folder`.

    Yields its address.
    """
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n\t\t", "")
    (recipe,) = re.findall(r"^explore:.*\n\t(.+)\n", makefile, re.MULTILINE)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = ["env", *shlex.split(recipe.replace("$(BIN)", str(Path(sys.executable).parent)))]
    command += ["--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"]
    up = f"{address}/voila/static/voila.js"
    with serving(command, up, folder / "voila.log", env=own_folders(folder), cwd=ROOT):
        yield address


def add_demos_page(folder):
    """Write DEMOS_PAGE, with every demo of the course, beside the chapters of `jupyterlab`."""
    cells = [new_code_cell(MAKE_DEMOS)]
    cells += [new_code_cell(f"explore(made[{number}])") for number in range(len(DEMOS))]
    page = new_notebook(cells=cells, metadata=KERNEL)
    nbformat.write(page, folder / "course" / "notebooks" / DEMOS_PAGE)


def own_folders(folder):
    """The environment, with all that Jupyter reads or writes for a user below `folder`."""
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "user",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    return os.environ | {name: str(folder / place) for name, place in places.items()}


def end_kernels(address):
    """End every kernel of the JupyterLab at `address`."""
    for kernel in json.loads(_call(f"{address}/api/kernels")):
        _call(f"{address}/api/kernels/{kernel['id']}", "DELETE")


def _call(url, method="GET"):
    request = urllib.request.Request(
        url, method=method, headers={"Authorization": f"token {TOKEN}"}
    )
    with DIRECT.open(request, timeout=60) as answer:
        return answer.read()


@contextmanager
def chromium():
    """The system's Chromium without a window. Raises RuntimeError if there is none."""
    executable = shutil.which("chromium")
    if executable is None:
        raise RuntimeError("chromium is not on the PATH: run `make chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Complaints:
    """What a page should not do: console errors, uncaught errors, requests to other machines."""

    def __init__(self, page):
        self.console, self.errors, self.outside, self.requests = [], [], [], 0
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._ask)

    def _hear(self, message):
        if message.type == "error":
            self.console.append(f"{message.text} ({message.location['url']})")

    def _ask(self, request):
        self.requests += 1
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            self.outside.append(request.url)


def run_chapter(page, address, name):
    """Open a chapter in JupyterLab and run all its cells; return the cells as they are then."""
    page.goto(f"{address}/lab/tree/notebooks/{name}?token={TOKEN}&reset")
    page.locator(".jp-Notebook").wait_for(timeout=1000 * START_SECONDS)
    page.evaluate(RUN_ALL)
    page.wait_for_function("window.allRan", timeout=1000 * RUN_SECONDS)
    return cells_of(page)


def cells_of(page):
    """The cells of the notebook that JupyterLab shows, with their outputs."""
    return page.evaluate(CELLS)


def troubles(cells):
    """What the cells printed on stderr, and their errors."""
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]


def demos_of(page, cells):
    """Scroll to each cell that calls explore and yield its `ShownDemo`."""
    for index, cell in enumerate(cells):
        if calls_explore(cell):
            page.evaluate(SCROLL_TO, index)
            yield ShownDemo(page, page.locator(f".jp-Cell[data-windowed-list-index='{index}']"))


class ShownDemo:
    """The demo within a part of a page, used as somebody without a mouse would use it."""

    def __init__(self, page, place):
        self.page = page
        box = place.locator(".demo:has(.output img)").first
        box.wait_for(timeout=1000 * START_SECONDS)
        self.locator, self.box = box, box.element_handle()
        self.choices = box.locator(".choice").all()
        self.labels = [choice.locator("> :first-child").inner_text() for choice in self.choices]
        page.evaluate(FOLLOW)
        page.evaluate(STILL, self.box)

    def state(self):
        """Its words, error, HTML of its picture, images in it, values, and which are disabled."""
        return self.page.evaluate(STATE, self.box)

    def kind(self, number):
        """Of a choice: "slider", "combobox" or "radio"."""
        found = self.choices[number].locator("input, select").first
        tag = found.evaluate("e => e.type")
        return {"range": "slider", "radio": "radio"}.get(tag, "combobox")

    def control(self, number):
        """The control of a choice, found by its role and label as a screen reader finds it."""
        label = self.labels[number]
        if self.kind(number) == "radio":
            return self.locator.get_by_role("radiogroup", name=label, exact=True)
        return self.locator.get_by_role(self.kind(number), name=label, exact=True)

    def place(self, number):
        """Which value a choice has, counted from 0, and how many there are."""
        return self.choices[number].evaluate(PLACE)

    def press(self, key, seconds=ANSWER_SECONDS):
        """Press a key on what has the focus; return the state when the kernel has answered."""
        self.page.keyboard.press(key)
        return self.settled(seconds)

    def settled(self, seconds=ANSWER_SECONDS):
        """The state when the kernel has answered the last move."""
        self.page.evaluate(SETTLED, [self.box, seconds])
        return self.state()

    def focus(self, number):
        """Give the focus to a choice."""
        control = self.control(number)
        (control.locator(":checked") if self.kind(number) == "radio" else control).focus()

    def walk(self, number, everywhere=True):
        """Move a choice through all its values by keyboard, and back; yield value and state.

        A slider or list by arrow keys to its end, to its start by Home, and by arrow keys to where
        it was, or not everywhere: to both ends, and back by the shorter way. Buttons around their
        circle by one arrow key, or not everywhere: to the next one and back.
        """
        self.focus(number)
        here, n_values = self.place(number)
        above, kind = n_values - 1 - here, self.kind(number)
        up, down = ("ArrowRight", "ArrowLeft") if kind == "slider" else ("ArrowDown", "ArrowUp")
        if kind == "radio":
            keys = [up] * n_values if everywhere else [up, down]
        elif everywhere:
            keys = [*[up] * above, "Home", *[up] * here]
        elif here < above:
            keys = ["End", "Home", *[up] * here]
        else:
            keys = ["Home", "End", *[down] * above]
        for key in keys:
            now = self.press(key)
            yield now["values"][number], now

    def click(self, number, share):
        """Click on a choice: on a slider or among buttons at this share of the values' range."""
        _, n_values = self.place(number)
        if self.kind(number) == "radio":
            self.choices[number].locator("label").nth(round(share * (n_values - 1))).click()
        else:
            slider = self.control(number)
            box = slider.bounding_box()
            slider.click(position={"x": share * box["width"], "y": box["height"] / 2})
        return self.settled()

    @contextmanager
    def watched(self):
        """Places of the demo in all frames within the block, and frames without a picture."""
        seen = {}
        self.page.evaluate(WATCH, self.box)
        yield seen
        seen.update(self.page.evaluate(WATCHED))
