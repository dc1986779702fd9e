"""What do tests of restores begin with? One VM with points, accounts without other load, and a target group."""

from datetime import timedelta
from typing import Any

from local import pools
from local.arm.messages import Response
from local.fleets import SUBSCRIPTION
from local.world.resources import Disk
from local.world.state import Point
from tests.local.one_vm import Azure, body

SUB = f"/subscriptions/{SUBSCRIPTION}"
TARGET = f"{SUB}/resourceGroups/rg-target"
NETWORK = f"{TARGET}/providers/Microsoft.Network/virtualNetworks/net"


class Restoring(Azure):
    """One VM, its points, two accounts and a target group."""

    def __init__(self, **vault: Any) -> None:
        super().__init__(**vault)
        self.ask("PUT", TARGET, {"location": "westeurope"})
        self.one = self.account("stone")
        self.two = self.account("sttwo")
        self.small.vm.data_gb = 400.0
        self.small.vm.tags = {"owner": "team", "backup-tier": "critical"}

    def account(self, name: str, region: str = "westeurope", kind: str = "StorageV2") -> str:
        """Add an account without other load and return its id."""
        made = pools.add_account(self.small.world, name, f"{SUBSCRIPTION}/rg-staging", region, kind)
        made.load = 0.0
        return made.id

    def point(self, *, fresh: bool = False) -> Point:
        """Return a point of the vault alone, or one that has its snapshot too."""
        points = sorted(self.item.points, key=lambda point: point.at)
        return points[-1] if fresh else points[0]

    def request(self, kind: str = "RestoreDisks", **change: Any) -> dict[str, Any]:
        """Return a restore request to the first account and the target group."""
        wanted = {
            "objectType": "IaasVMRestoreRequest",
            "recoveryType": kind,
            "sourceResourceId": self.small.vm.id,
            "storageAccountId": self.one,
            "targetResourceGroupId": TARGET,
            "region": "westeurope",
        }
        if kind == "AlternateLocation":
            wanted["targetVirtualMachineId"] = f"{TARGET}/providers/Microsoft.Compute/virtualMachines/vm-new"
            wanted |= {"virtualNetworkId": NETWORK, "subnetId": f"{NETWORK}/subnets/drill"}
        return {key: value for key, value in (wanted | change).items() if value is not None}

    def send(self, point: Point, **request: Any) -> Response:
        """Ask for a restore from the point."""
        path = f"{self.item.id}/recoveryPoints/{point.id}/restore"
        return self.ask("POST", path, {"properties": self.request(**request)})

    def job(self, accepted: Response) -> str:
        """Wait for the operation of an accepted restore and return its job."""
        assert (accepted.status, accepted.body) == (202, None)
        self.cloud.wait(20)
        return str(body(self.follow(accepted, "Azure-AsyncOperation"))["properties"]["jobId"])

    def start(self, point: Point, **request: Any) -> str:
        """Restore from the point and return the job."""
        return self.job(self.send(point, **request))

    def properties(self, job: str) -> Any:
        """Return what the job shows."""
        return self.shown(f"backupJobs/{job}")["properties"]

    def end(self, job: str) -> timedelta:
        """Let the job end and return how long it took."""
        record = self.small.world.jobs[job]
        while record.ended_at is None:
            self.cloud.wait(600)
        return record.ended_at - record.started_at

    def disks(self) -> list[Disk]:
        """Return the restored disks."""
        return list(self.small.world.disks.values())
