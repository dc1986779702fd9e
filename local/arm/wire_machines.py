"""How do machines look on the wire while they are made, run and stop? Instance views, operations and images."""

from local.clock import iso
from local.world import machines
from local.world.images import Image
from local.world.state import Json, Operation, Vm
from local.world.world import World

_SHOWN = {"running": "VM running", "stopped": "VM stopped", "deallocated": "VM deallocated"}
_GB = 1024**3


def instance_view(world: World, vm: Vm) -> Json:
    """Return how a VM is now: its power, and its agent where that answers."""
    power = machines.power_of(world.seed, vm)
    since = machines.answers_since(world.seed, vm)
    made = "succeeded" if vm.provisioning == "Succeeded" else "creating"
    body: Json = {
        "statuses": [
            {"code": f"ProvisioningState/{made}", "level": "Info", "displayStatus": f"Provisioning {made}"},
            {"code": f"PowerState/{power}", "level": "Info", "displayStatus": _SHOWN[power]},
        ],
    }
    if power == "running":
        ready = since is None or since <= world.now
        body["vmAgent"] = {
            "vmAgentVersion": "2.7.41491.1173" if ready else "Unknown",
            "statuses": [
                {
                    "code": "ProvisioningState/succeeded" if ready else "ProvisioningState/Unavailable",
                    "level": "Info" if ready else "Warning",
                    "displayStatus": "Ready" if ready else "Not Ready",
                    "message": "The agent answers." if ready else "The agent does not answer.",
                    "time": iso(world.now),
                }
            ],
        }
    return body


def operation(record: Operation) -> Json:
    """Return the status of work on a machine, with the offset that Microsoft.Compute writes."""
    body: Json = {"startTime": _instant(iso(record.started_at)), "status": record.status, "name": record.id}
    if record.ended_at is not None:
        body["endTime"] = _instant(iso(record.ended_at))
    return body


def image_row(subscription: str, region: str, image: Image) -> Json:
    """Return a version of an image as its list shows it."""
    provider = f"/Subscriptions/{subscription}/Providers/Microsoft.Compute/Locations/{region}"
    names = f"Publishers/{image.publisher}/ArtifactTypes/VMImage/Offers/{image.offer}/Skus/{image.sku}"
    return {"location": region, "name": image.version, "id": f"{provider}/{names}/Versions/{image.version}"}


def image(subscription: str, region: str, record: Image) -> Json:
    """Return a version of an image."""
    status: Json = {"imageState": "Active"}
    if record.ends:
        status = {
            "imageState": "ScheduledForDeprecation",
            "scheduledDeprecationTime": f"{record.ends}T00:00:00+00:00",
            "alternativeOption": {"type": "Plan", "value": record.instead},
        }
    return {
        "properties": {
            "hyperVGeneration": record.generation,
            "architecture": "x64",
            "replicaType": "Unmanaged",
            "disallowed": {"vmDiskType": "None"},
            "automaticOSUpgradeProperties": {"automaticOSUpgradeSupported": record.os_type == "Windows"},
            "imageDeprecationStatus": status,
            "features": [
                {"name": "IsAcceleratedNetworkSupported", "value": "True"},
                {"name": "DiskControllerTypes", "value": "SCSI"},
            ],
            "osDiskImage": {"operatingSystem": record.os_type, "sizeInBytes": record.size_gb * _GB},
            "dataDiskImages": [],
        },
        **image_row(subscription, region, record),
    }


def _instant(text: str) -> str:
    return text.replace("Z", "+00:00")
