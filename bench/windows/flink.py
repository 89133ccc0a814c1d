"""The nine windows of crates/rules/benches/windows.rs in Flink SQL: count, sum and distinct, OVER RANGE 1 h, 24 h, 7 d.

Flink takes one window for each query, so the nine are three queries over one source in one job (a statement set). Events come
from the bounded datagen connector, results go to blackhole. CPU seconds are those of the JVM; the mode `source` (no windows) gives
what to subtract for start-up and source.

usage: flink.py MODE EVENTS KEYS JITTER_S     MODE nine | one | source; one = the 1 h window only
"""
import os
import sys
import time

from pyflink.common import Configuration
from pyflink.table import EnvironmentSettings, TableEnvironment

mode, events, keys, jitter_s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
SPAN_MS = 7_200_000
WINDOWS = {"1 h": "INTERVAL '1' HOUR", "24 h": "INTERVAL '24' HOUR", "7 d": "INTERVAL '7' DAY"}

config = Configuration()
for name, value in {
    "parallelism.default": "1",
    "state.backend.type": "hashmap",
    "taskmanager.memory.managed.size": "256mb",
    "taskmanager.memory.network.max": "128mb",
    "pipeline.object-reuse": "true",
    "execution.runtime-mode": "STREAMING",
}.items():
    config.set_string(name, value)
settings = EnvironmentSettings.new_instance().in_streaming_mode().with_configuration(config)
table = TableEnvironment.create(settings.build())
table.execute_sql(f"""CREATE TABLE events (
  id BIGINT, u DOUBLE, cents BIGINT, payee INT, jitter DOUBLE,
  k AS CAST(u * {keys} AS INT),
  ts AS TO_TIMESTAMP_LTZ(CAST(id * {SPAN_MS / events:.9f} - jitter * {jitter_s * 1000} AS BIGINT), 3),
  WATERMARK FOR ts AS ts - INTERVAL '{max(jitter_s, 1)}' SECOND
) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '{events}',
  'fields.u.min' = '0', 'fields.u.max' = '1', 'fields.jitter.min' = '0', 'fields.jitter.max' = '1',
  'fields.cents.min' = '0', 'fields.cents.max' = '500000', 'fields.payee.min' = '0', 'fields.payee.max' = '49')""")
table.execute_sql("CREATE TABLE answers (k INT, c BIGINT, s BIGINT, d BIGINT) WITH ('connector' = 'blackhole')")


def over(window):
    return f"""INSERT INTO answers SELECT k, COUNT(*) OVER w, SUM(cents) OVER w, COUNT(DISTINCT payee) OVER w FROM events
      WINDOW w AS (PARTITION BY k ORDER BY ts RANGE BETWEEN {window} PRECEDING AND CURRENT ROW)"""


def cpu_seconds():
    total, own = 0, os.getpid()
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            text = open(f"/proc/{process}/stat").read()
        except OSError:
            continue
        fields = text[text.rindex(")") + 2:].split()
        if int(fields[1]) == own or int(process) == own:
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


statements = table.create_statement_set()
if mode == "source":
    statements.add_insert_sql("INSERT INTO answers SELECT k, id, cents, CAST(payee AS BIGINT) FROM events")
else:
    for window in WINDOWS.values() if mode == "nine" else [WINDOWS["1 h"]]:
        statements.add_insert_sql(over(window))
cpu, wall = cpu_seconds(), time.time()
statements.execute().wait()
cpu, wall = cpu_seconds() - cpu, time.time() - wall
print(f'{{"mode": "{mode}", "events": {events}, "keys": {keys}, "jitter_s": {jitter_s}, '
      f'"wall_s": {wall:.1f}, "cpu_s": {cpu:.1f}, "events_per_cpu_s_gross": {events / cpu:.0f}}}', flush=True)
