"""Which region keeps a geo-redundant vault's second copy? Azure's pairs, most of them both ways."""

from collections.abc import Mapping

from shared.model.azure import Vault

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


def paired(region: str, others: Mapping[str, str]) -> str:
    """Return the secondary region of a region, "" where none is known; `others` are an operator's, and come first."""
    return others.get(region) or _PAIRS.get(region, "")


def second_region(vault: Vault, others: Mapping[str, str]) -> tuple[str, str]:
    """Return the region in which the vault's second copy can be restored and "", or "" and why it cannot."""
    if vault.redundancy != "GeoRedundant":
        text = f"its vault is {vault.redundancy or 'of unknown redundancy'} and keeps nothing in a second region"
        return "", f"{text}; expected primary; leave it out"
    if not vault.cross_region:
        text = "Cross Region Restore is off for its vault; expected it on; it takes up to two days to show points"
        return "", f"{text}, and cannot be turned off again"
    if not (region := paired(vault.region, others)):
        return "", f"no pair of {vault.region} is known; expected one; name it in restore.pairs of fleet.yaml"
    return region, ""
