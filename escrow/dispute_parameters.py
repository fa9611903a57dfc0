"""Dated configuration of disputes, and of what is kept back against late losses."""

from core.parameters import services as parameters

parameters.declare(
    "escrow.evidence_hours",
    168,
    unit="hours",
    meaning="Both sides of a dispute have so long to submit their evidence",
    minimum=1,
)
parameters.declare(
    "escrow.evidence_documents",
    20,
    unit="documents",
    meaning="A side of a dispute names at most so many documents",
    minimum=1,
)
parameters.declare(
    "escrow.resolution_pause_hours",
    24,
    unit="hours",
    meaning="Where a dispute cannot end by itself at its day, it is looked at again after so long",
    minimum=1,
)
parameters.declare(
    "escrow.reserve_basis_points",
    0,
    unit="basis points",
    meaning="Share of each release that is kept back from its payee",
    maximum=10_000,
)
parameters.declare(
    "escrow.reserve_days",
    90,
    unit="days",
    meaning="What is kept back of a release is owed to its payee after so long",
    minimum=1,
)
