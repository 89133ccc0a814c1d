//! The summary for people: facts of the case, its clock, orders, items and chains, and a picture of the money's way.

mod flow;
mod layout;
mod pdf;

use std::collections::BTreeMap;

use stanch_types::evidence::CustodyAction;
use stanch_types::order::OrderState;
use stanch_types::{Amount, Timestamp, UserId};

use crate::custody::ItemWithChain;
use crate::gather::{CaseRecord, OrderFile};
use crate::manifest::{Manifest, ManifestFile};
use layout::Layout;
use pdf::Document;

/// Most orders that are written out; the rest stands in `record/orders.json`.
const ORDERS_SHOWN: usize = 200;
/// Most links of a chain that are written out; the rest stands in `custody.json`.
const LINKS_SHOWN: usize = 50;

/// The PDF. The same record gives the same bytes.
pub(crate) fn pdf(record: &CaseRecord, manifest: &Manifest, files: &[ManifestFile]) -> Vec<u8> {
    let mut document = Document::new();
    let footer = format!("{} · {}", manifest.case_number, manifest.export);
    let mut page = Layout::new(&mut document, &footer);
    facts(&mut page, record, manifest);
    clock(&mut page, record);
    orders(&mut page, record);
    items(&mut page, record);
    listed(&mut page, files);
    page.end();
    if let Some(trace) = &record.trace {
        flow::draw(&mut document, trace, &footer);
    }
    document.to_bytes()
}

fn facts(page: &mut Layout<'_>, record: &CaseRecord, manifest: &Manifest) {
    let case = &record.case;
    page.title("电子数据证据材料摘要  Evidence summary");
    page.pair("案件 Case", &case.number);
    page.pair("状态 State", case.state.as_str());
    page.pair("立案线索 Lead", record.lead.id.to_string().as_str());
    page.pair("受理 Opened", &time(case.opened_at));
    page.pair("损失 Loss", &case.loss.to_string());
    let secured = secured(record);
    page.pair("已冻止 Held now", &amounts(&secured));
    if let Some(trace) = &record.trace {
        page.pair(
            "仍在账户 Still there",
            &trace.totals.still_there.to_string(),
        );
        page.pair("已取现 Cash out", &trace.totals.cash_out.to_string());
    }
    let exporter = &manifest.exported_by;
    let by = format!("{} ({})", exporter.name, exporter.login);
    page.pair("导出人 Exported by", &by);
    page.pair("导出时间 Exported at", &time(manifest.exported_at));
    page.pair("工具 Tool", &manifest.tool);
    page.pair("验证密钥 Verifier key", &manifest.verifier_key);
    for report in &record.reports {
        page.head("报案 Report");
        page.pair("编号 Id", &report.id.to_string());
        page.pair("接收 Received", &time(report.received_at));
        let reporter = &report.content.reporter;
        if let Some(name) = &reporter.name {
            page.pair("报案人 Reporter", name.expose());
        }
        if let Some(phone) = &reporter.phone {
            page.pair("电话 Phone", phone.expose());
        }
        page.pair("经过 Account", &report.content.narrative);
    }
}

fn clock(page: &mut Layout<'_>, record: &CaseRecord) {
    let clock = &record.case.clock;
    page.head("时间线 Timeline");
    let mark = |at: Option<Timestamp>| {
        at.map_or_else(
            || "-".to_owned(),
            |at| {
                let secs = at.since(clock.report_at).as_secs();
                format!("{}   ({secs:+} s)", time(at))
            },
        )
    };
    page.pair("t0 转账 Transfer", &mark(clock.transfer_at));
    page.pair("t1 报案 Report", &mark(Some(clock.report_at)));
    page.pair("t2 追踪 Trace", &mark(clock.trace_at));
    page.pair("t3 发出指令 Order sent", &mark(clock.order_sent_at));
    page.pair("t4 执行 Executed", &mark(clock.executed_at));
}

fn orders(page: &mut Layout<'_>, record: &CaseRecord) {
    page.head("指令 Orders");
    if record.orders.is_empty() {
        page.line("无 None");
    }
    for file in record.orders.iter().take(ORDERS_SHOWN) {
        let order = &file.order;
        let target = &order.content.target;
        page.line(&format!(
            "{}  {}  {} {}",
            order.content.kind,
            order.state.as_str(),
            target.institution,
            target.account.expose(),
        ));
        let (drafted, approved) = signers(file, &record.people);
        page.small(&format!(
            "{}   起草 drafted {}  {drafted}   批准 approved {approved}",
            order.application_id,
            time(order.created_at),
        ));
        if let OrderState::Active {
            held, expires_at, ..
        } = &order.state
        {
            page.small(&format!(
                "冻止 held {held}   到期 until {}",
                time(*expires_at)
            ));
        }
    }
    if record.orders.len() > ORDERS_SHOWN {
        page.small("… record/orders.json");
    }
}

