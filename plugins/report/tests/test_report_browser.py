"""The report in a real browser, driven over the DevTools protocol on a pair of pipes: no port, no driver program."""

import fcntl
import json
import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jackfield_report import HtmlReport

from jackfield import Groups, Neighbours, Results

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe"),
    *("--autoplay-policy=no-user-gesture-required", "--window-size=1300,1500"),
)
PATIENCE = 60  # seconds; a loaded machine starts a browser in ten


class Browser:
    """One page at a time, and what it asked for, said and did wrong."""

    def __init__(self, program: str, home: Path) -> None:
        here, self.to = os.pipe()
        self.back, there = os.pipe()
        far = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in (here, there)]

        def wire() -> None:  # the browser reads commands from 3 and answers on 4
            os.dup2(far[0], 3)
            os.dup2(far[1], 4)

        self.process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={home}"], preexec_fn=wire, pass_fds=(3, 4), stderr=subprocess.DEVNULL
        )
        for fd in (here, there, *far):
            os.close(fd)
        self.buffer, self.number, self.session = b"", 0, ""
        self.events: list[dict[str, Any]] = []

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)
        os.close(self.to)
        os.close(self.back)

    def read(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.back], [], [], max(0, deadline - time.monotonic()))
            assert ready, "the browser does not answer"
            data = os.read(self.back, 1 << 16)
            assert data, "the browser has ended"
            self.buffer += data
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def command(self, method: str, **params: Any) -> dict[str, Any]:
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while (answer := self.read(deadline)).get("id") != self.number:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, page: Path) -> None:
        self.session = ""
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.command(f"{domain}.enable")
        self.events.clear()
        self.command("Page.navigate", url=page.absolute().as_uri())
        self.until("document.readyState === 'complete' && (!map || !!heat.style.width)")

    def value(self, expression: str) -> Any:
        answer = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, expression: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self.value(expression):
            assert time.monotonic() < deadline, f"never true: {expression}"
            time.sleep(0.02)

    def click(self, selector: str, x: float = 0.5, y: float = 0.5) -> None:
        """A real click, in the middle of an element unless told otherwise, once it has stopped moving."""
        at = self.value(f"""(async (element) => {{
            const frame = () => new Promise(requestAnimationFrame);
            for (let before = null; ; ) {{
                element.scrollIntoView({{ block: "center" }});
                await frame();
                await frame();
                const r = element.getBoundingClientRect(), at = [r.x + r.width * {x}, r.y + r.height * {y}];
                if (before && before[0] === at[0] && before[1] === at[1]) return at;
                before = at;
            }}
        }})(document.querySelector({json.dumps(selector)}))""")
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = {"button": "left", "clickCount": 1} if kind != "mouseMoved" else {}
            self.command("Input.dispatchMouseEvent", type=kind, x=at[0], y=at[1], **button)

    def press(self, *keys: str) -> None:
        for key in keys:
            for kind in ("keyDown", "keyUp"):
                self.command("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def of(self, method: str) -> list[dict[str, Any]]:
        return [e["params"] for e in self.events if e.get("method") == method]

    def requested(self) -> list[str]:
        """Addresses that were asked for, less those that the page's policy stopped."""
        stopped = {e["requestId"] for e in self.of("Network.loadingFailed") if e.get("blockedReason") == "csp"}
        sent = self.of("Network.requestWillBeSent")
        return [e["request"]["url"] for e in sent if e["requestId"] not in stopped]

    def complaints(self) -> list[str]:
        logged = [e["entry"]["text"] for e in self.of("Log.entryAdded") if e["entry"]["level"] == "error"]
        return logged + [e["exceptionDetails"]["text"] for e in self.of("Runtime.exceptionThrown")]


@pytest.fixture(scope="module")
def chromium(require: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(require("chromium"), tmp_path_factory.mktemp("home"))
    try:
        yield browser
    finally:
        browser.close()


@pytest.fixture
def page(run: Results, wav: Callable[[Path, float], None]) -> Path:
    for clip in run.clips:
        wav(Path(clip.path), 2.0)
    HtmlReport()(run, run.folder)
    return run.folder / "report.html"


def test_it_shows_what_was_found(chromium: Browser, page: Path) -> None:
    chromium.open(page)
    assert chromium.value("document.querySelectorAll('tr[data-src]').length") == 5
    assert chromium.value("document.querySelector('#g0').textContent") == "Group 0 2 clips, diameter 0.020"
    texts = chromium.value("[...document.querySelectorAll('tr[data-src]')].map(r => r.innerText)")
    late = next(t for t in texts if t.startswith("A/B\nlate.wav") or "late.wav" in t)
    assert "same" in late
    assert "0.020" in late
    assert "30.0 ms later" in late
    assert "6.0 dB softer" in late
    assert "inverted" in late
    assert chromium.complaints() == []


def test_it_asks_for_nothing_but_itself(chromium: Browser, page: Path) -> None:
    chromium.open(page)
    assert [u for u in chromium.requested() if not u.startswith("data:")] == [page.as_uri()]


def test_play_sets_the_one_player_and_it_plays(chromium: Browser, page: Path, run: Results) -> None:
    chromium.open(page)
    assert chromium.value("document.querySelectorAll('audio').length") == 1
    for k, seconds in ((1, 0.15), (2, 0.05)):
        chromium.click(f"#c{k} .play")
        chromium.until(f"player.currentTime > {seconds} && !player.paused")
        assert chromium.value("player.src") == Path(run.clips[k].path).as_uri()
        assert chromium.value("status.textContent") == Path(run.clips[k].path).name
        assert chromium.value("[...document.querySelectorAll('.playing')].map(r => r.id)") == [f"c{k}"]
    chromium.click("#c2 .play")
    chromium.until("player.paused && !document.querySelector('.playing')")
    assert chromium.complaints() == []


def test_differences_play_from_where_they_are(chromium: Browser, page: Path) -> None:
    chromium.open(page)
    chromium.click("#c2 .seek")
    chromium.until("player.currentTime > 1.3 && player.src.endsWith('extra.wav')")


def test_a_b_goes_on_at_the_same_moment_of_the_other_clip(chromium: Browser, page: Path) -> None:
    """late starts 30 ms later than kick."""
    chromium.open(page)
    chromium.click("#c1 .play")
    chromium.until("player.currentTime > 0.2")
    before = chromium.value("(player.pause(), player.currentTime)")
    chromium.click("#c1 .swap")
    chromium.until("player.src.endsWith('kick.wav') && player.currentTime > 0")
    started = chromium.value("(player.pause(), player.currentTime)")
    assert before - 0.03 - 1e-3 <= started <= before + 1
    chromium.click("#c1 .swap")
    chromium.until("player.src.endsWith('late.wav') && player.currentTime > 0")
    assert started + 0.03 - 1e-3 <= chromium.value("(player.pause(), player.currentTime)") <= started + 1


def test_a_clip_that_is_gone_is_said(chromium: Browser, page: Path, run: Results) -> None:
    Path(run.clips[0].path).unlink()
    chromium.open(page)
    chromium.click("#c0 .play")
    chromium.until("status.textContent.includes('cannot be played')")
    assert run.clips[0].path in chromium.value("status.textContent")
    chromium.click("#c1 .play")
    chromium.until("player.currentTime > 0.05")
    assert chromium.value("status.textContent") == "late.wav"


def test_the_heat_map_is_drawn_and_points_out_pairs(chromium: Browser, page: Path) -> None:
    chromium.open(page)
    shades = "new Set(heat.getContext('2d').getImageData(0, 0, heat.width, heat.height).data).size"
    assert chromium.value(shades) > 20
    order = chromium.value("map.clips.map(c => c[0])")
    i, j, n = order.index("late.wav"), order.index("kick.wav"), 5
    left = chromium.value("(heat.clientWidth - heat.clientHeight) / heat.clientWidth")
    chromium.click("#heat", left + (1 - left) * (i + 0.5) / n, (j + 0.5) / n)
    assert chromium.value("cell.textContent") == "kick.wav × late.wav: distance 0.020"
    assert chromium.value("pair.innerText.split('\\n').filter(Boolean)") == [
        "late.wav",
        "kick.wav",
        "distance 0.020; the first against the second: same, 30.0 ms later, 6.0 dB softer, polarity inverted",
    ]
    chromium.click("#pair p:nth-child(2) .play")
    chromium.until("player.currentTime > 0.05 && player.src.endsWith('kick.wav')")
    assert chromium.complaints() == []


def test_keys_alone_are_enough(chromium: Browser, page: Path) -> None:
    chromium.open(page)
    chromium.value("heat.focus()")
    chromium.press("ArrowDown", "ArrowDown", "ArrowRight", "Enter")
    first, second = chromium.value("[map.clips[1][0], map.clips[1][0]]")
    assert chromium.value("cell.textContent").startswith(f"{first} × {second}")
    assert not chromium.value("pair.hidden")
    chromium.value("document.querySelector('#c0 .play').focus()")
    chromium.press("ArrowDown")
    assert chromium.value("document.activeElement.closest('tr').id") == "c1"
    chromium.value("document.activeElement.click()")
    chromium.until("!player.paused")
    chromium.press("Escape")
    chromium.until("player.paused")


def test_finding_clips(chromium: Browser, page: Path) -> None:
    chromium.open(page)
    find = "(f => (f.value = {!r}, f.dispatchEvent(new Event('input')), $('matches').value))($('filter'))"
    assert chromium.value(find.format("LATE")) == "1 of 5 rows"
    assert not chromium.value("document.querySelector('.group').hidden")
    assert chromium.value(find.format("variant")) == "1 of 5 rows"
    assert chromium.value("document.querySelector('.group').hidden")
    assert chromium.value(find.format("")) == ""
    assert not chromium.value("document.querySelector('.group').hidden")


def hostile(folder: Path, make: Callable[..., Results]) -> Results:
    names = (
        "<script>hacked=1<∕script>",
        '"><img src=x onerror=hacked=1>',
        "javascript:hacked=1",
        "{{ 7*7 }}'",
        "#?%41 ü",
    )
    return make(folder, names)


def test_hostile_names_are_just_names(chromium: Browser, tmp_path: Path, make: Any, wav: Any) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    results = hostile(folder, make)
    for clip in results.clips:
        wav(Path(clip.path), 1.0)
    HtmlReport(title="</title><script>hacked=1</script>")(results, folder)
    chromium.open(folder / "report.html")
    assert chromium.value("typeof hacked") == "undefined"
    assert chromium.value("document.querySelectorAll('img').length") == 0
    assert chromium.value("document.title") == "</title><script>hacked=1</script> · Jackfield"
    for k, clip in enumerate(results.clips):
        chromium.click(f"#c{k} .play")
        chromium.until("player.currentTime > 0.02")
        assert chromium.value(f"document.querySelector('#c{k} .name a').textContent") == Path(clip.path).name
    assert not chromium.of("Page.javascriptDialogOpening")
    assert chromium.complaints() == []


def test_the_policy_stops_what_escaping_would_let_through(chromium: Browser, page: Path) -> None:
    inserted = (
        "<script>hacked=1</script><img src=x onerror='hacked=1'><img src='http://127.0.0.1:9/x.png'><p onclick=''>"
    )
    page.write_text(page.read_text().replace("<main>", "<main>" + inserted))
    chromium.open(page)
    assert chromium.value("typeof hacked") == "undefined"
    assert not [u for u in chromium.requested() if u.startswith("http:")]
    assert len([c for c in chromium.complaints() if "Content Security Policy" in c]) >= 3


def test_ten_thousand_rows_open_quickly(chromium: Browser, tmp_path: Path, build: Any) -> None:
    n = 10_000
    ids = tuple(f"clips/loop {k}.wav" for k in range(n))
    values = np.arange(n)
    pairs = Neighbours(ids=ids, i=values[:-1], j=values[1:], distance=np.full(n - 1, 0.1, np.float32))
    groups = Groups.from_labels(values // 4, pairs, settings={"threshold": 0.2})
    HtmlReport()(build(tmp_path, list(ids), {"pattern": pairs, "threshold": groups}), tmp_path)
    began = time.monotonic()
    chromium.open(tmp_path / "report.html")
    seconds = time.monotonic() - began
    assert chromium.value("document.querySelectorAll('tr[data-src]').length") == n
    assert seconds < 30, "about 2 s on a quiet machine"
    print(f"{n} rows in {seconds:.2f} s")
