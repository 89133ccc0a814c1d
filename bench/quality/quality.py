"""What text models are worth, beside scikit-learn on the same rows in the same run.

    python bench/quality/quality.py --stanch target/release/stanch --data ../shared/data --out bench/results/quality.json

For every public set: trained on its own train rows, and on the train rows of all other sets; always measured on its test rows. The
model under test is made and asked by the real program (`stanch train`, `stanch scan --ndjson`, a score of 5,000 is a find); the peer
is character 1-4-gram TF-IDF with LinearSVC(C=1) (a decision above 0 is a find). The shipped model is asked too, without training.
Rows are drawn by a fixed seed, at most two of a near-duplicate cluster. Needs scikit-learn.
"""

import argparse
import gzip
import json
import os
import random
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

# Set, what is positive in it, and whether scams or spam of other sets say anything about it.
SETS = [
    ("fbs_sms", lambda r: r["coarse"] == "FR", True),
    ("telecom_fraud_8", lambda r: r["label"] != 0, True),
    ("tg_spam_zh", lambda r: r["label"] == 1, True),
    ("taobao_camouflage", lambda r: r["label"] == 1, True),
    ("mudou_sms", lambda r: r["label"] == 1, True),
    ("sms80w_sample", lambda r: r["label"] == 1, True),
    ("sms80w_topics", lambda r: "fraud" in r["label"], True),
    ("dialogues_antifraudmatrix", lambda r: r["label"] == 1, True),
    ("uci_sms", lambda r: r["label"] == "spam", True),
    ("consumer_fraud_reviews", lambda r: r["label"] != "NormalMerchant", False),
    ("rumor_ced", lambda r: r["label"] == 1, False),
    ("rumor_covid_en", lambda r: r["label"] == "F", False),
]


def rows_of(data, name, part, is_positive, cap, seed=1):
    path = Path(data) / name / f"{part}.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    random.Random(seed).shuffle(rows)
    seen, kept = {}, []
    for ix, row in enumerate(rows):
        group = row.get("grp", -ix - 1)
        seen[group] = seen.get(group, 0) + 1
        if seen[group] <= 2 and row.get("text"):
            kept.append({"id": ix, "text": row["text"], "label": int(is_positive(row)), "grp": group})
        if len(kept) == cap:
            break
    return kept


def measures(truth, scores, bar):
    truth, scores = np.asarray(truth, bool), np.asarray(scores, float)
    found = scores >= bar
    caught, alarms = int((found & truth).sum()), int((found & ~truth).sum())
    positive, negative = int(truth.sum()), int((~truth).sum())
    benign = np.sort(scores[~truth])[::-1]

    def recall_at(rate):
        if negative == 0 or positive == 0:
            return None
        return float((scores[truth] > benign[min(int(rate * negative), negative - 1)]).mean())

    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    for value in np.unique(scores):
        same = scores == value
        ranks[same] = ranks[same].mean()
    area = None
    if positive and negative:
        area = float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * negative))
    return {
        "positive": positive,
        "negative": negative,
        "accuracy": float((found == truth).mean()),
        "precision": caught / max(1, caught + alarms),
        "recall": caught / max(1, positive),
        "f1": 2 * caught / max(1, 2 * caught + alarms + positive - caught),
        "false_alarms": alarms / max(1, negative),
        "recall_at_0_1_percent": recall_at(0.001),
        "recall_at_1_percent": recall_at(0.01),
        "auc": area,
    }


def clock():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Program:
    def __init__(self, path, folder):
        self.path, self.folder = path, Path(folder)

    def write(self, name, rows):
        path = self.folder / f"{name}.jsonl.gz"
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as out:
            for row in rows:
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
        return path

    def train(self, name, sets):
        model = self.folder / f"{name}.stxm"
        command = [self.path, "train", "--out", model, "--report", model.with_suffix(".json")]
        for set_name, rows in sets:
            command += ["--set", f"{self.write(set_name, rows)}:text:label:1"]
        subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
        return model, json.loads(model.with_suffix(".json").read_text())

    def scan(self, model, texts):
        lines = "".join(json.dumps({"id": ix, "text": text}, ensure_ascii=False) + "\n" for ix, text in enumerate(texts))
        command = [str(self.path), "scan", "--ndjson"] + (["--model", str(model)] if model else [])
        out = subprocess.run(command, input=lines.encode(), check=True, capture_output=True).stdout
        return [json.loads(line).get("score", 0) for line in out.splitlines()]


