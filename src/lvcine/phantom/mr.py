"""Short-axis bSSFP cine of a heart: blood, wall, neighbours, thick slices, coil, noise.

Signals are relative to blood. The ratio myocardium/blood of balanced SSFP follows
(T2/T1): about 0.25-0.5 at 1.5-3 T (Scheffler 2003, doi:10.1007/s00330-003-1957-x); it is
drawn wider than that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from lvcine.phantom.heart import Heart
from lvcine.phantom.organs import F32, Random, background, paint, smooth_noise, soft
from lvcine.phantom.scene import Scene

RIGHT_VENTRICLE = 3
"""Label of the RV cavity in the phantom's own truth (masks of the LV use 0, 1, 2)."""


@dataclass(frozen=True)
class Plane:
    """One slice: pixel grids in mm around the LV's axis, in polar form, septum at pi."""

    yy: F32
    xx: F32
    radius: F32
    theta: F32
    spacing: float


def make_plane(size: int, spacing: float, centre_mm: tuple[float, float], turn: float) -> Plane:
    """Square grid whose middle lies at ``centre_mm`` (y, x) from the LV, turned by ``turn``."""
    line = (np.arange(size) - (size - 1) / 2.0) * spacing
    v, h = np.meshgrid(line, line, indexing="ij")
    yy = np.cos(turn) * v - np.sin(turn) * h + centre_mm[0]
    xx = np.sin(turn) * v + np.cos(turn) * h + centre_mm[1]
    y, x = yy.astype(np.float32), xx.astype(np.float32)
    return Plane(y, x, np.hypot(y, x), np.arctan2(y, x), spacing)


def _radii(heart: Heart, zeta: float, phase: float, theta: F32) -> tuple[F32, F32]:
    fine = np.linspace(-np.pi, np.pi, 361)
    endo, epi = heart.surfaces(zeta, fine, phase)
    return (np.interp(theta, fine, endo).astype(np.float32), np.interp(theta, fine, epi).astype(np.float32))


def right_ventricle(heart: Heart, scene: Scene, plane: Plane, zeta: float, phase: float) -> F32:
    """Signed depth (px) inside the RV's outline, the LV not yet taken out."""
    s = float(heart.beat.contraction(phase))
    base = float(heart.base_mm(phase)) * 1.2
    along = (zeta - base) / (0.92 * heart.length_mm - base)
    size = np.sqrt(max(1.0 - max(along, 0.0) ** 1.8, 0.0))
    ry = scene.rv_height * (0.55 + 0.45 * size) * (1 - 0.3 * scene.rv_shortening * s)
    _, epi = heart.surfaces(max(zeta, base), np.array([np.pi]), phase)
    reach = scene.rv_reach * size * (1 - scene.rv_shortening * s)
    if reach < 2.0:
        return np.full(plane.yy.shape, -99.0, np.float32)
    left, right = float(epi[0]) + reach, -0.25 * float(epi[0])
    cx, rx = -(left - right) / 2.0 - right, (left + right) / 2.0
    r = np.hypot((plane.yy - scene.rv_shift) / ry, (plane.xx - cx) / max(rx, 3.0))
    return ((1 - r) * min(ry, max(rx, 3.0)) / plane.spacing).astype(np.float32)


def _atria(p: F32, heart: Heart, scene: Scene, plane: Plane, zeta: float, phase: float, flow: F32) -> F32:
    """Left and right atrium and the aortic root above the moving basal plane."""
    s = float(heart.beat.contraction(phase))
    above = float(heart.base_mm(phase)) - zeta
    radius, cy, cx = scene.atrium
    dome = np.sqrt(max(1.0 - ((above - 18.0) / 48.0) ** 2, 0.05)) * radius * (0.85 + 0.25 * s)
    wall = scene.atrial_wall or 1.2 + 0.05 * radius
    for y0, x0, size in ((cy, cx, dome), (cy + 6, cx - 1.7 * radius, 1.05 * dome)):
        r = np.hypot((plane.yy - y0) / 1.1, plane.xx - x0)
        p = paint(p, soft((size + wall - r) / plane.spacing), scene.level["myo"])
        p = paint(p, soft((size - r) / plane.spacing), scene.level["blood"] * flow)
    root, off, angle = scene.aorta
    r = np.hypot(plane.yy - off * np.sin(angle + np.pi), plane.xx - off * np.cos(angle + np.pi))
    p = paint(p, soft((root + 1.8 - r) / plane.spacing), scene.level["myo"])
    return paint(p, soft((root - r) / plane.spacing), scene.level["blood"] * flow)


