//! The same decisions from a file.

use std::path::Path;

use serde_json::Value;
use stanch_decide::{OfflineFiles, OfflineSummary, decide_file};

use crate::house::{House, POLICY, compiled, payment, stream};

fn run(dir: &Path) -> OfflineSummary {
    let files = OfflineFiles {
        events: dir.join("in.ndjson"),
        out: dir.join("out.ndjson"),
        rejects: dir.join("rejects.ndjson"),
    };
    decide_file(compiled(POLICY), &files, &mut |_| {}).unwrap()
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn write_events(dir: &Path, events: &[Value]) {
    let text: String = events.iter().map(|event| format!("{event}\n")).collect();
    std::fs::write(dir.join("in.ndjson"), text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_gives_the_answers_of_the_live_engine() {
    let dir = tempfile::tempdir().unwrap();
    let events = stream(6_000);
    write_events(dir.path(), &events);
    let summary = run(dir.path());
    assert_eq!((summary.counts.decided, summary.counts.refused), (6_000, 0));
    let house = House::with_policy(dir.path()).await;
    let offline = lines(&dir.path().join("out.ndjson"));
    assert_eq!(offline.len(), events.len());
    let mut words = std::collections::BTreeSet::new();
    for (chunk, offline) in events.chunks(333).zip(offline.chunks(333)) {
        for (mut live, offline) in house.decide(chunk).await.into_iter().zip(offline) {
            live.as_object_mut().unwrap().remove("decided_at");
            words.insert(live["decision"].as_str().unwrap().to_owned());
            assert_eq!(live, *offline);
        }
    }
    assert_eq!(words.len(), 4, "{words:?}");
    house.stop().await;
}

#[test]
fn bad_lines_are_refused_with_their_number_and_repetitions_answered_again() {
    let dir = tempfile::tempdir().unwrap();
    let good = payment("p1", "A", "B", 500, 10);
    let conflict = payment("p1", "A", "B", 501, 10);
    let text = format!("{good}\n\nnot json\n{conflict}\n{good}\n{{\"event_id\":\"x\"}}\n");
    std::fs::write(dir.path().join("in.ndjson"), text).unwrap();
    let summary = run(dir.path());
    assert_eq!(summary.counts.decided, 1);
    assert_eq!(summary.counts.repeated, 1);
    assert_eq!(summary.counts.refused, 3);
    let out = lines(&dir.path().join("out.ndjson"));
    assert_eq!(out[0], out[1]);
    let refused: Vec<u64> = lines(&dir.path().join("rejects.ndjson"))
        .iter()
        .map(|line| line["line"].as_u64().unwrap())
        .collect();
    assert_eq!(refused, [3, 4, 6]);
}
