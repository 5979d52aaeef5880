"""The same work in other tools, timed from inside: one JSON line per call.

Usage:
  python peers.py duckdb SNAPSHOT AS_OF OUT THREADS     the indicator query of query.sql
  python peers.py polars SNAPSHOT AS_OF OUT THREADS     the same query in the Python wheel
  python peers.py numpy N FRACTION                      Generator.choice(p=…, replace=False) over N objects
  python peers.py numpy-policy FIRMS PERIODS             one policy, mode A, one seed, of worlds/policy.toml
  python peers.py duckdb-csv FILE OUT THREADS           a UTF-8 register file to typed Parquet
  python peers.py pandas-csv FILE OUT THREADS           a GB18030 register file to typed Parquet
  python peers.py openpyxl FILE OUT                     a register workbook to typed Parquet
  python peers.py lightgbm-fit PARTS OUT THREADS        trees on the first rows of the first part
  python peers.py lightgbm-score PARTS OUT THREADS      their probabilities of every part
  python peers.py sklearn-fit, sklearn-score            the same by a logistic model after filling and scaling

SNAPSHOT holds objects/, inspections/ and credit_events/ as Parquet parts. Prints {"seconds": wall, "peak_mb": peak}.
"""

import datetime as dt
import json
import os
import resource
import sys
import time
from pathlib import Path


def done(started):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": time.perf_counter() - started, "peak_mb": round(peak, 1)}))


def run_duckdb(data, as_of, out, threads):
    import duckdb

    query = (Path(__file__).parent / "query.sql").read_text(encoding="utf-8")
    connection = duckdb.connect()
    connection.execute(f"SET threads = {int(threads)}")
    started = time.perf_counter()
    connection.execute(query.format(data=data, as_of=as_of, out=out))
    done(started)


def run_polars(data, as_of, out, threads):
    os.environ["POLARS_MAX_THREADS"] = threads
    import polars as pl

    day = dt.date.fromisoformat(as_of)
    c = pl.col
    since = lambda column, days: c(column) >= day - dt.timedelta(days=days)
    age = lambda column: (pl.lit(day) - column).dt.total_days()
    started = time.perf_counter()
    visits = (
        pl.scan_parquet(f"{data}/inspections/*.parquet")
        .filter((c("known_on") < day) & (c("inspected_on") < day))
        .group_by("object_key")
        .agg(
            pl.len().alias("visits"),
            since("inspected_on", 365).sum().alias("visits_365"),
            c("found").sum().alias("found"),
            (c("found") & since("inspected_on", 365)).sum().alias("found_365"),
            (c("found") & since("inspected_on", 1095)).any().cast(pl.Int64).alias("any_found_1095"),
            ((c("found").sum() + 3 * 0.15) / (c("found").count() + 3)).alias("found_rate"),
            age(c("inspected_on").max()).alias("days_since_visit"),
            age(c("inspected_on").filter(c("found")).max()).alias("days_since_found"),
            c("severity").filter(since("inspected_on", 1095)).sum().alias("severity_1095"),
            c("item_id").n_unique().alias("items"),
        )
    )
    penalty, recent = c("kind") == "行政处罚", since("event_on", 1095)
    events = (
        pl.scan_parquet(f"{data}/credit_events/*.parquet")
        .filter((c("known_on") < day) & (c("event_on") < day))
        .group_by("object_key")
        .agg(
            pl.len().alias("events"),
            since("event_on", 365).sum().alias("events_365"),
            (penalty & recent).sum().alias("penalties_1095"),
            c("amount").filter(penalty & recent).sum().alias("penalty_amount_1095"),
            ((c("kind") == "投诉举报") & since("event_on", 365)).sum().alias("complaints_365"),
            ((c("kind") == "经营异常") & recent).any().cast(pl.Int64).alias("any_abnormal_1095"),
            age(c("event_on").filter(penalty).max()).alias("days_since_penalty"),
            c("kind").n_unique().alias("kinds"),
        )
    )
    (
        pl.scan_parquet(f"{data}/objects/*.parquet")
        .select("object_key")
        .join(visits, on="object_key", how="left")
        .join(events, on="object_key", how="left")
        .with_columns(c("found_rate").fill_null(0.15))
        .with_columns(pl.all().exclude("object_key", "found_rate", "^days_since_.*$").fill_null(0))
        .sort("object_key")
        .sink_parquet(out, compression="zstd")
    )
    done(started)


def run_numpy(n, fraction):
    import numpy as np

    n = int(n)
    rng = np.random.default_rng(1)
    size = rng.integers(1, 1001, n).astype(float)
    share = size / size.sum()
    rng.choice(n, int(n * float(fraction)), p=share, replace=False)  # once to warm up
    started = time.perf_counter()
    rng.choice(n, int(n * float(fraction)), p=share, replace=False)
    done(started)


