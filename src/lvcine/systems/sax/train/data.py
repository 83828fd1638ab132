"""What is learned from: short-axis stacks of virtual hearts and of synthetic shapes, each from its number."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lvcine.phantom.mr import render, short_axis_planes
from lvcine.phantom.seeds import seed_of
from lvcine.systems.sax.train.synthetic_shapes import FIRST, shapes_study
from lvcine.training.items import virtual_subject_name
from lvcine.training.labelled import LabelledStudy
from lvcine.training.virtual_hearts import READER, virtual_subject


def make(number: int, side: str) -> Iterator[LabelledStudy]:
    """The stack of a number: synthetic shapes from :data:`FIRST` on, a virtual heart below."""
    yield shapes_study(number - FIRST, side) if number >= FIRST else virtual_study(number, side)


def virtual_study(number: int, side: str = "training") -> LabelledStudy:
    """Virtual heart ``number`` of one side of the split (labels 0-3, RV included).

    A slice is the LV's where at least half of the ring stands in its middle
    (:func:`lvcine.phantom.labels.reader_labels`), those that hold the base or the tip too: when these
    were left unlabelled, nets took atria for cavity at ES (docs/evidence/realism.md).
    """
    scene, protocol, rng = virtual_subject(seed_of("sax", side, number))
    planes = short_axis_planes(scene.anatomy.heart, protocol, rng)
    stack = render(scene, planes, protocol, rng, reader=READER)
    pixels = np.clip(stack.pixels * 120.0, 0, 255).astype(np.uint8)
    return LabelledStudy(f"{virtual_subject_name(side, number)}~SAX", pixels, stack.labels)
