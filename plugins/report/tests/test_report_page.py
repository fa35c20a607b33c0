import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jackfield_report import HtmlReport
from jackfield_report._findings import Findings
from jackfield_report._rows import Rows, href

from jackfield import Artifact, Candidates, ConfigError, Distances, Groups, Neighbours


class Page(HTMLParser):
    """Elements with their attributes, and all text that is shown."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        (self.scripts if self.inside in ("script", "style") else self.texts).append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def report(results, folder: Path, **options) -> Page:
    assert HtmlReport(**options)(results, folder) == Artifact(("report.html",), "text/html")
    return Page((folder / "report.html").read_text("utf-8"))


def test_sections(run) -> None:
    text = "\n".join(report(run, run.folder).texts)
    for expected in (
        "Group 0",
        "Near misses",
        "Alone",
        "Failed",
        "the header promises more than there is: 100 of 200 bytes",
    ):
        assert expected in text
    assert "the header was never closed" in text
    assert "the gap at 0.16 is the widest" in text
    assert "linkage" in text
    assert re.search(r"jackfield-report\s+0\.1\.0", text)


def test_rows_say_what_the_evidence_is(run) -> None:
    rows = Rows(Findings.of(run), run.folder)
    ((number, extent, (medoid, late)),) = rows.groups()
    assert extent == "diameter 0.020"
    assert (number, medoid.base, medoid.relation, medoid.distance) == (0, "kick.wav", "medoid", None)
    assert (late.base, late.relation, round(late.distance, 6)) == ("late.wav", "same", 0.02)
    assert (late.offset, late.samples, late.gain, late.inverted) == ("30.0 ms later", 240.0, "6.0 dB softer", True)
    assert late.other == medoid.anchor == "c0"
    (extra,) = rows.near()
    assert (extra.base, extra.other_name, extra.other_group) == ("extra.wav", "kick.wav", 0)
    assert extra.differs == ((1.37, 1.55), (1.9, 2.0))
    assert [kind for _, _, kind in extra.bars] == ["other", "own", "differs", "differs"]
    assert [(r.base, r.other_name) for r in rows.alone()] == [("silent.wav", ""), ("other.wav", "extra.wav")]


def test_notes_are_those_of_the_clusterer_and_of_the_proposer_and_nothing_else(tmp_path: Path, build) -> None:
    ids = ("a", "b", "c", "d")
    i, j = np.triu_indices(4, 1)
    few = Candidates(ids=ids, i=i, j=j, settings={"sample": (0, 1), "notes": ("6 of 6 pairs proposed",)})
    pairs = Neighbours(ids=ids, i=i, j=j, distance=np.array([0.1, 0.3, 0.4, 0.35, 0.45, 0.2], np.float32))
    settings = {"stable_between": (0.1, 0.3), "notes": ("2 of 6 pairs are undefined",)}
    groups = Groups.from_labels(np.array([0, 0, 1, 1]), pairs, settings=settings)
    report(build(tmp_path, list(ids), {"n": few, "d": pairs, "g": groups}), tmp_path)
    text = (tmp_path / "report.html").read_text("utf-8")
    shown = re.sub(r"<noscript>.*</noscript>", "", text)
    assert re.findall(r'<p class="note">(.*)</p>', shown) == ["2 of 6 pairs are undefined", "6 of 6 pairs proposed"]
    headings = re.findall(r"<h3 id=\S+>(.*)</h3>", text)
    assert headings == [
        "Group 0 <span>2 clips, diameter 0.100, 0.300 from group 1</span>",
        "Group 1 <span>2 clips, diameter 0.200, 0.300 from group 0</span>",
    ]


def test_medoids_that_nearly_were_of_one_group(tmp_path: Path, build) -> None:
    ids = ("a", "b", "c", "d")
    distances = Distances(ids=ids, condensed=np.array([0.1, 0.3, 0.4, 0.35, 0.45, 0.1], np.float32))
    groups = Groups.from_labels(np.array([0, 0, 1, 1]), distances, near=0.32)
    evidence = Neighbours(ids=ids, i=[2], j=[0], distance=np.array([0.2], np.float32), relations=("variant",))
    steps = {"d": distances, "g": groups, "align": evidence}
    near = Rows(Findings.of(build(tmp_path, list(ids), steps)), tmp_path).near()
    assert ("c", "a", "variant", None) in {(r.name, r.other_name, r.relation, r.anchor) for r in near}
    assert {round(r.distance, 6) for r in near} == {0.3}


def test_the_policy_names_the_script_and_the_style(run) -> None:
    page = report(run, run.folder)
    (policy,) = [m["content"] for m in page.of("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    hashes = re.findall(r"sha256-([^']+)'", policy)
    blocks = [s for s in page.scripts if len(s) > 100]
    made = {base64.b64encode(hashlib.sha256(b.encode()).digest()).decode() for b in blocks}
    assert len(hashes) == 2
    assert set(hashes) <= made
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_nothing_comes_from_elsewhere(run) -> None:
    page = report(run, run.folder)
    text = (run.folder / "report.html").read_text()
    assert not re.search(r"(?:https?:)?//\w+\.\w", re.sub(r"base64,[\w+/=]+", "", text))
    assert not page.of("img")
    assert [s.get("src") for s in page.of("script")] == [None, None]
    assert [link["href"] for link in page.of("link")] == ["data:,"]
    assert len(page.of("audio")) == 1
    assert "style" not in {name for _, attributes in page.elements for name in attributes}
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


EVIL = "<script>alert(1)<∕script>"


def test_names_are_escaped_wherever_they_stand(tmp_path: Path, make) -> None:
    page = report(
        make(tmp_path, (EVIL, "'\"><b>", "</td>&amp;", "{{ 7 * 7 }}", "\u202egpj.wav\n")), tmp_path, title=EVIL
    )
    assert len(page.of("script")) == 2
    assert not page.of("b") or all(not b for b in page.of("b"))
    shown = "".join(page.texts)
    for name in (
        EVIL + ".wav",
        "'\"><b>.wav",
        "</td>&amp;.wav".rpartition("/")[2],
        "{{ 7 * 7 }}.wav",
        "\\u202egpj.wav\\n.wav",
    ):
        assert name in shown
    data = next(s for s in page.scripts if s.startswith('{"'))
    assert "<" not in data
    assert [c[0] for c in json.loads(data)["clips"] if c[0].startswith("<script>")]


@given(st.binary(min_size=1, max_size=40).filter(lambda b: b"\0" not in b and b not in (b".", b"..") and b"/" not in b))
def test_links_lead_back_to_the_bytes_of_a_name(name: bytes) -> None:
    import os

    link = href(os.path.join("/music/clips", os.fsdecode(name)), Path("/music/run"))
    assert link.isascii()
    assert unquote_to_bytes(link) == b"../clips/" + name
    assert html.escape(link) == link
    assert ":" not in link


def test_a_clip_inside_the_run_folder_cannot_pass_for_a_scheme() -> None:
    assert href("/run/javascript:alert(1)", Path("/run")) == "javascript%3Aalert%281%29"


def test_the_same_bytes_every_time(run) -> None:
    report(run, run.folder)
    before = (run.folder / "report.html").read_bytes()
    report(run, run.folder)
    assert (run.folder / "report.html").read_bytes() == before


def test_the_map_holds_the_distances(run) -> None:
    import io

    from PIL import Image

    page = report(run, run.folder, order="inputs")
    data = json.loads(next(s for s in page.scripts if s.startswith('{"')))
    picture = Image.open(io.BytesIO(base64.b64decode(data["png"].partition(",")[2])))
    assert picture.mode == "L"
    codes = np.asarray(picture)
    assert codes[0, 1] == round(0.02 * 254)
    assert codes[0, 3] == data["undefined"] == 255
    assert data["top"] == 1.0
    assert data["threshold"] == 0.21
    assert data["runs"] == [[0, 2, 0]]
    assert data["pairs"] == [
        [1, 0, "same, 30.0 ms later, 6.0 dB softer, polarity inverted"],
        [2, 0, "variant, differs at 1.37–1.55 s, 1.90–2.00 s"],
    ]


def test_without_groups_all_clips_are_listed(run) -> None:
    page = report(run.narrowed(("pattern",)), run.folder)
    assert len([t for t in page.of("tr") if t.get("data-src")]) == 5
    assert "Near misses" not in page.texts


def test_without_distances_there_is_no_map(run) -> None:
    page = report(run.narrowed(("threshold",)), run.folder)
    assert not page.of("canvas")
    assert len([t for t in page.of("tr") if t.get("id")]) == 5


def test_a_run_without_either_is_refused(run) -> None:
    with pytest.raises(ConfigError, match='"report" needs a clusterer or a distance'):
        HtmlReport()(run.narrowed(()), run.folder)


@pytest.mark.parametrize("n", [0, 1])
def test_tiny_collections(tmp_path: Path, build, n: int) -> None:
    ids = tuple(f"{k}.wav" for k in range(n))
    distances = Distances(ids=ids, condensed=np.zeros(0, np.float32))
    groups = Groups.from_labels(np.full(n, -1), distances)
    page = report(build(tmp_path, list(ids), {"d": distances, "g": groups}), tmp_path)
    assert "No two clips are near enough to make a group." in page.texts
    assert len([t for t in page.of("tr") if t.get("id")]) == n


def test_every_clip_has_one_row_of_its_own(run) -> None:
    page = report(run, run.folder)
    assert sorted(t["id"] for t in page.of("tr") if t.get("id")) == [f"c{k}" for k in range(5)]
    known = {a["id"] for _, a in page.elements if a.get("id")}
    targets = {a["href"][1:] for a in page.of("a") if a["href"].startswith("#")}
    assert targets <= known


def test_medoids_that_turn_out_different_are_no_near_miss(tmp_path: Path, build) -> None:
    ids = ("a", "b", "c", "d")
    distances = Distances(ids=ids, condensed=np.array([0.1, 0.3, 0.4, 0.35, 0.45, 0.1], np.float32))
    groups = Groups.from_labels(np.array([0, 0, 1, 1]), distances, near=0.32)
    evidence = Neighbours(ids=ids, i=[2], j=[0], distance=np.array([0.9], np.float32), relations=("different",))
    steps = {"d": distances, "g": groups, "align": evidence}
    assert Rows(Findings.of(build(tmp_path, list(ids), steps)), tmp_path).near() == []
