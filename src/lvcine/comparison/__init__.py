"""A cohort against manual readings, readers against each other, version against version."""
