"""What would a person call it? Short names for ARM ids."""

from collections.abc import Iterable, Mapping

from shared.model.azure import Vault
from shared.model.night import NightReport


def short(resource_id: str) -> str:
    """Return the last segment of an ARM id; other text stays as it is."""
    return resource_id.rsplit("/", 1)[-1]


def vault_names(vaults: Iterable[Vault]) -> dict[str, str]:
    """Return the vaults' names by id."""
    return {vault.id: vault.name for vault in vaults}


def known_names(night: NightReport) -> dict[str, str]:
    """Return the names of the night's VMs and vaults by id."""
    return {vm.id: vm.name for vm in night.vms} | vault_names(night.vaults)


def called(subject: str, names: Mapping[str, str]) -> str:
    """Return the subject's name; something inside a vault is named with it, since vaults repeat policy names."""
    lowered = subject.lower()
    if lowered in names:
        return names[lowered]
    owner, inside, _ = lowered.partition("/backuppolicies/")
    return f"{short(subject)} in {names.get(owner, short(owner))}" if inside else short(subject)
