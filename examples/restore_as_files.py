#!/usr/bin/env python3
"""Restores the latest backup of an Azure Database for PostgreSQL flexible server as files, loads one
database from them into a server, and counts its rows.

    pip install azure-identity azure-mgmt-dataprotection azure-mgmt-storage azure-storage-blob "psycopg[binary]"
    python examples/restore_as_files.py --vault ID --instance NAME --container URL \
        --database NAME --server HOST --user NAME [--into NAME] [--prefix TEXT]

pg_restore must be installed, no older than the server that was backed up. The password is taken from
PGPASSWORD. Who signs in, and with what, is for azure-identity's DefaultAzureCredential to find out; it
needs Backup Operator on the vault, and Storage Blob Data Reader on the container or the right to list the
account's keys.

Inside `azdrill run --world …` the AZDRILL_* variables stand for every argument; nothing else here knows
about azdrill.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

import psycopg
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.identity import DefaultAzureCredential
from azure.mgmt.dataprotection import DataProtectionMgmtClient
from azure.mgmt.dataprotection import models
from azure.mgmt.storage import StorageManagementClient
from azure.storage.blob import ContainerClient
from psycopg import sql


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)

    def add(name, variable, text):
        default = os.environ.get(variable)
        parser.add_argument(f"--{name}", default=default, required=not default, help=text)

    add("vault", "AZDRILL_VAULT_ID", "the resource id of the Backup vault")
    add("instance", "AZDRILL_INSTANCE", "the name of the backup instance")
    add("container", "AZDRILL_CONTAINER_URL", "the container the files are restored into")
    add("database", "AZDRILL_DATABASE", "the database to load")
    add("server", "AZDRILL_SERVER_HOST", "the server to load it into")
    add("user", "AZDRILL_SERVER_ADMIN", "who signs in there")
    parser.add_argument("--into", help="the name it gets there; NAME_restored if left out")
    parser.add_argument("--prefix", default=f"restore-{datetime.now(timezone.utc):%Y%m%d%H%M%S}", help="of the files")
    parser.add_argument("--poll-seconds", type=float, default=10)
    parser.add_argument("--give-up-after", type=float, default=4 * 60 * 60, help="seconds a job may take")
    return parser.parse_args()


def say(text):
    print(f"== {text}", flush=True)


class Refused(Exception):
    """A step that was refused, and by what."""


def refusal(step, error):
    """The innermost code and message: what says something stands inside what says little."""
    inner = getattr(error, "error", None)
    code, message = getattr(inner, "code", None), getattr(inner, "message", None)
    # An answer without a body has nothing but its status.
    status = getattr(getattr(error, "response", None), "status_code", None)
    return Refused(f"{step}: {status or ''} {code or type(error).__name__}: {message or error}")


def tried(action, passing, times=6, pause=2):
    """What comes of an action that may fail for a moment."""
    for _ in range(times - 1):
        try:
            return action()
        except passing as error:
            print(f"   {type(error).__name__}, once more in {pause} s: {str(error).splitlines()[0]}")
            time.sleep(pause)
    return action()


class Vault:
    """A Backup vault, and an instance in it."""

    def __init__(self, credential, vault_id, instance):
        parts = vault_id.strip("/").split("/")
        self.subscription, self.group, self.name = parts[1], parts[3], parts[7]
        self.instance = instance
        self.client = DataProtectionMgmtClient(credential, self.subscription)
        self.location = self.client.backup_vaults.get(self.group, self.name).location

    def latest_point(self):
        points = list(self.client.recovery_points.list(self.group, self.name, self.instance))
        if not points:
            raise Refused(f"{self.instance} has no recovery point yet")
        return max(points, key=lambda point: point.properties.recovery_point_time)

    def request(self, point, container, prefix):
        return models.AzureBackupRecoveryPointBasedRestoreRequest(
            recovery_point_id=point.name,
            source_data_store_type="VaultStore",
            restore_target_info=models.RestoreFilesTargetInfo(
                recovery_option="FailIfExists",
                restore_location=self.location,
                target_details=models.TargetDetails(
                    file_prefix=prefix, restore_target_location_type="AzureBlobs", url=container
                ),
            ),
        )

    def validate(self, request, give_up_after):
        wrapped = models.ValidateRestoreRequestObject(restore_request_object=request)
        instances = self.client.backup_instances
        poller = instances.begin_validate_for_restore(self.group, self.name, self.instance, wrapped)
        poller.wait(give_up_after)
        if not poller.done():
            raise Refused(f"the validation did not end within {give_up_after} s: {poller.status()}")
        poller.result()

    def restores(self):
        """The restore jobs of the instance."""
        jobs = list(self.client.jobs.list(self.group, self.name))
        own = [job for job in jobs if job.properties.backup_instance_id.endswith(f"/{self.instance}")]
        return [job for job in own if job.properties.operation_category == "Restore"]

    def start(self, request):
        """Starts the restore, once, and returns its job's name.

        Whoever is not answered does not know whether it has begun, and looks: a second one would be one too many.
        """
        before = {job.name for job in self.restores()}
        instances = self.client.backup_instances
        failed = None
        try:
            # The job is in the vault before the operation is over; its address need not be answered.
            instances.begin_trigger_restore(
                self.group, self.name, self.instance, request, polling=False, retry_total=0
            )
        except HttpResponseError as error:
            if error.status_code is not None and error.status_code < 500 and error.status_code != 429:
                raise refusal("the restore", error) from error
            failed = error
        except AzureError as error:
            failed = error
        for _ in range(6):
            began = [job.name for job in self.restores() if job.name not in before]
            if began:
                return began[0]
            time.sleep(1)
        if failed:
            raise failed
        raise Refused("the restore was accepted, and there is no job of it")

    def restore(self, request, poll_seconds, give_up_after):
        """Starts the restore, and returns its job once it has ended."""
        name = tried(lambda: self.start(request), AzureError, times=3)
        say(f"waiting for job {name}")
        deadline = time.monotonic() + give_up_after
        while time.monotonic() < deadline:
            job = tried(lambda: self.client.jobs.get(self.group, self.name, name), ResourceNotFoundError)
            if job.properties.status != "InProgress":
                return job.properties
            time.sleep(poll_seconds)
        raise Refused(f"job {name} did not end within {give_up_after} s: it is InProgress")


def account_key(credential, subscription, account):
    """A key of an account that is found by its name."""
    client = StorageManagementClient(credential, subscription)
    found = next((own for own in client.storage_accounts.list() if own.name == account), None)
    if found is None:
        raise Refused(f"downloading: no role for the data of {account}, and no such account to be seen")
    group = found.id.split("/")[4]
    return client.storage_accounts.list_keys(group, account).keys_property[0].value


def open_container(credential, subscription, container):
    """The container, by role, or by the account's key for whoever has none."""
    client = ContainerClient.from_container_url(container, credential)
    try:
        next(iter(client.list_blobs(results_per_page=1)), None)
        return client
    except HttpResponseError as error:
        if error.error_code != "AuthorizationPermissionMismatch":
            raise
    print("   no role for the data: with the account's key")
    key = account_key(credential, subscription, client.account_name)
    return ContainerClient.from_container_url(container, key)


