"""How much recall is kept when the unwanted texts are put in disguise, beside scikit-learn on the same rows.

    python bench/quality/attack.py --stanch target/release/stanch --disguise target/release/examples/disguise

Both models are trained on plain rows; 10, 30 and 50 % of the characters of the unwanted test rows are then disguised by the hand that
`stanch train` never uses. Recall is given at the threshold where each model finds 1 % of the plain benign test rows, and at its own
decision point. `cargo build --release -p stanch-train --example disguise` makes the second program.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from quality import SETS, Program, peer, rows_of


def hidden(program, texts, percent):
    lines = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    out = subprocess.run([program, str(percent), "1"], input=lines.encode(), check=True, capture_output=True).stdout
    return [json.loads(line)["text"] for line in out.splitlines()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stanch", required=True)
    parser.add_argument("--disguise", required=True)
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--out", default="bench/results/quality-attack.json")
    parser.add_argument("--rows", type=int, default=1500)
    parser.add_argument("--sets", default="taobao_camouflage,tg_spam_zh,fbs_sms")
    arguments = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        program = Program(Path(arguments.stanch).resolve(), folder)
        for name, is_positive, _ in SETS:
            if name not in arguments.sets.split(","):
                continue
            train = rows_of(arguments.data, name, "train", is_positive, arguments.rows)
            test = rows_of(arguments.data, name, "test", is_positive, arguments.rows)
            benign = [row["text"] for row in test if not row["label"]]
            unwanted = [row["text"] for row in test if row["label"]]
            model, report = program.train(name, [(name, train)])
            for percent in (0, 10, 30, 50):
                texts = benign + (hidden(arguments.disguise, unwanted, percent) if percent else unwanted)
                cell = {"set": name, "percent": percent, "mix": report["mix"]}
                for label, scores, bar in (
                    ("stanch", np.array(program.scan(model, texts), float), 5000),
                    ("peer", peer(train, texts), 0),
                ):
                    plain, found = scores[: len(benign)], scores[len(benign) :]
                    limit = np.sort(plain)[::-1][int(0.01 * len(plain))]
                    cell[label] = {
                        "recall": float((found >= bar).mean()),
                        "false_alarms": float((plain >= bar).mean()),
                        "recall_at_1_percent": float((found > limit).mean()),
                    }
                print(json.dumps(cell), flush=True)
                results.append(cell)
                Path(arguments.out).write_text(json.dumps({"rows": arguments.rows, "cells": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
