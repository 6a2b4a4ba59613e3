"""Devices: a certificate for one that asks, and those that have one."""

import msgspec

from vibes_trio.wire.base import Request, Response


class ResCertFromCsr(Response, frozen=True, kw_only=True, tag="resCertFromCsr"):
    """The certificate, a JWT that this server's CA has signed."""

    certificate: str


class ReqCertFromCsr(Request[ResCertFromCsr], frozen=True, kw_only=True, tag="reqCertFromCsr"):
    """Certify a device of mine that asks with *csr*, a JWT that its own key has signed."""

    csr: str


class Device(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A device that was certified. Times are ISO; *revoked*: since when it counts no longer."""

    serial: str
    fingerprint: str
    issued: str
    expires: str
    revoked: str = ""


class ResListDevices(Response, frozen=True, kw_only=True, tag="vibes.diy.res-list-devices"):
    """Some of the devices, newest first."""

    items: tuple[Device, ...]
    next_cursor: str = ""


class ReqListDevices(Request[ResListDevices], frozen=True, kw_only=True, tag="vibes.diy.req-list-devices"):
    """List my devices"""

    limit: int = 100
    cursor: str = ""


class ResRevokeDevice(Response, frozen=True, kw_only=True, tag="vibes.diy.res-revoke-device"):
    """The device, which counts no longer."""

    device: Device


class ReqRevokeDevice(Request[ResRevokeDevice], frozen=True, kw_only=True, tag="vibes.diy.req-revoke-device"):
    """Let a device of mine count no longer: nothing that it signed does"""

    serial: str
