use super::*;
use crate::id::Id;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_790_000_000 + secs)
}

fn user(digit: u8) -> UserId {
    Id::from_digest([digit; 16])
}

fn new() -> NewEvidence {
    let word = |text: &str| text.to_owned();
    NewEvidence {
        id: Id::from_digest([9; 16]),
        case_id: Id::from_digest([8; 16]),
        name: word("聊天记录.png"),
        category: EvidenceCategory::Picture,
        format: word("image/png"),
        digest: EvidenceDigest {
            size: 3,
            sha256: "00".repeat(32),
            sm3: "11".repeat(32),
        },
        acquired_at: at(0),
        collectors: Collectors::new(user(1), user(2)).unwrap(),
        record: CollectionRecord {
            matter: word("2026-000001"),
            object: word("手机"),
            content: word("聊天记录"),
            place: word("厦门"),
            method: word("拍照"),
            process: word("拍照后导出"),
            source: word("受害人"),
            tool: word("stanch 0.1.0"),
            witness: None,
        },
    }
}

#[test]
fn one_person_alone_collects_nothing() {
    assert_eq!(
        Collectors::new(user(1), user(1)),
        Err(EvidenceRefused::OneCollector)
    );
    let (item, _) = EvidenceItem::collect(new()).unwrap();
    let mut stored = serde_json::to_value(&item).unwrap();
    assert_eq!(
        serde_json::from_value::<EvidenceItem>(stored.clone()).unwrap(),
        item
    );
    stored["collectors"]["second"] = stored["collectors"]["first"].clone();
    let refused = serde_json::from_value::<EvidenceItem>(stored).unwrap_err();
    assert!(
        refused.to_string().contains("two different people"),
        "{refused}"
    );
}

#[test]
fn a_record_with_a_gap_is_refused() {
    let mut empty = new();
    empty.record.method = "  ".to_owned();
    let refused = EvidenceItem::collect(empty).unwrap_err();
    assert_eq!(refused.to_string(), "`method` is empty");
    let mut long = new();
    long.name = "x".repeat(EVIDENCE_NAME_CHARS_MAX + 1);
    assert!(EvidenceItem::collect(long).is_err());
}

#[test]
fn only_the_holder_hands_over() {
    let (item, first) = EvidenceItem::collect(new()).unwrap();
    assert_eq!((first.seq, first.previous), (1, None));
    let hand = |from, to| CustodyAction::HandedOver {
        from,
        to,
        reason: "送检".to_owned(),
    };
    let step = |item: &EvidenceItem, action| item.clone().after(&action, at(1));
    assert_eq!(
        step(&item, hand(user(2), user(3))),
        Err(EvidenceRefused::NotHolder)
    );
    assert_eq!(
        step(&item, hand(user(1), user(1))),
        Err(EvidenceRefused::SameHolder)
    );
    let moved = step(&item, hand(user(1), user(3))).unwrap();
    assert_eq!(moved.state, EvidenceState::InCustody { holder: user(3) });
    assert_eq!(
        step(&moved, hand(user(1), user(2))),
        Err(EvidenceRefused::NotHolder)
    );
}

#[test]
fn a_released_item_stays_so_and_its_notice_is_given_once() {
    let (item, _) = EvidenceItem::collect(new()).unwrap();
    let due = at(1).plus(RELEASE_NOTICE_WITHIN);
    let release = CustodyAction::Released {
        reason: "案件撤销".to_owned(),
        notice_due_at: due,
    };
    let notice = CustodyAction::NoticeGiven {
        to: "持有人".to_owned(),
        in_time: true,
    };
    assert_eq!(
        item.clone().after(&notice, at(1)),
        Err(EvidenceRefused::NoNoticeDue)
    );
    let released = item.after(&release, at(1)).unwrap();
    assert_eq!(
        released.clone().after(&release, at(2)),
        Err(EvidenceRefused::Released)
    );
    let told = released.after(&notice, at(3)).unwrap();
    assert_eq!(
        told.state,
        EvidenceState::Released {
            at: at(1),
            notice_due_at: due,
            notice_at: Some(at(3))
        }
    );
    assert_eq!(
        told.after(&notice, at(4)),
        Err(EvidenceRefused::NoNoticeDue)
    );
}
