"""Does the app reach storage, ARM and tokens by its settings alone? An app for the tests of the whole stack."""

import contextlib

import azure.functions as func
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from azure.identity import DefaultAzureCredential
from azure.mgmt.recoveryservicesbackup import RecoveryServicesBackupClient
from azure.storage.blob import BlobServiceClient

from shared import clock, settings

app = func.FunctionApp()


@app.timer_trigger(arg_name="timer", schedule="0 0 * * * *")
def visit(timer: func.TimerRequest) -> None:
    """Write a blob and a row, and ask ARM for something that is not there."""
    facts, credential = settings.read(), DefaultAzureCredential()
    hour = clock.now().strftime("%H")
    BlobServiceClient(facts.blob_uri, credential).get_blob_client("reports", hour).upload_blob(b"seen")
    rows = TableServiceClient(facts.table_uri, credential=credential).get_table_client("ledger")
    rows.create_entity({"PartitionKey": "hour", "RowKey": hour})
    subscription = "00000000-0000-0000-0000-000000000001"
    vaults = RecoveryServicesBackupClient(credential, subscription, base_url=facts.arm_endpoint)
    with contextlib.suppress(ResourceNotFoundError):
        list(vaults.backup_policies.list("no-vault", "no-group"))
