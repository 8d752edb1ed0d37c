"""From a key press to the finished picture, every demo in JupyterLab, by the browser's clock."""

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from dshcourse.demos.catalogue import DEMOS
from tools.benchmarks.timing import show
from tools.browser import (
    DEMOS_PAGE,
    add_demos_page,
    chromium,
    demos_of,
    end_kernels,
    jupyterlab,
    run_chapter,
)

LIMIT = 0.2  # seconds, of the median
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


def run():
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
