"""Options that more than one command takes, and what each command does with them.

An option that was not given stays None and is left out of the call: the default lives once, in
:class:`lvcine.pipeline.options.AnalyzeOptions` or :class:`lvcine.read.ReadOptions`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from lvcine.pipeline.options import AnalyzeOptions

Input = Annotated[Path, typer.Argument(metavar="PATH", help="Folder, file, zip or tar archive.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress on stderr.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object (errors too), for scripts.")]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", help="Every number and finding; log on stderr, and a traceback where it fails."
    ),
]

Flip = Annotated[
    Literal["auto", "none", "vertical", "horizontal", "both"] | None,
    typer.Option(help="How an ultrasound picture is turned before it is outlined.  [default: auto]"),
]
Engine = Annotated[
    Literal["onnxruntime", "cuda", "coreml", "directml", "openvino", "openvino-bf16"] | None,
    typer.Option(help="What runs the net; cuda, coreml and directml where ONNX Runtime offers them."),
]
Threads = Annotated[
    int | None, typer.Option(metavar="N", help="Processor threads for the net; at most one per processor.")
]
Weights = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Other nets with their cards than lvcine's own.")
]

Series = Annotated[int | None, typer.Option(metavar="N", help="Which cine; lvcine info lists them.")]
Papillary = Annotated[
    Literal["include", "exclude"] | None,
    typer.Option(help="Papillary muscles belong to the cavity (include) or to the myocardium (exclude)."),
]
Spacing = Annotated[
    tuple[float, float] | None,
    typer.Option(metavar="ROW COL", help="Pixel spacing in mm, overrides the header."),
]
FrameMs = Annotated[
    float | None, typer.Option(metavar="MS", help="Time between frames, overrides the header.")
]
Venc = Annotated[
    str | None,
    typer.Option(
        metavar="V|X,Y,Z", help="VENC of velocity channels in cm/s, one or three, overrides the header."
    ),
]
Reverse = Annotated[
    str | None,
    typer.Option(metavar="N,N", help="Velocity channels (1 to 3) whose sign is the other way round."),
]
ViewName = Annotated[str | None, typer.Option(metavar="V", help="Imaging plane: SAX, A4C, A2C, A3C, ...")]
MaxPixels = Annotated[
    int | None,
    typer.Option(metavar="N", help="Largest cine that is read, in pixels (400,000,000): bounds the memory."),
]
Axes = Annotated[
    str | None, typer.Option(metavar="ZTYX", help="Axis order of a NumPy array, for example TYX.")
]
SliceStep = Annotated[
    float | None, typer.Option(metavar="MM", help="Distance between slice centres, overrides the header.")
]
Gated = Annotated[
    bool | None, typer.Option("--gated/--free-running", help="Whether the frames close one heart cycle.")
]
Output = Annotated[Path | None, typer.Option("-o", "--output", metavar="OUT", help="Folder for the results.")]
Height = Annotated[float | None, typer.Option(metavar="M", help="Body height in metres.")]
Weight = Annotated[float | None, typer.Option(metavar="KG", help="Body weight in kilograms.")]
Sex = Annotated[
    Literal["M", "F"] | None, typer.Option(help="For the reference ranges, overrides the header.")
]
Age = Annotated[
    float | None, typer.Option(metavar="YEARS", help="For the reference ranges, overrides the header.")
]
EdFrame = Annotated[int | None, typer.Option(metavar="N", help="End-diastolic frame, counted from 0.")]
EsFrame = Annotated[int | None, typer.Option(metavar="N", help="End-systolic frame, counted from 0.")]
Base = Annotated[
    tuple[int, int] | None,
    typer.Option(metavar="ED ES", help="Most basal slice of the ventricle at ED and at ES, from 0."),
]
Apex = Annotated[
    tuple[int, int] | None,
    typer.Option(metavar="ED ES", help="Last slice of the ventricle at ED and at ES, from 0."),
]
InsertionPoint = Annotated[
    tuple[float, float] | None,
    typer.Option(metavar="Y X", help="Anterior RV insertion point in pixels, set by hand."),
]
MovieKind = Annotated[
    Literal["gif", "mp4", "none"] | None, typer.Option(help="Moving picture of the contours.")
]
ViewerFiles = Annotated[
    Literal["none", "pairs", "frames", "slices"] | None,
    typer.Option(help="Also the scan as NIfTI: 4-D with ED and ES as 3-D pairs, all frames, or all slices."),
]
Label = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="What the study is called in the report's title, e.g. P017."),
]
Identify = Annotated[
    bool, typer.Option("--identify", help="Write the patient's name and dates into the results.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the results that lie in OUT already.")]


def analyze_options(**said: Any) -> AnalyzeOptions:
    """What the user said, each under its own name: fields of ``ReadOptions`` or of ``AnalyzeOptions``."""
    from dataclasses import fields

    from lvcine.pipeline.options import AnalyzeOptions
    from lvcine.read import ReadOptions

    known = given(**said)
    of_reading = {f.name for f in fields(ReadOptions)}
    read = ReadOptions(**{name: value for name, value in known.items() if name in of_reading})
    return AnalyzeOptions(read=read, **{name: v for name, v in known.items() if name not in of_reading})


def given(**options: Any) -> dict[str, Any]:
    """Only the options that the user set.

    Examples
    --------
    >>> given(threads=2, movie=None)
    {'threads': 2}
    """
    return {name: value for name, value in options.items() if value is not None}