def _muscles(
    p: F32, heart: Heart, scene: Scene, plane: Plane, endo: F32, u: float, s: float, web: F32
) -> F32:
    """Papillary muscles and trabeculae inside the cavity."""
    myo = scene.level["myo"]
    inside = soft((endo - plane.radius) / plane.spacing)
    for angle, size, gap in scene.papillary:
        thick = size * np.clip(np.sin(np.pi * np.clip((u - 0.15) / 0.65, 0, 1)), 0, 1) * (1 + 0.25 * s)
        if thick < 1:
            continue
        at = endo.mean() * (1 - gap) - 0.6 * thick
        r = np.hypot(plane.yy - at * np.sin(angle), plane.xx - at * np.cos(angle))
        p = paint(p, inside * soft((thick - r) / plane.spacing), myo * 1.05)
    deep = _trabecular_depth(scene, u, s)
    zone = inside * soft((plane.radius - endo + deep) / plane.spacing) * np.clip(0.5 + 0.6 * web, 0, 0.9)
    return paint(p, zone, myo * 1.1)


def _trabecular_depth(scene: Scene, u: float, s: float) -> float:
    """Depth in mm of the trabecular layer on the endocardium; thicker towards the apex."""
    return float(scene.trabeculae * (1.5 + 5.5 * np.clip(u, 0, 1)) * (1 + 0.4 * s))


def draw_slab(
    heart: Heart, scene: Scene, plane: Plane, around: F32, web: F32, flow: F32, zeta: float, phase: float
) -> F32:
    """Signal of an infinitely thin slice at height ``zeta``."""
    s, level, sp = float(heart.beat.contraction(phase)), scene.level, plane.spacing
    base = float(heart.base_mm(phase))
    endo, epi = _radii(heart, max(zeta, base), phase, plane.theta)
    rv = right_ventricle(heart, scene, plane, zeta, phase)
    hull = np.maximum(rv + scene.rv_wall / sp, (epi - plane.radius) / sp)
    p = around
    if zeta < heart.apex_epi_mm() + 4:
        p = paint(p, soft(hull + scene.fat_rim / sp) * np.clip(0.75 + 0.5 * web, 0, 1), level["fat"])
        p = paint(p, soft(hull + scene.pericardium / sp), level["lung"])
    p = paint(p, soft(rv + scene.rv_wall / sp), level["myo"])
    trabeculated = np.clip(0.85 + 0.2 * web, 0.4, 1.1) * level["rv"] * flow
    p = paint(p, soft(rv), trabeculated)
    plane_tilt = heart.plane_mm(plane.theta.astype(float), np.minimum(plane.radius, epi).astype(float), phase)
    ventricle = soft((zeta - plane_tilt).astype(np.float32) / 2.0)
    if ventricle.min() < 1:
        p = paint(
            p,
            1 - ventricle * soft((epi - plane.radius) / sp),
            _atria(p, heart, scene, plane, zeta, phase, flow),
        )
    inside = soft((endo - plane.radius) / sp)
    wall = soft((epi - plane.radius) / sp) * ventricle
    p = paint(p, wall, level["myo"] * (1 + 0.08 * web))
    p = paint(p, inside * ventricle, level["blood"] * flow)
    u = (zeta - base) / (heart.length_mm - base)
    return _muscles(p, heart, scene, plane, endo, u, s, web) if ventricle.max() > 0 and 0 < u < 1.05 else p


def draw_labels(heart: Heart, scene: Scene, plane: Plane, zeta: float, phase: float) -> NDArray[np.uint8]:
    """0 background, 1 cavity, 2 myocardium, 3 RV cavity, as a reader would draw them.

    A slice belongs to the LV where its wall stands on at least half of the circumference
    (SCMR 2020, doi:10.1186/s12968-020-00610-6, on the choice of the basal slice).
    """
    labels = np.zeros(plane.yy.shape, np.uint8)
    rv = right_ventricle(heart, scene, plane, zeta, phase)
    if zeta > float(heart.base_mm(phase)) - 4:
        labels[rv > 0] = RIGHT_VENTRICLE
    share = heart.in_slice(zeta, phase)
    if share < 0.5:
        return labels
    endo, epi = _radii(heart, zeta, phase, plane.theta)
    # Trabeculae stand apart in the blood at ED and are read as cavity; at ES they are pressed
    # together, and most of the layer is read as wall.
    s, base = float(heart.beat.contraction(phase)), float(heart.base_mm(phase))
    layer = 0.6 * s * _trabecular_depth(scene, (zeta - base) / (heart.length_mm - base), s)
    endo = np.maximum(endo - layer, 0.4 * endo)
    labels[plane.radius < epi] = 2
    labels[plane.radius < endo] = 1
    return labels


def scan(picture: F32, rng: Random, blur: float, noise: float) -> F32:
    """What the scanner makes of the true signal: point spread and Rician noise."""
    out = gaussian_filter(picture, blur) if blur > 0.05 else picture
    real = out + noise * rng.standard_normal(out.shape, np.float32)
    return np.hypot(real, noise * rng.standard_normal(out.shape, np.float32)).astype(np.float32)


