#!/usr/bin/env bash
# Brings up an estate with five mistakes, for `azdrill check` to find: needs the Azure CLI, and nothing of azdrill's.
set -euo pipefail
cd "$(dirname "$0")"
az group create --name estate --location uksouth --output none
az deployment group create --resource-group estate --template-file five-mistakes.json \
    --parameters password="$(openssl rand -base64 24)aA1!" --output none
