"""Velocities of the wall from a velocity-mapping scan and its masks: curves, peaks, numbers, doubts.

Unwrapped first, along the direction each channel was encoded in (``unwrap``); freed of the phase error that
tissue at rest shows (``background``); turned to the picture's axes (``field``); taken about the middle of the
cavity, the motion of the whole ring apart (``ring``, ``components``); peaks between frames (``peaks``).
"""

from lvcine.measure.velocity.mapping import VelocityMeasured, measure_velocity

__all__ = ["VelocityMeasured", "measure_velocity"]
