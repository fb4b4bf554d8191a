"""Who may connect to the server: its bind address, authentication and TLS.

The settings of the server, with their secrets, are in LAKEHOUSE_HOME/conf, readable for the owner
only, never in an argument or a variable. It is made anew at each start and stands before spark/ in
Java's class path.
"""

import os
import secrets
import shutil
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_pem_private_key,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from lakehouse.errors import LakehouseError
from lakehouse.settings import SPARK_CONF, is_loopback, path_of


@dataclass(frozen=True)
class Doors:
    """Bind address, authentication and TLS of the server.

    Raises LakehouseError if the settings contradict each other, or if the server would listen off
    loopback without authentication and TLS.
    """

    bind: str = "127.0.0.1"
    users_file: Path | None = None
    ldap_url: str = ""
    ldap_base_dn: str = ""
    ldap_user_dn: str = ""
    certificate: Path | None = None
    key: Path | None = None

    def __post_init__(self):
        self._check_ldap()
        if self.users_file and self.ldap_url:
            raise LakehouseError(
                "LAKEHOUSE_USERS_FILE and LAKEHOUSE_LDAP_URL are both set", "unset one of them"
            )
        if bool(self.certificate) != bool(self.key):
            raise LakehouseError(
                "only one of LAKEHOUSE_TLS_CERTIFICATE and LAKEHOUSE_TLS_KEY is set",
                "set both to files in PEM; `lakehouse certificates` makes them",
            )
        missing = {
            "authentication": self.users_file or self.ldap_url,
            "TLS": self.certificate,
        }
        names = " and ".join(name for name, given in missing.items() if not given)
        if names and not is_loopback(self.bind):
            raise LakehouseError(
                f"LAKEHOUSE_BIND is {self.bind}, which other machines reach, but the server has "
                f"no {names.replace(' and ', ' and no ')}",
                "set LAKEHOUSE_USERS_FILE or LAKEHOUSE_LDAP_URL, and LAKEHOUSE_TLS_CERTIFICATE and "
                "_KEY (docs/security.md), or unset LAKEHOUSE_BIND",
            )

    def _check_ldap(self) -> None:
        if not self.ldap_url:
            return
        url = urlsplit(self.ldap_url)
        if url.scheme != "ldaps" and not is_loopback(url.hostname or ""):
            raise LakehouseError(
                f"LAKEHOUSE_LDAP_URL is {self.ldap_url}: passwords would be sent in plain text",
                "use ldaps://",
            )
        if bool(self.ldap_base_dn) == bool(self.ldap_user_dn):
            raise LakehouseError(
                "LAKEHOUSE_LDAP_URL needs one of LAKEHOUSE_LDAP_BASE_DN and LAKEHOUSE_LDAP_USER_DN",
                "set one, such as LAKEHOUSE_LDAP_USER_DN='uid=%s,ou=people,dc=example,dc=com'",
            )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Doors":
        """From LAKEHOUSE_BIND, _USERS_FILE, _LDAP_URL, _LDAP_BASE_DN, _LDAP_USER_DN,
        _TLS_CERTIFICATE and _TLS_KEY."""
        return cls(
            bind=environ.get("LAKEHOUSE_BIND") or "127.0.0.1",
            users_file=path_of(environ, "LAKEHOUSE_USERS_FILE"),
            ldap_url=environ.get("LAKEHOUSE_LDAP_URL", ""),
            ldap_base_dn=environ.get("LAKEHOUSE_LDAP_BASE_DN", ""),
            ldap_user_dn=environ.get("LAKEHOUSE_LDAP_USER_DN", ""),
            certificate=path_of(environ, "LAKEHOUSE_TLS_CERTIFICATE"),
            key=path_of(environ, "LAKEHOUSE_TLS_KEY"),
        )

    def authentication(self) -> dict[str, str]:
        """Hive's settings of the authentication."""
        if self.users_file:
            return {
                "hive.server2.authentication": "CUSTOM",
                "hive.server2.custom.authentication.class": "lakehouse.PasswordFile",
                "lakehouse.users.file": str(self.users_file),
            }
        if not self.ldap_url:
            return {}
        ldap = "hive.server2.authentication.ldap"
        where = {"baseDN": self.ldap_base_dn, "userDNPattern": self.ldap_user_dn}
        return {
            "hive.server2.authentication": "LDAP",
            f"{ldap}.url": self.ldap_url,
            **{f"{ldap}.{name}": value for name, value in where.items() if value},
        }


def write(doors: Doors, home: Path, more: Mapping[str, str] | None = None) -> Path:
    """Write the settings of the server, with `more` of Hive's, and return their folder.

    Raises LakehouseError if a file is missing or invalid.
    """
    folder = home / "conf"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    properties = {
        "hive.server2.thrift.bind.host": doors.bind,
        **doors.authentication(),
        **(more or {}),
    }
    if doors.users_file and not os.access(doors.users_file, os.R_OK):
        raise LakehouseError(
            f"{doors.users_file} is not a readable file", "run: lakehouse user add NAME"
        )
    if doors.certificate and doors.key:
        password = secrets.token_urlsafe()
        private_file(folder / "server.p12").write_bytes(
            keystore(doors.certificate, doors.key, password)
        )
        properties |= {
            "hive.server2.use.SSL": "true",
            "hive.server2.keystore.path": str(folder / "server.p12"),
            "hive.server2.keystore.password": password,
        }
    private_file(folder / "hive-site.xml").write_bytes(hive_site(properties))
    return folder


def private_file(path: Path) -> Path:
    """Create an empty file that only its owner can read, in place of an existing one."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    return path


def hive_site(properties: Mapping[str, str]) -> bytes:
    """spark/hive-site.xml, with other values or more properties."""
    site = ET.parse(SPARK_CONF / "hive-site.xml").getroot()
    for each in site.findall("property"):
        if each.findtext("name") in properties:
            site.remove(each)
    for name, value in properties.items():
        each = ET.SubElement(site, "property")
        ET.SubElement(each, "name").text = name
        ET.SubElement(each, "value").text = value
    ET.indent(site)
    return ET.tostring(site, encoding="utf-8", xml_declaration=True)


def keystore(certificate: Path, key: Path, password: str) -> bytes:
    """A PKCS #12 keystore of a private key and its chain of certificates, from files in PEM."""
    try:
        first, *chain = x509.load_pem_x509_certificates(certificate.read_bytes())
        private = load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LakehouseError(
            f"no TLS key pair can be read from {certificate} and {key}: {reason}",
            "give a certificate and its private key without a password, both in PEM",
        ) from None
    if private.public_key() != first.public_key():
        raise LakehouseError(
            f"{key} is not the private key of {certificate}", "give files that belong together"
        )
    encryption = BestAvailableEncryption(password.encode())
    return serialize_key_and_certificates(b"server", private, first, chain, encryption)  # type: ignore[arg-type]