def download(client, prefix, folder):
    files = {}
    for blob in client.list_blobs(name_starts_with=prefix):
        print(f"   {blob.name} {blob.size}")
        files[blob.name] = folder / blob.name
        with files[blob.name].open("wb") as file:
            # What came damaged is seen by its hash, and fails.
            client.download_blob(blob.name, validate_content=True).readinto(file)
    return files


def load(wanted, into, file):
    address = {"host": wanted.server, "user": wanted.user, "sslmode": os.environ.get("PGSSLMODE", "require")}

    def connect(**more):
        return tried(lambda: psycopg.connect(**address, **more), psycopg.OperationalError)

    with connect(dbname="postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(into)))
    target = " ".join(f"{name}={value}" for name, value in address.items()) + f" dbname={into}"
    # The file is called .sql; it is a dump in pg_dump's custom format.
    command = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--dbname", target, str(file)]
    subprocess.run(command, check=True)
    with connect(dbname=into) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            " ORDER BY 1, 2"
        ).fetchall()
        for schema, table in tables:
            count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
            print(f"{schema}.{table} {connection.execute(count).fetchone()[0]}")


def run(wanted):
    credential = DefaultAzureCredential()
    into = wanted.into or f"{wanted.database}_restored"
    os.environ.setdefault("PGPASSWORD", os.environ.get("AZDRILL_SERVER_PASSWORD", ""))
    step = "looking at the vault"
    try:
        say(f"looking for the latest recovery point of {wanted.instance}")
        vault = Vault(credential, wanted.vault, wanted.instance)
        point = vault.latest_point()
        print(f"   {point.name} of {point.properties.recovery_point_time}")
        request = vault.request(point, wanted.container.rstrip("/"), wanted.prefix)

        step = "the validation"
        say(f"validating the restore into {wanted.container}")
        tried(lambda: vault.validate(request, wanted.give_up_after), (ServiceRequestError, ServiceResponseError))

        step = "the restore"
        say("restoring")
        job = vault.restore(request, wanted.poll_seconds, wanted.give_up_after)
        print(f"   {job.status}")
        if job.status != "Completed":
            found = [f"{error.code}: {error.message}" for error in job.error_details or []]
            raise Refused(f"the restore job: {'; '.join(found) or job.status}")

        step = "downloading"
        with tempfile.TemporaryDirectory() as folder:
            say("downloading")
            container = open_container(credential, vault.subscription, wanted.container)
            with container:
                files = tried(lambda: download(container, wanted.prefix, Path(folder)), (AzureError, OSError), 3)
            step = "loading"
            say(f"loading {wanted.database} as {into} on {wanted.server}")
            load(wanted, into, files[f"{wanted.prefix}_database_{wanted.database}.sql"])
    except AzureError as error:
        raise refusal(step, error) from error
    except (psycopg.Error, OSError, subprocess.CalledProcessError) as error:
        raise Refused(f"{step}: {error}") from error


def main():
    try:
        run(arguments())
    except Refused as refused:
        print(f"REFUSED: {refused}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
