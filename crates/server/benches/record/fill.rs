//! The record: reports with their leads and cases, most of them closed, and measures, each with entries of the audit tree.

use std::time::Instant;

use serde_json::{Value, json};
use stanch_store::{AuditEntry, CaseFilter, PageRequest, Store, StoreConfig, Tx};
use stanch_types::case::{Case, CaseClock, CaseState};
use stanch_types::lead::{Lead, LeadState, OutcomeKind};
use stanch_types::measure::{Imposing, Measure};
use stanch_types::report::{Priority, Report};
use stanch_types::terms::FairnessTerms;
use stanch_types::user::Actor;
use stanch_types::{Amount, ClaimCode, Ctx, UserId};

/// One in so many cases is open and waits in the queue.
const OPEN_EVERY: usize = 50;
/// Reports, or measures, of a transaction.
const TOGETHER: usize = 200;
const SCENES: [&str; 8] = [
    "在微信群里看到刷单返利的广告，先做了三单小任务都返了钱，后来要求垫付大额本金",
    "接到自称银行客服的电话，说我名下有一笔贷款要注销，不然影响征信",
    "网恋对象说有内幕的投资平台，刚开始可以提现，充得多了就提不出来",
    "冒充公检法说我的身份证涉嫌洗钱，要把钱转到安全账户核查",
    "在二手平台买手机，对方让加微信私下转账，付款以后就拉黑了我",
    "说孩子在学校出了事急需手术费，声音很像，后来才知道是合成的",
    "下载了一个可以赚钱的软件，主播带着买涨买跌，客服说要交税才能提现",
    "有人冒充领导加我微信，让我先垫付一笔工程款，说下午就还",
];
const NAMES: [&str; 12] = [
    "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙",
];
const GIVEN: [&str; 12] = [
    "小明", "建国", "秀英", "桂兰", "志强", "丽华", "海燕", "文静", "俊杰", "雪梅", "浩然", "思远",
];

