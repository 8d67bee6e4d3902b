"""Play the whole inventory of the blob service with Azure's own Python SDK.

Without arguments: against azdrill, with nothing but environment variables to tell it where Azure is. It
makes its own accounts, plays the inventory with an account key and again with a token, and then what
takes a token or a second account.

With `--endpoint URL --account NAME --key KEY`: the inventory alone, with the account's key, against
whatever listens there; `--record FILE` keeps what each step was answered, and a step that fails is
recorded and not the end. `compare_azurite.py` puts two such records side by side.
"""

import argparse
import base64
import hashlib
import json
import logging
import os
import time
import uuid
from datetime import datetime, timedelta, timezone

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import (
    AccessPolicy,
    AccountSasPermissions,
    BlobBlock,
    BlobClient,
    BlobLeaseClient,
    BlobSasPermissions,
    BlobServiceClient,
    BlobType,
    ContainerClient,
    ContainerSasPermissions,
    ContentSettings,
    CorsRule,
    PartialBatchErrorException,
    ResourceTypes,
    RetentionPolicy,
    StandardBlobTier,
    generate_account_sas,
    generate_blob_sas,
    generate_container_sas,
)

# The SDK logs every refusal it raises; here refusals are what is wanted.
logging.getLogger("azure").setLevel(logging.CRITICAL)
STARTED = time.monotonic()
MIB = 1024 * 1024


def say(text):
    print(f"{time.monotonic() - STARTED:6.1f} s  {text}", flush=True)


def equal(found, wanted, what):
    """An assertion that survives `python -O` and says what it found."""
    if found != wanted:
        raise AssertionError(f"{what}: found {found!r}, wanted {wanted!r}")


def refused(status, code, action):
    """Runs what must fail with this status and this code."""
    try:
        action()
    except HttpResponseError as error:
        equal((error.status_code, getattr(error, "error_code", None)), (status, code), "the refusal")
        return error
    raise AssertionError(f"nothing was refused, {status} {code} was expected")


def soon(hours=1):
    return datetime.now(timezone.utc) + timedelta(hours=hours)


