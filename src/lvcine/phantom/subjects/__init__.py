"""Virtual subjects: a heart and its owner, scanned and written as files, one or a whole cohort."""
