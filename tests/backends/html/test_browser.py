"""The page in a real browser: quiet console, true sliders, keys, phones, paper."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from qgd_compiler.backends.explain_page import explain_page
from qgd_compiler.backends.explain_report import Explanation
from qgd_compiler.backends.figures import count
from qgd_compiler.backends.html.live import Live
from qgd_compiler.backends.html.page_html import page_html
from qgd_compiler.backends.html.report_html import Dossier, report_html
from tests.backends.html.browser import chromium, require_or_skip
from tests.backends.html.conftest import live_totals

pytestmark = pytest.mark.browser

PHONE = (390, 844)
DESKTOP = (1280, 900)
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One browser for all tests of this file."""
    require_or_skip()
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def pages(
    tmp_path_factory: pytest.TempPathFactory, dossier: Dossier, explained: Explanation, live: Live
) -> dict[str, str]:
    """Addresses of a report with sliders, and of a plain page with a tree."""
    folder = tmp_path_factory.mktemp("pages")
    texts = {
        "report": report_html(replace(dossier, live=live)),
        "explain": page_html(explain_page(explained)),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in texts}


@pytest.fixture
def show(driver: Any, pages: dict[str, str]) -> Iterator[Open]:
    """Opens a page at a size, on a screen or on paper; at the end its console must be empty."""

    def opened(
        name: str = "report", size: tuple[int, int] = DESKTOP, media: str = "screen", scheme: str = "light"
    ) -> Any:
        driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"media": media, "features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE},
        )
        driver.get(pages[name])
        return driver

    yield opened
    assert driver.get_log("browser") == []


def _totals(driver: Any) -> dict[str, float]:
    found = driver.execute_script(
        "return [...document.querySelectorAll('output[data-name]')].map(o => [o.dataset.name, o.dataset.value])"
    )
    return {name: float(value) for name, value in found}


def _slider(driver: Any, symbol: str, kind: str) -> Any:
    return driver.find_element("css selector", f".slider[data-symbol='{symbol}'] input[type='{kind}']")


def _enter(driver: Any, symbol: str, text: str) -> None:
    driver.execute_script(
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
        _slider(driver, symbol, "number"),
        text,
    )


def _text(driver: Any, selector: str) -> str:
    return str(driver.find_element("css selector", selector).text)


def test_the_console_stays_empty_and_nothing_is_asked_for(show: Open) -> None:
    for name in ("report", "explain"):
        driver = show(name)
        asked = driver.execute_script(
            "return performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith('data:'))"
        )
        assert asked == []


def test_totals_begin_as_compiled(show: Open) -> None:
    driver = show()
    assert _totals(driver) == live_totals(279, 100, 0.01)
    assert _text(driver, "[data-ratio='t_count']") == "as compiled"
    assert _text(driver, "output[data-name='t_count']") == count(int(live_totals(279, 100, 0.01)["t_count"]))


@pytest.mark.parametrize(("n", "steps", "epsilon"), [(500, 250, 1e-3), (2, 1, 0.5), (10**6, 300, 1e-6)])
def test_numbers_that_are_entered_change_the_totals_at_once(
    show: Open, n: int, steps: int, epsilon: float
) -> None:
    driver = show()
    for symbol, value in (("n", n), ("T", steps), ("epsilon", epsilon)):
        _enter(driver, symbol, repr(value))
    assert _totals(driver) == pytest.approx(live_totals(n, steps, epsilon), rel=1e-12)
    factor = live_totals(n, steps, epsilon)["t_count"] / live_totals(279, 100, 0.01)["t_count"]
    told = _text(driver, "[data-ratio='t_count']")
    assert told.endswith(" times the compiled plan")
    assert float(told.split()[0].replace(",", "")) == pytest.approx(factor, rel=6e-3)


def test_a_slider_that_is_dragged_changes_the_totals(show: Open) -> None:
    driver = show()
    move = (
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))"
    )
    driver.execute_script(move, _slider(driver, "n", "range"), "600")
    n = round(2 * (1e6 / 2) ** 0.6)  # equal ways are equal factors
    assert _totals(driver) == live_totals(n, 100, 0.01)
    assert _slider(driver, "n", "number").get_property("value") == str(n)
    driver.execute_script(move, _slider(driver, "T", "range"), "600")
    assert _totals(driver) == live_totals(n, 240, 0.01)  # 1 + 0.6 * 399 = 240.4