def deform(shape: tuple[int, int], amount_px: float, rng: Random) -> F32:
    """Smooth random displacement field (2, Y, X) in pixels."""
    return np.stack([smooth_noise(shape, 45, rng), smooth_noise(shape, 45, rng)]) * amount_px


def warp(picture: NDArray[np.generic], field: F32, order: int) -> NDArray[np.generic]:
    """A picture (Y, X) moved by a displacement field."""
    grid = np.indices(picture.shape, dtype=np.float32) + field
    return np.asarray(map_coordinates(picture, grid, order=order, mode="nearest", output=picture.dtype))


@dataclass(frozen=True)
class Stack:
    """A rendered short-axis study.

    Attributes
    ----------
    pixels : ndarray of float32, shape (Z, T, Y, X)
        Blood is about 1.
    labels : ndarray of uint8, shape (Z, T, Y, X)
    zeta_mm : ndarray, shape (Z,)
    """

    pixels: F32
    labels: NDArray[np.uint8]
    zeta_mm: NDArray[np.float64]


@dataclass(frozen=True)
class Protocol:
    """How the virtual scanner is set.

    Attributes
    ----------
    size : int
        Rows and columns.
    spacing_mm, step_mm, thickness_mm : float
    phases : tuple of float
        Phase of every frame, 0 = R wave.
    slices_above, slices_below : int
        Slices beyond the base and beyond the apex.
    blur_px, noise : float
    shift_mm : float
        SD of the breath-hold shift between slices.
    deform_px : float
        SD of a smooth deformation of image and labels together (0: exact truth).
    through : int
        Sub-slices that make a thick slice.
    """

    size: int = 144
    spacing_mm: float = 1.4
    step_mm: float = 9.0
    thickness_mm: float = 8.0
    phases: tuple[float, ...] = (0.0,)
    slices_above: int = 2
    slices_below: int = 1
    blur_px: float = 0.6
    noise: float = 0.04
    shift_mm: float = 1.0
    deform_px: float = 0.0
    through: int = 3
    turn: float = 0.0
    offset_mm: tuple[float, float] = (0.0, 0.0)


def render(heart: Heart, scene: Scene, protocol: Protocol, rng: Random) -> Stack:
    """Images and labels of every slice and frame."""
    first = -protocol.slices_above * protocol.step_mm + rng.uniform(0.1, 0.9) * protocol.step_mm
    count = int(np.ceil((heart.apex_epi_mm() - first) / protocol.step_mm)) + protocol.slices_below
    zetas = first + protocol.step_mm * np.arange(count)
    shape = (protocol.size, protocol.size)
    web = smooth_noise(shape, rng.uniform(2.5, 6), rng)
    field = deform(shape, protocol.deform_px, rng)
    pixels = np.zeros((count, len(protocol.phases), *shape), np.float32)
    labels = np.zeros(pixels.shape, np.uint8)
    bias = np.exp(0.25 * rng.uniform(0, 1.6) * smooth_noise(shape, 90, rng))
    seed = int(rng.integers(2**32))
    for z, zeta in enumerate(zetas):
        plane = _placed(scene, protocol, float(zeta) / heart.length_mm, rng)
        # The same organs, slowly changing: one generator state per pair of slices.
        around = background(
            plane.yy, plane.xx, plane.spacing, scene.level, np.random.default_rng(seed + z // 2)
        )
        for t, phase in enumerate(protocol.phases):
            flow = np.exp(rng.uniform(0, 0.22) * smooth_noise(shape, 16, rng))
            subs = (np.arange(protocol.through) + 0.5) / protocol.through - 0.5
            slabs = [
                draw_slab(
                    heart, scene, plane, around, web, flow, float(zeta + d * protocol.thickness_mm), phase
                )
                for d in subs
            ]
            drawn = draw_labels(heart, scene, plane, float(zeta), phase)
            picture = np.mean(slabs, axis=0)
            if protocol.deform_px:
                picture, drawn = warp(picture, field, 1), warp(drawn, field, 0)  # type: ignore[assignment]
            pixels[z, t] = scan(picture * bias, rng, protocol.blur_px, protocol.noise)
            labels[z, t] = drawn
    return Stack(pixels, labels, np.asarray(zetas, np.float64))


def _placed(scene: Scene, protocol: Protocol, along: float, rng: Random) -> Plane:
    """The slice's grid: the axis runs a little obliquely, each breath-hold shifts."""
    ay, ax, by, bx = scene.drift
    shift = rng.normal(0, protocol.shift_mm, 2)
    centre = (
        protocol.offset_mm[0] + ay * (along - 0.5) + by * along**2 + shift[0],
        protocol.offset_mm[1] + ax * (along - 0.5) + bx * along**2 + shift[1],
    )
    return make_plane(protocol.size, protocol.spacing_mm, centre, protocol.turn)
