"""Which images can a virtual machine be made of? A small catalogue."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Image:
    """One version of an image; `ends` is the day after which it is offered no more, `instead` the sku to use then."""

    publisher: str
    offer: str
    sku: str
    version: str
    os_type: str
    generation: str
    size_gb: int
    ends: str = ""
    instead: str = ""


_WINDOWS = ("MicrosoftWindowsServer", "WindowsServer")
_NEWER = "2022-datacenter-azure-edition"
CATALOGUE = (
    Image(*_WINDOWS, "2012-R2-Datacenter", "9600.21620.231004", "Windows", "V1", 127, "2026-06-14", _NEWER),
    Image(*_WINDOWS, _NEWER, "20348.4171.1", "Windows", "V2", 127),
    Image(*_WINDOWS, _NEWER, "20348.4294.2", "Windows", "V2", 127),
    Image("Canonical", "0001-com-ubuntu-server-jammy", "22_04-lts-gen2", "22.04.202601200", "Linux", "V2", 30),
    Image("Canonical", "ubuntu-24_04-lts", "server", "24.04.202602110", "Linux", "V2", 30),
)


def versions(publisher: str, offer: str, sku: str) -> list[Image]:
    """Return the versions of an image in their order; none for an unknown one."""
    wanted = (publisher.lower(), offer.lower(), sku.lower())
    found = [one for one in CATALOGUE if (one.publisher.lower(), one.offer.lower(), one.sku.lower()) == wanted]
    return sorted(found, key=lambda image: image.version)
