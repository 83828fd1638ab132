"""Ultrasound clips: many frames in one file, size and place of the picture in its regions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lvcine.errors import NotACineError
from lvcine.read.colour import DOPPLER
from lvcine.read.dicom.decoder import Decoder
from lvcine.read.dicom.fields import Fields
from lvcine.read.dicom.header import Header, UnusableError
from lvcine.read.dicom.image import heart_cycle_ms
from lvcine.read.dicom.pixels import Pixels, check_syntax
from lvcine.read.dicom.planned import series_label
from lvcine.read.dicom.stack import Loaded
from lvcine.read.plausible import pixel_size, steady, times_doubt
from lvcine.read.sector import is_volume
from lvcine.read.user_facts import NO_SPACING, NO_TIMES
from lvcine.study import Array, Cine, FileGrid, Finding, Geometry, View

_CENTIMETRE = 3.0  # PhysicalUnitsXDirection (0018,6024)
_PLANAR = 1  # RegionSpatialFormat (0018,6012): 2-D picture, as against M-mode or a spectrum
_TISSUE = (1, 2)  # RegionDataType (0018,6014): tissue, colour flow
VOLUME = "a three-dimensional ultrasound volume: slices, not frames"
_PLACES = ("PlanePositionSequence", "PlanePositionVolumeSequence", "PlaneOrientationVolumeSequence")
_AS_LARGE = 0.4  # of the largest region: a second picture, not a detail
_MOST_BEYOND = 1  # pixels that a region may reach beyond the picture
_LOOKED_AT, _MOVING, _MOST_OUTSIDE = (
    12,
    0.15,
    0.3,
)  # frames; share of the range; share of what moves (an ECG: 0.1)


@dataclass(frozen=True)
class Region:
    """A calibrated part of the screen (PS3.3 C.8.5.5).

    Attributes
    ----------
    x0, y0, x1, y1 : int
        First and last column and row, in pixels of the file.
    spacing_mm : (float, float) or None
        Between rows, between columns, of a pixel of the file.
    others : tuple of Region
        Other regions of tissue on the screen, about as large.
    fits : bool
        False: it reaches beyond the picture, so that it describes another one and its pixel size is not used.
    doubts : tuple of Finding
        About a spacing that is stated and cannot be.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    spacing_mm: tuple[float, float] | None
    fits: bool = True
    doubts: tuple[Finding, ...] = ()
    others: tuple[Region, ...] = ()

    @property
    def area(self) -> int:
        return max(self.x1 - self.x0 + 1, 0) * max(self.y1 - self.y0 + 1, 0)

    @property
    def pixels(self) -> tuple[slice, slice]:
        """Rows and columns of the region."""
        return slice(self.y0, self.y1 + 1), slice(self.x0, self.x1 + 1)


def clip_order(header: Header) -> tuple[float, float, str]:
    """Sort key of a clip from what its file holds: series, instance, UID."""
    fields = header.fields
    series, instance = fields.number("SeriesNumber"), fields.number("InstanceNumber")
    return series or 0.0, instance or 0.0, fields.text("SOPInstanceUID")


def check_clip(header: Header) -> None:
    """Refuse a file of modality US that is no clip.

    Raises
    ------
    UnusableError
        A single frame, or a transfer syntax that is not read.
    """
    if header.shape[0] < 2:
        raise UnusableError("an ultrasound still, one frame only", where=header.path.name)
    if is_volume_file(header.fields):
        raise UnusableError(VOLUME, where=header.path.name)
    check_syntax(header)


def is_volume_file(fields: Fields) -> bool:
    """Whether the header says that the frames are slices: by the SOP class, or by places without times.

    Enhanced US Volume Storage is PS3.3 A.59.
    """
    if fields.text("SOPClassUID") == "1.2.840.10008.5.1.4.1.1.6.2":
        return True
    timed = any(
        fields.numbers(name)
        for name in ("FrameTime", "FrameTimeVector", "CineRate", "RecommendedDisplayFrameRate",
                     "ActualFrameDuration")
    )  # fmt: skip
    groups = (
        *fields.items("PerFrameFunctionalGroupsSequence"),
        *fields.items("SharedFunctionalGroupsSequence"),
    )
    placed = any(any(group.items(name)) for group in groups for name in _PLACES)
    stated = fields.number("SpacingBetweenSlices") or fields.number("SliceThickness")
    return not timed and bool(placed or stated or fields.numbers("ImagePositionPatient"))


