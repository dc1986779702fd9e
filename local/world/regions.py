"""Which region is a region's pair? Where a geo-redundant vault keeps its second copy."""

_BOTH_WAYS = (
    ("eastus", "westus"),
    ("eastus2", "centralus"),
    ("northcentralus", "southcentralus"),
    ("westus2", "westcentralus"),
    ("northeurope", "westeurope"),
    ("uksouth", "ukwest"),
    ("francecentral", "francesouth"),
    ("germanywestcentral", "germanynorth"),
    ("switzerlandnorth", "switzerlandwest"),
    ("norwayeast", "norwaywest"),
    ("swedencentral", "swedensouth"),
    ("eastasia", "southeastasia"),
    ("japaneast", "japanwest"),
    ("koreacentral", "koreasouth"),
    ("australiaeast", "australiasoutheast"),
    ("centralindia", "southindia"),
    ("canadacentral", "canadaeast"),
    ("southafricanorth", "southafricawest"),
    ("uaenorth", "uaecentral"),
)
_ONE_WAY = {
    "brazilsouth": "southcentralus",
    "brazilsoutheast": "brazilsouth",
    "westus3": "eastus",
    "westindia": "southindia",
    "eastus3": "westus3",
}
PAIRS = {**dict(_BOTH_WAYS), **{second: first for first, second in _BOTH_WAYS}, **_ONE_WAY}
"""The secondary region by region."""