def run_numpy_policy(n, periods):
    import numpy as np

    n, periods, cells, weight, decay = int(n), int(periods), 200, 0.05, 0.9
    rng = np.random.default_rng(1)
    started = time.perf_counter()
    cost, cell = np.exp(rng.normal(np.log(40), 0.9, n)), np.arange(n) % cells
    peers = np.bincount(cell, minlength=cells)[cell] - 1
    tier, multiplier = rng.choice(4, n, p=[0.5, 0.3, 0.15, 0.05]), np.array([0.2, 1, 3, 8])
    size = (1 + weight * peers) / (1 - decay)
    a, b = size * 0.06, size * 0.94
    for _ in range(periods):
        m, low, high = multiplier[tier], 0.0, 1e6
        for _ in range(80):
            x = (low + high) / 2
            low, high = (x, high) if np.clip(x * m, 0, 0.9).sum() < 0.06 * n else (low, x)
        z = np.clip((a / (a + b) * 900 - cost) / 10, -50, 50)
        violates, drawn = rng.random(n) < 1 / (1 + np.exp(z)), rng.random(n) < np.clip(high * m, 0, 0.9)
        found = drawn & violates & (rng.random(n) < 0.9)
        visited = np.bincount(cell, weights=drawn, minlength=cells)[cell] - drawn
        a, b = decay * a + drawn + weight * visited, decay * b + (1 - drawn) + weight * (peers - visited)
        a, b = a * size / (a + b), b * size / (a + b)
        better = drawn & ~found & (rng.random(n) < 0.5)
        tier = np.where(found, np.array([2, 2, 3, 3])[tier], np.where(better, np.maximum(tier - 1, 0), tier))
    done(started)


DAY, CAPITAL = "成立日期", "注册资本"


def run_duckdb_csv(path, out, threads):
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {int(threads)}")
    started = time.perf_counter()
    header = connection.execute(f"SELECT * FROM read_csv('{path}', all_varchar = true) LIMIT 0").description
    kinds = {name: {DAY: "DATE", CAPITAL: "BIGINT"}.get(name, "VARCHAR") for name, *_ in header}
    connection.execute(f"COPY (SELECT * FROM read_csv('{path}', header = true, columns = {kinds})) TO '{out}' (FORMAT parquet)")
    done(started)


def run_pandas_csv(path, out, _threads):
    import pandas as pd

    started = time.perf_counter()
    table = pd.read_csv(path, encoding="gb18030", dtype=str)
    typed_to_parquet(table, out)
    done(started)


def run_openpyxl(path, out):
    import openpyxl
    import pandas as pd

    started = time.perf_counter()
    rows = openpyxl.load_workbook(path, read_only=True).active.iter_rows(values_only=True)
    header = next(rows)
    typed_to_parquet(pd.DataFrame(rows, columns=header), out)
    done(started)


def typed_to_parquet(table, out):
    import pandas as pd

    table[DAY] = pd.to_datetime(table[DAY], format="%Y-%m-%d")
    table[CAPITAL] = table[CAPITAL].astype("int64")
    table.to_parquet(out)


NAMES = [f"x{place:02}" for place in range(60)]
LEARNT = 200_000


def first_rows(data):
    import polars as pl

    rows = pl.read_parquet(sorted(Path(data).glob("*.parquet"))[0]).head(LEARNT)
    return rows.select(NAMES).to_numpy(), rows["found"].to_numpy()


def run_lightgbm_fit(data, out, threads):
    import lightgbm as lgb

    started = time.perf_counter()
    x, y = first_rows(data)
    model = lgb.LGBMClassifier(
        n_estimators=100, learning_rate=0.05, num_leaves=15, min_child_samples=60, reg_lambda=10, max_bin=63, n_jobs=int(threads), verbose=-1
    ).fit(x, y)
    model.booster_.save_model(f"{out}.model")
    done(started)


def run_sklearn_fit(data, out, _threads):
    import pickle

    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    started = time.perf_counter()
    x, y = first_rows(data)
    filled = SimpleImputer(strategy="median", add_indicator=True)
    model = make_pipeline(filled, StandardScaler(), LogisticRegression(C=1 / (0.04 * len(y)))).fit(x, y)
    Path(f"{out}.model").write_bytes(pickle.dumps(model))
    done(started)


def score_parts(data, out, probabilities):
    import polars as pl

    os.makedirs(out, exist_ok=True)
    started = time.perf_counter()
    for path in sorted(Path(data).glob("*.parquet")):
        x = pl.read_parquet(path, columns=NAMES).to_numpy()
        pl.DataFrame({"score": probabilities(x)}).write_parquet(f"{out}/{path.name}")
    done(started)


def run_lightgbm_score(data, out, threads):
    os.environ["POLARS_MAX_THREADS"] = threads
    import lightgbm as lgb

    model = lgb.Booster(model_file=f"{out}.model")
    score_parts(data, out, lambda x: model.predict(x, num_threads=int(threads)))


def run_sklearn_score(data, out, threads):
    os.environ["POLARS_MAX_THREADS"] = threads
    import pickle

    model = pickle.loads(Path(f"{out}.model").read_bytes())
    score_parts(data, out, lambda x: model.predict_proba(x)[:, 1])


if __name__ == "__main__":
    runs = {
        "lightgbm-fit": run_lightgbm_fit,
        "lightgbm-score": run_lightgbm_score,
        "sklearn-fit": run_sklearn_fit,
        "sklearn-score": run_sklearn_score,
        "duckdb": run_duckdb,
        "polars": run_polars,
        "numpy": run_numpy,
        "numpy-policy": run_numpy_policy,
        "duckdb-csv": run_duckdb_csv,
        "pandas-csv": run_pandas_csv,
        "openpyxl": run_openpyxl,
    }
    runs[sys.argv[1]](*sys.argv[2:])
