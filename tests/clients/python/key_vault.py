"""Keep secrets and keys in a key vault, close it, delete and recover it: with Azure's own Python SDK, and
nothing but environment variables to tell it where Azure is.
"""

import hashlib
from datetime import datetime, timedelta, timezone

from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient, EncryptionAlgorithm, KeyWrapAlgorithm, SignatureAlgorithm
from azure.keyvault.secrets import SecretClient
from azure.mgmt.keyvault import KeyVaultManagementClient
from azure.mgmt.resource.resources import ResourceManagementClient

from drill import CREDENTIAL, LOCATION, RUN, SUBSCRIPTION, TENANT, equal, give, own_object_id, refused, step

GROUP, VAULT = f"vaults-{RUN}", f"drill-{RUN}"
SECRETS_OFFICER = "Key Vault Secrets Officer"
CRYPTO_OFFICER = "Key Vault Crypto Officer"

resources = ResourceManagementClient(CREDENTIAL, SUBSCRIPTION)
management = KeyVaultManagementClient(CREDENTIAL, SUBSCRIPTION)


def put_vault(**properties):
    whole = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, **properties}
    parameters = {"location": LOCATION, "properties": whole}
    return management.vaults.begin_create_or_update(GROUP, VAULT, parameters).result()


ME = own_object_id()
resources.resource_groups.create_or_update(GROUP, {"location": LOCATION})
vault = put_vault(softDeleteRetentionInDays=7)
equal(vault.properties.enable_rbac_authorization, True, "the permission model of today's version")
uri = vault.properties.vault_uri
equal(vault.properties.soft_delete_retention_in_days, 7, "the retention")
step(f"created {uri}")

secrets = SecretClient(uri, CREDENTIAL)
error = refused(HttpResponseError, lambda: secrets.set_secret("db", "x"))
equal((error.status_code, error.error.code), (403, "Forbidden"), "setting a secret as the vault's owner")
for role in (SECRETS_OFFICER, CRYPTO_OFFICER):
    give(role, vault.id, ME)
first = secrets.set_secret("db", "one", content_type="text/plain", tags={"a": "b"})
second = secrets.set_secret("db", "two")
equal(secrets.get_secret("db").value, "two", "the newest version")
equal(secrets.get_secret("db", first.properties.version).value, "one", "the first version")
equal(len(list(secrets.list_properties_of_secret_versions("db"))), 2, "versions")
equal([own.name for own in secrets.list_properties_of_secrets()], ["db"], "secrets")
secrets.update_secret_properties("db", second.properties.version, enabled=False)
equal(refused(HttpResponseError, lambda: secrets.get_secret("db")).status_code, 403, "a disabled secret")
late = secrets.update_secret_properties("db", enabled=True, expires_on=datetime.now(timezone.utc) + timedelta(days=1))
equal(late.expires_on is None, False, "expires_on")
backup = secrets.backup_secret("db")
equal(secrets.begin_delete_secret("db").result().name, "db", "the deleted secret")
refused(ResourceNotFoundError, lambda: secrets.get_secret("db"))
equal(refused(ResourceExistsError, lambda: secrets.set_secret("db", "x")).status_code, 409, "a deleted name")
secrets.begin_recover_deleted_secret("db").wait()
equal(secrets.get_secret("db").value, "two", "the recovered secret")
secrets.begin_delete_secret("db").wait()
secrets.purge_deleted_secret("db")
secrets.restore_secret_backup(backup)
equal(secrets.get_secret("db").value, "two", "the restored secret")
for number in range(60):
    secrets.set_secret(f"many-{number:02}", "x")
equal(len(list(secrets.list_properties_of_secrets())), 61, "secrets in pages")
step("secrets: versions, attributes, soft delete, backup, pages")

keys = KeyClient(uri, CREDENTIAL)
rsa = keys.create_rsa_key("cmk", size=2048)
used = CryptographyClient(rsa, CREDENTIAL)
# The client encrypts and verifies by itself, with the public half: the two sides must agree.
wrapped = used.wrap_key(KeyWrapAlgorithm.rsa_oaep_256, b"0" * 32)
equal(used.unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped.encrypted_key).key, b"0" * 32, "the unwrapped key")
encrypted = used.encrypt(EncryptionAlgorithm.rsa_oaep, b"plain")
equal(used.decrypt(EncryptionAlgorithm.rsa_oaep, encrypted.ciphertext).plaintext, b"plain", "the plain text")
digest = hashlib.sha256(b"restore drills").digest()
for algorithm in (SignatureAlgorithm.rs256, SignatureAlgorithm.ps256):
    signed = used.sign(algorithm, digest)
    equal(used.verify(algorithm, digest, signed.signature).is_valid, True, algorithm)
curve = CryptographyClient(keys.create_ec_key("ec", curve="P-256"), CREDENTIAL)
signed = curve.sign(SignatureAlgorithm.es256, digest)
equal(curve.verify(SignatureAlgorithm.es256, digest, signed.signature).is_valid, True, "es256")
keys.rotate_key("ec")
equal(len(list(keys.list_properties_of_key_versions("ec"))), 2, "versions of the key")
keys.begin_delete_key("ec").wait()
keys.begin_recover_deleted_key("ec").wait()
equal({own.name for own in keys.list_properties_of_keys()}, {"cmk", "ec"}, "keys")
step("keys: wrapped, encrypted and signed with, and checked by the SDK's own cryptography")

put_vault(publicNetworkAccess="Disabled")
error = refused(HttpResponseError, lambda: secrets.get_secret("db"))
equal(error.status_code, 403, "a closed vault")
put_vault(publicNetworkAccess="Enabled")
equal(management.vaults.check_name_availability({"name": VAULT, "type": "Microsoft.KeyVault/vaults"}).name_available, False, "the name")

management.vaults.delete(GROUP, VAULT)
equal(refused(HttpResponseError, put_vault).status_code, 409, "a name of a deleted vault")
equal([own.name for own in management.vaults.list_deleted()], [VAULT], "deleted vaults")
put_vault(createMode="recover")
give(SECRETS_OFFICER, vault.id, ME)
equal(secrets.get_secret("db").value, "two", "a secret of the recovered vault")
management.vaults.delete(GROUP, VAULT)
management.vaults.begin_purge_deleted(VAULT, LOCATION).result()
equal(list(management.vaults.list_deleted()), [], "deleted vaults after the purge")
step("vault: closed, deleted, recovered, purged")
