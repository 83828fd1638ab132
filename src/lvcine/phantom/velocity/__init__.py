"""Velocity-mapping MR of a virtual heart: three velocity-encoded channels beside a magnitude.

One convention throughout. In a picture the channels are x (along a row, columns grow), y (along a
column, rows grow) and z (along :attr:`lvcine.study.Geometry.normal`, which is x cross y: away from
the viewer, from the apex to the base). Of the wall, longitudinal is positive from base to apex,
radial positive inwards and circumferential positive clockwise seen from the apex: the first two
are positive in systole.
"""

from lvcine.phantom.velocity.protocol import Protocol, draw_protocol
from lvcine.phantom.velocity.study import VelocityStudy, virtual_velocity
from lvcine.phantom.velocity.truth import COMPONENTS, Peaks, VelocityTruth, velocity_truth

__all__ = [
    "COMPONENTS", "Peaks", "Protocol", "VelocityStudy", "VelocityTruth", "draw_protocol", "velocity_truth",
    "virtual_velocity",
]  # fmt: skip
