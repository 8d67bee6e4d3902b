"""Signing in with a certificate instead of a secret. The emulator was started with it (`azdrill serve
--certificate FILE`); the file holds the key as well, and stands in CERTIFICATE.
"""

import os
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, DefaultAzureCredential
from azure.mgmt.resource.resources import ResourceManagementClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from drill import ARM_SCOPE, LOCATION, RUN, SUBSCRIPTION, TENANT, claims_of, equal, holds, refused, step

CLIENT, FILE = os.environ["AZURE_CLIENT_ID"], os.environ["CERTIFICATE"]


def another_certificate(file):
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody")])
    now = datetime.now(timezone.utc)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) + made.public_bytes(pem)
    )


def main():
    credential = CertificateCredential(TENANT, CLIENT, FILE)
    equal(claims_of(credential.get_token(ARM_SCOPE).token)["appid"], CLIENT, "the token's application")
    groups = ResourceManagementClient(credential, SUBSCRIPTION).resource_groups
    name = f"certificate-{RUN}"
    equal(groups.create_or_update(name, {"location": LOCATION}).name, name, "a group made by the operator")
    groups.begin_delete(name).result()
    step("signed in with CertificateCredential")

    del os.environ["AZURE_CLIENT_SECRET"]
    os.environ["AZURE_CLIENT_CERTIFICATE_PATH"] = FILE
    token = DefaultAzureCredential().get_token(ARM_SCOPE).token
    equal(claims_of(token)["appid"], CLIENT, "the token's application")
    step("signed in with DefaultAzureCredential and AZURE_CLIENT_CERTIFICATE_PATH")

    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder, "other.pem")
        another_certificate(other)
        wrong = CertificateCredential(TENANT, CLIENT, str(other))
        error = refused(ClientAuthenticationError, lambda: wrong.get_token(ARM_SCOPE))
    holds("AADSTS700027" in error.message, f"another certificate is refused with: {error.message}")
    step("another certificate is refused with AADSTS700027")


if __name__ == "__main__":
    main()
