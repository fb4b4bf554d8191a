"""The secrets of docker-compose.yml, made once: files that exist stay.

Compose mounts each file with the mode that it has here, and the users of the containers are others
than yours. So each file is readable for all, in a folder that only you can enter.
"""

import secrets
import sys
from pathlib import Path

from ops import certificates
from ops import user as users

# Names in the password file of the server. `health` runs the health check.
USERS = ("engineer", "health", "reader")
# The server's certificate is for these.
HOSTS = ("thrift", "localhost", "127.0.0.1")


def spark_rpc() -> str:
    """Settings with which Spark's processes trust each other, and encrypt what they send."""
    settings = {
        "spark.authenticate": "true",
        "spark.authenticate.secret": secrets.token_hex(24),
        "spark.network.crypto.enabled": "true",
        "spark.network.crypto.cipher": "AES/GCM/NoPadding",
        "spark.io.encryption.enabled": "true",
        # Its port for drivers has no login.
        "spark.master.rest.enabled": "false",
    }
    return "".join(f"{name} {value}\n" for name, value in settings.items())


def store() -> str:
    """Keys of the object store, in the format of Amazon's shared credentials."""
    return (
        "[default]\n"
        "aws_access_key_id = lakehouse\n"
        f"aws_secret_access_key = {secrets.token_hex(24)}\n"
    )


def make(folder: Path) -> list[str]:
    """Write the missing secrets; returns their names."""
    folder.mkdir(mode=0o700, exist_ok=True)
    before = {path.name for path in folder.iterdir()}
    texts = {
        "metastore_password": secrets.token_hex(24),
        "spark_rpc": spark_rpc(),
        "store": store(),
        **{f"{name}_password": secrets.token_hex(24) for name in USERS},
    }
    for name in texts.keys() - before:
        (folder / name).write_text(texts[name])
    if "users" not in before:
        passwords = {name: (folder / f"{name}_password").read_text() for name in USERS}
        entries = {
            name: users.entry(password, secrets.token_bytes(16))
            for name, password in passwords.items()
        }
        users.write(folder / "users", entries)
    if "server.pem" not in before:
        certificates.issue(folder, HOSTS)
    for path in folder.iterdir():
        # What signs certificates is for no container.
        path.chmod(0o400 if path.name == "ca.key" else 0o444)
    return sorted({path.name for path in folder.iterdir()} - before)


if __name__ == "__main__":
    made = make(Path(sys.argv[1]))
    print(f"made: {', '.join(made)}" if made else "all secrets exist already")
