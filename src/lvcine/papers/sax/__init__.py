"""The table of the paper that `sax` is built after."""
