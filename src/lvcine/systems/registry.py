"""The systems and what each can do: pure data, nothing is imported here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class System:
    """One room.

    Attributes
    ----------
    name : str
    paper : str
        What it is built after.
    reproduce : str
        ``module:function`` that makes the paper's table; needs torch.
    beside : str
        ``module:function`` of the pipeline that the table compares with; empty: none. Rooms do not know
        each other.
    """

    name: str
    paper: str
    reproduce: str
    beside: str = ""


SYSTEMS = {
    "sax": System(
        name="sax",
        paper="multi-level convolutional LSTM for infarcted myocardium, arXiv:1811.06051, Table 1",
        reproduce="lvcine.papers.sax.experiment:reproduce",
    ),
    "frames": System(
        name="frames",
        paper="TempReg-Net: ED and ES by deep temporal regression, doi:10.1007/978-3-319-46726-9_31, Table 1",
        reproduce="lvcine.papers.frames.experiment:reproduce",
        beside="lvcine.papers.frames.mask_baseline:mask_extremes",
    ),
    "quantification": System(
        name="quantification",
        paper="LV quantification by spatio-temporal CNN, doi:10.1007/978-3-030-12029-0_49, Tables 1 and 2",
        reproduce="lvcine.papers.quantification.experiment:reproduce",
    ),
    "echo": System(
        name="echo",
        paper="ConvLSTM segmentation of apical ultrasound without flicker, Table I",
        reproduce="lvcine.papers.echo.experiment:reproduce",
    ),
    "velocity": System(
        name="velocity",
        paper="3D-EAR segmentor for velocity mapping, doi:10.1007/978-3-030-78710-3_6, Tables 1 and 2",
        reproduce="lvcine.papers.velocity.experiment:reproduce",
    ),
}
