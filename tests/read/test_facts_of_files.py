"""What a file states is read right, or the file is refused by the name of its fault."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pydicom
import pytest
from PIL import Image as Pillow
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, RLELossless, UltrasoundMultiFrameImageStorage

from lvcine.errors import ReadError
from lvcine.read import catalogue, open_study

SLICES, FRAMES = 3, 9


def only(path):
    (cine,) = open_study(path).cines
    return cine


def codes(cine):
    return {f.code for f in cine.findings}


def coded(path, *options):
    """The file through GDCM's converter."""
    command = [Path(sys.executable).with_name("gdcmconv"), *options, path, path.with_suffix(".coded")]
    subprocess.run(command, check=True, capture_output=True)
    ds = pydicom.dcmread(path.with_suffix(".coded"))
    path.with_suffix(".coded").unlink()
    return ds


def rle(ds):
    """The same picture in run lengths."""
    ds.compress(RLELossless, generate_instance_uid=False)
    return ds


@pytest.mark.parametrize("coding", ["native", "--jpegls"])
def test_bits_above_those_stored_are_no_part_of_the_picture(dicom, tmp_path, coding):
    images = dicom.ge(SLICES, FRAMES)
    for k, ds in enumerate(images):
        pixels = dicom.value(k // FRAMES, k % FRAMES)
        pixels[2:5, 3:6] |= 1 << 12 | 1 << 14  # overlays
        dicom.put_pixels(ds, pixels)
        path = dicom.save(ds, tmp_path / f"{k}")
        if coding != "native":
            ds = coded(path, coding)
        ds.BitsStored, ds.HighBit = 12, 11
        dicom.save(ds, path, ds.file_meta.TransferSyntaxUID)
    assert np.array_equal(only(tmp_path).pixels, dicom.stack_values(SLICES, FRAMES))


def test_a_picture_brighter_than_its_bits_keeps_its_brightness(dicom, tmp_path):
    images = dicom.ge(SLICES, FRAMES)
    for ds in images:
        ds.BitsStored, ds.HighBit = 10, 9  # of values up to 2000
    assert np.array_equal(only(dicom.save_all(images, tmp_path)).pixels, dicom.stack_values(SLICES, FRAMES))


@pytest.mark.filterwarnings("ignore")
def test_decimal_commas_are_numbers(dicom, tmp_path):
    for k, ds in enumerate(dicom.ge(5, FRAMES)):
        dicom.save(ds, tmp_path / f"{k}")
    for path in list(tmp_path.iterdir()):
        raw = path.read_bytes()
        start = raw.index(b"\x20\x00\x32\x00")  # Image Position (Patient)
        end = raw.index(b"\x28\x00\x02\x00")
        for tag in (b"\x18\x00\x60\x10", b"\x28\x00\x30\x00"):
            at = raw.index(tag)
            raw = raw[: at + 8] + raw[at + 8 : at + 16].replace(b".", b",") + raw[at + 16 :]
        path.write_bytes(
            raw[:start] + raw[start:end].replace(b".", b",", 9).replace(b"1,2,840", b"1.2.840") + raw[end:]
        )
    cine = only(tmp_path)
    assert np.array_equal(cine.pixels, dicom.stack_values(5, FRAMES))
    assert cine.geometry.pixel_spacing_mm == pytest.approx(dicom.SPACING)
    assert np.allclose(np.diff(cine.times_ms, axis=1), 800 / FRAMES, atol=1e-3)


@pytest.mark.parametrize("shared", [False, True])
def test_times_among_unassigned_converted_attributes_are_read(dicom, tmp_path, shared):
    ds = dicom.enhanced(SLICES, FRAMES)
    for group in ds.PerFrameFunctionalGroupsSequence:
        heart = group.CardiacSynchronizationSequence[0]
        kept = dicom.item(TriggerTime=heart.NominalCardiacTriggerDelayTime, NominalInterval=800)
        del group.CardiacSynchronizationSequence, group.FrameContentSequence
        if shared:
            del kept[0].NominalInterval
            ds.SharedFunctionalGroupsSequence[0].UnassignedSharedConvertedAttributesSequence = dicom.item(
                NominalInterval=800
            )
        group.UnassignedPerFrameConvertedAttributesSequence = kept
    dicom.save(ds, tmp_path / "enhanced")
    cine = only(tmp_path)
    assert np.array_equal(cine.pixels, 2.0 * dicom.stack_values(SLICES, FRAMES) - 10.0)
    assert cine.heart_rate_bpm == pytest.approx(75.0) and "order-from-instance-number" not in codes(cine)


def clip(dicom, pixels, photometric="MONOCHROME2", **facts):
    """An ultrasound clip (T, Y, X) or (T, Y, X, 3), 8 bits."""
    ds = dicom.mr_image(0, 0, 1, TriggerTime=None, NominalInterval=None, ImagePositionPatient=None,
                        ImageOrientationPatient=None, SliceThickness=None, SpacingBetweenSlices=None,
                        PixelSpacing=[0.5, 0.5])  # fmt: skip
    ds.SOPClassUID, ds.Modality = UltrasoundMultiFrameImageStorage, "US"
    ds.NumberOfFrames, ds.Rows, ds.Columns = pixels.shape[:3]
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.PixelRepresentation, ds.PhotometricInterpretation = 7, 0, photometric
    ds.SamplesPerPixel = 1 if pixels.ndim == 3 else 3
    if pixels.ndim == 4:
        ds.PlanarConfiguration = 0
    ds.FrameTime = 30
    ds.PixelData = pixels.tobytes() + bytes(pixels.size % 2)
    for name, value in facts.items():
        setattr(ds, name, value)
    return ds


def grey(frames=6, rows=32, columns=40):
    t, y, x = np.ogrid[:frames, :rows, :columns]
    return (60 + 2 * y + x + 5 * t).astype(np.uint8)


def test_colour_that_is_tagged_wrong_is_grey_all_the_same(dicom, tmp_path):
    pixels = grey()
    rgb = pixels[..., None].repeat(3, 3)
    ybr = np.stack([pixels, *[np.full_like(pixels, 128)] * 2], axis=3)
    for name, values, tag in [
        ("a", rgb, "YBR_FULL"),
        ("b", ybr, "RGB"),
        ("c", rgb, "RGB"),
        ("d", ybr, "YBR_FULL"),
    ]:
        dicom.save(clip(dicom, values, tag), tmp_path / name / "clip")
        assert np.abs(only(tmp_path / name).pixels[0].astype(int) - pixels).max() <= 1, name


def jpegs(pixels):
    coded = []
    for frame in pixels:
        Pillow.fromarray(frame).save(out := io.BytesIO(), "JPEG", quality=95)
        coded.append(out.getvalue() + bytes(len(out.getvalue()) % 2))
    return coded


def test_fewer_frames_than_declared_are_counted(dicom, tmp_path):
    ds = clip(dicom, grey(8))
    ds.PixelData = encapsulate(jpegs(grey(5)))
    ds["PixelData"].is_undefined_length = True
    dicom.save(ds, tmp_path / "clip", JPEGBaseline8Bit)
    for reader in (open_study, catalogue):
        with pytest.raises(ReadError, match="8 frames declared, 5 in the file"):
            reader(tmp_path)


def test_jpeg_of_12_bits_is_read(dicom, tmp_path):
    y, x = np.indices((48, 48))
    for k in range(4):
        pixels = (1500 + 900 * np.sin(x / 9 + k / 5) * np.cos(y / 7)).astype(np.uint16)
        ds = dicom.mr_image(0, k, 4, pixels=pixels)
        ds.BitsStored, ds.HighBit = 12, 11
        dicom.save(ds, tmp_path / "native" / f"{k}")
        (tmp_path / "coded").mkdir(exist_ok=True)
        coded(tmp_path / f"native/{k}", "--lossy", "--jpeg", "-q", "95").save_as(tmp_path / f"coded/{k}")
    native, lossy = only(tmp_path / "native").pixels, only(tmp_path / "coded").pixels
    assert lossy.max() > 2000 and np.abs(native.astype(int) - lossy).max() < 20


@pytest.mark.parametrize("container", ["h264", "mp4"])
def test_h264_is_read(dicom, tmp_path, container):
    pixels = grey(12, 48, 64)
    out = io.BytesIO()
    with av.open(out, "w", format=container) as film:
        stream = film.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt, stream.options = 64, 48, "yuv420p", {"crf": "5"}
        for frame in pixels:
            film.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "gray")))
        film.mux(stream.encode())
    ds = clip(dicom, pixels[..., None].repeat(3, 3), "YBR_PARTIAL_420")
    ds.PixelData = encapsulate([out.getvalue() + bytes(len(out.getvalue()) % 2)])
    ds["PixelData"].is_undefined_length = True
    dicom.save(ds, tmp_path / "clip", "1.2.840.10008.1.2.4.102")
    read = only(tmp_path).pixels[0].astype(int)
    assert read.shape == pixels.shape and np.abs(read - pixels).max() <= 8


