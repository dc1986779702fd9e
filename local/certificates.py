"""Whom do the parts of the local Azure trust? One authority and one certificate, made afresh each time."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Certificates:
    """Paths of three PEM files: the authority, the certificate chain of the servers and their private key."""

    ca: Path
    cert: Path
    key: Path


def write_certificates(folder: Path) -> Certificates:
    """Write ca.pem, cert.pem and key.pem for `localhost` and `127.0.0.1` into `folder` and return their paths."""
    made = Certificates(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    authority = trustme.CA()
    leaf = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(str(made.ca))
    made.cert.write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
    made.key.touch(mode=0o600)
    made.key.write_bytes(leaf.private_key_pem.bytes())
    return made
