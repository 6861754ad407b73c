"""The peers of the forecast benchmark, on the days it writes: argument 1 is the CSV file.

statsforecast and scikit-learn forecast the held-out days of every campaign's revenue from its known
days. Nothing of the future is used: spend ahead is the mean of the last four weeks."""

import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
AHEAD, PLAN, LAGS = 28, 28, (1, 2, 3, 7, 14, 28)

days = pd.read_csv(sys.argv[1], parse_dates=["day"]).sort_values(["campaign", "day"])
known = days[days.known == 1]
names = known.campaign.unique()
revenue = known.pivot(index="campaign", columns="day", values="revenue").loc[names].to_numpy()
spend = known.pivot(index="campaign", columns="day", values="spend").loc[names].to_numpy()
ahead = days[days.known == 0]
actual = ahead.pivot(index="campaign", columns="day", values="revenue").loc[names].to_numpy()
made = ahead.pivot(index="campaign", columns="day", values="spend").loc[names].to_numpy()
plan = spend[:, -PLAN:].mean(axis=1)


def tell(name, seconds, mean, low=None, high=None):
    error = mean - actual
    naive = np.abs(revenue[:, 7:] - revenue[:, :-7]).mean(axis=1).sum() * AHEAD
    roas, came = mean.sum(axis=1) / (plan * AHEAD), actual.sum(axis=1) / made.sum(axis=1)
    window = (np.abs(roas - came) * made.sum(axis=1)).sum() / actual.sum()
    line = f"{name}: {seconds:.1f} s; wMAPE {np.abs(error).sum() / actual.sum():.4f} "
    line += f"NRMSE {np.sqrt((error ** 2).mean()) / actual.mean():.4f} "
    line += f"MASE {np.abs(error).sum() / naive:.4f}; window ROAS wMAPE {window:.4f}"
    if low is not None:
        line += f", daily coverage {((low <= actual) & (actual <= high)).mean():.3f}"
    print(line, flush=True)


def statsforecast():
    from statsforecast import StatsForecast
    from statsforecast.models import AutoETS, AutoTheta, SeasonalNaive, WindowAverage

    frame = known.rename(columns={"campaign": "unique_id", "day": "ds", "revenue": "y"})
    frame = frame[["unique_id", "ds", "y"]]
    for model in (SeasonalNaive(7), WindowAverage(28), AutoTheta(7), AutoETS(7)):
        began = time.perf_counter()
        level = None if isinstance(model, WindowAverage) else [90]
        fitted = StatsForecast(models=[model], freq="D", n_jobs=2)
        out = fitted.forecast(df=frame, h=AHEAD, level=level).sort_values(["unique_id", "ds"])
        seconds = time.perf_counter() - began
        name = str(model)
        wide = lambda column: out.pivot(index="unique_id", columns="ds", values=column).loc[names].to_numpy()
        bounds = () if level is None else (wide(f"{name}-lo-90"), wide(f"{name}-hi-90"))
        tell(f"statsforecast {name}", seconds, wide(name), *bounds)


def rows(at):
    """Features of a forecast of the days after `at`, from what was known then."""
    # A month without a sale must not blow up the ratios to it.
    size = revenue[:, at - 28 : at].mean(axis=1) + 0.1 * revenue[:, :at].mean(axis=1) + 1e-3
    past = np.column_stack([revenue[:, at - lag] / size for lag in LAGS])
    ratio = spend[:, at - 28 : at].sum(axis=1) / size
    parts = []
    for step in range(AHEAD):
        weekday = np.full(len(size), (at + step) % 7)
        same = revenue[:, at - 7 + step % 7] / size
        parts.append(np.column_stack([past, ratio, weekday, np.full(len(size), step), same]))
    return size, np.stack(parts, axis=1)


def scikit_learn():
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import OneHotEncoder

    for name in ("HistGradientBoosting", "Ridge"):
        began = time.perf_counter()
        x, y, weight = [], [], []
        for origin in range(1, 19):
            at = revenue.shape[1] - 28 * origin
            size, features = rows(at)
            x.append(features.reshape(-1, features.shape[-1]))
            y.append((revenue[:, at : at + AHEAD] / size[:, None]).reshape(-1))
            weight.append(np.repeat(size, AHEAD))
        x, y, weight = np.concatenate(x), np.concatenate(y), np.concatenate(weight)
        size, features = rows(revenue.shape[1])
        features = features.reshape(-1, features.shape[-1])
        if name == "Ridge":
            weekdays = OneHotEncoder(sparse_output=False).fit(x[:, [7]])
            x = np.hstack([x, weekdays.transform(x[:, [7]])])
            features = np.hstack([features, weekdays.transform(features[:, [7]])])
            model = Ridge(alpha=10.0)
        else:
            model = HistGradientBoostingRegressor(max_iter=300, learning_rate=0.05)
        mean = model.fit(x, y, sample_weight=weight).predict(features).reshape(len(names), AHEAD) * size[:, None]
        tell(f"scikit-learn {name}", time.perf_counter() - began, np.maximum(mean, 0))


statsforecast()
scikit_learn()
