"""The libraries that the page is written with: the bundle has what the lock file names, with its licence."""

import json
import re
from importlib.resources import files
from pathlib import Path

WEB = Path(__file__).parents[2] / "leaderboard" / "web"
ASSETS = files("gonerd_leaderboard").joinpath("assets")


def locked() -> dict[str, str]:
    packages = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    return {
        path.rpartition("node_modules/")[2]: package["version"]
        for path, package in packages.items()
        if path
    }


def bundled() -> dict[str, str]:
    head = ASSETS.joinpath("libraries.js").read_text(encoding="utf-8").partition("*/")[0]
    return dict(re.findall(r"^   (\S+) (\S+)$", head, flags=re.MULTILINE))


def test_the_bundle_has_the_versions_of_the_lock_file():
    versions = locked()
    assert {"@observablehq/plot", "@tanstack/table-core", "d3-scale"} <= bundled().keys()
    assert {name: versions[name] for name in bundled()} == bundled()
    first = ASSETS.joinpath("libraries.js").read_text(encoding="utf-8").partition("\n")[0]
    assert f"esbuild {versions['esbuild']} " in first


def test_the_lock_file_has_what_package_json_asks_for_and_names_no_host():
    package = json.loads((WEB / "package.json").read_text(encoding="utf-8"))
    lock = (WEB / "package-lock.json").read_text(encoding="utf-8")
    root = json.loads(lock)["packages"][""]
    for kind in ("dependencies", "devDependencies"):
        assert root[kind] == package[kind]
    assert {locked()[name] for name in package["dependencies"]} == set(
        package["dependencies"].values()
    )
    assert '"resolved"' not in lock


def test_each_bundled_package_has_its_licence_beside_the_page():
    text = ASSETS.joinpath("LICENSES.txt").read_text(encoding="utf-8")
    parts = re.split(r"^-{80}\n(\S+) (\S+) \((.+)\)\n-{80}\n", text, flags=re.MULTILINE)
    found = dict(zip(parts[1::4], zip(parts[2::4], parts[4::4], strict=True), strict=True))
    assert {name: version for name, (version, _) in found.items()} == bundled()
    for name, (_, licence) in found.items():
        assert "Copyright" in licence, name
        assert "WARRANT" in licence.upper(), name
