#!/usr/bin/env python3
"""f1.py DIR FEATURES [--gfp] - which payments are planted laundering, by LightGBM on raw columns, on raw + our features and,
with --gfp, on raw + Snap ML GFP features, all in one run. DIR is a folder of fundflow_gen.py; FEATURES is what
`stanch patterns --out` wrote (.csv or .parquet) for its tx.csv. Split 60/20/20 by time, model, seed and choice of threshold
(on the validation part) are those of the peers' bench_gfp_f1.py."""
import csv, json, resource, sys, time
import lightgbm as lgb, numpy as np, pyarrow.csv as pc, pyarrow.parquet as pq
from sklearn.metrics import average_precision_score, precision_recall_curve

RAW = {"tx_id", "timestamp_ms", "from_account", "to_account", "from_institution", "to_institution",
       "amount_minor_units", "currency", "channel"}


def column(table, name):
    return np.unique(table[name].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)[1]


def raw_columns(table):
    seconds, amount = table["timestamp_ms"].to_numpy() // 1000, table["amount_minor_units"].to_numpy() / 100
    words = [column(table, name) for name in ("channel", "from_institution", "to_institution")]
    return np.column_stack([amount, *words, (seconds + 8 * 3600) % 86400 // 3600, amount % 100 == 0,
                            amount % 1000 == 0]).astype(np.float32)


def our_features(table, path):
    ours = pq.read_table(path) if path.endswith(".parquet") else pc.read_csv(path)
    names = [name for name in ours.column_names if name not in RAW]
    values = np.column_stack([ours[name].to_numpy() for name in names]).astype(np.float32)
    if "tx_id" in ours.column_names:
        place = {tx: i for i, tx in enumerate(ours["tx_id"].to_pylist())}
        tx_ids = table["tx_id"].to_pylist()
        kind = type(next(iter(place)))
        values = values[[place[kind(tx)] for tx in tx_ids]]
    return names, values


def gfp_features(table):
    from snapml import GraphFeaturePreprocessor
    hour, bins = 3600, [2, 3, 5, 9]
    n = table.num_rows
    rows = np.ascontiguousarray(np.column_stack([
        np.arange(n), table["from_account"].to_numpy(), table["to_account"].to_numpy(),
        table["timestamp_ms"].to_numpy() // 1000, table["amount_minor_units"].to_numpy() / 100]).astype(float))
    settings = {"num_threads": 1, "time_window": 24 * hour, "vertex_stats": True, "vertex_stats_tw": 24 * hour,
                "vertex_stats_cols": [4], "lc-cycle": False}
    for name, hours, its in (("fan", 24, bins), ("degree", 24, bins), ("scatter-gather", 6, bins),
                             ("temp-cycle", 24, [2, 3, 4, 5, 7])):
        settings.update({name: True, name + "_tw": hours * hour, name + "_bins": its})
    gfp = GraphFeaturePreprocessor()
    gfp.set_params(settings)
    before = resource.getrusage(resource.RUSAGE_SELF)
    values = np.vstack([gfp.transform(rows[i:i + 128])[:, 5:].astype(np.float32) for i in range(0, n, 128)])
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"gfp_features": values.shape[1], "rows": n, "cpu_s": round(cpu, 2)}), flush=True)
    return values


def judge(name, values, truth, names=None):
    n = len(truth)
    a, b = int(n * .6), int(n * .8)
    model = lgb.LGBMClassifier(n_estimators=400, learning_rate=0.05, num_leaves=63, min_child_samples=40, n_jobs=1,
                               verbose=-1, random_state=1, deterministic=True)
    model.fit(values[:a], truth[:a], eval_set=[(values[a:b], truth[a:b])], eval_metric="average_precision",
              callbacks=[lgb.early_stopping(40, verbose=False)])
    seen = model.predict_proba(values[a:b])[:, 1]
    precision, recall, thresholds = precision_recall_curve(truth[a:b], seen)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-9)
    threshold = thresholds[min(int(np.argmax(f1)), len(thresholds) - 1)]
    scores = model.predict_proba(values[b:])[:, 1]
    hits = scores >= threshold
    right = int((hits & (truth[b:] == 1)).sum())
    p, r = right / max(1, hits.sum()), right / max(1, (truth[b:] == 1).sum())
    print(json.dumps({"features": name, "columns": values.shape[1], "F1": round(2 * p * r / max(1e-9, p + r), 4),
                      "precision": round(p, 4), "recall": round(r, 4),
                      "pr_auc": round(float(average_precision_score(truth[b:], scores)), 4), "test_rows": n - b,
                      "test_positives": int(truth[b:].sum()), "trees": model.best_iteration_}), flush=True)
    if names:
        gain = model.booster_.feature_importance("gain")[-len(names):]
        order = np.argsort(-gain)[:15]
        print(json.dumps({"most_used": [names[i] for i in order]}), flush=True)
    return hits


def main():
    folder, path = sys.argv[1], sys.argv[2]
    table = pc.read_csv(folder + "/tx.csv")
    truth = np.zeros(table.num_rows, np.int8)
    roles = {}
    for row in csv.DictReader(open(folder + "/truth_planted.csv")):
        truth[int(row["tx_id"])] = 1
        roles[int(row["tx_id"])] = row["role"]
    raw = raw_columns(table)
    judge("raw", raw, truth)
    names, ours = our_features(table, path)
    hits = judge("raw+ours", np.hstack([raw, ours]), truth, names)
    found, start = {}, int(len(truth) * .8)
    for tx, role in roles.items():
        if tx >= start:
            count = found.setdefault(role, [0, 0])
            count[0] += int(hits[tx - start])
            count[1] += 1
    print(json.dumps({"found_by_role": {k: f"{a}/{b}" for k, (a, b) in sorted(found.items())}}), flush=True)
    if "--gfp" in sys.argv:
        judge("raw+gfp", np.hstack([raw, gfp_features(table)]), truth)


main()
