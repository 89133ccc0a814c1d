#!/usr/bin/env python3
"""kill.py SET [--stanch BINARY] [--kills N]: imports SET under N kill -9 at random points, then traces every case by both
methods as at the report, 30 minutes, 2 and 24 hours later, and compares every account with the truth. One line of JSON."""
import argparse, collections, csv, json, os, random, signal, subprocess, tempfile, time


def rows(path):
    with open(path) as file:
        yield from csv.DictReader(file)


def killed_import(command, kills, seed):
    """Runs the import until it ends by itself; the first `kills` runs that live long enough are killed."""
    dice, done, slow = random.Random(seed), 0, 0.02
    while True:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done < kills:
            try:
                process.wait(dice.uniform(0.0, slow))
                if process.returncode == 0:
                    return done
                raise SystemExit(process.stderr.read().decode())
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                done += 1
                # Later runs need longer to get back to where they were.
                slow += 0.01
                continue
        if process.wait() != 0:
            raise SystemExit(process.stderr.read().decode())
        return done


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set")
    parser.add_argument("--stanch", default="target/release/stanch")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    cash = {row["account"] for row in rows(f"{options.set}/accounts.csv") if row["kind"] == "cash"}
    victims = collections.defaultdict(list)
    for row in rows(f"{options.set}/truth_planted.csv"):
        if row["role"] == "victim_payment":
            victims[row["case_id"]].append(row["tx_id"])
    truth = collections.defaultdict(dict)
    for row in rows(f"{options.set}/truth_balance.csv"):
        for method, column in (("fifo", "stolen_fifo"), ("pro_rata", "stolen_haircut")):
            if int(row[column]) and row["account"] not in cash:
                truth[row["case_id"], row["as_of_ms"], method][row["account"]] = int(row[column])
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as data:
        start = [options.stanch, "--data", data]
        command = start + ["import", "payments", f"{options.set}/tx.csv", "--accounts", f"{options.set}/accounts.csv"]
        began = time.time()
        kills = killed_import(command, options.kills, options.seed)
        asked, told = os.path.join(data, "asked"), os.path.join(data, "told")
        with open(asked, "w") as out:
            for case, as_of, method in truth:
                line = {"id": f"{case}@{as_of}@{method}", "payments": victims[case], "method": method, "as_of_ms": int(as_of)}
                out.write(json.dumps(line) + "\n")
        subprocess.run(start + ["trace", "--batch", asked, "--out", told], check=True, stdout=subprocess.DEVNULL)
        different = 0
        with open(told) as answers:
            for line in answers:
                answer = json.loads(line)
                found = {b["account"]: b["stolen_minor"] for b in answer["balances"] if b["stolen_minor"] and b["account"] not in cash}
                different += found != truth[tuple(answer["id"].split("@"))]
    found = {"set": os.path.basename(options.set.rstrip("/")), "kills": kills, "traces": len(truth), "different": different}
    print(json.dumps({**found, "seconds": round(time.time() - began)}))


if __name__ == "__main__":
    main()
