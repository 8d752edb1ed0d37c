"""From a key press on a slider to the finished picture, in chapter 04 and the browser's clock."""

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from tools.benchmarks.timing import show
from tools.browser import chromium, demos_of, end_kernels, jupyterlab, run_chapter
from tools.chapters import CHAPTERS

SLIDER = "query"
MOVES = 15
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
    """Move a slider there and back, and show both medians."""
    with (
        TemporaryDirectory() as folder,
        jupyterlab(Path(folder)) as address,
        chromium() as browser,
    ):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        demo = next(demos_of(page, run_chapter(page, address, CHAPTERS[4].name)))
        demo.click(demo.labels.index(SLIDER), 0)
        show("new picture", median(_times(demo, "ArrowRight", skip=4)), MOVES, limit=LIMIT)
        seconds = median(_times(demo, "ArrowLeft", skip=0))
        show("picture shown before", seconds, MOVES, limit=LIMIT)
        end_kernels(address)


def _times(demo, key, skip):
    """Seconds of each of MOVES moves; the first `skip` moves are not timed."""
    demo.focus(demo.labels.index(SLIDER))
    for _ in range(skip):
        demo.press(key)
    seconds = []
    for _ in range(MOVES):
        demo.page.evaluate(TIME_NEXT, demo.box)
        demo.press(key)
        seconds.append(demo.page.evaluate("window.milliseconds") / 1000)
    return seconds
