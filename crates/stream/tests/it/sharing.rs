//! Rivals, conditions, limits and retention.

use std::sync::Arc;

use stanch_stream::{DedupId, EmbeddedLog, EventLog, LogError, NewBlock, Position};

use super::{SMALL, all, append, payload, read, segments};

#[test]
fn one_writer_at_a_time_and_readers_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
    append(&log, b"a");
    let rival = EmbeddedLog::open(dir.path(), SMALL);
    assert!(matches!(rival, Err(LogError::Locked { .. })));
    let reader = EmbeddedLog::open_read_only(dir.path(), SMALL).unwrap();
    append(&log, b"b");
    assert_eq!(all(&reader), [b"a".to_vec()]);
    assert!(matches!(
        reader.append(NewBlock::new(b"c")),
        Err(LogError::ReadOnly)
    ));
    drop(log);
    EmbeddedLog::open(dir.path(), SMALL).unwrap();
}

#[test]
fn readers_never_see_damage_while_a_writer_runs() {
    let dir = tempfile::tempdir().unwrap();
    let log = Arc::new(EmbeddedLog::open(dir.path(), SMALL).unwrap());
    let writer = {
        let log = Arc::clone(&log);
        std::thread::spawn(move || {
            (0..300).for_each(|n| assert_eq!(append(&log, &payload(n)).0, n))
        })
    };
    let mut seen = 0;
    while !writer.is_finished() {
        let reader = EmbeddedLog::open_read_only(dir.path(), SMALL).unwrap();
        let blocks = all(&reader);
        assert!(blocks.len() >= seen);
        seen = blocks.len();
        assert!(blocks.into_iter().eq((0..seen as u64).map(payload)));
    }
    writer.join().unwrap();
}

#[test]
fn many_writers_share_the_log_and_each_block_is_there_once() {
    let dir = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
    let mut acked: Vec<(u64, Vec<u8>)> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..16_u8)
            .map(|writer| {
                let log = &log;
                scope.spawn(move || {
                    let blocks = (0..20_u8).map(|n| vec![writer, n]);
                    blocks
                        .map(|block| (append(log, &block).0, block))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        writers
            .into_iter()
            .flat_map(|writer| writer.join().unwrap())
            .collect()
    });
    acked.sort();
    assert!(acked.iter().map(|(at, _)| *at).eq(0..320));
    assert!(
        all(&log)
            .into_iter()
            .eq(acked.into_iter().map(|(_, block)| block))
    );
    assert!(segments(dir.path()).len() > 1);
}

#[test]
fn a_block_is_appended_at_its_expected_position_only() {
    let dir = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
    append(&log, b"a");
    let late = log.append(NewBlock::new(b"x").at(Position(0))).unwrap_err();
    assert!(matches!(
        late,
        LogError::NotExpected {
            actual: Position(1),
            ..
        }
    ));
    log.append(NewBlock::new(b"b").at(Position(1))).unwrap();
    assert_eq!(all(&log).len(), 2);
}

#[test]
fn a_dedup_id_is_known_also_after_reopening_but_not_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let id = DedupId::new([7; 16]).unwrap();
    let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
    let first = log.append(NewBlock::new(b"a").once(id)).unwrap();
    assert!(!first.duplicate);
    drop(log);
    let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
    let again = log.append(NewBlock::new(b"other").once(id)).unwrap();
    assert!(again.duplicate && again.position == first.position);
    for n in 0..SMALL.dedup_blocks {
        let id = DedupId::new([n as u8 + 100; 16]).unwrap();
        log.append(NewBlock::new(b"b").once(id)).unwrap();
    }
    assert!(!log.append(NewBlock::new(b"a").once(id)).unwrap().duplicate);
}

#[test]
fn a_block_over_the_limit_is_refused_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
    let error = log.append(NewBlock::new(&[0; 4_097])).unwrap_err();
    assert!(matches!(
        error,
        LogError::BlockTooLarge {
            bytes: 4_097,
            bytes_max: 4_096
        }
    ));
    append(&log, &[1; 4_096]);
    assert_eq!(all(&log), [vec![1; 4_096]]);
}

#[test]
fn retention_frees_whole_segments_and_never_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
    for n in 0..60 {
        append(&log, &payload(n));
    }
    let before = segments(dir.path()).len();
    let kept = log.retain_from(Position(30)).unwrap();
    assert!(kept > Position::START && kept <= Position(30));
    assert!(segments(dir.path()).len() < before);
    assert!(matches!(
        read(&log, Position::START),
        Err(LogError::Gone { first }) if first == kept
    ));
    let expected: Vec<_> = (30..60).map(payload).collect();
    assert_eq!(read(&log, Position(30)).unwrap(), expected);
    log.retain_from(Position(1_000)).unwrap();
    assert_eq!(segments(dir.path()).len(), 1);
    drop(log);
    let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
    assert_eq!(append(&log, b"next"), Position(60));
}

#[test]
fn a_segment_that_was_ended_is_given_up_without_what_came_after() {
    let dir = tempfile::tempdir().unwrap();
    let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
    log.end_segment().unwrap();
    append(&log, b"an empty segment is not ended");
    append(&log, b"old");
    log.end_segment().unwrap();
    assert_eq!(log.segment_starts(), [Position::START]);
    append(&log, b"new");
    append(&log, b"newer");
    assert_eq!(log.segment_starts(), [Position::START, Position(2)]);
    assert_eq!(log.retain_from(Position(2)).unwrap(), Position(2));
    drop(log);
    let log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
    assert_eq!(
        read(&log, Position(2)).unwrap(),
        [b"new".to_vec(), b"newer".to_vec()]
    );
    let reader = EmbeddedLog::open_read_only(dir.path(), SMALL).unwrap();
    assert!(matches!(reader.end_segment(), Err(LogError::ReadOnly)));
}

#[tokio::test]
async fn an_async_append_is_durable_when_it_returns() {
    let dir = tempfile::tempdir().unwrap();
    let log = Arc::new(EmbeddedLog::open(dir.path(), SMALL).unwrap());
    let appended = log.append_async("a".into(), None, None).await.unwrap();
    assert_eq!(appended.position, Position::START);
    let reader = EmbeddedLog::open_read_only(dir.path(), SMALL).unwrap();
    assert_eq!(all(&reader), [b"a".to_vec()]);
}
