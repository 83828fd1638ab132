"""Virtual studies as the files that scanners, converters and viewers write.

The same cine and seed give the same bytes. Names are ``PHANTOM^0001`` and up; no file looks
like a real person's.
"""

from lvcine.phantom.write.dicom_enhanced import write_enhanced_mr
from lvcine.phantom.write.dicom_mr import write_dicom_mr
from lvcine.phantom.write.dicom_us import write_ultrasound
from lvcine.phantom.write.dicom_velocity import write_dicom_velocity
from lvcine.phantom.write.lvquan import LVQuanSubject, write_lvquan18, write_lvquan19
from lvcine.phantom.write.nifti import write_nifti
from lvcine.phantom.write.velocity_arrays import write_velocity_nifti, write_velocity_npz
from lvcine.phantom.write.video import write_video

__all__ = [
    "LVQuanSubject", "write_dicom_mr", "write_dicom_velocity", "write_enhanced_mr", "write_lvquan18",
    "write_lvquan19", "write_nifti", "write_ultrasound", "write_velocity_nifti", "write_velocity_npz",
    "write_video",
]  # fmt: skip
