"""What do tests write and read? A vault, an item and a slot policy that are as they should be."""

from shared.model.azure import (
    BackupPolicy,
    Frequency,
    PolicyType,
    ProtectedItem,
    ProtectionState,
    Retention,
    TaggedRetention,
    Vault,
    Vm,
)

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
VAULT_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.RecoveryServices/vaults/Weu1"
VAULT = Vault(VAULT_ID.lower(), "Weu1", SUBSCRIPTION, "rg", "westeurope")
ITEM_ID = (
    f"{VAULT_ID}/backupFabrics/Azure/protectionContainers/IaasVMContainer;iaasvmcontainerv2;rg;vm1"
    "/protectedItems/VM;iaasvmcontainerv2;rg;vm1"
)
ITEM = ProtectedItem(
    id=ITEM_ID,
    vault_id=VAULT.id,
    vm_id=f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg/providers/microsoft.compute/virtualmachines/vm1",
    name="vm1",
    container="iaasvmcontainerv2;rg;vm1",
    policy_id=f"{VAULT.id}/backuppolicies/defaultpolicy",
    policy_name="DefaultPolicy",
    state=ProtectionState.PROTECTED,
    extended_properties='{"diskExclusionProperties": {"diskLunList": [1, 3], "isInclusionList": true}}',
)
MACHINE = Vm(ITEM.vm_id, "vm1", SUBSCRIPTION, "rg", "westeurope")
SLOT_POLICY = BackupPolicy(
    id=f"{VAULT.id}/backuppolicies/ns-gold-0130",
    name="ns-gold-0130",
    vault_id=VAULT.id,
    policy_type=PolicyType.STANDARD,
    frequency=Frequency.DAILY,
    time_zone="UTC",
    start=90,
    retention=Retention(
        daily_days=30,
        weekly=TaggedRetention(12, "Weeks", ("Sunday",)),
        monthly=TaggedRetention(12, "Months", ("First Sunday",)),
        yearly=TaggedRetention(7, "Years", ("January First Sunday",)),
    ),
    instant_restore_days=2,
)
