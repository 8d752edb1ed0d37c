"""What waits in Chromium: every demo in JupyterLab after a key press, and `make explore` opened."""

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

from dshcourse.demos.catalogue import DEMOS
from tools.benchmarks.timing import show
from tools.browser import (
    DEMOS_PAGE,
    add_demos_page,
    chromium,
    demos_of,
    end_kernels,
    explorer_page,
    jupyterlab,
    run_chapter,
)

LIMIT = 0.2  # seconds after a key press, of the median
OPENED_LIMIT = 3  # seconds
N_OPENINGS = 5
PAUSE = 20  # seconds in which Voilà starts the kernel for who comes next
TIME_NEXT = """box => {
  const output = box.querySelector('.output');
  let pressed;
  const press = () => { pressed = performance.now(); };
  addEventListener('keydown', press, { capture: true, once: true });
  window.milliseconds = new Promise(resolve => {
    const observer = new MutationObserver(() => {
      observer.disconnect();
      requestAnimationFrame(() => resolve(performance.now() - pressed));
    });
    observer.observe(output, { childList: true });
  });
}"""

PICTURES = """async () => {
  await Promise.all([...document.querySelectorAll('.demo .output img')].map(i => i.decode()));
}"""


def run():
    """Show medians of both."""
    _demos()
    _explorer()


def _demos():
    """Move one choice of each demo through its values and back, and show both medians."""
    with (
        TemporaryDirectory() as folder,
        jupyterlab(Path(folder)) as address,
        chromium() as browser,
    ):
        add_demos_page(Path(folder))
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        shown = demos_of(page, run_chapter(page, address, DEMOS_PAGE))
        for entry, demo in zip(DEMOS, shown, strict=True):
            name, number = entry.kind.__name__, _longest(demo)
            here, n_values = demo.place(number)
            for what, key in (("new picture", "ArrowRight"), ("shown before", "ArrowLeft")):
                seconds = _times(demo, number, key, n_values - 1 - here)
                show(f"{name}: {what}", median(seconds), len(seconds), limit=LIMIT)
        end_kernels(address)


def _explorer():
    """Open the page that `make explore` serves, until all pictures of the explorer are there."""
    seconds = []
    with TemporaryDirectory() as folder, explorer_page(Path(folder)) as address:
        for _ in range(N_OPENINGS):
            sleep(PAUSE)
            with chromium() as browser:
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                start = perf_counter()
                page.goto(address)
                page.locator(".demo .output img").last.wait_for()
                page.evaluate(PICTURES)
                seconds.append(perf_counter() - start)
    show("make explore: first picture", median(seconds), len(seconds), limit=OPENED_LIMIT)


def _longest(demo):
    """The choice with most values above the present one, of those that arrow keys move."""
    movable = [i for i in range(len(demo.choices)) if demo.kind(i) != "combobox"]
    return max(movable, key=lambda i: demo.place(i)[1] - demo.place(i)[0])


def _times(demo, number, key, moves):
    """Seconds of each of some presses of a key."""
    demo.focus(number)
    seconds = []
    for _ in range(moves):
        demo.page.evaluate(TIME_NEXT, demo.box)
        demo.press(key)
        seconds.append(demo.page.evaluate("window.milliseconds") / 1000)
    return seconds
