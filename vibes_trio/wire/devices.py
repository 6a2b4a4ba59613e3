"""Devices: a certificate for one that asks."""

from vibes_trio.wire.base import Request, Response


class ResCertFromCsr(Response, frozen=True, kw_only=True, tag="resCertFromCsr"):
    """The certificate, a JWT that this server's CA has signed."""

    certificate: str


class ReqCertFromCsr(Request[ResCertFromCsr], frozen=True, kw_only=True, tag="reqCertFromCsr"):
    """Certify a device of mine that asks with *csr*, a JWT that its own key has signed."""

    csr: str
