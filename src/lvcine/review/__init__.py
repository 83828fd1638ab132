"""``lvcine review``: a result in a browser, its contours corrected, its numbers following."""
