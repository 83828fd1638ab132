"""What an analysis gives back: an :class:`Analysis` that can show itself, save itself and become a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from lvcine.errors import UsageError
from lvcine.pipeline.keywords import Keywords, options_of
from lvcine.report import write_outputs
from lvcine.report.notebook import analysis_html
from lvcine.report.tables import COLUMNS, rows
from lvcine.study import Analysis

if TYPE_CHECKING:
    import pandas

_WHOLE = ("slice", "frame", "segment")


@dataclass(frozen=True, eq=False, repr=False)
class Result(Analysis):
    """An analysis as :func:`lvcine.analyze` and :func:`lvcine.measure_masks` give it back.

    A notebook shows its numbers and its contours at ED and ES. Two results are equal where they are one
    object: arrays are compared by whoever wants to.

    Examples
    --------
    >>> import lvcine, numpy as np
    >>> y, x = np.mgrid[:48, :48] - 23.7
    >>> masks = np.zeros((4, 2, 48, 48), int)
    >>> for t, radius in enumerate((12, 8)):
    ...     masks[:, t][:, np.hypot(y, x) < radius + 6] = 2
    ...     masks[:, t][:, np.hypot(y, x) < radius] = 1
    >>> pixels = np.random.default_rng(0).normal(100, 20, masks.shape)
    >>> scan = {"axes": "ZTYX", "spacing": (1, 1), "slice_step": 10, "view": "SAX"}
    >>> result = lvcine.measure_masks(pixels, masks, **scan)
    >>> result.headline()["edv_ml"].unit, result == result, hash(result) == hash(result)
    ('mL', True, True)
    """

    def save(self, output: str | Path, **keywords: Unpack[Keywords]) -> list[Path]:
        """Write the folder of results that ``output=`` would have written.

        Parameters
        ----------
        output : path
        **keywords
            ``movie``, ``viewer``, ``identify`` and ``overwrite`` count.

        Returns
        -------
        list of Path

        Raises
        ------
        UsageError
            The folder holds files already and ``overwrite`` is not set, or cannot be written to; the pixels
            are not there (measured on a folder of results without its scan).
        """
        if not self.cine.pixels.any():
            raise UsageError(
                "the pictures of a report need the scan, which results do not hold",
                advice="give it as scan=... to measure_masks",
            )
        chosen = options_of(None, keywords)
        return write_outputs(
            self, Path(output), overwrite=chosen.overwrite, identify=chosen.identify, movie=chosen.movie,
            viewer=chosen.viewer,
        )  # fmt: skip

    def to_dataframe(self) -> pandas.DataFrame:
        """Every number as a row, as in ``measurements.csv``: name, value, unit, method, place, interval.

        Needs pandas (``pip install 'lvcine[pandas]'``). Slice, frame and segment are whole or missing.

        Raises
        ------
        UsageError
            pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise UsageError("pandas is not installed", advice="pip install 'lvcine[pandas]'") from error
        table = pandas.DataFrame.from_records(
            [tuple(getattr(m, column) for column in COLUMNS) for m in rows(self)], columns=list(COLUMNS)
        )
        return table.astype({**dict.fromkeys(_WHOLE, "Int64"), "low": "float64", "high": "float64"})

    def _repr_html_(self) -> str:
        return analysis_html(self)


def result_of(analysis: Analysis) -> Result:
    """The same, able to show and save itself."""
    return analysis if isinstance(analysis, Result) else Result(**vars(analysis))
