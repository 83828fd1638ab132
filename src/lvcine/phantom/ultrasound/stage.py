"""Frames of a clip, some at once: tissue under each pixel, echoes, picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lvcine.phantom.anatomy import TISSUES, Anatomy, layers
from lvcine.phantom.arrays import Num
from lvcine.phantom.beat import State
from lvcine.phantom.heart import Place
from lvcine.phantom.ultrasound.beamform import Beamformer
from lvcine.phantom.ultrasound.motion import PRESSED_OUT, single
from lvcine.phantom.ultrasound.scatter import BLOOD, Scatterers, layer_mm
from lvcine.phantom.ultrasound.screen import Screen, to_polar
from lvcine.phantom.ultrasound.valves import Leaflet
from lvcine.phantom.views import Plane

Array = NDArray[np.float64]

READ_AS_WALL = 0.85
"""Share of the trabecular layer's depth at ED that a reader takes for wall. Beams are too wide to tell
trabeculae from compact muscle, and readers draw along the inner ends of what they see: volumes come out a
fifth to a quarter too small (Mor-Avi et al. 2008, doi:10.1016/j.jcmg.2008.02.009), walls 11.7 mm thick at ED
and 13.2 at ES in CAMUS (Leclerc et al. 2019, doi:10.1109/TMI.2019.2900516; four-chamber views, 50 patients),
where MR finds 5 to 9 mm of compact muscle. The line moves with the muscle, and blood leaves the layer
(:data:`~lvcine.phantom.ultrasound.motion.PRESSED_OUT`): the drawn cavity loses more than the true one."""


def read_radius(anatomy: Anatomy, place: Place, state: State) -> Num:
    """Distance from the axis, mm, of the line that a reader draws; 0 where the layer fills the cavity.

    Parameters
    ----------
    anatomy : Anatomy
    place : Place
        Where points lie at the state.
    state : State
    """
    heart = anatomy.heart
    rest = heart.rest(place.u, place.cos, place.sin)
    drawn = rest - READ_AS_WALL * layer_mm(anatomy, place.u, rest)
    layer = (rest**2 - drawn**2) * heart.stretch(state) * (1.0 - PRESSED_OUT * state.squeeze)
    squared = place.endo**2 - layer
    return np.sqrt(np.clip(squared, 0.0, None))


@dataclass(frozen=True)
class Stage:
    """All of a clip that does not change from frame to frame.

    Attributes
    ----------
    anatomy : Anatomy
        Of arrays (1, 1, 1) in single precision, as the scatterers are.
    plane : Plane
        Whose middle is the probe's face at rest.
    beams, screen : Beamformer, Screen
    scatterers : Scatterers
    valves : tuple of Leaflet
    clutter : array, shape (2, D, B)
    """

    anatomy: Anatomy
    plane: Plane
    beams: Beamformer
    screen: Screen
    scatterers: Scatterers
    valves: tuple[Leaflet, ...]
    clutter: Num

    def tissue(self, points: Num, state: State) -> tuple[Num, Num]:
        """What lies at points (3, T, N) at states (T, 1): 1 + its place in ``TISSUES``, 0 nothing, (T, N).

        And whether it lies outside the line that a reader draws, :data:`READ_AS_WALL`, (T, N).
        """
        stack, place = layers(self.anatomy, points[0][None], points[1][None], points[2][None], state)
        out: Num = 0.0 * points[0]
        for layer in stack:
            out = np.where(layer.depth[0] > 0.0, 1.0 + TISSUES.index(layer.tissue) + 0.0 * out, out)
        rim = place.radius > read_radius(self.anatomy, place, state)
        return np.asarray(out, dtype=np.int64), rim[0]

    def frames(
        self, state: State, drift: Array, noise: NDArray[np.floating]
    ) -> tuple[NDArray[np.generic], NDArray[np.generic], NDArray[np.generic]]:
        """Tissue, what a reader takes for wall, and grey.

        Parameters
        ----------
        state : State
            Of arrays (T,).
        drift : ndarray, shape (T, 3)
            By which the probe has moved in the heart's frame.
        noise : ndarray, shape (2, T, D, B)
            White, unit power.

        Returns
        -------
        ndarray of int (T, N), ndarray of bool (T, N), ndarray (T, N)
            ``TISSUES`` index plus 1 and what a reader takes for wall at the pixels of ``screen.drawn``;
            grey 0..1 at those of ``screen.sector``.
        """
        beams = self.beams
        columns = state.each(lambda v: single(v).reshape(-1, 1))
        off = single(drift.T[..., None])
        points = single(self._points[:, None]) + off
        tissue, rim = self.tissue(points, columns.each(lambda v: v[None]))
        echoes = beams.echo(*self._echoes(columns, off, state, drift))
        gain = single(beams.gain)
        blood = single(self._blood)[tissue[:, self._within]][:, self._under].reshape(echoes.shape[1:]) * gain
        restless = np.sqrt(blood * blood + single(beams.noise) ** 2)
        field = echoes * gain + single(noise) * restless + self.clutter[:, None]
        return tissue, rim, self._shown(beams.grey(beams.spread(field)))

    def _echoes(self, columns: State, off: Num, state: State, drift: Array) -> tuple[Num, Num, Num, Num]:
        """Range, angle, distance from the plane and amplitude of scatterers and leaflets, (T, N)."""
        plane, probe = self.plane, self.beams.protocol.probe_mm
        where = self.scatterers.tissue.at(columns)
        middle = plane.middle_mm
        x, y, z = (where[i] - off[i] - float(middle[i]) for i in range(3))
        down, across, beside = (
            x * float(e[0]) + y * float(e[1]) + z * float(e[2])
            for e in (plane.down, plane.across, np.cross(plane.down, plane.across))
        )
        amplitude = self.scatterers.amplitude + 0.0 * down
        if self.valves:
            rows = state.each(lambda v: np.asarray(v)[:, None])
            lines = [leaflet.at(rows, plane, drift) for leaflet in self.valves]
            down, across = (
                np.concatenate([a, single(np.concatenate([line[i] for line in lines], 1))], 1)
                for i, a in ((0, down), (1, across))
            )
            bright = np.concatenate([leaflet.amplitude for leaflet in self.valves])
            thick2 = float(np.median(self.beams.slice_mm))  # amplitude that echo() divides by
            bright = bright * 10 ** (self.beams.protocol.echo.valve_db / 20.0) * thick2**0.5
            leaf = single(np.broadcast_to(bright, (len(drift), len(bright))))
            amplitude = np.concatenate([amplitude, leaf], 1)
            beside = np.concatenate([beside, 0.0 * leaf], 1)
        reach, angle = to_polar(down, across, probe, beside)
        return reach, angle, beside, amplitude

    def _shown(self, grey: Num) -> Num:
        """Polar picture (T, D, B) at the pixels of the sector, bilinear: (T, N)."""
        flat = grey.reshape(len(grey), -1)
        corners, weights = self._conversion
        out: Num = 0.0
        for corner, weight in zip(corners, weights, strict=True):
            out = out + flat[:, corner] * single(weight)
        return out

    @cached_property
    def _points(self) -> Array:
        """Pixels that a reader may draw on, in the heart's frame, (3, N)."""
        return self.screen.points(self.plane)[:, self.screen.drawn]

    @cached_property
    def _within(self) -> NDArray[np.bool_]:
        """Which of them lie in the sector."""
        return np.asarray(self.screen.sector[self.screen.drawn])

    @cached_property
    def _blood(self) -> Array:
        """Amplitude of blood by tissue index."""
        level = 10 ** (self.beams.protocol.echo.blood_db / 20.0)
        filled = (*BLOOD, "trabeculae")  # blood stands between them
        return np.array([0.0, *(level if name in filled else 0.0 for name in TISSUES)])

    @cached_property
    def _under(self) -> NDArray[np.int64]:
        """For each sample of the polar grid the pixel of the sector that is nearest, (D * B,)."""
        screen, p = self.screen, self.beams.protocol
        number = np.full(screen.sector.shape, -1)
        number[screen.sector] = np.arange(int(screen.sector.sum()))
        reach, angle = np.meshgrid(self.beams.ranges + p.probe_mm, self.beams.angles, indexing="ij")
        down, across = screen.plane_mm
        step, last = screen.pixel_mm, p.size - 1
        row = np.rint((reach * np.cos(angle) - p.probe_mm - down[0, 0]) / step).clip(0, last).astype(int)
        column = np.rint((reach * np.sin(angle) - across[0, 0]) / step).clip(0, last).astype(int)
        return np.asarray(number[row, column].clip(0).reshape(-1))

    @cached_property
    def _conversion(self) -> tuple[list[NDArray[np.int64]], list[Array]]:
        """Samples of the polar grid about each pixel of the sector, and their weights."""
        reach, angle = (a[self.screen.sector] for a in self.screen.polar)
        (dr, da), d, b = self.beams.steps, len(self.beams.ranges), len(self.beams.angles)
        row = ((reach - self.beams.ranges[0]) / dr).clip(0, d - 1.001)
        column = ((angle - self.beams.angles[0]) / da).clip(0, b - 1.001)
        i, j = row.astype(int), column.astype(int)
        fi, fj = row - i, column - j
        at = i * b + j
        return [at, at + 1, at + b, at + b + 1], [(1 - fi) * (1 - fj), (1 - fi) * fj, fi * (1 - fj), fi * fj]
