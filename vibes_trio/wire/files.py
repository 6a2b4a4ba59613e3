"""Files as they come (VibeFile) and as they are stored and told (FileSystemItem)."""

import binascii
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from vibes_trio.errors import BadRequest

Lang = Literal["jsx", "js", "ts", "tsx"]


class VibeFileBase(msgspec.Struct, frozen=True, kw_only=True):
    """What every file has. *filename* starts with `/`; *mimetype* as given, which may be empty."""

    filename: str
    entry_point: bool | UnsetType = msgspec.field(default=UNSET, name="entryPoint")
    mimetype: str | UnsetType = UNSET


class CodeBlock(VibeFileBase, frozen=True, kw_only=True, tag="code-block"):
    """A module's source."""

    lang: Lang
    content: str


class StrAssetBlock(VibeFileBase, frozen=True, kw_only=True, tag="str-asset-block"):
    """Text that is served as it is."""

    content: str


class Uint8AssetBlock(VibeFileBase, frozen=True, kw_only=True, tag="uint8-asset-block"):
    """Bytes, in one of the forms of `read_bytes`; `write_bytes` makes one.

    The JSON is left as it came: taking a million members apart costs half a second, which nobody gets who has not
    signed in.
    """

    content: msgspec.Raw


class CodeRef(VibeFileBase, frozen=True, kw_only=True, tag="code-ref", rename="camel"):
    """A module whose source is an asset stored before; its language comes from its name."""

    ref_id: str


class StrAssetRef(VibeFileBase, frozen=True, kw_only=True, tag="str-asset-ref", rename="camel"):
    """A text asset stored before."""

    ref_id: str


class Uint8AssetRef(VibeFileBase, frozen=True, kw_only=True, tag="uint8-asset-ref", rename="camel"):
    """A binary asset stored before."""

    ref_id: str


VibeFile = CodeBlock | StrAssetBlock | Uint8AssetBlock | CodeRef | StrAssetRef | Uint8AssetRef


class Transform(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How an item relates to others; which members are there depends on *type*.

    `jsx-to-js` (a source: transformed_asset_id), `imports` (a js module: import_map_asset_id),
    `transformed` (action, transformed_asset_id is the source's), `import-map` (from_asset_ids: file names),
    `as-module` (ours: a wrapper by which modules import the file named in from_asset_ids).
    """

    type: Literal["jsx-to-js", "imports", "transformed", "import-map", "as-module"]
    action: Literal["jsx-to-js"] | UnsetType = UNSET
    transformed_asset_id: str | UnsetType = UNSET
    import_map_asset_id: str | UnsetType = UNSET
    from_asset_ids: tuple[str, ...] | UnsetType = UNSET


class FileSystemItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One file of a release. *size* is in bytes; *asset_uri* is `sql://Assets/{asset_id}` today."""

    file_name: str
    asset_id: str
    mime_type: str
    asset_uri: str = msgspec.field(name="assetURI")
    size: int
    transform: Transform | UnsetType = UNSET
    entry_point: bool | UnsetType = UNSET


class _Buffer(msgspec.Struct, frozen=True, tag="Buffer"):
    """What `JSON.stringify` makes of a Buffer of Node."""

    data: list[int]


_items_decoder = msgspec.json.Decoder(tuple[FileSystemItem, ...])
_plain_decoder = msgspec.json.Decoder(str | list[int])
_indexed_decoder = msgspec.json.Decoder(dict[int, int])
_buffer_decoder = msgspec.json.Decoder(_Buffer)


def read_items(text: bytes | str) -> tuple[FileSystemItem, ...]:
    """Decode the stored `fileSystem` of a release (ours or the reference's)."""
    return _items_decoder.decode(text)


def asset_uri(asset_id: str) -> str:
    """Return where an asset of this database is, as items tell it."""
    return f"sql://Assets/{asset_id}"


def write_bytes(content: bytes) -> msgspec.Raw:
    """Return *content* in the shortest of the forms of `read_bytes`: base64 text."""
    return msgspec.Raw(b'"%s"' % binascii.b2a_base64(content, newline=False))


def read_bytes(content: msgspec.Raw, where: str) -> bytes:
    """Return the bytes of a `uint8-asset-block`.

    Taken are base64 text, a list of ints, `{"0": 1, "1": 2}` (what `JSON.stringify` makes of a
    Uint8Array) and `{"type": "Buffer", "data": [1, 2]}`.

    Raises:
        BadRequest: another form, or a value outside 0…255; *where* is the member's path.
    """
    data = bytes(content).lstrip()
    try:
        if not data.startswith(b"{"):
            plain = _plain_decoder.decode(data)
            return binascii.a2b_base64(plain, strict_mode=True) if isinstance(plain, str) else bytes(plain)
        try:
            indexed = _indexed_decoder.decode(data)
        except msgspec.ValidationError:
            return bytes(_buffer_decoder.decode(data).data)
        return bytes(map(indexed.__getitem__, range(len(indexed))))
    except (ValueError, KeyError, msgspec.DecodeError):
        raise BadRequest(
            f"{where}: bytes are wanted, as base64 text, a list of 0…255, an object "
            '{"0": 1, "1": 2, …} or {"type": "Buffer", "data": […]}.'
        ) from None
