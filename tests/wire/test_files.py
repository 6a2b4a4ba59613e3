"""Files on the wire."""

import base64
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibes_trio.errors import BadRequest
from vibes_trio.wire.deploy import ReqEnsureAppSlug
from vibes_trio.wire.files import (
    FileSystemItem,
    Transform,
    Uint8AssetBlock,
    asset_uri,
    read_bytes,
    read_items,
    write_bytes,
)

_block_decoder = msgspec.json.Decoder(Uint8AssetBlock)


def content_of(value):
    text = json.dumps({"type": "uint8-asset-block", "filename": "/a", "content": value})
    return _block_decoder.decode(text).content


@given(st.binary(max_size=50))
def test_every_form_of_bytes_reads_as_the_same_bytes(data):
    forms = [
        base64.b64encode(data).decode(),
        list(data),
        {str(index): byte for index, byte in enumerate(data)},
        {"type": "Buffer", "data": list(data)},
    ]

    assert all(read_bytes(content_of(form), "$") == data for form in forms)
    assert read_bytes(write_bytes(data), "$") == data


@pytest.mark.parametrize(
    "form",
    [
        "a",
        "a=b",
        "AQL/\n",
        [256],
        [-1],
        {"0": 1, "2": 3},
        {"0": 256},
        {"0": "1"},
        {"00": 1},
        {"-1": 1},
        {"0": 1.5},
        {"0": True},
        None,
        7,
        True,
        [[1]],
        ["1"],
        "\u00e4",
        {"type": "Buffer", "data": "x"},
    ]
    + [{"type": "Other", "data": [1]}, {"type": 1, "data": [1]}],
)
def test_other_forms_are_refused_with_their_place(form):
    with pytest.raises(BadRequest, match=r"^\$\.fileSystem\[3\]\.content: bytes are wanted"):
        read_bytes(content_of(form), "$.fileSystem[3].content")


def test_items_are_written_as_the_reference_writes_them_and_read_back():
    item = FileSystemItem(
        file_name="/a.jsx",
        asset_id="z1",
        mime_type="text/jsx",
        asset_uri=asset_uri("z1"),
        size=3,
        transform=Transform(type="jsx-to-js", transformed_asset_id="z2"),
    )

    text = msgspec.json.encode([item])

    assert json.loads(text) == [
        {
            "fileName": "/a.jsx",
            "assetId": "z1",
            "mimeType": "text/jsx",
            "assetURI": "sql://Assets/z1",
            "size": 3,
            "transform": {"type": "jsx-to-js", "transformedAssetId": "z2"},
        }
    ]
    assert read_items(text) == (item,)


@pytest.mark.parametrize(
    "file",
    [
        {"type": "code-block", "lang": "jsx", "content": ""},
        {"type": "code-block", "lang": "tsx", "content": ""},
        {"type": "str-asset-block", "content": "", "mimetype": "", "entryPoint": True},
        {"type": "uint8-asset-block", "content": [1]},
        {"type": "code-ref", "refId": "z"},
        {"type": "str-asset-ref", "refId": "z"},
        {"type": "uint8-asset-ref", "refId": "z"},
    ],
    ids=lambda file: f"{file['type']} {file.get('lang', '')}",
)
def test_every_type_of_file_is_taken(file):
    request = {
        "type": "vibes.diy.req-ensure-app-slug",
        "mode": "dev",
        "fileSystem": [file | {"filename": "/a"}],
    }

    got = msgspec.json.decode(json.dumps(request), type=ReqEnsureAppSlug)

    assert got.file_system[0].filename == "/a"


@pytest.mark.parametrize(
    "file",
    [
        {"type": "code-block", "lang": "py", "content": ""},
        {"type": "blob", "content": ""},
        {"type": "str-asset-block", "content": 1},
        {"type": "str-asset-block"},
        {"type": "str-asset-block", "content": "", "entryPoint": "true"},
        {"type": "code-ref"},
        {"content": ""},
    ],
)
def test_a_file_of_another_shape_is_refused(file):
    request = {
        "type": "vibes.diy.req-ensure-app-slug",
        "mode": "dev",
        "fileSystem": [file | {"filename": "/a"}],
    }

    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps(request), type=ReqEnsureAppSlug)
