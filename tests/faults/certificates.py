"""A certificate that Home Assistant trusts, and one that has expired."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
import ipaddress
from pathlib import Path
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files with a certificate of 127.0.0.1 and its key."""

    good: Path
    expired: Path

    @classmethod
    def make(cls, folder: Path) -> Certificates:
        """Sign both by themselves, by the true clock: OpenSSL knows no other."""
        now = datetime.now(UTC)
        return cls(
            good=_signed(folder / "good.pem", now - timedelta(days=1), now + timedelta(days=1)),
            expired=_signed(folder / "expired.pem", now - timedelta(days=9), now - timedelta(days=1)),
        )

    def context(self) -> ssl.SSLContext:
        """Return a server's context that shows the good one."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.good)
        return context


def _signed(path: Path, begin: datetime, end: datetime) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, path.stem)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    return path
