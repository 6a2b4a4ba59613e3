import json
import time

import pytest
from content.reading import read

from vibes_trio.content.tool_settings import (
    MAX_SETTINGS_BYTES,
    OLD_CLASSES,
    Alias,
    PackageJson,
    read_base_url,
    read_class_settings,
    read_package_json,
    read_sass_ahead,
    read_typescript_aliases,
    read_vite_aliases,
)


def typescript(text: str, name: str = "/tsconfig.json") -> list[Alias]:
    return list(read_typescript_aliases(name, text.encode()))


def vite(text: str, name: str = "/vite.config.ts") -> list[Alias]:
    return list(read_vite_aliases(name, text.encode()))


def test_paths_of_typescript_become_aliases():
    text = """{ // what editors write
      "compilerOptions": { "baseUrl": ".", /* "paths": {} */
        "paths": { "@/*": ["./src/*", "./lib/*"], "theme": ["src/theme.ts"], "all/*": ["*"], } , }, }"""

    assert typescript(text) == [
        Alias("@/", ("/src/", "/lib/")),
        Alias("theme", ("/src/theme.ts",), exact=True),
        Alias("all/", ("/",)),
    ]


def test_paths_start_from_the_settings_own_folder():
    text = '{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}'

    assert typescript(text, "/web/tsconfig.json") == [Alias("@/", ("/web/src/",))]


def test_paths_that_lead_out_of_the_app_are_left():
    assert typescript('{"compilerOptions": {"paths": {"@/*": ["../../etc/*"], "x": ["../y"]}}}') == []


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"compilerOptions": {"paths": []}}', '{"a":' * 30_000, "x" * (MAX_SETTINGS_BYTES + 1)],
)
def test_settings_that_are_none_say_nothing(text):
    assert typescript(text) == []
    assert read_base_url("/tsconfig.json", text.encode()) is None


@pytest.mark.parametrize(("base", "folder"), [(".", "/"), ("src", "/src"), ("./src/", "/src"), ("..", "")])
def test_a_base_url_is_a_folder_of_the_app(base, folder):
    text = f'{{"compilerOptions": {{"baseUrl": "{base}"}}}}'

    assert read_base_url("/tsconfig.json", text.encode()) == folder


@pytest.mark.parametrize(
    "target",
    [
        "path.resolve(__dirname, './src')",
        "resolve(__dirname, 'src')",
        "path.join(__dirname, 'src')",
        "fileURLToPath(new URL('./src', import.meta.url))",
        "new URL('./src', import.meta.url).pathname",
        "'/src'",
        "path.resolve(import.meta.dirname, `src`)",
    ],
)
def test_aliases_of_vite_are_read_in_their_plain_forms(target):
    expected = [Alias("@/", ("/src/",)), Alias("@", ("/src",), exact=True)]

    assert vite(f"resolve: {{ alias: {{ '@': {target} }} }}") == expected
    assert vite(f"resolve: {{ alias: [{{ find: '@', replacement: {target} }}] }}") == expected


def test_an_alias_with_a_slash_stands_before_paths_alone():
    assert vite("alias: { '~/': '/src/' }") == [Alias("~/", ("/src/",))]


def test_an_alias_for_another_package_is_left():
    assert vite("alias: { react: 'preact/compat', up: path.resolve(__dirname, '../x') }") == []


def test_a_configuration_without_aliases_has_none():
    assert vite("export default {}") == []


@pytest.mark.parametrize(
    "unit", ["alias: {", "'a':", "path.resolve(__dirname,", "find: 'a', ", "/*", '",', ", "]
)
def test_hostile_settings_are_read_in_one_pass(unit):
    content = (unit * MAX_SETTINGS_BYTES)[:MAX_SETTINGS_BYTES].encode()
    begin = time.thread_time()

    list(read_vite_aliases("/vite.config.ts", b"alias: {" + content))
    list(read_vite_aliases("/vite.config.ts", b"alias: [" + content))
    read_base_url("/tsconfig.json", content)

    assert time.thread_time() - begin < 1


def test_a_package_names_what_it_wants():
    package = read_package_json(
        b'\xef\xbb\xbf{"dependencies": {"react": "^18"}, "devDependencies": {"vite": "5"}}'
    )

    assert package.dependencies == {"react": "^18"}
    assert package.names("react")
    assert package.names("vite")
    assert not package.names("next")


@pytest.mark.parametrize(
    "content", [None, b"[]", b"{", b"x" * (MAX_SETTINGS_BYTES + 1), b'{"dependencies": []}']
)
def test_a_package_that_is_none_wants_nothing(content):
    assert read_package_json(content) == PackageJson()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, ""),
        ({"target": "ES2022"}, ""),
        ({"target": "ES2020"}, {"useDefineForClassFields": False}),
        ({"target": "es5", "useDefineForClassFields": True}, ""),
        ({"useDefineForClassFields": False}, {"useDefineForClassFields": False}),
        ({"experimentalDecorators": True, "target": "ESNext"}, {"experimentalDecorators": True}),
    ],
)
def test_what_classes_mean_is_read(options, told):
    content = json.dumps({"compilerOptions": options}).encode()

    assert read_class_settings(content) == (json.dumps({"compilerOptions": told}) if told else "")


def test_the_first_settings_that_say_something_of_classes_count():
    project = read(
        {
            "/tsconfig.json": "{}",
            "/tsconfig.app.json": '{"compilerOptions": {"experimentalDecorators": true}}',
            "/src/main.ts": "",
        }
    )

    assert json.loads(project.classes) == {"compilerOptions": {"experimentalDecorators": True}}


@pytest.mark.parametrize(
    ("config", "ahead"),
    [
        ('scss: { additionalData: `@use "@/vars" as *;\n` }', {"scss": b'@use "@/vars" as *;\n'}),
        ("scss: { api: 'modern', additionalData: '$a: \\'x\\';\\n' }", {"scss": b"$a: 'x';\n"}),
        ('"sass": { additionalData: "@use x\\n" }', {"indented": b"@use x\n"}),
        ("scss: { additionalData: `@use ${x}` }", {}),
        ("scss: { additionalData: (text) => text }", {}),
        ("less: { additionalData: '@a: 1;' }", {}),
        ("scss: { loadPaths: [] }, other: { additionalData: 'x' }", {}),
    ],
)
def test_what_vite_puts_ahead_of_sass_is_read_where_it_is_plain(config, ahead):
    text = f"export default {{ css: {{ preprocessorOptions: {{ {config} }} }} }}"

    assert read_sass_ahead(text.encode()) == ahead


@pytest.mark.parametrize(
    ("line", "is_old"),
    [
        ("@state() private n = 5;", True),
        ("@property({ type: String }) name?: string;", True),
        ("@query('#a') _a!: HTMLElement;", True),
        ("@state() private accessor n = 5;", False),
        ("@state() accessor n = 5;", False),
        ("@property() set n(v) {}", False),
    ],
)
def test_decorators_of_lit_on_plain_fields_are_those_of_before_where_no_settings_say_otherwise(line, is_old):
    source = f'import {{ state }} from "lit/decorators.js";\nclass A extends L {{\n  {line}\n}}'

    assert read({"/a.ts": source}).classes == (OLD_CLASSES if is_old else "")
    assert read({"/a.ts": source, "/tsconfig.json": "{}"}).classes == ""