def planned_clip(header: Header, region: Region | None = None) -> Cine:
    """The cine without its pixels: zeros that take no memory stand in for them.

    ``region`` is the picture's where the header's is not believed.
    """
    frames, rows, columns = header.shape
    fields = header.fields
    region = region or picture_region(fields, rows, columns)
    spacing, doubts = pixel_size(fields.vector("PixelSpacing", 2))
    if region is not None:
        spacing, doubts = region.spacing_mm, region.doubts
    times, undated = frame_times_ms(fields, frames)
    cycle = heart_cycle_ms(None, fields.number("HeartRate"))
    return Cine(
        pixels=np.broadcast_to(np.zeros((), np.uint8), (1, frames, rows, columns)),
        geometry=Geometry.stack(1, spacing or (1.0, 1.0), 1.0, calibrated=spacing is not None),
        times_ms=None if times is None else times[None],
        cycle_ms=None if cycle is None else np.array([cycle]),
        gated=False,
        view=View.UNKNOWN,
        modality="US",
        label=series_label([fields.text("SeriesNumber")]),
        file_grid=FileGrid(),
        findings=tuple(_findings(region, doubts if spacing or doubts else (NO_SPACING,), undated)),
    )


def probe_clip(header: Header, decoder: Decoder) -> None:
    """Decode the first, a middle and the last frame.

    Raises
    ------
    ReadError
        They cannot be decoded, or flow in colour lies over the picture.
    """
    frames = header.shape[0]
    _decoded(header, header.path.read_bytes(), sorted({0, frames // 3, 2 * frames // 3, frames - 1}), decoder)


def _decoded(header: Header, data: bytes, wanted: Sequence[int], decoder: Decoder) -> list[Pixels]:
    try:
        return decoder.frames(data, header, wanted)
    except UnusableError as error:
        if error.found != DOPPLER:
            raise
        raise NotACineError(DOPPLER, where=header.path.name, advice="give a clip without colour") from error


def load_clip(header: Header, decoder: Decoder) -> Loaded:
    """Decode a clip; what lies outside the picture's region is blanked.

    Screens carry names and dates beside the picture. Where the file says which part is the
    picture, nothing else of the screen is kept.

    Raises
    ------
    NotACineError
        Flow in colour lies over the picture.
    """
    cine = planned_clip(header)
    data = header.path.read_bytes()
    frames, rows, columns = header.shape
    region = picture_region(header.fields, rows, columns)
    pictures = _decoded(header, data, range(frames), decoder)
    if region is not None and region.fits and _moves_outside(pictures, region):
        region = Region(0, 0, columns - 1, rows - 1, None, fits=False)
        cine = planned_clip(header, region)
    inside = (slice(None), slice(None)) if region is None else region.pixels
    pixels = np.zeros((1, frames, rows, columns), pictures[0].dtype)
    for t, picture in enumerate(pictures):
        pixels[0, t][inside] = picture[inside]
    if cine.times_ms is None and is_volume(pixels[0]):
        raise NotACineError(VOLUME, where=header.path.name, advice="give a clip of one plane")
    return Loaded(replace(cine, pixels=pixels), frozenset({hashlib.sha256(data).hexdigest()}))


def picture_region(fields: Fields, rows: int, columns: int) -> Region | None:
    """The largest two-dimensional tissue region; None if there is none.

    One pixel beyond the picture is a writer's count. Regions that reach farther are of another picture,
    such as the screen before it was stored smaller: by what factor is not known, nor then the pixel size.
    """
    regions = [
        _region(item)
        for item in fields.items("SequenceOfUltrasoundRegions")
        if item.number("RegionSpatialFormat") == _PLANAR and item.number("RegionDataType") in _TISSUE
    ]
    regions = [region for region in regions if region.area > 1]
    if not regions:
        return None
    best = max(regions, key=lambda region: (region.spacing_mm is not None, region.area))
    beyond = max(max(r.x1 + 1 - columns, r.y1 + 1 - rows) for r in regions)
    if beyond > _MOST_BEYOND:
        return Region(0, 0, columns - 1, rows - 1, None, fits=False)
    others = tuple(r for r in regions if r.area > _AS_LARGE * best.area and r.pixels != best.pixels)
    return replace(best, x1=min(best.x1, columns - 1), y1=min(best.y1, rows - 1), others=others)


def _moves_outside(pictures: Sequence[Pixels], region: Region) -> bool:
    """Whether the picture goes on beyond the region that is said to hold it."""
    step = max(1, len(pictures) // _LOOKED_AT)
    frames = np.stack([np.asarray(p, np.float32) for p in pictures[::step]])
    moving = np.ptp(frames, axis=0) > _MOVING * max(float(np.ptp(frames)), 1.0)
    outside = moving.copy()
    for picture in (region, *region.others):
        outside[picture.pixels] = False
    return bool(outside.sum() > _MOST_OUTSIDE * moving.sum())


def _region(item: Fields) -> Region:
    corners = (item.number(f"RegionLocation{end}") for end in ("MinX0", "MinY0", "MaxX1", "MaxY1"))
    x0, y0, x1, y1 = (max(int(corner or 0), 0) for corner in corners)
    spacing, doubts = _spacing_mm(item)
    return Region(x0, y0, x1, y1, spacing, doubts=doubts)


def _spacing_mm(item: Fields) -> tuple[tuple[float, float] | None, tuple[Finding, ...]]:
    """Pixel size of a region. Deltas may be negative: they only say which way the axis counts."""
    units = {item.number("PhysicalUnitsXDirection"), item.number("PhysicalUnitsYDirection")}
    dx, dy = item.number("PhysicalDeltaX") or 0.0, item.number("PhysicalDeltaY") or 0.0
    if units != {_CENTIMETRE} or dx == 0 or dy == 0:
        return None, ()
    return pixel_size((abs(dy) * 10.0, abs(dx) * 10.0))


def frame_times_ms(fields: Fields, frames: int) -> tuple[Array | None, tuple[Finding, ...]]:
    """Time of every frame after the first, shape (T,); and the doubt where there is none that can be.

    FrameTimeVector (0018,1065) holds the times *between* frames and is taken first, since a
    clip that has it is irregular; then FrameTime, ActualFrameDuration, CineRate and
    RecommendedDisplayFrameRate (PS3.3 C.7.6.5). What cannot be is passed over.
    """
    stated = []
    steps = np.array(fields.numbers("FrameTimeVector"), float)
    if len(steps) >= frames:
        stated.append(np.concatenate([np.zeros(1), steps[1:frames]]))
    spans = [fields.number(name) for name in ("FrameTime", "ActualFrameDuration")]
    rates = [fields.number(name) for name in ("CineRate", "RecommendedDisplayFrameRate")]
    spans += [1000.0 / rate for rate in rates if rate]
    stated += [np.array([0.0] + [span] * (frames - 1)) for span in spans if span]
    with np.errstate(over="ignore"):  # what overflows is passed over
        times = next((t for t in map(np.cumsum, stated) if steady(t)), None)
    if times is not None:
        return times, ()
    if not stated:
        return None, (NO_TIMES,)
    return None, (times_doubt(f"{stated[0][1:].min():.4g} to {stated[0][1:].max():.4g} ms"),)


def _findings(
    region: Region | None, doubts: tuple[Finding, ...], undated: tuple[Finding, ...]
) -> Iterator[Finding]:
    yield Finding(
        "view-unknown", "info", "an ultrasound clip does not say its view", "name the view (--view)"
    )
    yield from (*doubts, *undated)
    if region is None or not region.fits:
        yield Finding(
            "no-picture-region", "warning",
            "the file does not specify which part of the screen is the picture",
            "check that no name is burnt into the frames before you pass them on",
        )  # fmt: skip
    if region is None:
        return
    if not region.fits:
        yield Finding(
            "region-does-not-fit", "warning",
            "the region of the picture does not fit its pixels: no pixel size, no volumes; all is kept",
            "pass the pixel spacing (--spacing), from a length on the depth scale",
        )  # fmt: skip
        return
    if region.others:
        yield Finding(
            "several-pictures", "warning",
            f"{1 + len(region.others)} regions of tissue on the screen: the largest is measured",
            "give the picture to be measured alone",
        )  # fmt: skip
    yield Finding("screen-blanked", "info", "the screen outside the picture's region is blanked")