/// Who drafted and who approved an order.
fn signers(file: &OrderFile, people: &BTreeMap<String, String>) -> (String, String) {
    let approved = file.transitions.iter().find_map(|step| {
        if let OrderState::Approved { by, .. } = &step.to {
            Some(person(people, *by))
        } else {
            None
        }
    });
    let drafted = person(people, file.order.created_by);
    (drafted, approved.unwrap_or_else(|| "-".to_owned()))
}

fn items(page: &mut Layout<'_>, record: &CaseRecord) {
    page.head("证据清单 Items of evidence");
    if record.items.is_empty() {
        page.line("无 None");
    }
    for (position, held) in record.items.iter().enumerate() {
        let item = &held.item;
        page.line(&format!("{}. {}", position + 1, item.name));
        page.pair("编号 Id", &item.id.to_string());
        page.pair(
            "类别 格式 大小 Kind",
            &format!(
                "{}   {}   {} bytes",
                item.category, item.format, item.digest.size
            ),
        );
        page.pair("SHA-256", &item.digest.sha256);
        page.pair("SM3", &item.digest.sm3);
        let word = &item.record;
        page.pair("案由 Matter", &word.matter);
        page.pair("对象 Object", &word.object);
        page.pair("内容 Content", &word.content);
        page.pair("时间 Time", &time(item.acquired_at));
        page.pair("地点 Place", &word.place);
        page.pair("方法 Method", &word.method);
        page.pair("过程 Process", &word.process);
        page.pair("来源 Source", &word.source);
        page.pair("工具 Tool", &word.tool);
        let collectors = format!(
            "{}    {}",
            person(&record.people, item.collectors.first()),
            person(&record.people, item.collectors.second()),
        );
        page.pair("提取人 Collectors", &collectors);
        page.pair("见证人 Witness", word.witness.as_deref().unwrap_or("-"));
        chain(page, held, &record.people);
        page.line("提取人签名 Signed ________________   ________________   持有人/见证人 ________________");
    }
}

fn chain(page: &mut Layout<'_>, held: &ItemWithChain, people: &BTreeMap<String, String>) {
    for link in held.chain.iter().take(LINKS_SHOWN) {
        let event = &link.event;
        let told = match &event.action {
            CustodyAction::Collected { .. } => "提取 collected".to_owned(),
            CustodyAction::HandedOver { to, reason, .. } => {
                format!("移交 handed over to {}: {reason}", person(people, *to))
            }
            CustodyAction::Viewed { purpose } => format!("查看 viewed: {purpose}"),
            CustodyAction::Exported { package } => format!("导出 exported: {package}"),
            CustodyAction::Released { reason, .. } => format!("解除 released: {reason}"),
            CustodyAction::NoticeGiven { to, .. } => format!("通知 notice given: {to}"),
        };
        page.small(&format!(
            "{}  {}  {}  {told}",
            event.seq,
            time(event.at),
            person(people, event.by)
        ));
    }
    if held.chain.len() > LINKS_SHOWN {
        page.small("… custody.json");
    }
}

fn listed(page: &mut Layout<'_>, files: &[ManifestFile]) {
    page.head("文件清单 Files of this package");
    for file in files {
        page.small(&format!(
            "{}   {}   {} bytes",
            file.path, file.format, file.size
        ));
        page.small(&format!("    SHA-256 {}", file.sha256));
    }
}

/// What orders hold now, a sum for each currency.
fn secured(record: &CaseRecord) -> Vec<Amount> {
    let mut sums: Vec<Amount> = Vec::new();
    for file in &record.orders {
        if let OrderState::Active { held, .. } = &file.order.state {
            let same = sums
                .iter_mut()
                .find(|sum| sum.currency() == held.currency());
            match same {
                Some(sum) => *sum = sum.checked_add(*held).unwrap_or(*sum),
                None => sums.push(*held),
            }
        }
    }
    sums
}

fn amounts(sums: &[Amount]) -> String {
    if sums.is_empty() {
        return "-".to_owned();
    }
    let texts: Vec<String> = sums.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

fn person(people: &BTreeMap<String, String>, id: UserId) -> String {
    let id = id.to_string();
    people.get(&id).cloned().unwrap_or(id)
}

/// Whole seconds, UTC.
fn time(at: Timestamp) -> String {
    Timestamp::from_secs(at.as_secs()).to_string()
}
