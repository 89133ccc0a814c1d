#!/usr/bin/env python3
"""score.py SET... [--stanch BINARY] [--scorer DIR]: plans of `stanch plan --replay` scored beside their ceiling.

SET: folders of fundflow_gen.py. Writes victim_payments.csv into each (what the victims report, from truth_planted.csv), replays
with budgets of 2, 5 and no limit, scores with fundflow_score.py, and says what perfect foresight would have secured: for each
case the accounts chosen greedily (5 orders: then by swaps) with the true flow known, whole accounts, ordered at the report.
One line of JSON a set and budget."""
import argparse, collections, csv, json, os, subprocess, sys, tempfile

HORIZON_MS = 72 * 3_600_000


def write_reports(folder):
    with open(f"{folder}/truth_planted.csv") as planted, open(f"{folder}/victim_payments.csv", "w") as out:
        out.write("case_id,tx_id\n")
        for row in csv.DictReader(planted):
            if row["role"] == "victim_payment":
                out.write(f"{row['case_id']},{row['tx_id']}\n")


def parcels(data):
    """By case: (amount, [(account, left at)]): stolen money, first in first out, with the accounts it lay in."""
    _, opening, _, cash, cases, victims, _, _, payments, _ = data
    lots = collections.defaultdict(list)
    inflow, outflow = dict(opening), dict.fromkeys(opening, 0)
    done = collections.defaultdict(list)
    for number, (at, payer, payee, amount) in enumerate(payments):
        moved = []
        if payer not in cash:
            start, end, queue = outflow[payer], outflow[payer] + amount, lots.get(payer, [])
            while queue and queue[0][0] < end:
                lot = queue[0]
                used = min(lot[1], end)
                path = lot[3] + ((payer, at),)
                if at - cases[lot[2]][0] <= HORIZON_MS:
                    moved.append((lot[0] - start, used - lot[0], lot[2], path))
                else:
                    done[lot[2]].append((used - lot[0], path))
                if used == lot[1]:
                    queue.pop(0)
                else:
                    lot[0] = used
                    break
            outflow[payer] += amount
        if number in victims:
            moved = [(0, amount, victims[number], ())]
        for offset, part, case, path in moved:
            if payee in cash:
                done[case].append((part, path))
            else:
                start = inflow[payee] + offset
                lots[payee].append([start, start + part, case, path])
        inflow[payee] += amount
    for account, queue in lots.items():
        for start, end, case, path in queue:
            done[case].append((end - start, path + ((account, 1 << 62),)))
    return done


def ceiling(data, latency, budget):
    institution, cases = data[2], data[4]
    secured = orders = 0
    for case, pieces in parcels(data).items():
        report = cases[case][1]
        pieces = [(amount, {a for a, left in path if left > report + latency(institution[a])}) for amount, path in pieces]
        value = lambda chosen: sum(amount for amount, accounts in pieces if accounts & chosen)
        open_to = set().union(*(accounts for _, accounts in pieces))
        chosen, best = set(), 0
        while len(chosen) < budget and open_to - chosen:
            gain, account = max((value(chosen | {a}), a) for a in open_to - chosen)
            if gain <= best:
                break
            best, chosen = gain, chosen | {account}
        better = budget < 1_000
        while better:
            better = False
            for old in sorted(chosen):
                gain, account = max(((value(chosen - {old} | {a}), a) for a in open_to - chosen), default=(0, None))
                if gain > best:
                    best, chosen, better = gain, chosen - {old} | {account}, True
                    break
        secured, orders = secured + best, orders + len(chosen)
    return secured / sum(loss for _, _, loss in cases.values()), orders


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--stanch", default="target/release/stanch")
    parser.add_argument("--scorer", default="../shared/bench")
    options = parser.parse_args()
    sys.path.insert(0, options.scorer)
    import fundflow_score
    for folder in options.sets:
        write_reports(folder)
        data = fundflow_score.load(folder)
        for budget in ("2", "5", "none"):
            with tempfile.TemporaryDirectory() as scratch:
                plan = os.path.join(scratch, "plan.csv")
                command = [options.stanch, "--data", scratch, "plan", "--replay", folder, "--budget", budget, "--out", plan]
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
                score = fundflow_score.score(data, fundflow_score.read_plan(plan))
            most = 10**9 if budget == "none" else int(budget)
            share, orders = ceiling(data, fundflow_score.latency_ms, most)
            found = {"set": os.path.basename(folder.rstrip("/")), "budget": budget, **score}
            print(json.dumps({**found, "ceiling_share": round(share, 4), "ceiling_orders": orders}), flush=True)


if __name__ == "__main__":
    main()