def test_keys_move_a_slider(show: Open) -> None:
    from selenium.webdriver.common.keys import Keys

    driver = show()
    slider = _slider(driver, "T", "range")
    slider.send_keys(Keys.ARROW_RIGHT)
    assert _slider(driver, "T", "number").get_property("value") == "104"  # one percent of 1 … 400
    assert _totals(driver) == live_totals(279, 104, 0.01)
    slider.send_keys(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert _totals(driver) == live_totals(279, 96, 0.01)
    slider.send_keys(Keys.HOME)
    assert _totals(driver) == live_totals(279, 1, 0.01)
    few = _slider(driver, "n", "range")
    few.send_keys(Keys.HOME, Keys.ARROW_UP, Keys.ARROW_UP)  # a percent of the way is less than one
    assert _totals(driver) == live_totals(4, 1, 0.01)
    assert slider.get_attribute("aria-valuetext") == "1"


def test_reset_goes_back_to_the_compiled_plan(show: Open) -> None:
    driver = show()
    _enter(driver, "n", "500")
    assert _totals(driver) != live_totals(279, 100, 0.01)
    driver.execute_script("document.getElementById('live-reset').click()")
    assert _totals(driver) == live_totals(279, 100, 0.01)
    assert _slider(driver, "n", "number").get_property("value") == "279"


def test_where_the_formulas_do_not_hold_the_page_says_so_and_shows_no_number(show: Open) -> None:
    driver = show()
    _enter(driver, "T", "301")
    assert "T = 301 is beyond </script> the plan" in _text(driver, "#live-error")
    assert _text(driver, "output[data-name='t_count']") == "–"
    assert _text(driver, "[data-ratio='t_count']") == ""
    _enter(driver, "T", "300")
    assert not driver.find_element("id", "live-error").is_displayed()
    assert _totals(driver) == live_totals(279, 300, 0.01)


@pytest.mark.parametrize("text", ["0", "401", "2.5", "", "-3"])
def test_a_number_outside_the_range_is_marked_and_changes_nothing(show: Open, text: str) -> None:
    driver = show()
    _enter(driver, "T", text)
    assert "a whole number from 1 to 400" in _text(driver, "#live-error")
    assert _slider(driver, "T", "number").get_attribute("aria-invalid") == "true"
    assert _totals(driver) == live_totals(279, 100, 0.01)


@pytest.mark.parametrize("name", ["report", "explain"])
@pytest.mark.parametrize("width", [320, PHONE[0], 768, DESKTOP[0]])
def test_no_page_is_wider_than_its_window(show: Open, name: str, width: int) -> None:
    driver = show(name, (width, 844))
    driver.execute_script("for (const d of document.querySelectorAll('details')) d.open = true")
    scroll, inner = driver.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert inner == width and scroll <= width
    wide = driver.execute_script(
        "return [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1"
        " && !e.closest('.scroll, .icicle')).map(e => e.tagName + '.' + e.className)"
    )
    assert wide == []


def test_a_phone_shows_text_that_can_be_read(show: Open) -> None:
    driver = show(size=PHONE)
    small = driver.execute_script(
        """
        const seen = [];
        for (const e of document.querySelectorAll('main p, main td, main dd, main dt, main text, main button')) {
          const frame = e.closest('svg')?.getBoundingClientRect();
          const scale = frame ? frame.width / e.closest('svg').viewBox.baseVal.width : 1;
          const size = parseFloat(getComputedStyle(e).fontSize) * scale;
          if (size < 9.5) seen.push(e.tagName + ' ' + size);
        }
        return seen;
        """
    )
    assert small == []


def test_paper_hides_controls_and_keeps_the_values(show: Open) -> None:
    driver = show()
    seen = "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility()).length"
    controls = "input, #live-reset, .filter, nav"
    assert driver.execute_script(seen, controls) > 5
    assert driver.execute_script(seen, ".paper") == 0
    driver = show(media="print")
    assert driver.execute_script(seen, controls) == 0
    assert driver.execute_script(seen, ".paper") == 3
    assert [e.text for e in driver.find_elements("css selector", ".paper")] == ["279", "100", "0.01"]
    assert driver.execute_script(seen, "section.verdict, .cards, table, figure, .stack") > 10
    assert (
        driver.execute_script("return getComputedStyle(document.querySelector('.long')).maxHeight") == "none"
    )


def test_it_prints_on_a_few_sheets_in_dark_mode_too(show: Open) -> None:
    driver = show(scheme="dark")
    paper = driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})["data"]
    sheets = len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(paper)))
    assert 4 <= sheets <= 25
    driver = show(media="print", scheme="dark")
    assert (
        driver.execute_script("return getComputedStyle(document.documentElement).color") == "rgb(27, 31, 36)"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(show: Open, scheme: str) -> None:
    driver = show(scheme=scheme)
    poor = driver.execute_script(CONTRAST)
    assert poor == []


# WCAG 2.1 contrast of every element with text of its own, at least 4.5
CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgb = (c) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data]; };
const light = ([r, g, b]) => { const f = (x) => (x /= 255) <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4;
  return .2126 * f(r) + .7152 * f(g) + .0722 * f(b); };
