"""A cine as one enhanced multi-frame MR file (PS3.3 A.36)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import EnhancedMRImageStorage

from lvcine.phantom.write.dicom_modules import (
    Exam,
    Series,
    Stored,
    clock,
    decimal,
    digest,
    instance,
    item,
    put_pixels,
    put_window,
    save,
    stored,
)
from lvcine.phantom.write.dicom_mr import orientation
from lvcine.study import Cine, Geometry, Subject

_STACK_ID, _IN_STACK, _TEMPORAL = Tag(0x00209056), Tag(0x00209057), Tag(0x00209128)
_FRAME_CONTENT = Tag(0x00209111)
_ACQUIRED = "20000101080100"

# Functional groups that an ORIGINAL image must have (PS3.3 A.36.2.4), though no cine reader looks at them.
_SCANNER: dict[str, dict[str, object]] = {
    "MRTimingAndRelatedParametersSequence": {
        "RepetitionTime": "3.2", "FlipAngle": "50", "EchoTrainLength": 1, "RFEchoTrainLength": 0,
        "GradientEchoTrainLength": 1,
    },
    "MREchoSequence": {"EffectiveEchoTime": 1.6},
    "MRFOVGeometrySequence": {
        "InPlanePhaseEncodingDirection": "ROW", "MRAcquisitionFrequencyEncodingSteps": 256,
        "MRAcquisitionPhaseEncodingStepsInPlane": 256, "PercentSampling": "100",
        "PercentPhaseFieldOfView": "100",
    },
    "MRModifierSequence": {
        "InversionRecovery": "NO", "FlowCompensation": "NONE", "Spoiling": "NONE", "T2Preparation": "NO",
        "SpectrallySelectedExcitation": "NONE", "SpatialPresaturation": "NONE", "PartialFourier": "NO",
        "ParallelAcquisition": "NO",
    },
    "MRImagingModifierSequence": {
        "MagnetizationTransfer": "NONE", "BloodSignalNulling": "NO", "Tagging": "NONE",
        "TransmitterFrequency": 63.87, "PixelBandwidth": "977",
    },
    "MRReceiveCoilSequence": {
        "ReceiveCoilName": "VIRTUAL", "ReceiveCoilManufacturerName": "", "ReceiveCoilType": "BODY",
        "QuadratureReceiveCoil": "NO",
    },
    "MRTransmitCoilSequence": {
        "TransmitCoilName": "VIRTUAL", "TransmitCoilManufacturerName": "", "TransmitCoilType": "BODY",
    },
    "MRAveragesSequence": {"NumberOfAverages": "1"},
}  # fmt: skip
_HEART = {"CodeValue": "80891009", "CodingSchemeDesignator": "SCT", "CodeMeaning": "Heart"}


def write_enhanced_mr(
    cine: Cine, path: Path | str, *, subject: Subject | None = None, seed: int = 1, series_number: int = 1
) -> Path:
    """Write all slices and frames into one Enhanced MR Image.

    Parameters
    ----------
    cine : Cine
        With ``times_ms``; an uncalibrated one is written without pixel measures. Frames run over
        slices first, then over time, so that order alone does not tell which is which.
    path : Path
    subject : Subject, optional
    seed : int
        Number of the exam.
    series_number : int

    Raises
    ------
    UsageError
        The cine has no times.

    Examples
    --------
    >>> import pydicom, tempfile
    >>> cine = Cine(np.ones((2, 3, 8, 8), np.uint16), Geometry.stack(2, (1.5, 1.5), 8.0),
    ...             times_ms=np.array([[0, 40, 80]] * 2, float))
    >>> ds = pydicom.dcmread(write_enhanced_mr(cine, Path(tempfile.mkdtemp()) / "cine.dcm"))
    >>> ds.PerFrameFunctionalGroupsSequence[3].FrameContentSequence[0].DimensionIndexValues
    [1, 2, 2]
    """
    exam, what, pixels = Exam(seed, subject or Subject()), digest(cine), stored(cine)
    series = Series(exam, "MR", series_number, exam.uid(what, "enhanced series"))
    ds = instance(EnhancedMRImageStorage, exam.uid(what, "enhanced"), series)
    _put_enhanced_mr(ds, cine)
    _put_dimensions(ds, exam)
    ds.NumberOfFrames, ds.InstanceNumber = cine.slices * cine.frames, 1
    ds.SharedFunctionalGroupsSequence = [_shared(cine, pixels)]
    ds.PerFrameFunctionalGroupsSequence = _per_frame(cine)
    put_pixels(ds, np.swapaxes(pixels.pixels, 0, 1).reshape(-1, *pixels.pixels.shape[2:]), pixels.bits)
    return save(ds, Path(path))


def _put_enhanced_mr(ds: Dataset, cine: Cine) -> None:
    """Enhanced MR Image, MR Pulse Sequence and gating (PS3.3 C.8.13.1, C.8.13.4, C.7.6.18.1)."""
    ds.ImageType = ["ORIGINAL", "PRIMARY", "CARDIAC", "NONE"]
    ds.AcquisitionNumber, ds.AcquisitionDateTime, ds.AcquisitionDuration = 1, _ACQUIRED, 240.0
    ds.PixelPresentation, ds.VolumetricProperties = "MONOCHROME", "VOLUME"
    ds.VolumeBasedCalculationTechnique, ds.ComplexImageComponent = "NONE", "MAGNITUDE"
    ds.AcquisitionContrast, ds.ContentQualification = "UNKNOWN", "RESEARCH"
    ds.ResonantNucleus, ds.KSpaceFiltering, ds.MagneticFieldStrength = "1H", "NONE", 1.5
    ds.ApplicableSafetyStandardAgency, ds.BurnedInAnnotation = "IEC", "NO"
    ds.LossyImageCompression, ds.PresentationLUTShape = "00", "IDENTITY"
    ds.AcquisitionContextSequence = Sequence()
    ds.PulseSequenceName, ds.MRAcquisitionType, ds.EchoPulseSequence = "virtual bSSFP", "2D", "GRADIENT"
    ds.MultipleSpinEcho, ds.MultiPlanarExcitation, ds.PhaseContrast = "NO", "NO", "NO"
    ds.TimeOfFlightContrast = ds.EchoPlanarPulseSequence = "NO"
    ds.SteadyStatePulseSequence = "FREE_PRECESSION"
    ds.SaturationRecovery, ds.SpectrallySelectedSuppression, ds.OversamplingPhase = "NO", "NONE", "NONE"
    ds.GeometryOfKSpaceTraversal, ds.RectilinearPhaseEncodeReordering = "RECTILINEAR", "LINEAR"
    ds.SegmentedKSpaceTraversal, ds.CoverageOfKSpace, ds.NumberOfKSpaceTrajectories = "PARTIAL", "FULL", 1

    ds.CardiacSynchronizationTechnique, ds.CardiacSignalSource = "RETROSPECTIVE", "ECG"
    ds.CardiacRRIntervalSpecified = float(np.median(clock(cine)[1]))
    ds.CardiacBeatRejectionTechnique = "NONE"


def _put_dimensions(ds: Dataset, exam: Exam) -> None:
    """Index of stack, place in the stack, time (PS3.3 C.7.6.17)."""
    uid = exam.uid("dimensions")
    ds.DimensionOrganizationSequence = item(DimensionOrganizationUID=uid)
    ds.DimensionIndexSequence = [
        item(DimensionOrganizationUID=uid, DimensionIndexPointer=tag, FunctionalGroupPointer=_FRAME_CONTENT)[
            0
        ]
        for tag in (_STACK_ID, _IN_STACK, _TEMPORAL)
    ]


def _shared(cine: Cine, pixels: Stored) -> Dataset:
    """What all frames have in common (PS3.3 C.7.6.16.2, C.8.13.5)."""
    shared = Dataset()
    shared.PixelMeasuresSequence = _measures(cine.geometry)
    shared.PlaneOrientationSequence = item(ImageOrientationPatient=orientation(cine.geometry))
    shared.PixelValueTransformationSequence = item(
        RescaleIntercept=decimal(pixels.intercept), RescaleSlope=decimal(pixels.slope), RescaleType="US"
    )
    low, high = (v * pixels.slope + pixels.intercept for v in (pixels.low, pixels.high))
    shared.FrameVOILUTSequence = item()
    put_window(shared.FrameVOILUTSequence[0], low, high)
    shared.MRImageFrameTypeSequence = item(
        FrameType=["ORIGINAL", "PRIMARY", "CARDIAC", "NONE"], PixelPresentation="MONOCHROME",
        VolumetricProperties="VOLUME", VolumeBasedCalculationTechnique="NONE",
        ComplexImageComponent="MAGNITUDE", AcquisitionContrast="UNKNOWN",
    )  # fmt: skip
    shared.FrameAnatomySequence = item(FrameLaterality="U", AnatomicRegionSequence=item(**_HEART))
    for keyword, values in _SCANNER.items():
        setattr(shared, keyword, item(**values))
    return shared


def _measures(geometry: Geometry) -> list[Dataset]:
    """Pixel Measures (PS3.3 C.7.6.16.2.1), without the spacing that an uncalibrated cine lacks."""
    step = geometry.slice_step_mm
    thickness = geometry.thickness_mm or (step if np.isfinite(step) else 0.0)
    values: dict[str, object] = {"SliceThickness": decimal(thickness)}
    if geometry.calibrated:
        values["PixelSpacing"] = [decimal(v) for v in geometry.pixel_spacing_mm]
    if geometry.slices > 1:
        values["SpacingBetweenSlices"] = decimal(step)
    return item(**values)


def _per_frame(cine: Cine) -> list[Dataset]:
    times, cycles = clock(cine)
    return [
        _frame(cine, float(times[z, t]), float(cycles[z]), z, t)
        for t in range(cine.frames)
        for z in range(cine.slices)
    ]


def _frame(cine: Cine, time_ms: float, cycle_ms: float, z: int, t: int) -> Dataset:
    """Place and moment of one frame (PS3.3 C.7.6.16.2.2, .2.3, .2.7)."""
    frame = Dataset()
    frame.FrameContentSequence = item(
        FrameAcquisitionNumber=z + 1, FrameReferenceDateTime=_ACQUIRED, FrameAcquisitionDateTime=_ACQUIRED,
        FrameAcquisitionDuration=10.0, CardiacCyclePosition="UNDETERMINED",
        StackID="1", InStackPositionNumber=z + 1, TemporalPositionIndex=t + 1,
        DimensionIndexValues=[1, z + 1, t + 1],
    )  # fmt: skip
    position = [decimal(v) for v in cine.geometry.origins_mm[z]]
    frame.PlanePositionSequence = item(ImagePositionPatient=position)
    frame.CardiacSynchronizationSequence = item(
        NominalPercentageOfCardiacPhase=100.0 * time_ms / cycle_ms,
        NominalCardiacTriggerDelayTime=time_ms,
        ActualCardiacTriggerDelayTime=time_ms,
        RRIntervalTimeNominal=cycle_ms,
    )
    return frame