def test_the_same_picture_under_two_codecs_is_one(dicom, tmp_path):
    for k, ds in enumerate(dicom.ge(SLICES, FRAMES)):
        dicom.save(ds, tmp_path / f"native{k}")
        ds.SeriesInstanceUID, ds.SeriesNumber = "1.2.3.9", 9
        dicom.save(rle(ds), tmp_path / f"coded{k}", RLELossless)
    cine = only(tmp_path)
    assert np.array_equal(cine.pixels, dicom.stack_values(SLICES, FRAMES))
    assert "duplicate-frames" in codes(cine) and "two-acquisitions" not in codes(cine)


def test_derived_pictures_are_read_where_there_are_no_others(dicom, tmp_path):
    derived = ["DERIVED", "SECONDARY"]
    cine = only(dicom.save_all(dicom.ge(SLICES, FRAMES, ImageType=derived), tmp_path / "alone"))
    assert np.array_equal(cine.pixels, dicom.stack_values(SLICES, FRAMES)) and "derived-pictures" in codes(
        cine
    )
    copies = dicom.ge(SLICES, FRAMES, series=2, ImageType=derived)
    for ds in copies:
        dicom.put_pixels(ds, ds.pixel_array[::-1] if hasattr(ds, "file_meta") else dicom.value(0, 0)[::-1])
    both = dicom.save_all(copies + dicom.ge(SLICES, FRAMES), tmp_path / "both")
    cine = only(both)
    assert np.array_equal(cine.pixels, dicom.stack_values(SLICES, FRAMES))
    assert "derived-pictures" not in codes(cine)


