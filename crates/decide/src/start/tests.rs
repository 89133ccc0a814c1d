use super::*;
use crate::deployment::Deployment;
use crate::door::Live;
use bytes::Bytes;
use stanch_types::Timestamp;

const POLICY: &str = "event seen { retention 90d  account string key }";

fn block(events: usize) -> EventBlock {
    let line = |number: usize| {
        let event = serde_json::json!({
            "event_id": format!("e-{number}"),
            "kind": "seen",
            "occurred_at": "2026-03-01T00:00:00Z",
            "data": { "account": "A" },
        });
        Bytes::from(event.to_string())
    };
    EventBlock {
        sealed_at: Timestamp::from_secs(1_790_000_000),
        lines: (0..events).map(line).collect(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_holds_room_for_what_is_not_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(dir.path(), LogConfig::default()).unwrap();
    let files = crate::PolicyFiles::new([("all.policy".to_owned(), POLICY.as_bytes().to_vec())]);
    let live = Live::new(crate::compile(&files.unwrap()).unwrap());
    let shared = Shared::default();
    shared.deployed(Position(0), Deployment::default(), Some(Arc::new(live)));
    let (work, _works) = sync_channel(BLOCKS_AHEAD_MAX);
    let room = Arc::new(Semaphore::new(100));
    let runtime = Handle::current();
    tokio::task::block_in_place(|| {
        let replay = Replay {
            log: &log,
            work: &work,
            shared: &shared,
            room: &room,
            room_max: 100,
            runtime: &runtime,
        };
        let first = replay.events(Position(1), block(40)).unwrap();
        let second = replay.events(Position(2), block(50)).unwrap();
        assert_eq!(second.events.len(), 50);
        assert_eq!(room.available_permits(), 10);
        drop(first);
        assert_eq!(room.available_permits(), 50);
        drop(second);
        // Larger than all the room there is: it goes alone.
        let large = replay.events(Position(3), block(300)).unwrap();
        assert_eq!(large.events.len(), 300);
        assert_eq!(room.available_permits(), 0);
    });
}