const behind = (e) => { for (; e; e = e.parentElement) {
  const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] > 250) return c; } return [255, 255, 255, 255]; };
const poor = new Set();
for (const e of document.querySelectorAll('body *')) {
  if (!e.checkVisibility()) continue;
  if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== '')) continue;
  if (e.closest('svg') && e.classList.contains('mark')) continue;
  const style = getComputedStyle(e);
  const a = light(rgb(e.closest('svg') ? style.fill : style.color)), b = light(behind(e));
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (ratio < 4.5) poor.add(`${e.tagName}.${e.className.baseVal ?? e.className} ${ratio.toFixed(2)}`);
}
return [...poor];
"""


def test_a_block_of_the_icicle_tells_formula_and_source_by_mouse_and_by_keys(show: Open) -> None:
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.wait import WebDriverWait

    driver = show()
    blocks = driver.find_elements("css selector", "#icicle button")
    panel = driver.find_element("id", "part-panel")
    assert not panel.is_displayed()
    blocks[0].send_keys(Keys.ARROW_DOWN)
    assert driver.switch_to.active_element.get_attribute("data-parent") == "0"
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    title = driver.switch_to.active_element.find_element("tag name", "span").get_attribute("textContent")
    assert panel.is_displayed() and panel.text.startswith(title)
    assert "sum of what one use calls" in panel.text
    leaf = next(b for b in blocks if b.get_attribute("title").startswith("Lookup: "))
    driver.execute_script("arguments[0].click()", leaf)
    assert "Source" in panel.text and "Formula" in panel.text
    wait = WebDriverWait(driver, 5)
    wait.until(lambda _: leaf.size["width"] > 1000)  # enlarged to the whole width
    leaf.send_keys(Keys.ESCAPE)
    wait.until(lambda _: leaf.size["width"] < 1000)
    assert not panel.is_displayed()
    assert driver.switch_to.active_element == blocks[0]


def test_focus_can_be_seen_on_every_control(show: Open) -> None:
    from selenium.webdriver.common.keys import Keys

    driver = show()
    seen = set()
    driver.find_element("tag name", "body").send_keys(Keys.TAB)
    for _ in range(60):
        element = driver.switch_to.active_element
        if element.tag_name == "body":
            element.send_keys(Keys.TAB)
            continue
        seen.add(element.tag_name)
        style, width = driver.execute_script(
            "const s = getComputedStyle(arguments[0]); return [s.outlineStyle, parseFloat(s.outlineWidth)]",
            element,
        )
        assert style != "none" and width >= 1, element.get_attribute("outerHTML")[:200]
        element.send_keys(Keys.TAB)
    assert {"a", "input", "button", "summary", "div"} <= seen


def test_alternatives_can_be_sorted_and_filtered(show: Open, dossier: Dossier) -> None:
    driver = show()
    section = driver.execute_script("return document.getElementById('alternatives').closest('section')")
    heads = section.find_elements("css selector", "th")
    at = next(i for i, h in enumerate(heads) if h.text.startswith("qubits"))
    column = (
        "return [...arguments[0].querySelectorAll('tbody tr')].filter(r => !r.hidden)"
        ".map(r => r.cells[arguments[1]].textContent)"
    )
    button = heads[at].find_element("tag name", "button")
    for direction in ("ascending", "descending"):
        driver.execute_script("arguments[0].click()", button)
        assert heads[at].get_attribute("aria-sort") == direction
        known = sorted(
            (a.qubits for a in dossier.report.alternatives if a.qubits is not None),
            reverse=direction == "descending",
        )
        shown = [t for t in driver.execute_script(column, section, at) if t != "n/a"]
        assert shown == [count(q) for q in known]
    box = section.find_element("css selector", "input[type='search']")
    box.send_keys("qroam chebyshev")
    texts = driver.execute_script(
        "return [...arguments[0].querySelectorAll('tbody tr')].filter(r => !r.hidden).map(r => r.textContent)",
        section,
    )
    told = [f"{a.subject} {a.solver} {a.encoding} {a.access} {a.reason}" for a in dossier.report.alternatives]
    wanted = [t for t in told if "qroam" in t and "Chebyshev" in t]
    assert 0 < len(texts) == len(wanted) < len(dossier.report.alternatives)
    assert f"{len(wanted)} of {len(dossier.report.alternatives)} rows" in section.text


def test_a_browser_that_must_be_there_and_is_not_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("QGD_BROWSER", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        require_or_skip()
    monkeypatch.setenv("QGD_BROWSER", "required")
    with pytest.raises(pytest.fail.Exception, match="chromedriver not found"):
        require_or_skip()
