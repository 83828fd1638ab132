"""The systems and the paper that each is built after: pure data, nothing is imported here."""

SYSTEMS = {
    "sax": "multi-level convolutional LSTM for infarcted myocardium, arXiv:1811.06051, Table 1",
    "frames": "TempReg-Net: ED and ES by deep temporal regression, doi:10.1007/978-3-319-46726-9_31, Table 1",
    "quantification": (
        "LV quantification by spatio-temporal CNN, doi:10.1007/978-3-030-12029-0_49, Tables 1 and 2"
    ),
    "echo": "ConvLSTM segmentation of apical ultrasound without flicker, Table I",
    "velocity": "3D-EAR segmentor for velocity mapping, doi:10.1007/978-3-030-78710-3_6, Tables 1 and 2",
}
