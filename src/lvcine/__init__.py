"""lvcine: the left ventricle from cine MR and ultrasound, from scanner file to report."""

__version__ = "0.1.0"
