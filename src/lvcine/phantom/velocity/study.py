"""A virtual velocity-mapping scan with its exact velocities, placed in a patient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.anatomy import Anatomy, draw_anatomy, draw_waves, layers, waves
from lvcine.phantom.arrays import together
from lvcine.phantom.beat import Beat, State
from lvcine.phantom.heart import Heart
from lvcine.phantom.population import Random, draw_heart
from lvcine.phantom.surroundings import Levels, Surroundings, chest_picture, draw_surroundings
from lvcine.phantom.velocity.field import blood_stream, tissue_velocity
from lvcine.phantom.velocity.protocol import Protocol, draw_protocol
from lvcine.phantom.velocity.receive import background, k_window, measured, turned, velocity_of, white_noise
from lvcine.phantom.velocity.signal import Axes, brightness, echoes, in_picture
from lvcine.phantom.velocity.truth import VelocityTruth, velocity_truth
from lvcine.phantom.views import TO_PATIENT, Plane, short_axis, to_patient
from lvcine.study import Cine, Geometry, Velocity, View
from lvcine.study.mask import CAVITY, MYOCARDIUM

Floats = NDArray[np.float32]

_COARSE = 4  # pixels between the points at which the heart's reach is looked for
_MARGIN_MM = 8.0
_AT_ONCE = 8  # frames drawn together: small enough for a processor's cache
MESH = (0.6, 1.0)
"""Share of muscle in the trabecular layer at ED, from subject to subject, as under the cine scanner."""
_IN_LV = ("lv blood", "papillary", "trabeculae")


@dataclass(frozen=True, eq=False)
class VelocityStudy:
    """What a velocity-mapping scan gives, and the velocities that were there.

    Attributes
    ----------
    magnitude : ndarray of float32, shape (Z, T, Y, X)
        1 is the signal of the myocardium.
    velocity_cm_s : ndarray of float32, shape (3, Z, T, Y, X)
        Along x, y and z of the picture (see :attr:`directions`), wrapped into -VENC..VENC.
    true_velocity_cm_s : ndarray of float32, shape (3, Z, T, Y, X)
        At the pixel centres in the middle of the slices: exact in the wall, smooth and plausible in
        blood and in the heart's neighbours, zero in what stands still.
    labels : ndarray of uint8, shape (Z, T, Y, X)
        0 background, 1 cavity (papillary muscles inside), 2 myocardium, at pixel centres.
    rv : ndarray of bool, shape (Z, T, Y, X)
        Blood of the right ventricle.
    venc_cm_s : (float, float, float)
    geometry : Geometry
        As planned; the breath-hold's shift is not in it, as a scanner does not know it.
    times_ms : ndarray, shape (Z, T)
    cycle_ms : ndarray, shape (Z,)
    protocol : Protocol
    """

    magnitude: Floats
    velocity_cm_s: Floats
    true_velocity_cm_s: Floats
    labels: NDArray[np.uint8]
    rv: NDArray[np.bool_]
    venc_cm_s: tuple[float, float, float]
    geometry: Geometry
    times_ms: NDArray[np.float64]
    cycle_ms: NDArray[np.float64]
    protocol: Protocol

    @property
    def directions(self) -> NDArray[np.float64]:
        """Unit vectors (3, 3) in LPS along which the channels are positive, one a row."""
        g = self.geometry
        spacing = g.pixel_spacing_mm
        return np.stack([g.column_step_mm / spacing[1], g.row_step_mm / spacing[0], g.normal])

    def in_patient(self, velocity_cm_s: NDArray[np.floating]) -> NDArray[np.floating]:
        """A velocity (3, ...) along x, y and z of the picture as one along L, P and S."""
        return np.tensordot(self.directions.T, velocity_cm_s, 1)

    @property
    def cine(self) -> Cine:
        """The magnitude as a short-axis cine of 12 bits, with the velocities beside it."""
        scale = 1000.0 / max(float(np.percentile(self.magnitude, 99.0)), 1e-6)
        pixels = np.clip(np.rint(self.magnitude * scale), 0, 4095).astype(np.uint16)
        return Cine(
            pixels, self.geometry, self.times_ms, self.cycle_ms, view=View.SAX,
            phases_only=pixels.shape[1] <= 2, label="virtual velocity mapping",
            velocity=Velocity(self.velocity_cm_s, self.venc_cm_s, self.directions),
        )  # fmt: skip


def virtual_velocity(
    seed: int,
    slices: int = 3,
    frames: int = 50,
    size: int = 128,
    spacing_mm: float = 1.4,
    *,
    heart: Heart | None = None,
    kind: str | None = None,
    protocol: Protocol | None = None,
    cycle_ms: float | None = None,
    visit: int = 0,
) -> tuple[VelocityStudy, VelocityTruth]:
    """A velocity-mapping scan of a virtual heart.

    Parameters
    ----------
    seed : int
    slices, frames, size, spacing_mm
        Of the protocol, unless one is given.
    heart : Heart, optional
        A given heart instead of one drawn from the seed.
    kind : str, optional
        Of :data:`lvcine.phantom.population.KINDS`; with it the neighbours are those of the same
        subject in the other scanners too.
    protocol : Protocol, optional
    cycle_ms : float, optional
        Mean length of the heart cycle; each slice's differs a little.
    visit : int
        The same person on another day: heart and chest are the same, the scan is another one.

    Examples
    --------
    >>> study, truth = virtual_velocity(1, slices=1, frames=2, size=48, spacing_mm=3.0)
    >>> study.velocity_cm_s.shape, truth.mean_cm_s.shape
    ((3, 1, 2, 48, 48), (3, 1, 2))
    """
    rng = np.random.default_rng(seed)
    drawn = draw_heart(rng, kind)
    anatomy = draw_anatomy(heart or drawn, rng)
    around = draw_surroundings(rng)
    # Of the person, and of no consequence to what is drawn after it.
    mesh = float(rng.spawn(1)[0].uniform(*MESH))
    rng = np.random.default_rng([seed, visit]) if visit else rng
    drawn_protocol = draw_protocol(rng, slices=slices, frames=frames, size=size, spacing_mm=spacing_mm)
    scan = protocol or drawn_protocol
    mean_cycle = float(rng.uniform(700.0, 1100.0)) if cycle_ms is None else cycle_ms
    cycles = mean_cycle * rng.normal(1.0, 0.02, scan.slices)
    phases = np.arange(scan.frames) / scan.frames
    planes = [_plane(anatomy.heart, scan, float(u)) for u in scan.levels()]
    held = [_shifted(plane, scan, rng) for plane in planes]
    shading = draw_waves(rng, 3, (180.0, 500.0))
    parts = [
        _Slice(anatomy, around, scan, plane, phases, float(c) / 1000.0, shading, mesh, rng).scanned()
        for plane, c in zip(held, cycles, strict=True)
    ]
    magnitude, velocity, true, labels, rv = (np.stack(p) for p in zip(*parts, strict=True))
    study = VelocityStudy(
        magnitude, np.moveaxis(velocity, 0, 1), np.moveaxis(true, 0, 1), labels, rv, scan.venc_cm_s,
        _geometry(planes, scan), phases * cycles[:, None], cycles, scan,
    )  # fmt: skip
    heights = np.array([plane.middle_mm[2] for plane in held])
    return study, velocity_truth(anatomy, heights, phases, cycles)


def _plane(heart: Heart, scan: Protocol, u: float) -> Plane:
    rest = heart.beat.at(np.zeros(()))
    x, y = heart.centre(u, rest)
    return short_axis(float(heart.height(u, rest)), scan.turn, (float(x), float(y)))


def _shifted(plane: Plane, scan: Protocol, rng: Random) -> Plane:
    """Where the slice lies in the heart once the breath is held."""
    in_plane, through = scan.shift_mm
    shift = rng.normal(0.0, 1.0, 3) * [in_plane, in_plane, through]
    return replace(plane, middle_mm=plane.middle_mm + shift)


def _geometry(planes: list[Plane], scan: Protocol) -> Geometry:
    corners = np.stack([plane.grid(scan.size, scan.size, scan.spacing_mm)[:, 0, 0] for plane in planes])
    return Geometry(
        to_patient(corners),
        to_patient(planes[0].down) * scan.spacing_mm,
        to_patient(planes[0].across) * scan.spacing_mm,
        thickness_mm=scan.thickness_mm,
    )


class _Slice:
    """One slice on its way through the scanner."""

    def __init__(
        self, anatomy: Anatomy, around: Surroundings, scan: Protocol, plane: Plane,
        phases: NDArray[np.float64], period_s: float, shading: tuple[float, ...], mesh: float,
        rng: Random,
    ) -> None:  # fmt: skip
        self.scan, self.plane, self.phases, self.rng = scan, plane, phases, rng
        single = np.zeros((), np.float32)
        self.anatomy, self.around = together([anatomy], single), together([around], single)
        self.beat: Beat = anatomy.heart.beat
        self.period_s, self.shading, self.mesh = period_s, shading, mesh
        self.bright = brightness(scan)
        self.box = self._box()
        # Across the picture as the patient sees it: x cross y, whatever the heart's frame is.
        across, down = to_patient(plane.across), to_patient(plane.down)
        normal = TO_PATIENT.T @ np.cross(across, down)
        self.axes = Axes(*(tuple(float(c) for c in v) for v in (plane.across, plane.down, normal)))  # type: ignore[arg-type]

    def scanned(self) -> tuple[Floats, Floats, Floats, NDArray[np.uint8], NDArray[np.bool_]]:
        """Magnitude (T, Y, X), velocity (3, T, Y, X), true velocity, labels, RV."""
        scan, size = self.scan, self.scan.size
        through = ((np.arange(scan.samples) + 0.5) / scan.samples - 0.5) * scan.thickness_mm
        signal = np.mean([self._drawn(z) for z in through], axis=0, dtype=np.complex64)
        # Sensitivity of the coils, falling from the chest wall.
        signal = signal * np.exp(0.25 * waves(self.shading, *self._points(0.0))).astype(np.float32)
        noise = white_noise(self.rng, signal.shape, scan.noise)
        errors = [
            background(self.rng, size, self.phases, scan.background_cm_s).astype(np.float32)
            for _ in scan.venc_cm_s
        ]
        for channel, (error, venc) in enumerate(zip(errors, scan.venc_cm_s, strict=True), start=1):
            signal[channel] = turned(signal[channel], error, venc)
        window = k_window(size, scan.resolution).astype(np.float32)
        images = measured(signal, window, scan.sharing, noise)
        velocity = [velocity_of(images[c + 1], venc) for c, venc in enumerate(scan.venc_cm_s)]
        true, labels, rv = self._truth()
        return abs(images[0]).astype(np.float32), np.stack(velocity).astype(np.float32), true, labels, rv

    def _points(
        self, off_mm: float, part: tuple[slice, slice] = (slice(None), slice(None))
    ) -> tuple[Floats, Floats, Floats]:
        """Points (1, rows, columns) of a plane, or of a part of it."""
        plane = replace(self.plane, middle_mm=self.plane.middle_mm + off_mm * self.plane.normal)
        grid = plane.grid(self.scan.size, self.scan.size, self.scan.spacing_mm)[:, None, *part]
        x, y, z = grid.astype(np.float32)
        return x, y, z

    def _states(self) -> Iterator[tuple[slice, State]]:
        """Some frames at a time, as a state of shape (frames, 1, 1)."""
        for first in range(0, len(self.phases), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            state = self.beat.at(self.phases[part], self.period_s)
            yield part, state.each(lambda v: np.asarray(v, np.float32).reshape(-1, 1, 1))

    def _drawn(self, off_mm: float) -> NDArray[np.complex64]:
        """Signal (4, T, Y, X) of one plane through the slice."""
        points, scan = self._points(off_mm), self.scan
        b = self.bright
        levels = Levels(b["lung"], b["liver"], b["muscle"], b["fat"], b["rv blood"])
        chest = chest_picture(self.around, levels, *points, scan.spacing_mm)
        chest = np.clip(chest, 0.0, None).astype(np.float32)
        out = np.empty((4, len(self.phases), scan.size, scan.size), np.complex64)
        out[:] = chest
        rows, columns = self.box
        near = self._points(off_mm, (rows, columns))
        for part, state in self._states():
            out[:, part, rows, columns] = echoes(
                self.anatomy, near, state, chest[:, rows, columns], self.bright, self.axes,
                scan.venc_cm_s, scan.spacing_mm, self.mesh,
            )  # fmt: skip
        return out

    def _box(self) -> tuple[slice, slice]:
        """Rows and columns that the heart reaches in any frame, found on a coarse grid."""
        every = slice(None, None, _COARSE)
        coarse = self._points(0.0, (every, every))
        reached: NDArray[np.bool_] = np.zeros(coarse[0].shape[1:], bool)
        margin = _MARGIN_MM + _COARSE * self.scan.spacing_mm
        for _, state in self._states():
            found, _ = layers(self.anatomy, *coarse, state)
            depth = np.maximum.reduce([layer.depth for layer in found])
            reached |= np.asarray(np.max(depth, axis=0) > -margin)
        return _span(np.asarray(reached.any(1)), self.scan.size), _span(
            np.asarray(reached.any(0)), self.scan.size
        )

    def _truth(self) -> tuple[Floats, NDArray[np.uint8], NDArray[np.bool_]]:
        """Velocity (3, T, Y, X), labels and RV (T, Y, X) at the pixel centres of the middle plane."""
        rows, columns = self.box
        points = self._points(0.0, self.box)
        shape = len(self.phases), self.scan.size, self.scan.size
        velocity, labels = np.zeros((3, *shape), np.float32), np.zeros(shape, np.uint8)
        rv = np.zeros(shape, bool)
        for part, state in self._states():
            found, place = layers(self.anatomy, *points, state)
            depth = {layer.tissue: layer.depth for layer in found}
            cavity = np.maximum.reduce([depth[name] for name in _IN_LV]) > 0.0
            wall = (depth["myocardium"] > 0.0) & ~cavity
            labels[part, rows, columns] = np.where(cavity, CAVITY, np.where(wall, MYOCARDIUM, 0))
            rv[part, rows, columns] = (depth["rv blood"] > 0.0) & ~cavity & ~wall
            vx, vy, vz = tissue_velocity(self.anatomy.heart, place, state)
            streams = blood_stream(self.anatomy.heart, place, state)
            extra = 0.0 * vz
            for layer in found:  # the last one that covers a point is what is there
                extra = np.where(layer.depth > 0.0, streams.get(layer.tissue, 0.0), extra)
            vz = vz + extra
            heart = np.maximum.reduce([layer.depth for layer in found]) > 0.0
            velocity[:, part, rows, columns] = np.stack(
                [v * heart for v in in_picture(self.axes, (vx, vy, vz))]
            )
        return velocity, labels, rv


def _span(reached: NDArray[np.bool_], size: int) -> slice:
    """Pixels about the coarse ones that are reached."""
    found = np.flatnonzero(reached)
    if not len(found):
        return slice(0, 0)
    return slice(max((int(found[0]) - 1) * _COARSE, 0), min((int(found[-1]) + 1) * _COARSE + 1, size))
