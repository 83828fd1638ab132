"""What pictures show decides what they are, which way up, and which of them are frames of the heart."""

from __future__ import annotations

import io

import av
import nibabel as nib
import numpy as np
import pytest
from PIL import Image as Pillow

from lvcine.errors import NotACineError
from lvcine.phantom.write.nifti import write_nifti
from lvcine.pipeline.choose import said_apical
from lvcine.read import ReadOptions, open_study
from lvcine.read.blank_frames import without_blank_frames
from lvcine.read.sector import eight_bits, pictures_on, shows_sector
from lvcine.study import Cine, Geometry

FRAMES, ROWS, COLUMNS = 8, 60, 72


def fan(rows=ROWS, columns=COLUMNS, reach=1.0):
    y, x = np.mgrid[:rows, :columns]
    return (np.abs(x - columns / 2) < 0.6 * y * reach) & (np.hypot(y, x - columns / 2) < 0.95 * rows)


def echo(frames=FRAMES):
    """A clip (T, Y, X): speckle in a fan, brighter on the left, with a cavity that changes."""
    y, x = np.mgrid[:ROWS, :COLUMNS]
    speckle = np.random.default_rng(0).integers(60, 160, (ROWS, COLUMNS)) + 60 * (x < COLUMNS / 2)
    radius = 12 - 4 * np.sin(np.pi * np.arange(frames) / frames)[:, None, None]
    return (np.where(np.hypot(y - 34, x - 36) < radius, 25, speckle) * fan()).astype(np.uint8)


def only(path, **options):
    (cine,) = open_study(path, ReadOptions(**options)).cines
    return cine


def codes(cine):
    return {f.code for f in cine.findings}


@pytest.mark.parametrize("affine", ["ITK", "none", "scanner"])
def test_ultrasound_in_nifti_is_as_it_was_stored(tmp_path, affine):
    matrix = {"ITK": [-0.5, -0.5, 1.0, 1.0], "none": [0.5, 0.5, 1.0, 1.0], "scanner": [0.5, -0.5, 1.0, 1.0]}[
        affine
    ]
    image = nib.Nifti1Image(echo().transpose(2, 1, 0)[:, :, None], np.diag(matrix))
    image.header.set_zooms((0.5, 0.5, 1.0, 0.03))
    nib.save(image, tmp_path / "clip.nii.gz")
    cine = only(tmp_path / "clip.nii.gz")
    assert np.array_equal(cine.pixels[0], echo())
    assert cine.modality == "US" and not cine.gated and "ultrasound-assumed" in codes(cine)
    assert cine.geometry.pixel_spacing_mm == pytest.approx((0.5, 0.5))


def test_our_own_ultrasound_nifti_is_not_turned(tmp_path):
    clip = Cine(echo()[None], Geometry.stack(1, (0.5, 0.5), 1.0), gated=False, modality="US")
    assert np.array_equal(only(write_nifti(clip, tmp_path / "clip.nii.gz")).pixels, clip.pixels)


@pytest.mark.parametrize("step", [1.0, 1.54])
def test_a_half_sequence_of_three_axes_is_a_clip(tmp_path, step):
    image = nib.Nifti1Image(echo().transpose(2, 1, 0), np.diag([-0.3, -0.3, step, 1.0]))
    nib.save(image, tmp_path / "patient0001_4CH_half_sequence.nii.gz")
    cine = only(tmp_path)
    assert np.array_equal(cine.pixels[0], echo()) and cine.modality == "US"


def test_stills_at_ed_and_es_are_a_clip_of_two(tmp_path):
    for name, t in (("ED", 0), ("ES", 4)):
        image = nib.Nifti1Image(echo()[t].T[:, :, None], np.diag([-0.3, -0.3, 1.0, 1.0]))
        nib.save(image, tmp_path / f"patient0001_4CH_{name}.nii.gz")
    cine = only(tmp_path)
    assert np.array_equal(cine.pixels[0], echo()[[0, 4]]) and cine.modality == "US" and cine.phases_only


