"""The table of the paper that `velocity` is built after."""
