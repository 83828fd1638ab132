"""``lvcine demo``: the exact numbers stand beside the measured ones."""

from __future__ import annotations

from dataclasses import replace

from lvcine.cli.summary import print_truth
from lvcine.study import Measurement


def test_where_the_numbers_part_is_said(analysis, capsys):
    numbers = (
        Measurement("edv_ml", 152.25, "mL", "discs", low=130.0, high=174.0),
        Measurement("esv_ml", 60.0, "mL", "discs", low=50.0, high=70.0),
        Measurement("es_frame", 2, "frame", "curve"),
    )
    found = replace(analysis, measurements=numbers)
    print_truth(found, {"edv_ml": 160.0, "esv_ml": 81.0, "es_frame": 2, "mass_g": 100.0})
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "EDV (mL) 152 130-174 160 -8" in said
    assert "ESV (mL) 60 50-70 81 -21 outside of the interval" in said
    assert said[-1] == "they part in ESV (mL)"
    print_truth(found, {"edv_ml": 160.0, "es_frame": 2})
    assert "every exact number lies in its interval" in capsys.readouterr().out
