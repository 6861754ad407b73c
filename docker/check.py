"""Checks the rights of every service of a compose file, which comes as JSON on standard input."""

import json
import os
import sys

ENGINES = {"kafka", "clickhouse", "clickhouse-database", "postgres", "migrate"}
LOOPBACK = {"127.0.0.1", "::1"}

config = json.load(sys.stdin)
faults = []


def hold(good, fault):
    if not good:
        faults.append(fault)


for name, service in config["services"].items():
    hold(service.get("read_only") is True, f"{name} may write into its image")
    hold(service.get("cap_drop") == ["ALL"] and not service.get("cap_add"), f"{name} has capabilities")
    hold(service.get("security_opt") == ["no-new-privileges:true"], f"{name} may gain rights")
    hold(not service.get("privileged"), f"{name} is privileged")
    hold(service.get("user", "").split(":")[0] not in ("0", "root"), f"{name} runs as root")
    image = service.get("image", "").rsplit("/", 1)[-1]
    hold("build" in service or "@sha256:" in image or ":" in image, f"{name} takes any version")
    hold(not image.endswith(":latest"), f"{name} takes the latest version")

    networks = set(service.get("networks") or {})
    if name in ENGINES:
        hold(networks == {"engines"}, f"{name} is on other networks than the engines'")
        hold(not service.get("ports"), f"{name} is open to the outside")
    for port in service.get("ports", []):
        hold(port.get("host_ip") in LOOPBACK, f"{name} is open to other machines by default")

    variables = service.get("environment") or {}
    hold(
        "@postgres" not in variables.get("DATABASE_URL", "")
        or variables["DATABASE_URL"].startswith("postgres://app:"),
        f"{name} serves as another login than app",
    )
    hold(
        name == "migrate" or "DATABASE_MIGRATION_URL" not in variables,
        f"{name} has the login that owns the tables",
    )
    hold(
        name == "postgres" or "POSTGRES_PASSWORD" not in variables,
        f"{name} has the superuser's password",
    )
    hold("change-me" not in json.dumps(service), f"{name} has a placeholder")

    # What is mounted or built from must be in the repository.
    paths = [volume["source"] for volume in service.get("volumes", []) if volume["type"] == "bind"]
    if "build" in service:
        build = service["build"]
        paths.append(os.path.join(build["context"], build["dockerfile"]))
    for path in paths:
        hold(os.path.exists(path), f"{name} names {path}, which does not exist")

hold(config["networks"]["engines"].get("internal") is True, "the engines' network leads outside")

for fault in faults:
    print(f"compose: {fault}", file=sys.stderr)
sys.exit(bool(faults))
