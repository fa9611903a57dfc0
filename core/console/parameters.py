from core.parameters import services as parameters

parameters.declare(
    "console.export_rows",
    100_000,
    unit="rows",
    meaning="How many rows of a list one file may take out",
    minimum=1,
    maximum=1_000_000,
)
parameters.declare(
    "console.views_per_person",
    50,
    unit="views",
    meaning="How many saved views one person may keep",
    minimum=1,
    maximum=500,
)
parameters.declare(
    "console.search_milliseconds",
    400,
    unit="milliseconds",
    meaning="How long one part of the search may take before the answer goes without it",
    minimum=50,
    maximum=5_000,
)
