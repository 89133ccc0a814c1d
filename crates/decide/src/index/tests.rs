use super::*;
use crate::block::LateNote;

/// Rows of a block: values of keys and times of events are shared by blocks and not in their order.
fn rows(block: u64, count: u32) -> Vec<Recorded> {
    let row = |nth: u32| {
        let number = block * 1_000 + u64::from(nth);
        let decision = match number % 3 {
            0 => Decision::Allow,
            1 => Decision::Review,
            _ => Decision::Hold,
        };
        Recorded {
            event_id: format!("e-{number}").into(),
            content: digest16(&[&number.to_be_bytes()]),
            occurred_at: at(number * 7 % 31),
            decision,
            rules: match number % 2 {
                0 => vec!["even".into()],
                _ => Vec::new(),
            },
            scores: Vec::new(),
            keys: vec![key_digest("account", &format!("A{}", number % 5))],
            json: format!("{{\"n\":{number}}}").into(),
            effects: Vec::new(),
        }
    };
    (0..count).map(row).collect()
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(1_790_000_000 + i64::try_from(secs).unwrap())
}

fn add(index: &Index, block: u64) {
    match block {
        3 | 6 | 9 => {
            let answered = decision_of(block);
            let event_id = "e-1000".to_owned();
            let note = LateNote { event_id, answered };
            index.add_late(Position(block), &[note]).unwrap();
        }
        _ => {
            let count = 100 + u32::try_from(block).unwrap() * 30;
            index
                .add(Position(block), at(block), &rows(block, count))
                .unwrap();
        }
    }
}

fn decision_of(block: u64) -> Decision {
    crate::record::decision_of_byte(u8::try_from(block % 6).unwrap()).unwrap()
}

/// Everything that can be asked, as text.
fn answers(index: &Index) -> Vec<String> {
    let mut out = Vec::new();
    let end = Place {
        block: Position(u64::MAX),
        row: 0,
    };
    for number in [1_000, 1_129, 2_010, 4_200, 5_000, 8_111, 10_399, 10_400] {
        let known = index.lookup(&format!("e-{number}")).unwrap();
        out.push(format!("{known:?}"));
        out.extend(known.map(|known| format!("{:?}", index.record(known.place).unwrap())));
    }
    out.push(format!("{:?}", index.late_answer("e-1000").unwrap()));
    for mark in [
        Mark::Rule("even".to_owned()),
        Mark::Decision(Decision::Hold),
    ] {
        for limit in [1, 90, 400, 5_000] {
            let mut before = end;
            loop {
                let places = index.marked_before(&mark, before, limit).unwrap();
                out.push(format!("{places:?}"));
                match places.last() {
                    Some(place) => before = *place,
                    None => break,
                }
            }
        }
    }
    for limit in [1, 64, 5_000] {
        let key = key_digest("account", "A3");
        let mut before = (at(1_000_000), end);
        loop {
            let found = index.key_before(&key, before, limit).unwrap();
            out.push(format!("{found:?}"));
            match found.last() {
                Some(last) => before = *last,
                None => break,
            }
        }
    }
    let mut before = end;
    while let Some((place, _)) = index.records_before(before).unwrap().last() {
        out.push(format!("{:?}", index.records_before(before).unwrap()));
        before = *place;
    }
    for secs in 0..12 {
        out.push(format!("{:?}", index.end_before(at(secs)).unwrap()));
    }
    out
}

/// Wherever blocks are (in the tables, on their way, in both, or in memory), the same is found.
#[test]
fn what_is_on_its_way_into_the_tables_is_found_like_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let stored = Index::open(&dir.path().join("stored")).unwrap();
    for block in 1..=10 {
        add(&stored, block);
        stored.store().unwrap();
    }
    assert_eq!(stored.watermark().unwrap(), Position(11));
    let expected = answers(&stored);
    assert!(expected.len() > 100, "{}", expected.len());
    for (name, first, second) in [
        ("a", 0, 0),
        ("b", 0, 4),
        ("c", 3, 7),
        ("d", 5, 5),
        ("e", 4, 10),
    ] {
        let index = Index::open(&dir.path().join(name)).unwrap();
        (1..=first).for_each(|block| add(&index, block));
        index.store().unwrap();
        (first + 1..=second).for_each(|block| add(&index, block));
        let run = index.recent.freeze();
        (second + 1..=10).for_each(|block| add(&index, block));
        assert_eq!(answers(&index), expected, "{name}: on its way");
        assert_eq!(
            index.watermark().unwrap(),
            Position(if first == 0 { 0 } else { first + 1 })
        );
        index.write_tables(&run).unwrap();
        assert_eq!(answers(&index), expected, "{name}: in both");
        index.recent.stored();
        assert_eq!(answers(&index), expected, "{name}: in the tables");
    }
}

/// The process ends after some tables were written: what is added again is the same.
#[test]
fn what_was_half_written_is_added_again() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    add(&index, 1);
    index.store().unwrap();
    add(&index, 2);
    let run = index.recent.freeze();
    write_table(
        &index.keys,
        run.keys.iter().map(|(key, word)| (key, [*word])),
    )
    .unwrap();
    drop(index);
    let index = Index::open(dir.path()).unwrap();
    assert_eq!(index.watermark().unwrap(), Position(2));
    (2..=10).for_each(|block| add(&index, block));
    index.store().unwrap();
    drop(index);
    let index = Index::open(dir.path()).unwrap();
    assert_eq!(index.watermark().unwrap(), Position(11));
    let whole = Index::open(&dir.path().join("whole")).unwrap();
    (1..=10).for_each(|block| add(&whole, block));
    assert_eq!(answers(&index), answers(&whole));
}

/// The process ends after the first table was written: that there may be rows of these blocks is known.
#[test]
fn tables_are_announced_before_they_are_written() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    (1..=2).for_each(|block| add(&index, block));
    index.store().unwrap();
    assert_eq!(index.reach().unwrap(), Position(3));
    (3..=5).for_each(|block| add(&index, block));
    let run = index.recent.freeze();
    index.announce(&run).unwrap();
    drop(index);
    let index = Index::open(dir.path()).unwrap();
    assert_eq!(index.watermark().unwrap(), Position(3));
    assert_eq!(index.reach().unwrap(), Position(6));
}

/// Who adds does not wait for tables that nobody writes.
#[test]
fn adding_fails_when_nobody_writes_the_tables() {
    let dir = tempfile::tempdir().unwrap();
    let index = Index::open(dir.path()).unwrap();
    add(&index, 1);
    index.close();
    assert!(index.add(Position(2), at(2), &rows(2, 1)).is_err());
}

#[test]
fn long_decisions_and_late_notes_are_written_in_time_too() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(folder.path()).unwrap();
    // Text that does not pack, 1 MiB a decision.
    let mut seed = 7_u64;
    let mut noise = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b' ' + (seed >> 33) as u8 % 90)
    };
    let mut long = rows(0, 1);
    long[0].json = (0..1 << 20).map(|_| noise()).collect::<String>().into();
    let mut blocks = 0;
    while !index.wants_store() {
        index.add(Position(blocks), at(blocks), &long).unwrap();
        blocks += 1;
        assert!(blocks < 200, "a decision of 1 MiB counts as one row only");
    }
    index.store().unwrap();
    assert!(!index.wants_store());
    let note = |number: usize| LateNote {
        event_id: format!("l-{number}"),
        answered: Decision::Review,
    };
    let notes: Vec<LateNote> = (0..recent::STORE_ROWS).map(note).collect();
    index.add_late(Position(blocks), &notes).unwrap();
    assert!(index.wants_store());
}
