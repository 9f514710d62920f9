"""The charts in a real Chromium, on a real backend and logs as a trainer writes them."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.harness.backend import Backend, LogFile, served

STEPS, SPIKE_AT, SPIKE, NAN_AT = 6000, 4321, 9.75, 2500
RUNS = ("one", "two", "three", "four")
MANY = 60


def write_run(folder: Path, level: float) -> LogFile:
    log = LogFile(folder).header()
    lines = []
    for step in range(1, STEPS + 1):
        loss = SPIKE if (step, folder.name) == (SPIKE_AT, "one") else level + 0.1 * math.sin(step)
        values = {"train/loss": loss, "train/lr": 1e-4 / step}
        fields: dict[str, Any] = {"values": values, "nonfinite": {}}
        if (step, folder.name) == (NAN_AT, "one"):
            fields = {"values": {"train/lr": 1e-4}, "nonfinite": {"train/loss": "nan"}}
        lines.append(log.line_of_step(step, **fields))
    return log.raw(b"".join(lines))


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with served(tmp_path_factory.mktemp("charts")) as found:
        for number, name in enumerate(RUNS, 1):
            write_run(found.folder(name), number)
        many = LogFile(found.folder("many")).header()
        values = {f"layers/metric_{number:02}": float(number) for number in range(MANY)}
        many.raw(b"".join(many.line_of_step(step, values=values) for step in range(1, 50)))
        for name in RUNS:
            found.wait_for(name, step=STEPS)
        found.wait_for("many", step=49)
        yield found


def chart(page: Page, name: str = "train/loss") -> Locator:
    return page.get_by_test_id(f"chart-{name}")


def open_run(page: Page, backend: Backend, run_id: str = "one", view: str = "") -> Locator:
    page.goto(f"{backend.url}/run/?id={run_id}{view}")
    found = chart(page)
    expect(found).not_to_have_attribute("data-points", "0")
    return found


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def drag(page: Page, drawn: Locator, begin: float, end: float) -> None:
    """From one share of the chart's width to another."""
    box = drawn.locator(".u-over").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + begin * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], y, steps=5)
    page.mouse.up()


def cells(drawn: Locator, text: str) -> list[str]:
    """The one row of the chart's table that holds this text."""
    row = drawn.get_by_role("row").filter(has_text=text)
    expect(row).to_have_count(1)
    return row.locator("th, td").all_inner_texts()


def colours_of(page: Page) -> list[str]:
    swatches = page.get_by_test_id("compared-run").locator("span[style]")
    found: list[str] = swatches.evaluate_all("all => all.map((swatch) => swatch.style.cssText)")
    return found


