"""Writes the rows of a Parquet file with the peers, on one thread: million rows a CPU second of the
writing alone, without reading. Their files go to a folder in memory where there is one.
"""

import os
import pathlib
import resource
import sys
import tempfile

os.environ["POLARS_MAX_THREADS"] = "1"

import duckdb
import polars

source = sys.argv[1]
shared = pathlib.Path("/dev/shm")
folder = tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None)
target = str(pathlib.Path(folder.name) / "rows")


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(name, rows, write):
    rates = []
    for _ in range(3):
        before = cpu()
        write()
        rates.append(rows / (cpu() - before) / 1e6)
        size = os.path.getsize(target)
        os.remove(target)
    rates.sort()
    print(f"  {name}: {rates[1]:.2f} ({rates[0]:.2f}-{rates[2]:.2f}) M rows a CPU second, {size / 1e6:.0f} MB")


frame = polars.read_parquet(source)
measure(f"Polars {polars.__version__} CSV", frame.height, lambda: frame.write_csv(target))
measure("Polars Parquet zstd 1", frame.height, lambda: frame.write_parquet(target, compression="zstd", compression_level=1))
rows = frame.height
del frame
connection = duckdb.connect(config={"threads": 1})
connection.execute(f"CREATE TABLE rows AS SELECT * FROM read_parquet('{source}')")
measure(f"DuckDB {duckdb.__version__} CSV", rows, lambda: connection.execute(f"COPY rows TO '{target}' (FORMAT csv, HEADER)"))
measure("DuckDB Parquet zstd 1", rows, lambda: connection.execute(f"COPY rows TO '{target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"))
