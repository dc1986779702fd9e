"""Which region keeps a geo-redundant vault's second copy? Azure's pairs, most of them both ways."""

_BOTH_WAYS = {
    "australiaeast": "australiasoutheast",
    "canadacentral": "canadaeast",
    "centralindia": "southindia",
    "eastasia": "southeastasia",
    "eastus": "westus",
    "eastus2": "centralus",
    "francecentral": "francesouth",
    "germanywestcentral": "germanynorth",
    "japaneast": "japanwest",
    "koreacentral": "koreasouth",
    "northcentralus": "southcentralus",
    "northeurope": "westeurope",
    "norwayeast": "norwaywest",
    "southafricanorth": "southafricawest",
    "swedencentral": "swedensouth",
    "switzerlandnorth": "switzerlandwest",
    "uaenorth": "uaecentral",
    "uksouth": "ukwest",
    "westus2": "westcentralus",
}
_ONE_WAY = {
    "brazilsouth": "southcentralus",
    "brazilsoutheast": "brazilsouth",
    "eastus3": "westus3",
    "westindia": "southindia",
    "westus3": "eastus",
}
_PAIRS = {**_ONE_WAY, **{second: first for first, second in _BOTH_WAYS.items()}, **_BOTH_WAYS}


def paired(region: str) -> str:
    """Return the secondary region of a region, "" where none is known."""
    return _PAIRS.get(region, "")