class Inventory:
    """Each `step_` is played in the order it stands, in a container of its own where it needs one."""

    def __init__(self, url, account, key=None, credential=None, record=None):
        self.url, self.account, self.key, self.record = url, account, key, record
        self.credential = credential or {"account_name": account, "account_key": key}
        self.answers = []
        self.service = BlobServiceClient(url, credential=self.credential, raw_response_hook=self.note, retry_total=0)
        self.name = f"inventory-{uuid.uuid4().hex[:8]}"
        self.container = self.service.get_container_client(self.name)

    def note(self, answer):
        response = answer.http_response
        self.answers.append([response.status_code, response.headers.get("x-ms-error-code", "")])

    def play(self):
        steps = [name for name in type(self).__dict__ if name.startswith("step_")]
        for name in steps:
            self.answers = []
            step = getattr(self, name)
            if self.record is None:
                step()
                continue
            outcome = "held"
            try:
                step()
            except Exception as error:  # whatever another service makes of it is what is recorded
                outcome = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            self.record[name[5:]] = {"outcome": outcome, "answers": self.answers}
        return len(steps)

    def blob(self, name):
        return self.container.get_blob_client(name)

    def filled(self, name, data=b"data", **more):
        blob = self.blob(name)
        blob.upload_blob(data, overwrite=True, **more)
        return blob

    def with_sas(self, name, sas):
        return BlobClient(self.url, self.name, name, credential=sas, raw_response_hook=self.note, retry_total=0)

    def signed(self, name, permission, **more):
        return generate_blob_sas(self.account, self.name, name, account_key=self.key, permission=permission, expiry=soon(), **more)

    def step_container(self):
        made = self.container.create_container(metadata={"purpose": "test"})
        equal("etag" in made, True, "an entity tag")
        refused(409, "ContainerAlreadyExists", self.container.create_container)
        refused(404, "ContainerNotFound", self.service.get_container_client("none-such").get_container_properties)
        equal(self.container.get_container_properties().metadata, {"purpose": "test"}, "the metadata")
        self.container.set_container_metadata({"purpose": "other"})
        equal(self.container.get_container_properties().metadata, {"purpose": "other"}, "the new metadata")
        found = list(self.service.list_containers(name_starts_with="inventory", include_metadata=True))
        equal(self.name in [own.name for own in found], True, "the container in the list")
        equal(self.container.exists(), True, "whether it exists")

    def step_account(self):
        for client in (self.service, self.container, self.filled("account")):
            equal(client.get_account_information()["account_kind"], "StorageV2", "the account's kind")

    def step_service_properties(self):
        rule = CorsRule(["https://example.com"], ["GET"], max_age_in_seconds=60)
        self.service.set_service_properties(cors=[rule], delete_retention_policy=RetentionPolicy(False))
        told = self.service.get_service_properties()
        equal(told["cors"][0].allowed_origins, "https://example.com", "the origins")
        self.service.set_service_properties(cors=[])

    def step_put_and_get(self):
        data = os.urandom(70_000)
        settings = ContentSettings(content_type="text/plain", cache_control="no-cache", content_language="en")
        blob = self.filled("a/b", data, content_settings=settings, metadata={"one": "1"})
        equal(blob.download_blob().readall(), data, "the bytes")
        told = blob.get_blob_properties()
        equal((told.size, told.blob_type), (70_000, BlobType.BLOCKBLOB), "size and type")
        equal(told.content_settings.content_type, "text/plain", "the content type")
        equal(bytes(told.content_settings.content_md5), hashlib.md5(data).digest(), "the MD5")
        equal(told.metadata, {"one": "1"}, "the metadata")
        refused(409, "BlobAlreadyExists", lambda: blob.upload_blob(b"x"))
        refused(404, "BlobNotFound", self.blob("none").get_blob_properties)
        equal(self.blob("none").exists(), False, "whether it exists")

    def step_ranges(self):
        blob = self.filled("ranges", b"0123456789")
        equal(blob.download_blob(offset=2, length=3).readall(), b"234", "a part")
        equal(blob.download_blob(offset=2, length=3, validate_content=True).readall(), b"234", "a part with its MD5")
        refused(416, "InvalidRange", lambda: blob.download_blob(offset=10, length=1))
        equal(self.filled("empty", b"").download_blob().readall(), b"", "an empty blob")

    def step_conditions(self):
        blob = self.filled("conditions")
        etag = blob.get_blob_properties().etag
        refused(412, "ConditionNotMet", lambda: blob.download_blob(etag="0x1", match_condition=MatchConditions.IfNotModified))
        error = refused(304, "ConditionNotMet", lambda: blob.download_blob(etag=etag, match_condition=MatchConditions.IfModified))
        equal(isinstance(error, HttpResponseError), True, "304 is an error to the SDK")
        tomorrow = soon(24)
        refused(412, "ConditionNotMet", lambda: blob.set_blob_metadata({}, if_modified_since=tomorrow))
        refused(412, "ConditionNotMet", lambda: blob.delete_blob(etag="0x1", match_condition=MatchConditions.IfNotModified))

    def step_blocks(self):
        blob = self.blob("blocks")
        for number in range(3):
            blob.stage_block(f"block-{number}", bytes([65 + number]) * 10)
        committed, uncommitted = blob.get_block_list("all")
        equal((len(committed), len(uncommitted)), (0, 3), "blocks before")
        blob.commit_block_list([BlobBlock(f"block-{number}") for number in (2, 0, 0)], metadata={"in": "blocks"})
        equal(blob.download_blob().readall(), b"C" * 10 + b"A" * 20, "the blocks in their order")
        committed, uncommitted = blob.get_block_list("all")
        equal((len(committed), len(uncommitted)), (3, 0), "blocks after")
        refused(400, "InvalidBlockList", lambda: blob.commit_block_list([BlobBlock("block-9")]))
        large = os.urandom(5 * MIB)
        client = BlobClient(self.url, self.name, "large", credential=self.credential, max_single_put_size=MIB, max_block_size=MIB)
        client.upload_blob(large, max_concurrency=2)
        equal(client.download_blob(max_concurrency=2).readall() == large, True, "five blocks")

    def step_metadata_and_headers(self):
        blob = self.filled("headers")
        blob.set_blob_metadata({"a": "1", "b": "2"})
        blob.set_http_headers(ContentSettings(content_type="application/json", content_disposition="inline"))
        told = blob.get_blob_properties()
        equal(told.metadata, {"a": "1", "b": "2"}, "the metadata")
        equal(told.content_settings.content_disposition, "inline", "the disposition")

    def step_list(self):
        for name in ("list/a", "list/b/c", "list/b/d", "list/e"):
            self.filled(name)
        found = [own.name for own in self.container.list_blobs(name_starts_with="list/")]
        equal(found, ["list/a", "list/b/c", "list/b/d", "list/e"], "all")
        walked = [own.name for own in self.container.walk_blobs(name_starts_with="list/", delimiter="/")]
        # The SDK puts what has a delimiter before the rest.
        equal(sorted(walked), ["list/a", "list/b/", "list/e"], "by delimiter")
        pages = self.container.list_blobs(name_starts_with="list/", results_per_page=3).by_page()
        equal([len(list(page)) for page in pages], [3, 1], "pages")
        with_metadata = list(self.container.list_blobs(name_starts_with="headers", include=["metadata", "tags", "copy", "snapshots"]))
        equal(with_metadata[0].metadata, {"a": "1", "b": "2"}, "the metadata in the list")

    def step_snapshots(self):
        blob = self.filled("snapshots", b"one")
        taken = blob.create_snapshot()["snapshot"]
        blob.upload_blob(b"two", overwrite=True)
        snapshot = self.container.get_blob_client("snapshots", snapshot=taken)
        equal(snapshot.download_blob().readall(), b"one", "the snapshot")
        listed = list(self.container.list_blobs(name_starts_with="snapshots", include=["snapshots"]))
        equal([own.snapshot for own in listed], [taken, None], "the snapshot in the list")
        refused(409, "SnapshotsPresent", blob.delete_blob)
        blob.delete_blob(delete_snapshots="only")
        refused(404, "BlobNotFound", snapshot.get_blob_properties)
        blob.create_snapshot()
        blob.delete_blob(delete_snapshots="include")
        equal(blob.exists(), False, "whether it exists")

    def step_leases(self):
        blob = self.filled("leases")
        lease = blob.acquire_lease(lease_duration=15)
        told = blob.get_blob_properties().lease
        equal((told.state, told.status, told.duration), ("leased", "locked", "fixed"), "the lease")
        refused(412, "LeaseIdMissing", lambda: blob.upload_blob(b"x", overwrite=True))
        refused(412, "LeaseIdMissing", blob.delete_blob)
        refused(409, "LeaseAlreadyPresent", lambda: blob.acquire_lease(lease_id=str(uuid.uuid4())))
        refused(412, "LeaseIdMismatchWithBlobOperation", lambda: blob.set_blob_metadata({}, lease=str(uuid.uuid4())))
        blob.upload_blob(b"x", overwrite=True, lease=lease)
        lease.renew()
        lease.change(str(uuid.uuid4()))
        released = lease.id
        lease.release()
        refused(412, "LeaseNotPresentWithBlobOperation", lambda: blob.set_blob_metadata({}, lease=released))
        lease = BlobLeaseClient(blob)
        lease.acquire()
        equal(lease.break_lease(lease_break_period=0), 0, "seconds until it is broken")
        equal(blob.get_blob_properties().lease.state, "broken", "the broken lease")
        blob.delete_blob()

    def step_container_lease(self):
        container = self.service.get_container_client(f"{self.name}-leased")
        container.create_container()
        lease = container.acquire_lease()
        refused(412, "LeaseIdMissing", container.delete_container)
        container.delete_container(lease=lease)

    def step_tags(self):
        blob = self.filled("tags", tags={"kind": "nightly", "run": self.name})
        equal(blob.get_blob_tags(), {"kind": "nightly", "run": self.name}, "the tags")
        equal(blob.get_blob_properties().tag_count, 2, "how many")
        blob.set_blob_tags({"kind": "weekly", "run": self.name})
        equal(blob.get_blob_tags(if_tags_match_condition="\"kind\" = 'weekly'")["kind"], "weekly", "by condition")

    def step_find_by_tags(self):
        where = f"\"kind\" = 'weekly' AND \"run\" = '{self.name}'"
        equal([own.name for own in self.service.find_blobs_by_tags(where)], ["tags"], "found in the account")
        equal([own.name for own in self.container.find_blobs_by_tags(where)], ["tags"], "found in the container")

    def step_tag_condition_fails(self):
        blob = self.blob("tags")
        refused(412, "ConditionNotMet", lambda: blob.get_blob_properties(if_tags_match_condition="\"kind\" = 'yearly'"))

    def step_tiers(self):
        blob = self.filled("tiers", standard_blob_tier=StandardBlobTier.COOL)
        equal(blob.get_blob_properties().blob_tier, "Cool", "the tier")
        blob.set_standard_blob_tier("Archive")
        refused(409, "BlobArchived", lambda: blob.download_blob())
        blob.delete_blob()

    def step_rehydration(self):
        blob = self.filled("rehydration")
        blob.set_standard_blob_tier("Archive")
        blob.set_standard_blob_tier("Hot", rehydrate_priority="High")
        told = blob.get_blob_properties()
        equal(told.archive_status or told.blob_tier in ("Hot", "Archive"), True, "on its way or back")

    def step_append_blob(self):
        blob = self.blob("append")
        blob.create_append_blob()
        equal(blob.append_block(b"one")["blob_append_offset"], "0", "the first offset")
        equal(blob.append_block(b"two", appendpos_condition=3)["blob_committed_block_count"], 2, "blocks")
        refused(412, "AppendPositionConditionNotMet", lambda: blob.append_block(b"x", appendpos_condition=3))
        refused(412, "MaxBlobSizeConditionNotMet", lambda: blob.append_block(b"x", maxsize_condition=6))
        equal(blob.download_blob().readall(), b"onetwo", "both")
        refused(409, "InvalidBlobType", lambda: self.filled("block").append_block(b"x"))

    def step_seal(self):
        blob = self.blob("append")
        equal(blob.seal_append_blob()["blob_sealed"], True, "sealed")
        refused(409, "BlobIsSealed", lambda: blob.append_block(b"x"))

    def step_page_blob(self):
        blob = self.blob("pages")
        blob.create_page_blob(4096, sequence_number=1)
        page = os.urandom(512)
        blob.upload_page(page, offset=512, length=512)
        blob.upload_page(page * 2, offset=2048, length=1024)
        equal([(own.start, own.end) for own in blob.list_page_ranges()], [(512, 1023), (2048, 3071)], "ranges")
        blob.clear_page(offset=2048, length=512)
        equal([(own.start, own.end) for own in blob.list_page_ranges()], [(512, 1023), (2560, 3071)], "ranges after")
        equal(blob.download_blob(offset=0, length=1024).readall(), bytes(512) + page, "zeros and a page")
        refused(412, "SequenceNumberConditionNotMet", lambda: blob.upload_page(page, offset=0, length=512, if_sequence_number_eq=7))
        blob.set_sequence_number("max", "9")
        equal(blob.get_blob_properties().page_blob_sequence_number, 9, "the sequence number")
        blob.resize_blob(1024)
        equal(blob.download_blob().readall(), bytes(512) + page, "cut off")

    def step_page_out_of_range(self):
        blob = self.blob("pages")
        refused(416, "InvalidPageRange", lambda: blob.upload_page(bytes(512), offset=1024, length=512))

    def step_copy(self):
        source = self.filled("source", b"copied", metadata={"a": "1"})
        copy = self.blob("copy")
        equal(copy.start_copy_from_url(source.url)["copy_status"], "success", "the copy")
        told = copy.get_blob_properties()
        equal((told.copy.status, told.metadata), ("success", {"a": "1"}), "what the copy says")
        equal(copy.download_blob().readall(), b"copied", "the copy's bytes")
        refused(409, "NoPendingCopyOperation", lambda: copy.abort_copy(told.copy.id))
        equal(self.blob("sync").start_copy_from_url(source.url, requires_sync=True)["copy_status"], "success", "in one call")

    def step_copy_of_nothing(self):
        refused(404, "CannotVerifyCopySource", lambda: self.blob("copy").start_copy_from_url(self.blob("none").url))

    def step_upload_from_url(self):
        source = self.filled("source", b"copied")
        url = f"{source.url}?{self.signed('source', BlobSasPermissions(read=True))}"
        self.blob("from-url").upload_blob_from_url(url, overwrite=True)
        equal(self.blob("from-url").download_blob().readall(), b"copied", "the bytes")

    def step_stage_block_from_url(self):
        url = f"{self.blob('source').url}?{self.signed('source', BlobSasPermissions(read=True))}"
        blob = self.blob("block-from-url")
        blob.stage_block_from_url("one", url, source_offset=0, source_length=4)
        blob.commit_block_list([BlobBlock("one")])
        equal(blob.download_blob().readall(), b"copi", "a part")

    def step_append_from_url(self):
        url = f"{self.blob('source').url}?{self.signed('source', BlobSasPermissions(read=True))}"
        blob = self.blob("append-from-url")
        blob.create_append_blob()
        blob.append_block_from_url(url, source_offset=4, source_length=2)
        equal(blob.download_blob().readall(), b"ed", "a part")

    def step_pages_from_url(self):
        self.filled("page", bytes(range(256)) * 2)
        url = f"{self.blob('page').url}?{self.signed('page', BlobSasPermissions(read=True))}"
        blob = self.blob("pages-from-url")
        blob.create_page_blob(1024)
        blob.upload_pages_from_url(url, offset=512, length=512, source_offset=0)
        equal(blob.download_blob(offset=512, length=512).readall(), bytes(range(256)) * 2, "a page")

    def step_batch(self):
        names = [f"batch-{number}" for number in range(20)]
        for name in names:
            self.filled(name)
        equal({answer.status_code for answer in self.container.set_standard_blob_tier_blobs("Cool", *names)}, {200}, "tiers")
        equal({answer.status_code for answer in self.container.delete_blobs(*names)}, {202}, "deletions")

    def step_batch_with_a_failure(self):
        self.filled("batch")
        try:
            self.container.delete_blobs("batch", "none")
        except PartialBatchErrorException as error:
            equal([part.status_code for part in error.parts], [202, 404], "the parts")
        else:
            raise AssertionError("a batch with a failure raised nothing")

    def step_signatures(self):
        self.filled("signed", b"signed")
        read = self.with_sas("signed", self.signed("signed", BlobSasPermissions(read=True), content_type="text/css"))
        equal(read.download_blob().readall(), b"signed", "read by signature")
        equal(read.get_blob_properties().content_settings.content_type, "text/css", "the header that was asked for")
        refused(403, "AuthorizationPermissionMismatch", read.delete_blob)
        whole = generate_container_sas(self.account, self.name, account_key=self.key, permission=ContainerSasPermissions(read=True, list=True, write=True), expiry=soon())
        container = ContainerClient(self.url, self.name, credential=whole, raw_response_hook=self.note, retry_total=0)
        equal("signed" in [own.name for own in container.list_blobs()], True, "listed by signature")
        account = generate_account_sas(self.account, account_key=self.key, resource_types=ResourceTypes(service=True), permission=AccountSasPermissions(list=True), expiry=soon())
        service = BlobServiceClient(self.url, credential=account, raw_response_hook=self.note, retry_total=0)
        equal(self.name in [own.name for own in service.list_containers()], True, "containers by signature")
        refused(403, "AuthorizationResourceTypeMismatch", service.get_container_client(self.name).get_container_properties)

    def step_bad_signature(self):
        sas = self.signed("signed", BlobSasPermissions(read=True)).replace("sp=r", "sp=rd")
        refused(403, "AuthenticationFailed", lambda: self.with_sas("signed", sas).download_blob())

    def step_stored_access_policy(self):
        policy = AccessPolicy(permission=ContainerSasPermissions(read=True), expiry=soon(), start=soon(-1))
        self.container.set_container_access_policy({"drill": policy})
        told = self.container.get_container_access_policy()
        equal([own.id for own in told["signed_identifiers"]], ["drill"], "the policies")
        sas = generate_container_sas(self.account, self.name, account_key=self.key, policy_id="drill")
        equal(self.with_sas("signed", sas).download_blob().readall(), b"signed", "by policy")
        self.container.set_container_access_policy({})
        refused(403, "AuthenticationFailed", lambda: self.with_sas("signed", sas).download_blob())

    def step_deletion(self):
        self.blob("signed").delete_blob()
        refused(404, "BlobNotFound", self.blob("signed").delete_blob)
        self.container.delete_container()
        refused(404, "ContainerNotFound", self.container.get_container_properties)


def play_everything():
    from blobs_with_tokens import play

    played = play(Inventory, equal, refused, say)
    say(f"{played} steps played")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", help="the blob endpoint, e.g. http://127.0.0.1:10000/account")
    parser.add_argument("--account")
    parser.add_argument("--key")
    parser.add_argument("--record", help="where to write what each step was answered")
    arguments = parser.parse_args()
    if not arguments.endpoint:
        return play_everything()
    record = {} if arguments.record else None
    played = Inventory(arguments.endpoint, arguments.account, arguments.key, record=record).play()
    if arguments.record:
        with open(arguments.record, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)
    say(f"{played} steps played at {arguments.endpoint}")


if __name__ == "__main__":
    main()
