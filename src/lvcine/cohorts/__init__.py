"""Many studies: found, measured side by side, one process each, and put into tables and a page."""
