#!/usr/bin/env python3
"""The proof that a backtest says what was decided live (bench/backtest.md).

    equal.py STANCH POLICY EVENTS.ndjson FOLDER [KILLS]

Serves the policy on an empty FOLDER, sends the events over POST /v1/events, kills the server with SIGKILL in the middle KILLS
times (default 1) and goes on with the same batch; then decides the file offline, exports history, kills a backtest with SIGKILL in the
middle and lets it go on. Compares event by event: decision, rules, features and the rest of the answer.
"""
import http.client, json, os, signal, socket, subprocess, sys, threading, time

BATCH = 20_000
stanch, policy, events, folder = sys.argv[1:5]
kills = int(sys.argv[5]) if len(sys.argv) > 5 else 1
data = os.path.join(folder, "data")
os.makedirs(folder, exist_ok=True)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]


def run(*arguments, check=True, **more):
    return subprocess.run([stanch, "--data", data, *arguments], check=check, **more)


def serve():
    child = subprocess.Popen(
        [stanch, "--data", data, "serve", "--listen", f"127.0.0.1:{port}", "--policy", policy],
        stdout=subprocess.DEVNULL, stderr=open(os.path.join(folder, "serve.log"), "a"))
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return child
        except OSError:
            pass
        assert child.poll() is None, "the server ended"
        time.sleep(0.05)


def token():
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps({"login": "feed", "password": "correct horse battery"})
    connection.request("POST", "/v1/tokens", body, {"content-type": "application/json"})
    return json.load(connection.getresponse())["token"]


def push(connection, body):
    try:
        connection.send(body)
    except OSError:
        pass  # Killed: the answer breaks off too.


def send(lines):
    """The answers to a batch, or None if not all came."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        body = b"".join(lines)
        connection.putrequest("POST", "/v1/events")
        for name, value in (("content-type", "application/x-ndjson"), ("authorization", f"Bearer {bearer}"),
                            ("content-length", str(len(body)))):
            connection.putheader(name, value)
        connection.endheaders()
        # Answers come while events go out.
        threading.Thread(target=push, args=(connection, body), daemon=True).start()
        answer = connection.getresponse()
        got = answer.read().splitlines() if answer.status == 200 else []
        return got if len(got) == len(lines) else None
    except (OSError, http.client.HTTPException):
        return None


def batches():
    with open(events, "rb") as file:
        batch = []
        for line in file:
            batch.append(line)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch


run("user", "add", "feed", "--name", "Feed", "--role", "source", input=b"correct horse battery\n")
total = sum(1 for _ in open(events, "rb"))
kill_at = {total // BATCH * (nth + 1) // (kills + 1) for nth in range(kills)}
server = serve()
bearer = token()
started = time.monotonic()
with open(os.path.join(folder, "live.ndjson"), "wb") as live:
    for number, batch in enumerate(batches()):
        if number in kill_at:
            # In the middle of the batch: half a second after it was sent, whatever has been answered.
            pid = server.pid
            subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -9 {pid}"])
            answers = send(batch)
            server.wait()
            print(f"killed at batch {number}, {'after' if answers else 'before'} its answer")
            server = serve()
            bearer = token()
            answers = answers or send(batch)
        else:
            answers = send(batch)
        assert answers, "no answer"
        for answer in answers:
            live.write(answer + b"\n")
print(f"live: {total} events in {time.monotonic() - started:.1f} s, {kills} kills")
server.send_signal(signal.SIGTERM)
server.wait()

offline = os.path.join(folder, "offline.ndjson")
run("decide", "--policy", policy, "--events", events, "--out", offline, stdout=subprocess.DEVNULL)
run("history", "export")
report, again = os.path.join(folder, "report.json"), os.path.join(folder, "again.ndjson")
arguments = ["backtest", "--policy", policy, "--against", "live", "--from", "2026-01-01T00:00:00Z", "--to",
             "2027-01-01T00:00:00Z", "--out", report, "--decisions", again, "--checkpoint-every", "200000"]
first = subprocess.Popen([stanch, "--data", data, *arguments], stdout=subprocess.DEVNULL)
marks = report + ".checkpoint"
while not (os.path.isdir(marks) and sum(name.isdigit() for name in os.listdir(marks)) >= 2):
    assert first.poll() is None, "the backtest ended before it was killed"
    time.sleep(0.02)
first.kill()
first.wait()
print(f"backtest killed with {os.path.getsize(again)} bytes of decisions written")
run(*arguments)

same_bytes = subprocess.run(["cmp", offline, again]).returncode == 0
differs = 0
with open(offline, "rb") as one, open(os.path.join(folder, "live.ndjson"), "rb") as other:
    for expected, answer in zip(one, other, strict=True):
        answer = json.loads(answer)
        del answer["decided_at"]
        expected = json.loads(expected)
        if answer != expected:
            differs += 1
            if differs < 4:
                print(expected, answer)
against = json.load(open(report))["against"]
print(f"offline and backtest: {'same bytes' if same_bytes else 'DIFFER'}; live differs on {differs} of {total} events; "
      f"--against live: {against['same']} same, {against['differs']} differ")
sys.exit(0 if same_bytes and differs == 0 and against["differs"] == 0 and against["same"] == total else 1)
