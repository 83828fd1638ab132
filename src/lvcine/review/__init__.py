"""``lvcine review``: the result of an analysis in a browser, its contours corrected, its numbers following."""