def test_ultrasound_in_numpy_is_ultrasound(tmp_path):
    np.save(tmp_path / "clip.npy", echo())
    cine = said_apical(only(tmp_path / "clip.npy", axes="TYX"))
    assert cine.modality == "US" and np.array_equal(cine.pixels[0], echo())


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_film_is_shown_as_it_says(tmp_path, degrees):
    """The rotation of the track (ISO/IEC 14496-12, 8.3.2), written into the bytes of an upright film."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as film:
        stream = film.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.options = COLUMNS, ROWS, "yuv420p", {"crf": "8"}
        for frame in echo():
            film.mux(stream.encode(av.VideoFrame.from_ndarray(frame, "gray")))
        film.mux(stream.encode())
    data = bytearray(out.getvalue())
    at = data.index(b"tkhd") + 4 + 40  # behind version, times, ids, duration, layer, volume
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    parts = (cos, sin, 0, -sin, cos, 0, 0, 0)
    matrix = b"".join(int(v * 65536).to_bytes(4, "big", signed=True) for v in parts) + (1 << 30).to_bytes(
        4, "big"
    )
    data[at : at + 36] = matrix
    (tmp_path / "clip.mp4").write_bytes(data)
    shown = np.rot90(echo(), -degrees // 90, axes=(1, 2))  # clockwise
    read = only(tmp_path / "clip.mp4").pixels[0].astype(int)
    assert read.shape == shown.shape and np.abs(read - shown).mean() < 8


def test_a_still_is_shown_as_it_says(tmp_path):
    for t, frame in enumerate(echo()):
        picture = Pillow.fromarray(np.rot90(frame))
        exif = picture.getexif()
        exif[0x0112] = 6  # shown after a quarter turn clockwise
        picture.save(tmp_path / f"{t}.png", exif=exif)
    assert np.array_equal(only(tmp_path).pixels[0], echo())


def ultrasound(dicom, pixels, **facts):
    from tests.read.dicom.test_us import clip, region

    ds = clip(dicom, pixels[..., None].repeat(3, 3), **facts)
    ds.NumberOfFrames, ds.Rows, ds.Columns = pixels.shape
    ds.SequenceOfUltrasoundRegions = dicom.item(**region(0, 0, pixels.shape[2] - 1, pixels.shape[1] - 1))
    return ds


def volume(slices=20):
    """Slices through a cone of echoes."""
    reach = np.sin(np.pi * (np.arange(slices) + 0.5) / slices)
    return np.stack([echo(1)[0] * fan(reach=r) for r in reach]).astype(np.uint8)


@pytest.mark.parametrize("told", ["SOP class", "positions", "thickness", "nothing"])
def test_an_ultrasound_volume_is_no_clip(dicom, tmp_path, told):
    ds = ultrasound(dicom, volume(), FrameTime=None)
    if told == "SOP class":
        ds.SOPClassUID = "1.2.840.10008.5.1.4.1.1.6.2"
        ds.FrameTime = 30
    elif told == "positions":
        ds.PerFrameFunctionalGroupsSequence = [
            dicom.item(PlanePositionVolumeSequence=dicom.item(ImagePositionVolume=[0, 0, z]))[0]
            for z in range(20)
        ]
    elif told == "thickness":
        ds.SliceThickness = 1.0
    dicom.save(ds, tmp_path / "volume")
    with pytest.raises(NotACineError, match="three-dimensional ultrasound volume"):
        open_study(tmp_path)


def test_an_ultrasound_volume_in_nifti_is_no_clip(tmp_path):
    nib.save(
        nib.Nifti1Image(volume().transpose(2, 1, 0), np.diag([0.5, 0.5, 1.0, 1.0])), tmp_path / "v.nii.gz"
    )
    with pytest.raises(NotACineError):
        open_study(tmp_path)


@pytest.mark.parametrize("before", ["black", "title"])
def test_frames_that_are_none_of_the_clip_are_left_out(dicom, tmp_path, before):
    first = np.zeros((3, ROWS, COLUMNS), np.uint8)
    if before == "title":
        first[:, 20:24, 10:60:3] = 255
    ds = ultrasound(dicom, np.concatenate([first, echo(), first[:1]]))
    cine = only(dicom.save(ds, tmp_path / "clip"))
    assert np.array_equal(cine.pixels[0], echo()) and "blank-frames" in codes(cine)
    assert cine.times_ms[0, 0] == 0.0 and cine.times_ms.shape == (1, FRAMES)


@pytest.mark.parametrize("grey", [0, 90, 255])
@pytest.mark.parametrize("crop", [False, True])
def test_a_frame_of_one_grey_shows_nothing(tmp_path, grey, crop):
    """Also where no picture has a black corner that says how dark black is."""
    clip = echo()[:, 20:50, 24:48] if crop else echo()
    np.save(tmp_path / "clip.npy", np.insert(clip, [3, 8, 8], grey, axis=0))
    cine = only(tmp_path / "clip.npy", axes="TYX")
    assert np.array_equal(cine.pixels[0], clip) and "blank-frames" in codes(cine)


@pytest.mark.parametrize("offset", [0, 100])
def test_a_dim_frame_is_one_of_the_clip(tmp_path, offset):
    clip = echo().astype(np.int16)
    clip[2] = clip[2] // 3
    np.save(tmp_path / "clip.npy", clip + offset)
    cine = only(tmp_path / "clip.npy", axes="TYX")
    assert np.array_equal(cine.pixels[0], clip + offset) and "blank-frames" not in codes(cine)


def test_where_no_frame_has_any_contrast_none_is_blank():
    clip = np.broadcast_to(np.arange(8).reshape(1, 8, 1, 1) * 20, (1, 8, 20, 20)).astype(np.uint8)
    cine = Cine(clip, Geometry.stack(1, (1.0, 1.0), 1.0), gated=False)
    assert without_blank_frames(cine) is cine


def beating(slices=3, frames=9, size=64, seed=0):
    """(Z, T, Y, X): still tissue, and a bright disc that changes."""
    y, x = np.mgrid[:size, :size]
    tissue = np.random.default_rng(seed).normal(400, 30, (slices, 1, size, size))
    radius = (14 - 4 * np.sin(np.pi * np.arange(frames) / frames))[:, None, None]
    return np.where(np.hypot(y - 32, x - 32) < radius, 1000, tissue).astype(np.uint16)


def series(dicom, pixels, number, **tags):
    slices, frames = pixels.shape[:2]
    return [
        dicom.mr_image(z, t, frames, series=number, pixels=pixels[z, t], **dict(tags))
        for z in range(slices)
        for t in range(frames)
    ]


@pytest.mark.parametrize("per_slice", [False, True])
def test_tagged_pictures_do_not_replace_the_cine(dicom, tmp_path, per_slice):
    y, x = np.mgrid[:64, :64]
    lines = 0.55 + 0.45 * np.cos(2 * np.pi * (x + y) / 7)
    tagged = (beating() * lines).astype(np.uint16)
    images = series(dicom, beating(), 3, AcquisitionTime="100000") + series(
        dicom, tagged, 70, AcquisitionTime="110000"
    )
    if per_slice:
        for k, ds in enumerate(images):
            ds.SeriesNumber = 1 + k // 9
            ds.SeriesInstanceUID = f"1.2.3.{ds.SeriesNumber}"
    assert np.array_equal(only(dicom.save_all(images, tmp_path)).pixels, beating())


def test_a_complex_difference_does_not_replace_the_magnitude(dicom, tmp_path):
    blood = np.where(beating() > 900, beating(), beating() // 12)
    images = series(dicom, beating(), 3, ImageType=["ORIGINAL", "PRIMARY", "MAG", "RETRO"])
    images += series(
        dicom, blood, 4, ImageType=["ORIGINAL", "PRIMARY", "M", "RETRO"], AcquisitionTime="110000"
    )
    assert np.array_equal(only(dicom.save_all(images, tmp_path)).pixels, beating())


@pytest.mark.parametrize("start", [0, 7, 8, 15, 22, 23])
def test_without_noise_the_fullest_and_the_emptiest_frame_are_frames(start):
    """Discs of two grey values: the largest is the maximum of all others, but for a rim."""
    y, x = np.mgrid[:64, :64] - 31.7
    radii = 18 + 4 * np.cos(2 * np.pi * (np.arange(30) + start) / 30)
    pixels = np.stack([np.where(np.hypot(y, x) < radius, 200, 60) for radius in radii]).astype(np.uint8)
    cine = Cine(np.stack([pixels] * 3), Geometry.stack(3, (1.4, 1.4), 8.0))
    assert without_blank_frames(cine).frames == 30


@pytest.mark.parametrize("kind", ["mean", "max", "min"])
@pytest.mark.parametrize("place", [0, FRAMES])
def test_a_frame_that_sums_up_the_others_is_left_out(kind, place):
    clip = beating(frames=FRAMES)
    noise = np.random.default_rng(3).normal(0, 12, clip.shape)
    clip = np.clip(clip + noise, 0, None).astype(clip.dtype)
    summary = getattr(np, kind)(clip, axis=1).astype(clip.dtype)
    times = np.tile(np.arange(FRAMES + 1) * 50.0, (len(clip), 1))
    geometry = Geometry.stack(len(clip), (1.4, 1.4), 8.0)
    cycle = np.full(len(clip), 50.0 * (FRAMES + 1))
    cine = Cine(np.insert(clip, place, summary, axis=1), geometry, times_ms=times, cycle_ms=cycle)
    left = without_blank_frames(cine)
    assert np.array_equal(left.pixels, clip) and codes(left) == {"summary-frame"}
    assert left.times_ms[0, 0] == 0.0 and left.cycle_ms == pytest.approx(50.0 * FRAMES)
    assert without_blank_frames(Cine(clip, geometry)).findings == ()


def screen(count):
    """Speckle that moves, in fans side by side."""
    noise = np.random.default_rng(1).integers(0, 40, (FRAMES, ROWS, COLUMNS)) * fan()
    return np.concatenate([(echo() + noise).astype(np.uint8)] * count, axis=2)


@pytest.mark.parametrize(("pixels", "count"), [(screen(1), 1), (screen(2), 2), (screen(3), 3)])
def test_pictures_on_a_screen_are_counted(pixels, count):
    found = pictures_on(pixels)
    assert len(found) == count and shows_sector(pixels)
    assert (found[0][:, :COLUMNS] & fan()).sum() > 0.9 * fan().sum()  # of equal ones that on the left


@pytest.mark.parametrize("change", ["int16", "float", "parts", "normalised", "decibel", "offset", "letters"])
def test_pixels_of_any_type_are_those_of_eight_bits(change):
    clip = echo()
    clip[0, 30, 36], clip[0, 30, 37] = 255, 0
    bright = clip.astype(np.uint16) * 100
    bright[:, :3, :3] = 65535
    other = {
        "int16": clip.astype(np.int16),
        "float": clip.astype(np.float32),
        "parts": clip / 255.0,
        "normalised": clip / 127.5 - 1.0,
        "decibel": clip / 255.0 * 60.0 - 60.0,
        "offset": (clip.astype(np.int16) - 128).astype(np.int8),
        "letters": bright,
    }[change]
    seen = eight_bits(other).astype(int)
    if change == "letters":
        assert (
            np.corrcoef(seen[:, 10:].ravel(), clip[:, 10:].ravel())[0, 1] > 0.99 and seen[:, 10:].max() > 150
        )
    else:
        assert np.abs(seen - clip).max() <= 1


def test_a_film_compressed_to_nothing_is_doubted(tmp_path):
    for name, rate, doubted in (("poor.mp4", 2_000, True), ("good.mp4", 4_000_000, False)):
        with av.open(str(tmp_path / name), "w") as film:
            stream = film.add_stream("mpeg4", rate=25)
            stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 256, 256, "yuv420p", rate
            for frame in np.kron(echo(24)[:, :60, :64], np.ones((1, 4, 4), np.uint8)):
                picture = np.zeros((256, 256), np.uint8)
                picture[:240] = frame
                film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "gray")))
            film.mux(stream.encode())
        assert ("film-compressed" in codes(only(tmp_path / name))) == doubted
