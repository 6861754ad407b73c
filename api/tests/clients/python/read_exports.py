"""Opens an export of events, events.csv, .csv.gz, .ndjson, .ndjson.zst and .parquet of a folder, with what
data teams use, and prints for each reader: rows, the sum of the values, the first and the last instant.
"""

import json
import pathlib
import sys
from decimal import Decimal

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.parquet

folder = pathlib.Path(sys.argv[1])
found = {}


def note(reader, rows, value, first, last):
    """Values are compared to the micro, instants to the millisecond."""
    instant = lambda at: pandas.Timestamp(at).tz_convert("UTC").isoformat(timespec="milliseconds")
    found[reader] = [int(rows), str(Decimal(str(value)).quantize(Decimal("0.000001"))), instant(first), instant(last)]


def path(name):
    return str(folder / f"events.{name}")


# The types of Parquet are the file's own.
table = pyarrow.parquet.read_table(path("parquet"))
types = {name: str(table.schema.field(name).type) for name in ["event_date", "event_time", "value", "platform", "test", "config_version"]}
assert types == {
    "event_date": "date32[day]",
    "event_time": "timestamp[ms, tz=UTC]",
    "value": "decimal128(18, 6)",
    "platform": "string",
    "test": "bool",
    "config_version": "int64",
}, types

frame = pandas.read_parquet(path("parquet"))
note("pandas parquet", len(frame), sum(frame["value"]), frame["event_time"].min(), frame["event_time"].max())
for name in ["csv", "csv.gz"]:
    frame = pandas.read_csv(path(name), parse_dates=["event_time"], dtype={"value": str})
    note(f"pandas {name}", len(frame), sum(map(Decimal, frame["value"])), frame["event_time"].min(), frame["event_time"].max())
# What a spreadsheet would take for a formula is a text; one apostrophe taken away gives back what it was.
assert set(frame["campaign_id"]) == {"'=HYPERLINK(1)"}, set(frame["campaign_id"])
for name, packed in [("ndjson", None), ("ndjson.zst", None)]:
    if name.endswith("zst"):
        source = pyarrow.input_stream(path(name), compression="zstd")
        lines = source.read().decode().splitlines()
    else:
        lines = (folder / "events.ndjson").read_text().splitlines()
    rows = [json.loads(line, parse_float=Decimal) for line in lines]
    times = [pandas.Timestamp(row["event_time"]) for row in rows]
    note(f"json {name}", len(rows), sum(row["value"] for row in rows), min(times), max(times))
    assert rows[0]["campaign_id"] == "=HYPERLINK(1)" and rows[0]["test"] is False and rows[0]["order_id"] is None

for name, frame in [
    ("parquet", polars.read_parquet(path("parquet"))),
    ("csv", polars.read_csv(path("csv"), try_parse_dates=True)),
    ("ndjson", polars.read_ndjson(path("ndjson")).with_columns(polars.col("event_time").str.to_datetime(time_zone="UTC"))),
]:
    time = frame["event_time"]
    time = time if getattr(time.dtype, "time_zone", None) else time.dt.replace_time_zone("UTC")
    note(f"polars {name}", frame.height, round(Decimal(str(frame["value"].sum())), 6), time.min(), time.max())

query = "SELECT count(*), sum(value)::DECIMAL(38, 6)::VARCHAR, epoch_ms(min(event_time)), epoch_ms(max(event_time)) FROM "
connection = duckdb.connect()
for name, reader in [("parquet", "read_parquet"), ("csv", "read_csv"), ("csv.gz", "read_csv"), ("ndjson", "read_json"), ("ndjson.zst", "read_json")]:
    rows, value, first, last = connection.sql(f"{query} {reader}('{path(name)}')").fetchall()[0]
    at = lambda ms: pandas.Timestamp(ms, unit="ms", tz="UTC")
    note(f"duckdb {name}", rows, value, at(first), at(last))

print(json.dumps(found))
