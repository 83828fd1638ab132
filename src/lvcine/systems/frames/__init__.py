"""End-diastole and end-systole from the pixels of any cine, without masks."""
