"""The command `lakehouse certificates`: an authority of one's own, and a server certificate."""

import ipaddress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PKCS12Certificate,
    serialize_java_truststore,
)
from cryptography.x509.oid import NameOID

from lakehouse.settings import Settings
from ops.doors import private_file

AUTHORITY = "Lakehouse CA"
AUTHORITY_DAYS = 3650
SERVER_DAYS = 397
# Of the trust store, which has no secrets; Java cannot read one without a password.
TRUST_STORE_PASSWORD = "changeit"


def names(hosts: tuple[str, ...]) -> list[x509.GeneralName]:
    """Hosts as names of a certificate: IP addresses, or DNS names."""
    found: list[x509.GeneralName] = []
    for host in hosts:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            found.append(x509.DNSName(host))
    return found


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def builder(name: str, days: int, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    """A certificate of a name and a key, to be signed."""
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(_common_name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=days))
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    private_file(path).write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )


def authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The authority in a folder; it is made if there is none."""
    certificate, key_file = folder / "ca.pem", folder / "ca.key"
    if key_file.exists():
        key = load_pem_private_key(key_file.read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return x509.load_pem_x509_certificate(certificate.read_bytes()), key
    key = ec.generate_private_key(ec.SECP256R1())
    signing = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    signed = (
        builder(AUTHORITY, AUTHORITY_DAYS, key)
        .issuer_name(_common_name(AUTHORITY))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signing, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(key_file, key)
    certificate.write_bytes(signed.public_bytes(Encoding.PEM))
    store = serialize_java_truststore(
        [PKCS12Certificate(signed, b"lakehouse")],
        BestAvailableEncryption(TRUST_STORE_PASSWORD.encode()),
    )
    (folder / "ca.p12").write_bytes(store)
    return signed, key


def issue(folder: Path, hosts: tuple[str, ...]) -> None:
    """Write server.pem and server.key for hosts, signed by the authority in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    issuer, issuer_key = authority(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        builder(hosts[0], SERVER_DAYS, key)
        .issuer_name(issuer.subject)
        .add_extension(x509.SubjectAlternativeName(names(hosts)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(
            x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .sign(issuer_key, hashes.SHA256())
    )
    _write_key(folder / "server.key", key)
    (folder / "server.pem").write_bytes(certificate.public_bytes(Encoding.PEM))


@click.command()
@click.argument("hosts", nargs=-1, required=True, metavar="HOST...")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write them; by default LAKEHOUSE_HOME/certificates.",
)
@click.pass_obj
def certificates(settings: Settings, hosts: tuple[str, ...], folder: Path | None) -> None:
    """Make a TLS certificate for the server's HOST names, and the authority that signs it.

    An authority that is in the folder already is used again.
    """
    folder = folder or settings.home / "certificates"
    issue(folder, hosts)
    click.echo(f"server: LAKEHOUSE_TLS_CERTIFICATE={folder / 'server.pem'}")
    click.echo(f"        LAKEHOUSE_TLS_KEY={folder / 'server.key'}")
    click.echo(f"client: LAKEHOUSE_TLS_CA={folder / 'ca.pem'}")
    store = f"sslTrustStore={folder / 'ca.p12'};trustStorePassword={TRUST_STORE_PASSWORD}"
    click.echo(f"beeline: {store}")
    click.echo(f"keep {folder / 'ca.key'} secret: it signs certificates that clients trust")
