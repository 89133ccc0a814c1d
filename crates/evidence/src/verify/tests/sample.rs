//! A case with evidence, in a record of its own.

use std::sync::Arc;

use serde_json::json;
use stanch_ledger::{Ledger, LedgerMode};
use stanch_store::{Store, StoreConfig};
use stanch_types::case::{Case, CaseClock, CaseState};
use stanch_types::evidence::{CollectionRecord, Collectors};
use stanch_types::lead::{Lead, LeadState};
use stanch_types::personal::Secret;
use stanch_types::report::{Priority, Report, ReportState};
use stanch_types::user::{Role, User};
use stanch_types::{Amount, CaseId, Ctx, ManualClock, Payment, Timestamp};

use crate::custody::{Collecting, collect, hand_over, view};
use crate::export::{ExportedPackage, export};
use crate::format::format_of_name;

/// A record with two people.
pub(super) struct Desk {
    pub store: Store,
    ctx: Ctx,
    ledger: Arc<Ledger>,
    people: [User; 2],
    folder: tempfile::TempDir,
}

/// A package and the record it is from.
pub(super) struct Made {
    pub package: ExportedPackage,
    pub store: Store,
    _folder: tempfile::TempDir,
}

fn yuan(minor: i64) -> Amount {
    Amount::new(minor, "CNY".parse().unwrap()).unwrap()
}

fn user(ctx: &Ctx, login: &str, name: &str) -> User {
    User {
        id: ctx.new_id(),
        login: login.to_owned(),
        name: name.to_owned(),
        roles: vec![Role::Analyst],
        password_hash: Secret::new("x".to_owned()),
        created_at: ctx.now(),
        disabled_at: None,
    }
}

fn payment(number: i64, from: (&str, &str), to: (&str, &str), minor: i64) -> Payment {
    serde_json::from_value(json!({
        "tx_id": format!("T{number}"), "occurred_at": Timestamp::from_secs(1_790_000_000 + number * 60),
        "from": {"institution": from.0, "account": from.1},
        "to": {"institution": to.0, "account": to.1},
        "amount": yuan(minor), "channel": "transfer",
    }))
    .unwrap()
}

impl Desk {
    pub async fn new(seed: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp::from_secs(1_790_003_600)));
        let ctx = Ctx::seeded(clock, u64::from(seed.as_bytes()[0]));
        let store = Store::open(&StoreConfig::sqlite(folder.path()), &ctx)
            .await
            .unwrap();
        let ledger = Ledger::open(&folder.path().join("log"), LedgerMode::ReadWrite).unwrap();
        let people = [user(&ctx, "lin", "林岚"), user(&ctx, "chen", "陈舟")];
        let mut tx = store.begin().await.unwrap();
        for person in &people {
            tx.insert_user(person).await.unwrap();
        }
        tx.commit().await.unwrap();
        Self {
            store,
            ctx,
            ledger: Arc::new(ledger),
            people,
            folder,
        }
    }

    /// A case with two items, one of which was handed over and viewed, and its package.
    pub async fn package(self) -> Made {
        let case_id = self.case().await;
        let [lin, chen] = &self.people;
        let mut tx = self.store.begin().await.unwrap();
        let mut ids = Vec::new();
        for (name, bytes) in [
            ("聊天记录.png", b"\x89PNG\r\n\x1a\n....IDAT!....".as_slice()),
            ("流水.csv", b"time,amount\n1,5000000\n"),
        ] {
            let new = Collecting {
                case_id,
                name: name.to_owned(),
                format: format_of_name(name).unwrap(),
                bytes,
                collectors: Collectors::new(lin.id, chen.id).unwrap(),
                record: record(),
            };
            ids.push(collect(&mut tx, &self.ctx, new).await.unwrap().item.id);
        }
        let (ctx, both) = (&self.ctx, (lin.id, chen.id));
        hand_over(&mut tx, ctx, ids[0], both, "送检".to_owned())
            .await
            .unwrap();
        let (_, bytes) = view(&mut tx, ctx, ids[0], chen.id, "比对".to_owned())
            .await
            .unwrap();
        assert!(bytes.ends_with(b"IDAT!...."));
        tx.commit().await.unwrap();
        let package = export(&self.store, ctx, &self.ledger, case_id, lin)
            .await
            .unwrap();
        Made {
            package,
            store: self.store,
            _folder: self.folder,
        }
    }

    async fn case(&self) -> CaseId {
        let victim = ("BK01", "6222000000000001");
        let payments = [
            payment(1, victim, ("BK02", "6222000000000002"), 5_000_000),
            payment(
                2,
                ("BK02", "6222000000000002"),
                ("BK03", "6222000000000003"),
                4_900_000,
            ),
        ];
        assert_eq!(self.ledger.append(&payments).unwrap().stored, 2);
        let ctx = &self.ctx;
        let content = json!({
            "reporter": {"name": "王小明", "phone": "13800138000", "relation": "victim"},
            "narrative": "对方自称客服，要求把钱转到“安全账户”。", "consent": "this_case",
            "payments": [{"tx_id": "T1", "occurred_at": payments[0].occurred_at, "amount": yuan(5_000_000),
                "from": payments[0].from, "to": payments[0].to}],
        });
        let report = Report {
            id: ctx.new_id(),
            received_at: ctx.now(),
            content: serde_json::from_value(content).unwrap(),
            priority: Priority::P0,
            state: ReportState::Received,
            case_id: None,
            external_id: None,
            additions: Vec::new(),
            prevented: None,
            attachments: Vec::new(),
        };
        let lead = Lead {
            id: ctx.new_id(),
            report_id: report.id,
            case_id: ctx.new_id(),
            priority: Priority::P0,
            opened_at: ctx.now(),
            state: LeadState::New,
        };
        let mut tx = self.store.begin().await.unwrap();
        let case = Case {
            id: lead.case_id,
            number: tx.next_case_number(2026).await.unwrap(),
            lead_id: lead.id,
            priority: Priority::P0,
            opened_at: ctx.now(),
            assigned_to: None,
            loss: yuan(5_000_000),
            victim_payments: vec!["T1".to_owned()],
            clock: CaseClock {
                transfer_at: Some(payments[0].occurred_at),
                report_at: ctx.now(),
                trace_at: None,
                order_sent_at: None,
                executed_at: None,
            },
            state: CaseState::Open,
        };
        tx.insert_report(&report).await.unwrap();
        tx.insert_lead(&lead).await.unwrap();
        tx.insert_case(&case).await.unwrap();
        tx.commit().await.unwrap();
        case.id
    }
}

fn record() -> CollectionRecord {
    let word = |text: &str| text.to_owned();
    CollectionRecord {
        matter: word("2026-000001 冒充客服诈骗"),
        object: word("受害人的手机"),
        content: word("与对方的聊天记录"),
        place: word("厦门市反诈中心"),
        method: word("屏幕截图"),
        process: word("受害人当面解锁，截图后导出"),
        source: word("受害人 王小明"),
        tool: word("stanch test"),
        witness: Some(word("王小明")),
    }
}
