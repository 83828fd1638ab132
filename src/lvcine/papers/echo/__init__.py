"""The table of the paper that `echo` is built after."""
