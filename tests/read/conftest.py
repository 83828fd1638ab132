"""Small DICOM files whose every pixel is known: value(z, t, y, x) is a ramp that no other place has."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedMRImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid

from lvcine.read.dicom.fields import Fields
from lvcine.read.dicom.header import Header
from lvcine.read.dicom.image import Image

ROWS, COLUMNS = 12, 10
SPACING = (1.5, 1.25)
STEP = 8.0
ORIGIN = np.array([20.0, -60.0, 40.0])

NORMAL = np.array([0.6, -0.67, -0.43]) / np.linalg.norm([0.6, -0.67, -0.43])
ROW = np.cross(NORMAL, [0.0, 0.0, 1.0]) / np.linalg.norm(np.cross(NORMAL, [0.0, 0.0, 1.0]))
COLUMN = np.cross(NORMAL, ROW)  # so that row x column = normal


def value(z: int, t: int, rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    y, x = np.indices((rows, columns))
    return (1000 + 400 * z + 7 * t + 20 * y + x).astype(np.uint16)


def stack_values(slices: int, frames: int) -> np.ndarray:
    return np.stack([np.stack([value(z, t) for t in range(frames)]) for z in range(slices)])


def mr_image(
    z: int, t: int, frames: int, *, cycle: float = 800.0, series: int = 1, **tags: object
) -> Dataset:
    """One classic MR image of an oblique short-axis stack; ``tags`` override, None deletes."""
    pixels = tags.pop("pixels", None)
    pixels = value(z, t) if pixels is None else pixels
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = (
        MRImageStorage,
        generate_uid(entropy_srcs=[repr((series, z, t, tags))]),
    )
    ds.Modality, ds.ImageType = "MR", ["ORIGINAL", "PRIMARY", "OTHER"]
    ds.PatientID, ds.PatientName = "P1", "NOBODY^AT ALL"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.3", f"1.2.3.{series}"
    ds.SeriesNumber, ds.InstanceNumber = series, 1 + z * frames + t
    ds.PixelSpacing, ds.SliceThickness, ds.SpacingBetweenSlices = list(SPACING), STEP, STEP
    ds.ImageOrientationPatient = [round(float(v), 9) for v in (*ROW, *COLUMN)]
    ds.ImagePositionPatient = [round(float(v), 6) for v in ORIGIN + z * STEP * NORMAL]
    ds.TriggerTime, ds.NominalInterval = round(t * cycle / frames, 6), round(cycle)
    put_pixels(ds, pixels)
    for keyword, content in tags.items():
        if content is None:
            del ds[keyword]
        else:
            setattr(ds, keyword, content)
    return ds


def put_pixels(ds: Dataset, pixels: np.ndarray) -> None:
    ds.Rows, ds.Columns = pixels.shape[-2:] if pixels.ndim < 4 else pixels.shape[-3:-1]
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = 8 * pixels.dtype.itemsize
    ds.HighBit, ds.PixelRepresentation = ds.BitsStored - 1, 0
    data = pixels.tobytes()
    ds.PixelData = data + bytes(len(data) % 2)


def save(ds: Dataset, path: Path, syntax: str = ExplicitVRLittleEndian) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.save_as(path, enforce_file_format=True)
    return path


def save_all(images: Iterable[Dataset], folder: Path, seed: int = 0) -> Path:
    """Under names and in an order that mean nothing."""
    images = list(images)
    names = random.Random(seed).sample(range(10 * len(images)), len(images))
    for name, ds in zip(names, images, strict=True):
        save(ds, folder / f"{name:05d}")
    return folder


def ge(slices: int, frames: int, **tags: object) -> list[Dataset]:
    """All slices and frames in one series."""
    return [mr_image(z, t, frames, **dict(tags)) for z in range(slices) for t in range(frames)]


def siemens(slices: int, frames: int, **tags: object) -> list[Dataset]:
    """One series per slice, the series in no order of place, each with a heart rate of its own."""
    return [
        mr_image(
            z, t, frames, series=1 + (z * 5) % 7, cycle=760.0 + 20 * z, InstanceNumber=t + 1, **dict(tags)
        )
        for z in range(slices)
        for t in range(frames)
    ]


def item(**values: object) -> Sequence:
    ds = Dataset()
    for keyword, content in values.items():
        setattr(ds, keyword, content)
    return Sequence([ds])


def enhanced(slices: int, frames: int, cycle: float = 800.0, seed: int = 3) -> Dataset:
    """One enhanced multi-frame MR object, its frames in random order."""
    order = [(z, t) for z in range(slices) for t in range(frames)]
    random.Random(seed).shuffle(order)
    ds = mr_image(0, 0, frames, pixels=np.stack([value(z, t) for z, t in order]), TriggerTime=None,
                  NominalInterval=None, ImagePositionPatient=None, ImageOrientationPatient=None,
                  PixelSpacing=None, SliceThickness=None, SpacingBetweenSlices=None)  # fmt: skip
    ds.SOPClassUID, ds.NumberOfFrames = EnhancedMRImageStorage, len(order)
    shared = Dataset()
    shared.PlaneOrientationSequence = item(ImageOrientationPatient=[float(v) for v in (*ROW, *COLUMN)])
    shared.PixelMeasuresSequence = item(PixelSpacing=list(SPACING), SliceThickness=STEP)
    shared.PixelValueTransformationSequence = item(RescaleSlope=2.0, RescaleIntercept=-10.0, RescaleType="US")
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    ds.PerFrameFunctionalGroupsSequence = Sequence([_frame_groups(z, t, frames, cycle) for z, t in order])
    return ds


def _frame_groups(z: int, t: int, frames: int, cycle: float) -> Dataset:
    group = Dataset()
    group.PlanePositionSequence = item(ImagePositionPatient=[float(v) for v in ORIGIN + z * STEP * NORMAL])
    group.FrameContentSequence = item(TemporalPositionIndex=t + 1)
    group.CardiacSynchronizationSequence = item(
        NominalCardiacTriggerDelayTime=t * cycle / frames, RRIntervalTimeNominal=cycle
    )
    return group


def picture(**facts: object) -> Image:
    """An Image without a file behind it, for the parts that only reason."""
    known: dict[str, object] = dict.fromkeys(Image.__annotations__)
    header = Header(Path("none"), Fields(Dataset()), ExplicitVRLittleEndian, 0)
    known.update(header=header, frame=0, study="s", series="1", series_number="1", sop="", modality="MR")
    known.update(image_type=("ORIGINAL", "PRIMARY"), sequence="", slope=1.0, intercept=0.0)
    known.update(rows=ROWS, columns=COLUMNS, spacing_mm=SPACING, thickness_mm=STEP)
    known.update(axes=np.stack([ROW, COLUMN]), position_mm=ORIGIN)
    known.update(facts)
    return Image(**known)  # type: ignore[arg-type]


@pytest.fixture
def dicom() -> SimpleNamespace:
    """The makers above, for tests."""
    makers: list[Callable] = [
        value, stack_values, mr_image, put_pixels, save, save_all, ge, siemens, item, enhanced, picture
    ]  # fmt: skip
    facts = {
        "ROW": ROW,
        "COLUMN": COLUMN,
        "NORMAL": NORMAL,
        "ORIGIN": ORIGIN,
        "STEP": STEP,
        "SPACING": SPACING,
    }
    return SimpleNamespace(**{maker.__name__: maker for maker in makers}, **facts, read=pydicom.dcmread)
