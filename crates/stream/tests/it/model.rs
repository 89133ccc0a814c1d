//! Random operations, compared with a plain list.

use proptest::prelude::*;
use stanch_stream::{EmbeddedLog, EventLog, LogError, NewBlock, Position};

use super::{SMALL, read};

#[derive(Debug, Clone)]
enum Op {
    Append(Vec<u8>),
    AppendAt(Vec<u8>, u64),
    ReadFrom(u64),
    Retain(u64),
    Reopen,
    TearAndReopen(Vec<u8>),
}

fn op() -> impl Strategy<Value = Op> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..300);
    prop_oneof![
        6 => bytes().prop_map(Op::Append),
        1 => (bytes(), 0..40_u64).prop_map(|(b, at)| Op::AppendAt(b, at)),
        2 => (0..40_u64).prop_map(Op::ReadFrom),
        1 => (0..40_u64).prop_map(Op::Retain),
        1 => Just(Op::Reopen),
        1 => bytes().prop_map(Op::TearAndReopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_log_behaves_like_a_list(ops in prop::collection::vec(op(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let mut log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
        let mut model: Vec<Vec<u8>> = Vec::new();
        let mut kept = 0_u64;
        for op in ops {
            let end = model.len() as u64;
            match op {
                Op::Append(bytes) => {
                    let at = log.append(NewBlock::new(&bytes)).unwrap();
                    prop_assert_eq!(at.position, Position(end));
                    model.push(bytes);
                }
                Op::AppendAt(bytes, at) => {
                    match log.append(NewBlock::new(&bytes).at(Position(at))) {
                        Ok(_) => {
                            prop_assert_eq!(at, end);
                            model.push(bytes);
                        }
                        Err(LogError::NotExpected { actual, .. }) => {
                            prop_assert!(at != end && actual == Position(end));
                        }
                        Err(other) => prop_assert!(false, "{}", other),
                    }
                }
                Op::ReadFrom(from) => match read(&log, Position(from)) {
                    Ok(blocks) => {
                        prop_assert!(from >= kept);
                        let expected = model.get(from as usize..).unwrap_or_default();
                        prop_assert_eq!(blocks.as_slice(), expected);
                    }
                    Err(LogError::Gone { first }) => {
                        prop_assert!(from < kept && first == Position(kept));
                    }
                    Err(other) => prop_assert!(false, "{}", other),
                },
                Op::Retain(first) => {
                    let now = log.retain_from(Position(first)).unwrap().0;
                    prop_assert!(now >= kept && (now <= first || now == kept));
                    kept = now;
                }
                Op::Reopen => {
                    drop(log);
                    log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
                }
                Op::TearAndReopen(garbage) => {
                    drop(log);
                    let last = super::segments(dir.path()).pop().unwrap();
                    let mut bytes = std::fs::read(&last).unwrap();
                    bytes.extend(&garbage);
                    std::fs::write(&last, bytes).unwrap();
                    log = EmbeddedLog::open(dir.path(), SMALL).unwrap();
                    let cut = log.recovered().map_or(0, |cut| cut.bytes_cut);
                    prop_assert_eq!(cut, garbage.len() as u64);
                }
            }
            prop_assert_eq!(log.end(), Position(model.len() as u64));
        }
    }
}
