#!/usr/bin/env bash
# A walk through `az backup` against the local Azure, every answer checked: docs/az-tour.sh [SPEED]
# Needs `az` on the PATH and a set-up checkout (`make demo` once). Your own az sign-in and clouds are left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

speed=${1:-60}
folder=$(mktemp -d)
export AZURE_CORE_ONLY_SHOW_ERRORS=true AZURE_CORE_OUTPUT=tsv

.venv/bin/python -m local up --speed "$speed" --json --folder "$folder" >"$folder/ready.json" &
up=$!
trap 'kill "$up" 2>/dev/null; wait "$up" 2>/dev/null; rm -rf "$folder"' EXIT
until [ -s "$folder/ready.json" ]; do
    kill -0 "$up" 2>/dev/null || { echo "the local Azure did not come up" >&2; exit 1; }
    sleep 0.2
done

# shellcheck source=/dev/null
source "$folder/env.sh"
fact() { .venv/bin/python -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$folder/up.json" "$1"; }

# expect WANTED COMMAND...: run the command, print it, and insist on its output.
expect() {
    local wanted=$1 got
    shift
    printf '$ %s\n' "$*"
    got=$("$@")
    printf '%s\n' "$got" | head -n 4
    [[ $got == *"$wanted"* ]] || { echo "expected $wanted" >&2; exit 1; }
}

vault=(--resource-group "$(fact resource_group)" --vault-name "$(fact vault)")
vm=$(fact vm)
vm_id=$(fact vm_id)
newcomer_id=$(fact unprotected_vm_id)
kind=(--backup-management-type AzureIaasVM)
item=("${vault[@]}" --container-name "$vm" --item-name "$vm" "${kind[@]}" --workload-type VM)

az cloud register --name LocalAzure --endpoint-resource-manager "$(fact arm)"
az cloud set --name LocalAzure
az login --service-principal --tenant "$(fact tenant)" --username "$(fact client_id)" \
    --password "$(fact client_secret)" >"$folder/login"

expect "$(fact vault)" az backup vault list --query '[].name'
expect Succeeded az backup vault show --resource-group "$(fact resource_group)" --name "$(fact vault)" \
    --query properties.provisioningState

expect DefaultPolicy az backup policy list "${vault[@]}" --query '[].name'
expect Daily az backup policy show "${vault[@]}" --name DefaultPolicy \
    --query properties.schedulePolicy.scheduleRunFrequency
az backup policy show "${vault[@]}" --name DefaultPolicy --output json >"$folder/policy.json"
expect tour az backup policy create "${vault[@]}" --name tour "${kind[@]}" --workload-type VM \
    --policy "@$folder/policy.json" --query name
expect 0 az backup policy show "${vault[@]}" --name tour --query properties.protectedItemsCount

expect "$vm" az backup container list "${vault[@]}" "${kind[@]}" --query '[].properties.friendlyName'
expect "$vm" az backup item list "${vault[@]}" --query '[].properties.friendlyName'
expect Protected az backup item show "${vault[@]}" --container-name "$vm" --name "$vm" "${kind[@]}" \
    --workload-type VM --query properties.protectionState
expect Completed az backup item set-policy "${vault[@]}" --container-name "$vm" --name "$vm" "${kind[@]}" \
    --workload-type VM --policy-name tour --query properties.status
expect tour az backup item show "${vault[@]}" --container-name "$vm" --name "$vm" "${kind[@]}" \
    --workload-type VM --query properties.policyName

expect "" az backup recoverypoint list "${item[@]}" --query '[].name'
point=$(az backup recoverypoint list "${item[@]}" --query '[0].name')
expect Consistent az backup recoverypoint show "${item[@]}" --name "$point" --query properties.recoveryPointType

expect Completed az backup job list "${vault[@]}" --status Completed --operation Backup \
    --start-date "$(date -u -d '-2 days' +%d-%m-%Y)" --end-date "$(date -u -d '+2 days' +%d-%m-%Y)" \
    --query '[].properties.status'
expect ConfigureBackup az backup job list "${vault[@]}" --operation ConfigureBackup --query '[].properties.operation'

expect "$(fact vault)" az backup protection check-vm --vm-id "$vm_id"
job=$(az backup protection backup-now "${item[@]}" --query name)
expect Completed az backup job wait "${vault[@]}" --name "$job" --timeout 1200 --query properties.status
expect Completed az backup job show "${vault[@]}" --name "$job" --query properties.status

expect "" az backup protection check-vm --vm-id "$newcomer_id"
expect Completed az backup protection enable-for-vm "${vault[@]}" --vm "$newcomer_id" \
    --policy-name DefaultPolicy --query properties.status
expect "$(fact vault)" az backup protection check-vm --vm-id "$newcomer_id"

expect "" az storage message put --queue-name restore-requests --auth-mode login --account-name devstoreaccount1 \
    --queue-endpoint "$NIGHTSHIFT_QUEUE_URI" --content "$(base64 -w0 samples/restore-disks.json)" --query id
job=$(az backup restore restore-disks "${vault[@]}" --container-name "$vm" --item-name "$vm" --rp-name "$point" \
    --storage-account "$(fact storage_account_id)" --target-resource-group "$(fact target_group)" --query name)
expect Completed az backup job wait "${vault[@]}" --name "$job" --timeout 3600 --query properties.status
expect Restore az backup job show "${vault[@]}" --name "$job" --query properties.operation

echo "all of it as expected, with $(az version --query '"azure-cli"')"