def test_wide_gaps_between_thin_slices_are_named(dicom, tmp_path):
    images = dicom.siemens(5, FRAMES, SliceThickness=6.0, SpacingBetweenSlices=None)
    for k, ds in enumerate(images):
        place = dicom.ORIGIN + (k // FRAMES) * 17.7 * dicom.NORMAL
        ds.ImagePositionPatient = [round(float(v), 6) for v in place]
    (doubt,) = (f for f in only(dicom.save_all(images, tmp_path)).findings if f.code == "wide-gaps")
    assert "6 mm" in doubt.text and "17.7 mm" in doubt.text and doubt.severity == "warning"


def test_info_says_what_analyze_would_say_of_pictures_that_cannot_be_decoded(dicom, tmp_path):
    for k, ds in enumerate(dicom.ge(SLICES, FRAMES)):
        ds.PixelData = encapsulate([b"\xff\xd8\xff\xe0 no picture" * 4])
        ds["PixelData"].is_undefined_length = True
        dicom.save(ds, tmp_path / f"{k}", "1.2.840.10008.1.2.4.70")
    said = []
    for reader in (open_study, catalogue):
        with pytest.raises(ReadError, match="cannot be decoded") as refusal:
            reader(tmp_path)
        said.append(refusal.value.found)
        assert "decompress" in refusal.value.advice
    assert said[0] == said[1]