def peer(train, texts):
    vectoriser = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True, min_df=2, max_features=400_000)
    model = LinearSVC(C=1).fit(vectoriser.fit_transform([row["text"] for row in train]), [row["label"] for row in train])
    return model.decision_function(vectoriser.transform(texts))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stanch", required=True, help="the program")
    parser.add_argument("--data", default="../shared/data", help="folder of the public sets")
    parser.add_argument("--out", default="bench/results/quality.json")
    parser.add_argument("--rows", type=int, default=1500, help="most train rows of a set when trained on itself")
    parser.add_argument("--rows-across", type=int, default=500, help="most train rows of each set when trained on the others")
    parser.add_argument("--test-rows", type=int, default=1500)
    parser.add_argument("--test-part", default="test", help="`train` measures on train rows that were not drawn: for development")
    parser.add_argument("--sets", default="", help="only these, by comma")
    arguments = parser.parse_args()
    chosen = [entry for entry in SETS if not arguments.sets or entry[0] in arguments.sets.split(",")]
    cells = []

    def tell(cell):
        cells.append(cell)
        ours, theirs = cell["stanch"], cell["peer"]
        line = f"{cell['set']:26s} {cell['trained_on']:8s}"
        for label, found in (("stanch", ours), ("peer", theirs)):
            if found:
                line += f" | {label} P {found['precision']:.3f} R {found['recall']:.3f} F1 {found['f1']:.3f} false {found['false_alarms']:.3f}"
                line += f" R.1% {found['recall_at_0_1_percent']:.3f} R1% {found['recall_at_1_percent']:.3f} AUC {found['auc']:.3f}"
        print(line, flush=True)
        result = {"rows": arguments.rows, "rows_across": arguments.rows_across, "test_part": arguments.test_part, "cells": cells}
        Path(arguments.out).write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")

    with tempfile.TemporaryDirectory() as folder:
        program = Program(Path(arguments.stanch).resolve(), folder)
        train, test, across = {}, {}, {}
        for name, is_positive, _ in SETS:
            train[name] = rows_of(arguments.data, name, "train", is_positive, arguments.rows)
            across[name] = train[name][: arguments.rows_across]
            if arguments.test_part == "train":
                drawn = {row["grp"] for row in train[name]}
                rest = rows_of(arguments.data, name, "train", is_positive, 10**9)
                test[name] = [row for row in rest if row["grp"] not in drawn][: arguments.test_rows]
            else:
                test[name] = rows_of(arguments.data, name, arguments.test_part, is_positive, arguments.test_rows)
        for name, _, is_subject in chosen:
            texts, truth = [row["text"] for row in test[name]], [row["label"] for row in test[name]]
            others = [(other, across[other]) for other, _, of_subject in SETS if other != name and of_subject]
            trainings = [("itself", [(name, train[name])])] + ([("others", others)] if is_subject else [])
            for kind, sets in trainings:
                start = clock()
                model, report = program.train(f"{name}-{kind}", sets)
                trained = clock()
                ours = measures(truth, program.scan(model, texts), 5000)
                asked = clock()
                theirs = measures(truth, peer([row for _, rows in sets for row in rows], texts), 0)
                tell({
                    "set": name,
                    "trained_on": kind,
                    "stanch": ours,
                    "peer": theirs,
                    "cpu_s": {"train": trained - start, "scan": asked - trained, "peer": clock() - asked},
                    "report": {key: report[key] for key in ("grammar", "copies", "mix")},
                })
            tell({"set": name, "trained_on": "shipped", "stanch": measures(truth, program.scan(None, texts), 5000), "peer": None})
    print(f"{time.process_time():.0f} CPU seconds of Python")


if __name__ == "__main__":
    main()
