"""How does the secondary region look on the wire? Access tokens, operations and jobs of Cross Region Restore."""

from local.arm import wire, wire_jobs
from local.world import runs, secondary
from local.world.restored import source_of
from local.world.state import Item, Job, Json, Operation, Point, Vault
from local.world.world import World

_AUDIENCE = "https://RecoveryServices/IaasCoord/aadmgmt/local"
_STAMP = "https://pod01-{kind}1.{region}.backup.windowsazure.com"
_XML = (
    '<IaaSVMRecoveryPointMetadataBase xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
    'i:type="IaaSVMRecoveryPointMetadata_V2015_09" xmlns="http://windowscloudbackup.com/CloudCommon/V2011_09">'
    "<MetadataVersion>V2015_09</MetadataVersion><IsManagedVirtualMachine>true</IsManagedVirtualMachine>"
    "<OsType>{os}</OsType><VMSizeDescription>{size}</VMSizeDescription></IaaSVMRecoveryPointMetadataBase>"
)


def aad_properties(world: World, region: str) -> Json:
    """Return who the service is in a region."""
    principal = secondary.principal(world, region)
    return {"properties": {"tenantId": wire.TENANT, "audience": _AUDIENCE, "servicePrincipalObjectId": principal}}


def access_token(world: World, vault: Vault, item: Item, point: Point) -> Json:
    """Return the access token of one recovery point."""
    vm = source_of(world, item)
    number = runs.number(world.seed, "vault", vault.id.lower())
    return {
        "properties": {
            "objectType": "CrrAccessToken",
            "accessTokenString": secondary.token(world, vault, item, point),
            "subscriptionId": vault.subscription,
            "resourceGroupName": vault.resource_group,
            "resourceName": vault.name,
            "resourceId": number,
            "protectionContainerId": int(number) % 10**7,
            "recoveryPointId": point.id,
            "recoveryPointTime": f"{point.at:%-m/%-d/%Y %-I:%M:%S %p}",
            "containerName": item.container,
            "containerType": "IaasVMContainer",
            "backupManagementType": "AzureIaasVM",
            "datasourceType": "VM",
            "datasourceName": vm.name,
            "datasourceId": item.data_id,
            "datasourceContainerName": item.container,
            "coordinatorServiceStampUri": _STAMP.format(kind="coord", region=vault.region),
            "protectionServiceStampId": runs.guid(world.seed, "stamp", vault.region),
            "protectionServiceStampUri": _STAMP.format(kind="prot", region=vault.region),
            "tokenExtendedInformation": _XML.format(os=vm.os_type, size=vm.size),
            "rpTierInformation": {"InstantRP": "Valid", "HardenedRP": "Valid"},
            "rpOriginalSAOption": False,
            "rpIsManagedVirtualMachine": True,
            "rpVMSizeDescription": vm.size,
            "bMSActiveRegion": vault.region,
        }
    }


def operation(location: str, name: str, record: Operation) -> Json:
    """Return an operation's status; its id is an address here."""
    return wire.operation(record) | {"id": f"{location}/backupCrrOperationsStatus/{name}", "name": name}


def job(world: World, location: str, record: Job) -> Json:
    """Return a job as the region's list shows it."""
    return wire.job(world, record) | {"id": f"{location}/backupJobs/{record.id}"}


def job_detail(world: World, location: str, record: Job) -> Json:
    """Return a job with its tasks and property bag, which names the vault here."""
    row = wire_jobs.job_detail(world, record)
    vault = world.vaults[record.vault_id]
    row["id"] = f"{location}/backupJobs/{record.id}"
    row["properties"]["extendedInfo"]["propertyBag"] |= {
        "Subscription Id of the vault": vault.subscription,
        "Resource Group Name of the vault": vault.resource_group,
        "Vault name": vault.name,
    }
    return row