/// A number that follows from `nth`, without order.
fn mixed(nth: usize) -> u64 {
    let mut state = (nth as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    state ^= state >> 31;
    state.wrapping_mul(0xBF58_476D_1CE4_E5B9) ^ (state >> 29)
}

/// The account that report `nth` paid to.
pub fn account(nth: usize) -> String {
    format!("62284{:014}", mixed(nth) % 100_000_000_000_000)
}

/// Words that some reports have.
pub fn words(nth: usize) -> String {
    let all = [
        "刷单返利",
        "安全账户",
        "内幕 投资平台",
        "注销 征信",
        "合成",
        "拉黑 转账",
        "王小明",
        "提现 交税",
    ];
    let scene = all[nth % all.len()];
    match nth % 3 {
        0 => scene.to_owned(),
        1 => format!("{scene} 群号{}", 10_000 + mixed(nth) % 90_000),
        _ => format!("{scene} {}", NAMES[nth % NAMES.len()]),
    }
}

fn narrative(nth: usize) -> String {
    let seed = mixed(nth);
    format!(
        "{}。对方微信号wx{:08x}，群号{}，一共转了{}笔，联系人自称{}老师。",
        SCENES[(seed % 8) as usize],
        seed >> 32,
        10_000 + seed % 90_000,
        1 + seed % 9,
        NAMES[(seed >> 8) as usize % NAMES.len()],
    )
}

fn report(ctx: &Ctx, nth: usize) -> Report {
    let seed = mixed(nth);
    let now = ctx.now();
    let name = format!(
        "{}{}",
        NAMES[seed as usize % 12],
        GIVEN[(seed >> 16) as usize % 12]
    );
    let side = |bank: &str, account: String| json!({"institution": bank, "account": account});
    serde_json::from_value(json!({
        "id": ctx.new_id::<stanch_types::id::Report>(), "received_at": now, "priority": "p1",
        "state": {"state": "closed", "reason": "done", "answer": "已答复"},
        "content": {
            "reporter": {"name": name, "phone": format!("13{:09}", seed % 1_000_000_000), "relation": "victim"},
            "narrative": narrative(nth), "consent": "matching", "contact_channel": "微信",
            "payments": [{"occurred_at": now, "amount": {"currency": "CNY", "minor": 100 + seed % 5_000_000},
                "from": side("BK01", format!("62220{:014}", seed % 100_000_000_000_000)),
                "to": side("BK02", account(nth)), "to_name": name}],
        },
    }))
    .unwrap()
}

fn entry(ctx: &Ctx, by: UserId, action: &'static str, subject: String) -> AuditEntry {
    AuditEntry {
        at: ctx.now(),
        actor: Actor::User { id: by },
        action,
        subject,
        detail: Value::Null,
        personal: Vec::new(),
    }
}

async fn add_report(tx: &mut Tx, ctx: &Ctx, by: UserId, nth: usize) {
    let open = nth.is_multiple_of(OPEN_EVERY);
    let mut report = report(ctx, nth);
    let (case_id, lead_id) = (ctx.new_id(), ctx.new_id());
    report.case_id = Some(case_id);
    let outcome = LeadState::OutcomeRecorded {
        kind: OutcomeKind::Recovered,
        detail: String::new(),
        told_by: "east".to_owned(),
        by: Actor::User { id: by },
        at: ctx.now(),
    };
    let lead = Lead {
        id: lead_id,
        report_id: report.id,
        case_id,
        priority: Priority::P1,
        opened_at: report.received_at,
        state: if open { LeadState::New } else { outcome },
    };
    let closed = CaseState::Closed {
        outcome: "已返还".to_owned(),
    };
    let case = Case {
        id: case_id,
        number: format!("2026-{nth:07}"),
        lead_id,
        priority: Priority::P1,
        opened_at: report.received_at,
        assigned_to: None,
        loss: amount(),
        victim_payments: Vec::new(),
        clock: CaseClock {
            transfer_at: None,
            report_at: report.received_at,
            trace_at: None,
            order_sent_at: None,
            executed_at: (!open).then_some(report.received_at),
        },
        state: if open { CaseState::Open } else { closed },
    };
    tx.insert_report(&report).await.unwrap();
    tx.insert_lead(&lead).await.unwrap();
    tx.insert_case(&case).await.unwrap();
    let received = entry(ctx, by, "report.received", report.id.to_string());
    tx.append_audit(&received).await.unwrap();
    for action in ["case.opened", "case.assigned", "case.closed"] {
        let entry = entry(ctx, by, action, case_id.to_string());
        tx.append_audit(&entry).await.unwrap();
    }
}

fn amount() -> Amount {
    serde_json::from_value(json!({"currency": "CNY", "minor": 10_000})).unwrap()
}

fn measure(ctx: &Ctx, by: UserId, nth: usize) -> Measure {
    let wish = json!({
        "subject": {"platform": "BK02", "kind": "account", "reference": account(nth * 31)},
        "kind": "suspend", "scope": "全部付款功能", "lasts_hours": 720, "automation": "not_automated",
        "facts": format!("二十四小时内收到多名受害人转账，共{}笔，随即分散转出", 2 + mixed(nth) % 40),
        "ground": {"basis": "illegal_content", "reference": "第十八条", "explanation": "处于涉诈资金链上"},
        "signals": [{"kind": "payment", "detail": "快进快出", "seen_at": ctx.now()}],
    });
    let imposing = Imposing {
        id: ctx.new_id(),
        by: Actor::User { id: by },
        with: Vec::new(),
        at: ctx.now(),
        claim: ClaimCode::new(ctx).digest(),
        batch_id: None,
    };
    let wish = serde_json::from_value(wish).unwrap();
    Measure::impose(wish, imposing, &FairnessTerms::default()).unwrap()
}

/// Fills an empty record with `records` reports and as many measures.
pub async fn fill(config: &StoreConfig, ctx: &Ctx, records: usize) {
    let store = Store::open(config, ctx).await.unwrap();
    let by = ctx.new_id();
    let started = Instant::now();
    for first in (0..records).step_by(TOGETHER) {
        let mut tx = store.begin().await.unwrap();
        for nth in first..records.min(first + TOGETHER) {
            add_report(&mut tx, ctx, by, nth).await;
            let measure = measure(ctx, by, nth);
            tx.insert_measure(&measure).await.unwrap();
            let imposed = entry(ctx, by, "measure.imposed", measure.id.to_string());
            tx.append_audit(&imposed).await.unwrap();
        }
        tx.commit().await.unwrap();
        if first.is_multiple_of(20_000) {
            println!("{first} of each after {} s", started.elapsed().as_secs());
        }
    }
    store.close().await.unwrap();
}

/// Cases, open and closed.
pub async fn some_cases(store: &Store) -> Vec<String> {
    let mut tx = store.read().await.unwrap();
    let mut ids = Vec::new();
    for state in ["open", "closed"] {
        let filter = CaseFilter {
            state: Some(state.to_owned()),
            ..CaseFilter::default()
        };
        let page = tx.list_cases(&filter, &PageRequest::first()).await.unwrap();
        ids.extend(page.items.into_iter().map(|case| case.id.to_string()));
    }
    ids
}