def test_a_spike_of_one_step_is_drawn_at_full_zoom_and_found_exactly_when_zoomed(backend: Backend, page: Page) -> None:
    drawn = open_run(page, backend)
    assert int(drawn.get_attribute("data-bucket") or "0") > 1
    page.get_by_role("button", name="train/loss as a table").click()
    for _ in range(SPIKE_AT // 600):
        if drawn.get_by_role("row").filter(has_text=f"{SPIKE:.3f}").count():
            break
        drawn.get_by_role("button", name="Next").click()
    place, mean, low, high, count = cells(drawn, f"{SPIKE:.3f}")
    first, last = (int(re.sub(r"\D", "", step)) for step in place.split("–"))
    assert first <= SPIKE_AT <= last
    assert float(low) < float(mean) < float(high) == SPIKE
    assert int(count) == last - first + 1

    page.get_by_role("button", name="train/loss as a table").click()
    drag(page, drawn, (SPIKE_AT - 40) / STEPS, (SPIKE_AT + 40) / STEPS)
    expect(drawn).not_to_have_attribute("data-bucket", re.compile(r"\d"))
    page.get_by_role("button", name="train/loss as a table").click()
    assert cells(drawn, "4,321") == ["4,321", "9.750", "9.750", "9.750", "1"]


def test_a_double_click_shows_everything_again(backend: Backend, page: Page) -> None:
    drawn = open_run(page, backend)
    whole = drawn.get_attribute("data-points")
    drag(page, drawn, 0.4, 0.5)
    page.wait_for_url(re.compile("from="))
    expect(drawn).not_to_have_attribute("data-bucket", re.compile(r"\d"))
    drawn.locator(".u-over").dblclick()
    expect(drawn).to_have_attribute("data-points", whole or "")
    assert "from" not in query(page)
    assert "to" not in query(page)


def test_keys_and_the_wheel_zoom_and_pan(backend: Backend, page: Page) -> None:
    drawn = open_run(page, backend)
    drawn.get_by_role("application").focus()
    page.keyboard.press("+")
    page.wait_for_url(re.compile("from=.*to="))
    before = query(page)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("before => !location.search.includes(`from=${before}`)", arg=before["from"][0])
    page.keyboard.press("Home")
    page.wait_for_function("!location.search.includes('from=')")

    drawn.locator(".u-over").hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    page.keyboard.up("Control")
    page.wait_for_url(re.compile("from=.*to="))

    page.wait_for_load_state("networkidle")  # the finer data is there and drawn
    page.wait_for_timeout(500)
    zoomed = query(page)
    box = drawn.locator(".u-over").bounding_box()
    assert box is not None
    page.keyboard.down("Shift")
    drag(page, drawn, 0.5, 0.6)
    page.keyboard.up("Shift")
    page.wait_for_function("before => !location.search.includes(`from=${before}`)", arg=zoomed["from"][0])
    moved = query(page)
    widths = [float(view["to"][0]) - float(view["from"][0]) for view in (zoomed, moved)]
    assert widths[0] == pytest.approx(widths[1], abs=1)
    assert float(moved["from"][0]) < float(zoomed["from"][0])


def test_the_address_holds_the_view(backend: Backend, page: Page) -> None:
    drawn = open_run(page, backend)
    whole = drawn.get_attribute("data-bucket")
    drag(page, drawn, 0.5, 0.75)
    expect(drawn).not_to_have_attribute("data-bucket", whole or "")
    page.get_by_label("Log").check()
    page.get_by_label("Ignore outliers").check()
    page.get_by_label("Smoothing").fill("0")
    page.wait_for_url(re.compile("smooth=0"))
    before = query(page)
    points = drawn.get_attribute("data-points")
    page.reload()
    expect(drawn).to_have_attribute("data-points", points or "")
    assert query(page) == before
    expect(page.get_by_label("Log")).to_be_checked()
    expect(page.get_by_label("Ignore outliers")).to_be_checked()
    expect(page.get_by_role("button", name=re.compile("show all"))).to_be_visible()

    page.get_by_role("combobox", name="Against").select_option("wall")
    page.wait_for_url(re.compile("x=wall"))
    expect(drawn).not_to_have_attribute("data-last-step", re.compile(r"\d"))
    assert "from" not in query(page), "a span of steps means nothing in time"


def test_what_is_not_finite_is_marked_and_told(backend: Backend, page: Page) -> None:
    drawn = open_run(page, backend)
    expect(drawn.get_by_test_id("nonfinite")).to_have_text("NaN at step 2,500")
    drag(page, drawn, (NAN_AT - 30) / STEPS, (NAN_AT + 30) / STEPS)
    page.wait_for_url(re.compile("from="))
    page.get_by_role("button", name="train/loss as a table").click()
    assert cells(drawn, "NaN") == ["2,500", "NaN", "1"]
    neighbours = drawn.get_by_role("row").filter(has_text=re.compile(r"^2,(499|501)"))
    expect(neighbours).to_have_count(2)


def test_all_charts_of_a_page_share_the_crosshair(backend: Backend, page: Page) -> None:
    drawn = open_run(page, backend, view="&from=1000&to=1100")
    expect(chart(page, "train/lr").get_by_test_id("legend-x")).to_be_visible()
    expect(drawn).not_to_have_attribute("data-bucket", re.compile(r"\d"))
    drawn.locator(".u-over").hover()
    expect(drawn.get_by_test_id("legend-x")).to_have_text(re.compile("step 1,05[01]"))
    place = drawn.get_by_test_id("legend-x").inner_text()
    other = chart(page, "train/lr")
    expect(other.get_by_test_id("legend-x")).to_have_text(place)
    expect(other.get_by_test_id("legend-value")).to_have_text(re.compile("e-8"))


def test_four_runs_are_compared(backend: Backend, page: Page) -> None:
    page.goto(backend.url)
    for name in RUNS:
        page.get_by_label(f"Choose {name} to compare").check()
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.get_by_test_id("compared-run")).to_have_count(4)
    drawn = chart(page)
    expect(drawn.get_by_test_id("legend-value")).to_have_count(4)
    assert query(page)["run"] == list(RUNS)
    colours = (
        page.get_by_test_id("compared-run")
        .locator("span[style]")
        .evaluate_all("all => all.map((s) => s.style.cssText)")
    )
    assert len(set(colours)) == 4

    points = int(drawn.get_attribute("data-points") or "0")
    page.get_by_label("Remove two").click()
    expect(page.get_by_test_id("compared-run")).to_have_count(3)
    expect(drawn.get_by_test_id("legend-value")).to_have_count(3)
    assert int(drawn.get_attribute("data-points") or "0") < points
    page.reload()
    expect(page.get_by_test_id("compared-run")).to_have_count(3)
    left = (
        page.get_by_test_id("compared-run")
        .locator("span[style]")
        .evaluate_all("all => all.map((s) => s.style.cssText)")
    )
    assert left == [colour for colour, name in zip(colours, RUNS, strict=True) if name != "two"]


def test_charts_out_of_sight_are_not_fetched(backend: Backend, page: Page) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/api/metrics?" in request.url:
            asked.append(parse_qs(urlsplit(request.url).query)["keys"][0])

    page.on("request", note)
    page.goto(f"{backend.url}/run/?id=many&metric=layers")
    expect(chart(page, "layers/metric_00")).not_to_have_attribute("data-points", "0")
    last = f"layers/metric_{MANY - 1:02}"
    assert last not in asked
    assert len(set(asked)) < MANY / 2
    chart(page, last).scroll_into_view_if_needed()
    expect(chart(page, last)).to_have_attribute("data-points", "49")


def test_the_head_is_followed_and_a_resumed_run_goes_back(backend: Backend, page: Page) -> None:
    first = LogFile(backend.folder("resumed"), log_id="resumed-1").header().steps(1, 300)
    backend.wait_for("resumed", step=300)
    drawn = open_run(page, backend, "resumed")
    expect(drawn).to_have_attribute("data-last-step", "300")
    first.steps(301, 320)
    expect(drawn).to_have_attribute("data-last-step", "320")

    LogFile(backend.folder("resumed"), attempt=2, log_id="resumed-2").header().steps(201, 210)
    expect(drawn).to_have_attribute("data-last-step", "210")
    expect(drawn).to_have_attribute("data-points", "210")
    page.get_by_label("All attempts").check()
    expect(drawn).to_have_attribute("data-points", str(210 + 120))
