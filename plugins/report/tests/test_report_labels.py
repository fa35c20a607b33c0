import os
from pathlib import Path

import pytest
from jackfield_report import AudacityLabels

from jackfield import ConfigError


def test_tracks(run) -> None:
    artifact = AudacityLabels()(run, run.folder)
    assert artifact.paths == ("labels/kick.txt", "labels/late.txt", "labels/extra.txt")
    assert artifact.media_type == "text/plain"
    text = {p: (run.folder / p).read_text() for p in artifact.paths}
    assert text["labels/kick.txt"] == "0.000000\t2.000000\tgroup 0: medoid of 2 clips\n"
    assert text["labels/late.txt"] == (
        "0.030000\t2.000000\tgroup 0: same, 30.0 ms later, 6.0 dB softer, polarity inverted, against kick.wav\n"
    )
    assert text["labels/extra.txt"] == (
        "1.370000\t1.550000\tdiffers from kick.wav\n1.900000\t2.000000\tdiffers from kick.wav\n"
    )


def test_old_tracks_go(run) -> None:
    AudacityLabels()(run, run.folder)
    old = run.folder / "labels/sub/old.txt"
    old.parent.mkdir()
    old.write_text("0\t1\told\n")
    (run.folder / "labels/project.aup3").write_text("not ours")
    AudacityLabels()(run, run.folder)
    names = {p.name for p in run.folder.rglob("*") if p.is_file()}
    assert names == {"kick.txt", "late.txt", "extra.txt", "project.aup3"}


def test_odd_names(tmp_path: Path, make) -> None:
    names = ("a\tb\nc", os.fsdecode(b"\xff\xfe"), "=cmd", "x" * 251, "other")
    artifact = AudacityLabels()(make(tmp_path, names), tmp_path)
    assert artifact.paths == (f"labels/{names[0]}.txt", f"labels/{names[1]}.txt", "labels/=cmd.txt")
    for path in artifact.paths:
        (line,) = (tmp_path / path).read_text(encoding="utf-8").splitlines()[:1]
        assert len(line.split("\t")) == 3
    assert "a\\tb\\nc.wav" in (tmp_path / artifact.paths[1]).read_text()


def test_a_run_without_groups_is_refused(run) -> None:
    with pytest.raises(ConfigError, match=r'"labels" needs a clusterer .* steps: pattern'):
        AudacityLabels()(run.narrowed(("pattern",)), run.folder)
