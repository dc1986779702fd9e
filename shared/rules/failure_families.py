"""What does each family of backup errors mean? How it is answered, and what a person does about it, in order."""

from dataclasses import dataclass

from shared.model.failures import Family, Response, Runbook


@dataclass(frozen=True, slots=True)
class Remedy:
    """How a family is answered where its code says nothing else, and its runbook."""

    response: Response
    runbook: Runbook


REMEDIES = {
    Family.TRANSIENT: Remedy(
        Response.RETRY,
        Runbook(
            "The backup service, or something between it and the VM, did not work for the moment; the VM is well.",
            (
                "Nothing, while Nightshift tries again.",
                "Still failing after that: see whether Azure reports trouble in the region.",
                "Then open a support request that names the job.",
            ),
        ),
    ),
    Family.WAIT: Remedy(
        Response.WAIT,
        Runbook(
            "Another operation held the VM's backup item, and the service does one at a time.",
            (
                "Let the other job end; the vault's list of jobs shows it.",
                "Cancel it there if it has run for more than a day and is no first backup.",
                "Where this comes back: find who starts backups by hand or by script at that hour.",
            ),
        ),
    ),
    Family.GUEST_AGENT: Remedy(
        Response.USER_FIX,
        Runbook(
            "Something inside the VM did not do its part: agent, backup extension, snapshot writer or file system.",
            (
                "Sign in to the VM: see that its agent runs, is current and reaches 168.63.129.16.",
                "Windows: `vssadmin list writers`, then restart the service of any that is not stable. "
                "Linux: check the mounts and file systems that the error names.",
                "Keep antivirus away from the folders of agent and extension.",
                "Remove the snapshot extension where it is stuck; the next backup installs it anew.",
                "Start a backup by hand, or leave it to the next scheduled one.",
            ),
        ),
    ),
    Family.VM_STATE: Remedy(
        Response.USER_FIX,
        Runbook(
            "The VM is in a state in which Azure cannot take a snapshot of it.",
            (
                "Look at the VM in the portal: a failed provisioning state is cured by repairing what failed, "
                "then applying the VM's state anew.",
                "Start the VM where it must run, as for its first backup; unlock encrypted drives.",
                "Read the inner message of the error where it names one: it comes from the compute service.",
            ),
        ),
    ),
    Family.SNAPSHOT_LIMIT: Remedy(
        Response.USER_FIX,
        Runbook(
            "The VM's disks have as many snapshots as Azure allows, and old ones are not cleaned up.",
            (
                "Take away any lock on the resource group `AzureBackupRG_<region>_<n>`.",
                "Start a backup by hand: it cleans up, which takes hours, and may fail itself the first time.",
                "Delete snapshots of other tools; where Site Recovery replicates the VM, keep its hours apart.",
                "Lower the days of instant restore where they stay near the limit.",
            ),
        ),
    ),
    Family.NETWORK: Remedy(
        Response.USER_FIX,
        Runbook(
            "The backup extension inside the VM cannot reach what it needs.",
            (
                "Allow the VM outbound HTTPS to Azure Storage and Azure Backup (service tags).",
                "See that its proxy and TLS settings let the extension through.",
                "Start a backup by hand to see it work.",
            ),
        ),
    ),
    Family.KEY_VAULT: Remedy(
        Response.USER_FIX,
        Runbook(
            "The VM is encrypted, and the backup service may not read its keys.",
            (
                "Give the Backup Management Service read, list and back-up rights to keys and secrets of the key "
                "vault, by access policy or role.",
                "See that the key vault's firewall lets trusted services in, and that the key is there.",
                "Start a backup by hand to see it work.",
            ),
        ),
    ),
    Family.POLICY_DENIED: Remedy(
        Response.USER_FIX,
        Runbook(
            "Something in the subscription forbids it: an Azure Policy, missing rights or a missing registration.",
            (
                "Find the denial in the subscription's activity log.",
                "Exempt the resource group of the snapshots from the policy, or create it beforehand as it demands.",
                "Give the missing role, or register the resource provider that the error names.",
            ),
        ),
    ),
    Family.QUOTA: Remedy(
        Response.USER_FIX,
        Runbook(
            "A quota or a capacity is used up.",
            (
                "Ask for more of what the error names, or free some of it.",
                "For a restore: restore the disks, and build a VM of another size from them.",
            ),
        ),
    ),
    Family.THROTTLED_DAY: Remedy(
        Response.WAIT,
        Runbook(
            "The service has blocked further operations for a day, because there were too many.",
            (
                "Start nothing more for this VM or vault today: each try prolongs the block.",
                "Find what made so many operations: a script, a pipeline or another tool.",
                "The next scheduled backup follows by itself.",
            ),
        ),
    ),
    Family.TOO_SLOW: Remedy(
        Response.RESCHEDULE,
        Runbook(
            "The VM, or the storage account of a restore, was too busy at that hour.",
            (
                "Nothing, while the next plan gives the VM another start.",
                "Still failing there: restart the snapshot writer's service or the VM, or give it more resources.",
                "For a restore: choose a storage account that nothing else uses.",
            ),
        ),
    ),
    Family.NOT_FOUND: Remedy(
        Response.STOP,
        Runbook(
            "What the backup is about is not there: the VM, its protection, a recovery point or a subscription.",
            (
                "The VM was deleted for good: stop its protection and keep the data as long as it must be kept.",
                "It was deleted by mistake: create it anew with the same name and group, or restore it.",
                "Protection is paused or soft-deleted: resume or undelete it.",
                "A restore: choose another recovery point.",
            ),
        ),
    ),
    Family.BAD_REQUEST: Remedy(
        Response.STOP,
        Runbook(
            "The request itself is wrong, and will be refused as often as it is sent.",
            (
                "Change what the error names: a policy's values, or an order of steps that must be another one.",
                "Where Nightshift sent it: stop its writes by `nightshift pause`, and report it.",
            ),
        ),
    ),
    Family.UNSUPPORTED: Remedy(
        Response.STOP,
        Runbook(
            "Azure Backup does not do this for such a VM, vault or restore.",
            (
                "Leave out, shrink or change what is not supported, as the error names it.",
                "Where that cannot be: exclude the VM in fleet.yaml, and protect it in another way.",
            ),
        ),
    ),
    Family.UNKNOWN: Remedy(
        Response.USER_FIX,
        Runbook(
            "This version does not know the error; what the service said is recorded as it came.",
            (
                "Read the error's text and recommendations in the job.",
                "Start a backup by hand once that is done.",
                "Report number and name of the error, so that it becomes known.",
            ),
        ),
    ),
}
