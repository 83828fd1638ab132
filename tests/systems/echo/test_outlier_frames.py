"""Frames whose ventricle lies elsewhere are drawn as those beside them, and no beat is taken for one."""

import numpy as np

from lvcine.systems.echo.outlier_frames import replace_outliers

Y, X = np.indices((96, 96))


def clip(columns: list[float], radii: list[float]) -> np.ndarray:
    """Likelihoods (T, 4, 96, 96) of a round cavity at a column of each frame."""
    cavity = np.array(
        [0.9 * (np.hypot(Y - 48, X - c) < r) for c, r in zip(columns, radii, strict=True)], np.float32
    )
    return np.stack([1 - cavity, cavity, 0 * cavity, 0 * cavity], 1)


def test_a_frame_in_another_ventricle_is_drawn_between_its_neighbours():
    p = clip([60, 60, 24, 60, 60], [15, 16, 15, 18, 17])
    mended, changed = replace_outliers(p)
    assert changed.tolist() == [False, False, True, False, False]
    np.testing.assert_allclose(mended[2], (p[1] + p[3]) / 2, atol=1e-6)
    np.testing.assert_array_equal(mended[[0, 1, 3, 4]], p[[0, 1, 3, 4]])


def test_two_ventricles_taken_for_one_stray_too_and_ends_take_the_nearest():
    p = clip([60] * 6, [15] * 6)
    p[0, 1] = np.maximum(p[0, 1], clip([24], [15])[0, 1])
    mended, changed = replace_outliers(p)
    assert changed.tolist() == [True] + 5 * [False]
    np.testing.assert_array_equal(mended[0], p[1])


def test_a_strong_beat_is_no_stray():
    radii = [20 - 8 * np.sin(np.pi * k / 12) ** 2 for k in range(12)]  # the area falls by 64 %
    p = clip([60 + 3 * np.sin(np.pi * k / 12) for k in range(12)], radii)
    mended, changed = replace_outliers(p)
    assert not changed.any() and mended is p


def test_where_frames_disagree_altogether_nothing_is_changed():
    p = clip([60, 24, 60, 24], [15] * 4)
    assert not replace_outliers(p)[1].any() and not replace_outliers(0 * p)[1].any()
