//! The golden hour from the command line: import, report, trace, plan, two people, a bank's answer, proof.

use std::time::Duration;

use serde_json::json;
use stanch_sim::sandbox::{FaultConfig, LatencyConfig};

use crate::city::{Account, Sandbox, report};
use crate::installation::Installation;

const PAYMENTS: &str = "\
tx_id,timestamp_ms,from_account,to_account,from_institution,to_institution,amount_minor_units,currency,channel
1,1795248000000,victim,mule1,BK01,BK02,5000000,CNY,transfer
2,1795248060000,mule1,mule2,BK02,BK02,4900000,CNY,transfer
3,1795248120000,mule2,cash,BK02,BK02,900000,CNY,atm_withdraw
";
const ACCOUNTS: &str = "\
account,institution,kind,owner_account,opened_ms,device_id,opening_balance_minor_units
victim,BK01,person,-1,0,-1,6000000
mule1,BK02,person,-1,0,-1,0
mule2,BK02,person,-1,0,-1,0
cash,BK02,cash,-1,0,-1,0
";

async fn prepare(installation: &Installation) -> Sandbox {
    installation.add_people();
    let (payments, accounts) = (
        installation.file("tx.csv"),
        installation.file("accounts.csv"),
    );
    std::fs::write(&payments, PAYMENTS).unwrap();
    std::fs::write(&accounts, ACCOUNTS).unwrap();
    let import = [
        "import",
        "payments",
        payments.to_str().unwrap(),
        "--accounts",
        accounts.to_str().unwrap(),
    ];
    let summary = installation.json(&import, "");
    assert_eq!(summary["stored"], json!(3), "{summary}");
    let again = installation.json(&import, "");
    assert_eq!(
        (&again["stored"], &again["unchanged"]),
        (&json!(0), &json!(3)),
        "{again}"
    );
    let account = |number: &str, balance_minor| Account {
        number: number.into(),
        kind: "person",
        holder: "张三",
        balance_minor,
    };
    let accounts = [account("mule1", 100_000), account("mule2", 4_000_000)];
    Sandbox::start(
        installation,
        "BK02",
        &accounts,
        LatencyConfig::default(),
        FaultConfig::default(),
    )
    .await
}

/// Takes the report, follows the money and makes the plan; the case's number.
fn report_and_plan(installation: &Installation) -> String {
    let (victim, mule) = (("BK01", "victim"), ("BK02", "mule1"));
    let told = report("1", "2026-11-21T08:00:00Z", 5_000_000, victim, mule);
    let taken = installation.json(&["report", "create", "--as", "lin"], &told.to_string());
    let case = taken["case_number"].as_str().unwrap().to_owned();
    let trace = installation.json(&["trace", &case], "");
    assert_eq!(
        trace["totals"]["cash_out"]["minor"],
        json!(900_000),
        "{trace}"
    );
    assert_eq!(
        trace["totals"]["still_there"]["minor"],
        json!(4_100_000),
        "{trace}"
    );
    let plan = installation.json(&["plan", &case], "");
    assert_eq!(
        plan["lines"][0]["target"]["account"],
        json!("mule2"),
        "{plan}"
    );
    assert_eq!(
        plan["lines"][0]["hold"]["minor"],
        json!(4_000_000),
        "{plan}"
    );
    case
}

/// Drafts as one person and approves as another; the order's id.
fn two_persons(installation: &Installation, case: &str) -> String {
    let submit = [
        "order",
        "submit",
        case,
        "--as",
        "lin",
        "--reason",
        "被骗资金",
        "--line",
        "1",
    ];
    assert_eq!(installation.refused(&submit, ""), "order.no_authority");
    let authority = [
        "--authority-body",
        "市公安局",
        "--authority-reference",
        "A-1",
    ];
    let orders = installation.json(&[&submit[..], &authority[..]].concat(), "");
    let order = orders[0]["id"].as_str().unwrap().to_owned();
    let alone = ["order", "approve", &order, "--as", "lin"];
    assert_eq!(installation.refused(&alone, ""), "auth.forbidden");
    installation.json(&["order", "approve", case, "--as", "chen"], "");
    order
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_becomes_held_money_by_commands_alone() {
    let installation = Installation::new();
    let bank = prepare(&installation).await;
    let case = report_and_plan(&installation);
    let order = two_persons(&installation, &case);

    let serving = installation.serve().await;
    assert_eq!(
        installation.refused(&["user", "disable", "lin"], ""),
        "data.in_use"
    );
    let lin = installation.sign_in("lin").await;
    let mut state = json!(null);
    for _ in 0..600 {
        state = lin.get(&format!("/v1/orders/{order}")).await["state"].clone();
        if state["state"] == "active" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(state["held"]["minor"], json!(4_000_000), "{state}");
    assert_eq!(bank.account("mule2").await["held_minor"], json!(4_000_000));
    drop(serving);

    let shown = installation.json(&["case", "show", &case], "");
    assert!(shown["case"]["clock"]["executed_at"].is_string(), "{shown}");
    let steps = installation.json(&["audit", "entries", &order], "");
    assert!(steps.as_array().unwrap().len() >= 6, "{steps}");
    let proof = installation.json(&["audit", "proof", &steps[0]["seq"].to_string()], "");
    assert_eq!(proof["leaf_hash"], steps[0]["leaf_hash"]);
    assert_eq!(
        installation.json(&["audit", "verify"], "")["whole"],
        json!(true)
    );
}

#[test]
fn wrong_usage_and_refusals_have_their_own_exit_status() {
    let installation = Installation::new();
    assert_eq!(
        installation.run(&["order", "approve"], "").status.code(),
        Some(2)
    );
    installation.add_people();
    assert_eq!(
        installation.refused(&["case", "show", "2026-000001"], ""),
        "case.not_found"
    );
    assert_eq!(
        installation.refused(&["report", "create", "--as", "lin"], "{"),
        "report.invalid"
    );
    assert_eq!(
        installation.refused(
            &["user", "add", "lin", "--name", "x", "--role", "auditor"],
            "long enough password"
        ),
        "request.invalid"
    );
}
