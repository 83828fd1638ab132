"""Names of files and values of headers are data: they steer no terminal, break no output, name no patient."""

from __future__ import annotations

import json
import logging
import os
import pickle
import subprocess
import sys
import unicodedata
import warnings
from pathlib import Path

import numpy as np
import pytest
from tests.read import conftest as makers

from lvcine import errors
from lvcine.cli import terminal
from lvcine.cli.main import run
from lvcine.cli.outcome import report
from lvcine.cli.result import print_catalogue, print_json
from lvcine.errors import LvcineError, plain_text, without_paths
from lvcine.read.dicom.header import UnusableError
from lvcine.study import Cine, Finding, Geometry, Identity, LeftAside

HOSTILE = (
    "\x1b[2J\x1b]0;title\x07", "a\r\nlvcine: all is well", "tab\there", "\x9b31m", "\u202egnp.exe",
    "\u2066x\u2069", "zero\u200bwidth\ufeff", "line\u2028para\u2029", "half \udce9 letter", "null\0",
    "\x7f\x85", "\U000e0041",
)  # fmt: skip
NAME = "DOE^JANE"

pytestmark = pytest.mark.filterwarnings("ignore")  # pydicom's, of values that are meant to be bad


def harmless(text: str) -> bool:
    """One line, as it can be written and as nothing but text."""
    return text.isprintable() and not any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in text)


class TestRule:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_what_comes_out_is_one_printable_line(self, text) -> None:
        plain = plain_text(text)
        assert harmless(plain) and plain_text(plain) == plain
        plain.encode()

    def test_words_stay_words(self) -> None:
        for text in ("series 5 [2]", "Ångström, 北京, שלום", "5 mm²", ""):
            assert plain_text(text) == text
        assert plain_text("a\nb\tc") == "a b c" and plain_text(f"x{'y' * 300}").endswith("y...")
        assert len(plain_text("y" * 300)) == 200 and plain_text("y" * 300, None) == "y" * 300

    @pytest.mark.parametrize(
        "path",
        [
            f"/data/{NAME}/1.dcm", f"~/{NAME}", f"C:\\scans\\{NAME}\\1.dcm", f"../{NAME}/x", f"scans/{NAME}",
            f"/data/of {NAME} and others/1.dcm", f"'/data/O'Hara {NAME}/x'", f'"/data/{NAME} B/x" is none',
            f"\\\\server\\{NAME}\\x", f"file:///home/{NAME}",
        ],
    )  # fmt: skip
    def test_paths_go_from_a_sentence(self, path) -> None:
        for sentence in (
            path,
            f"cannot open {path}",
            f"[Errno 2] No such file: {path!r}",
            f"in '{path}': no",
        ):
            assert NAME not in without_paths(sentence) and "<path>" in without_paths(sentence)
        assert without_paths("ratio of 1 / 2 at 40 ms") == "ratio of 1 / 2 at 40 ms"

    @pytest.mark.parametrize("text", HOSTILE)
    def test_whatever_is_made_of_it_is_clean(self, text) -> None:
        error = LvcineError(text, where=text, advice=text)
        error.where = f"/data/{NAME}/{text}"
        finding, aside = Finding("x", "info", text, text), LeftAside(text, text, file=text)
        cine = Cine(np.zeros((1, 2, 4, 4)), Geometry.stack(1, (1.0, 1.0), 8.0), label=text, modality=text)
        made = (str(error), error.where, finding.text, finding.advice, aside.label, aside.reason, aside.file)
        who = Identity(text, text, text, text)
        assert all(map(harmless, (*made, cine.label, cine.modality, *vars(who).values())))
        assert NAME not in str(error)

    def test_a_place_is_the_last_part_of_a_path_and_short(self) -> None:
        assert LvcineError("x", where=f"/data/{NAME}/scan/").where == "scan"
        assert len(LvcineError("x", where="y" * 500).where) == errors.MOST_NAME
        assert len(str(LvcineError("x" * 10**6, advice="y" * 10**6))) < 3 * errors.MOST_TEXT

    def test_errors_travel_between_processes(self) -> None:
        error = UnusableError("damaged", broken=True, where="a.dcm", advice="copy it")
        error.where = "b.dcm"
        back = pickle.loads(pickle.dumps(error))
        assert (str(back), back.where, back.broken) == (str(error), "b.dcm", True)


