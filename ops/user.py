"""The command `lakehouse user`: the password file of the server.

A line is `name:pbkdf2_sha256$iterations$salt$hash`; the server reads the file at each login
(spark/java/lakehouse/PasswordFile.java).
"""

import base64
import hashlib
import os
import re
import secrets
import sys
from pathlib import Path

import click

from lakehouse.errors import LakehouseError, WrongUsage
from lakehouse.settings import path_of
from ops.doors import private_file

ITERATIONS = 600_000
SHORTEST = 12


def entry(password: str, salt: bytes) -> str:
    """The hash of a password, as it stands in the file."""
    found = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    texts = (base64.b64encode(each).decode() for each in (salt, found))
    return "$".join(("pbkdf2_sha256", str(ITERATIONS), *texts))


def read(file: Path) -> dict[str, str]:
    """Entry of each user, by name; empty if there is no file."""
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(line.split(":", 1) for line in lines)


def write(file: Path, users: dict[str, str]) -> None:
    """Replace the file in one step: a server reads the old or the new one."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = private_file(file.with_name(f"{file.name}.new"))
    new.write_text("".join(f"{name}:{hashed}\n" for name, hashed in sorted(users.items())))
    os.replace(new, file)


def users_file() -> Path:
    """LAKEHOUSE_USERS_FILE. Raises LakehouseError if it is not set."""
    file = path_of(os.environ, "LAKEHOUSE_USERS_FILE")
    if not file:
        raise LakehouseError(
            "LAKEHOUSE_USERS_FILE is not set", "set it to the password file of the server"
        )
    return file


def _new_password() -> str:
    """A password from standard input, or asked for in a terminal. Raises WrongUsage."""
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.read().rstrip("\r\n")
    if len(password) < SHORTEST:
        raise WrongUsage(f"the password has fewer than {SHORTEST} characters", "give a longer one")
    return password


@click.group()
def user() -> None:
    """Users in the password file of the server, LAKEHOUSE_USERS_FILE."""


@user.command()
@click.argument("name")
def add(name: str) -> None:
    """Add the user NAME, or change the password, which is asked for or read from standard input."""
    if not re.fullmatch(r"[\w.@-]+", name):
        raise WrongUsage(f"{name!r} is not a valid name", "use letters, digits, and any of _.@-")
    file = users_file()
    write(file, read(file) | {name: entry(_new_password(), secrets.token_bytes(16))})
    click.echo(f"{name} can log in, without a restart of the server")


@user.command()
@click.argument("name")
def remove(name: str) -> None:
    """Remove the user NAME; open sessions stay open."""
    file = users_file()
    users = read(file)
    if name not in users:
        raise WrongUsage(f"there is no user {name} in {file}", "see: lakehouse user list")
    del users[name]
    write(file, users)
    click.echo(f"{name} can no longer log in")


@user.command("list")
def list_users() -> None:
    """Print the names of the users."""
    click.echo("\n".join(sorted(read(users_file()))))
