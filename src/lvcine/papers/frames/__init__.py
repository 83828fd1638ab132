"""The table of the paper that `frames` is built after."""