def exam(folder: Path, **tags: object) -> Path:
    """A short axis whose header and whose names are hostile, with one damaged file in it."""
    images = makers.ge(3, 8, SeriesDescription=HOSTILE[0], **tags)
    makers.save_all(images, folder)
    other = makers.mr_image(0, 0, 1, series=9, Modality="C\x1b[31mT\n\x9b")
    makers.save(other, folder / "other")
    (folder / f"{NAME}\x1b[2J\n.dcm").write_bytes((folder / "other").read_bytes()[:900])
    (Path(os.fsdecode(os.fsencode(folder) + b"/half\xe9.nii"))).write_bytes(b"no scan")
    return folder


@pytest.mark.parametrize("number", ["²", "5\x1b[2J", "\u0663", "1\n2"])
def test_an_exam_of_hostile_numbers_is_listed_in_plain_lines(number, tmp_path, capsys) -> None:
    images = makers.ge(3, 8)
    for ds in images:
        ds.SpecificCharacterSet = "ISO_IR 192"
    makers.save_all(images, tmp_path)
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        mark = b"\x20\x00\x11\x00IS\x02\x001 "
        assert data.count(mark) == 1
        text = number.encode() + b" " * (len(number.encode()) % 2)
        path.write_bytes(data.replace(mark, mark[:6] + len(text).to_bytes(2, "little") + text))
    assert run(["info", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert all(map(harmless, printed.out.splitlines())) and "SAX" in printed.out


def test_names_of_files_steer_nothing_and_reach_no_json(tmp_path, capsys) -> None:
    exam(tmp_path)
    assert run(["info", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    assert all(map(harmless, printed.out.splitlines())) and printed.err == ""
    assert NAME in printed.out.replace("�", ""), "who copies the file again has to know it"
    assert run(["info", str(tmp_path), "--json"]) == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert printed.out.isascii() and NAME not in printed.out and "unreadable-files" in printed.out
    assert told["left_aside"]


class TestTerminal:
    @pytest.mark.parametrize("text", HOSTILE)
    def test_the_last_door_is_closed_too(self, text, capsys) -> None:
        terminal.say(f"a {text} b\nsecond line")
        assert all(map(harmless, capsys.readouterr().out.split("\n")))

    def test_json_is_ascii_and_whole(self, capsys) -> None:
        print_json({"output": "/x/half \udce9", "text": f"{HOSTILE[0]}é", "number": float("nan")})
        printed = capsys.readouterr().out
        assert printed.isascii() and "\x1b" not in printed and printed.count("\n") == 1
        assert json.loads(printed) == {"output": "/x/half \udce9", "text": f"{HOSTILE[0]}é", "number": None}

    def test_a_catalogue_is_a_line_an_item(self, capsys) -> None:
        from lvcine.read import Catalogue
        from lvcine.study import Subject

        aside = LeftAside("DICOM file", "cut short", file="b\nad.dcm")
        print_catalogue(Catalogue((), Subject(), (aside,), (), 1), as_json=False)
        assert capsys.readouterr().out == "not analysed: DICOM file (b ad.dcm): cut short\n"

    @pytest.mark.parametrize("code", ["ascii", "cp1252"])
    def test_a_poor_terminal_is_no_reason_to_fail(self, code, tmp_path) -> None:
        exam(tmp_path)
        asked = {"PYTHONIOENCODING": code, "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}
        for more in ([], ["--json"]):
            done = subprocess.run(
                [sys.executable, "-m", "lvcine", "info", str(tmp_path), *more],
                capture_output=True, env={**os.environ, **asked},
            )  # fmt: skip
            assert (done.returncode, done.stderr) == (0, b"") and b"SAX" in done.stdout

    @pytest.mark.parametrize("arguments", [["info"], ["info", "--json"], ["info", "--verbose"]])
    def test_whoever_stops_reading_hears_no_complaint(self, arguments, tmp_path) -> None:
        makers.save_all(makers.ge(2, 8), tmp_path)
        told, tell = os.pipe()
        os.close(told)
        done = subprocess.run(
            [sys.executable, "-m", "lvcine", *arguments, str(tmp_path)], stdout=tell, stderr=subprocess.PIPE
        )
        os.close(tell)
        assert done.returncode == 141
        assert b"Traceback" not in done.stderr and b"Broken" not in done.stderr

    def test_nobody_reads_stderr(self, tmp_path) -> None:
        told, tell = os.pipe()
        os.close(told)
        done = subprocess.run([sys.executable, "-m", "lvcine", "info", "--none"], stderr=tell)
        os.close(tell)
        assert done.returncode == 2


class TestLog:
    def speak(self) -> None:
        for name in ("pydicom", "PIL.Image", "matplotlib.font_manager", "libav.mjpeg", "anything"):
            logging.getLogger(name).error("cannot read %s", f"/data/{NAME}/1.dcm")
        import nibabel  # noqa: F401  # brings a handler of its own

        logging.getLogger("nibabel.global").error("pixdim of /data/%s/1.nii", NAME)
        warnings.warn(f"value of {NAME} in /data/{NAME}/1.dcm", stacklevel=1)
        logging.getLogger("lvcine.read").error("half \udce9 of /data/%s/1.dcm\x1b[2J", NAME)

    def test_of_other_libraries_is_silent(self, capsys) -> None:
        terminal.set_up_logging(False)
        self.speak()
        assert capsys.readouterr() == ("", "ERROR lvcine.read: half � of <path>\n")

    def test_names_no_path_even_when_asked_for(self, capsys) -> None:
        terminal.set_up_logging(True)
        self.speak()
        printed = capsys.readouterr()
        assert (
            printed.out == "" and "cannot read <path>" in printed.err and f"/data/{NAME}" not in printed.err
        )
        assert all(map(harmless, printed.err.splitlines()))

    def test_a_message_that_does_not_fit_its_values_is_passed_over(self, capsys) -> None:
        terminal.set_up_logging(True)
        logging.getLogger("other").error("%d", f"/data/{NAME}")
        assert capsys.readouterr().err == ""


class TestUnexpected:
    ERRORS = (
        FileNotFoundError(2, "No such file or directory", f"/data/{NAME}/1.dcm"),
        PermissionError(13, "Permission denied", f"/data/{NAME}/1.dcm", None, f"/data/{NAME}/2.dcm"),
        ValueError(f"cannot identify image file '/data/{NAME} B/1.dcm'"),
        KeyError(f"/data/{NAME}"),
        RuntimeError(f"line\n\x1b[2J/data/{NAME}/x"),
        OSError(f"nothing at /data/{NAME}/x"),
        UnicodeEncodeError("utf-8", f"/data/{NAME}/\udce9", 0, 1, "surrogates not allowed"),
    )

    @pytest.mark.parametrize("error", ERRORS)
    @pytest.mark.parametrize("verbose", [False, True])
    def test_tells_no_path(self, error, verbose, capsys) -> None:
        try:
            raise error
        except Exception as raised:
            assert report(raised, as_json=False, verbose=verbose) == 1
        printed = capsys.readouterr()
        assert f"/data/{NAME}" not in printed.err and NAME not in printed.err.splitlines()[-1]
        assert type(error).__name__ in printed.err and all(map(harmless, printed.err.splitlines()))
        assert printed.out == "" and ("Traceback" in printed.err) == verbose

    def test_nor_does_its_json(self, capsys) -> None:
        for error in self.ERRORS:
            report(error, as_json=True, verbose=False)
            said = capsys.readouterr().out
            assert NAME not in said and json.loads(said)["exit_code"] == 1
