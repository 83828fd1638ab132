"""The table of the paper that `quantification` is built after."""
