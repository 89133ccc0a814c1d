//! What may follow a hold in force, over HTTP: prolonged, converted, released; each by two persons.

use serde_json::{Value, json};

use crate::golden_hour::{planned_case, until};
use crate::world::World;

struct Desk {
    world: World,
    both: String,
    approver: String,
}

impl Desk {
    async fn start() -> Self {
        let world = World::start().await;
        let (both, approver) = (world.token("both").await, world.token("approver").await);
        Self {
            world,
            both,
            approver,
        }
    }

    fn follow(kind: &str, parent: &str) -> Value {
        json!({"kind": kind, "parent": parent, "reason": "the inquiry goes on",
            "authority": {"body": "County bureau", "reference": "B-2"}})
    }

    async fn drafted(&self, kind: &str, parent: &str) -> String {
        let body = Self::follow(kind, parent);
        let order = self.world.done(&self.both, "/v1/orders", &body).await;
        assert_eq!(order["state"]["state"], "draft", "{order}");
        assert_eq!(order["parent"], parent);
        order["id"].as_str().unwrap().to_owned()
    }

    async fn refused(&self, kind: &str, parent: &str) -> String {
        let body = Self::follow(kind, parent);
        World::code(self.world.post(&self.both, "/v1/orders", &body).await).await
    }

    async fn approved(&self, order: &str) {
        let path = format!("/v1/orders/{order}/approve");
        self.world.done(&self.approver, &path, &json!({})).await;
    }

    /// The bank carries `order` out and says so.
    async fn executed(&self, order: &str, held: Option<i64>) {
        let path = format!("/v1/orders/{order}");
        let sent = until(&self.world, &self.both, &path, |order| {
            order["state"]["state"] == "acked"
        })
        .await;
        let held = held.map(|minor| json!({"minor": minor, "currency": "CNY"}));
        let answer = json!({"application_id": sent["application_id"],
            "occurred_at": self.world.now_text(), "outcome": {"outcome": "executed", "held": held}});
        let path = "/v1/institutions/BK01/answers";
        let answer = answer.to_string();
        let taken = self.world.signed(path, order, "application/json", answer);
        let taken: Value = taken.await.json().await.unwrap();
        assert_eq!(taken["applied"], true, "{taken}");
    }

    async fn state(&self, order: &str) -> Value {
        let path = format!("/v1/orders/{order}");
        self.world.get(&self.both, &path).await["state"].clone()
    }

    /// A stop of the plan's first line, in force.
    async fn stopped(&self) -> String {
        let case = planned_case(&self.world, &self.both).await;
        let plan = case["plan"]["id"].as_str().unwrap();
        let submission = json!({"lines": [{"rank": 1}], "reason": "money is there",
            "authority": {"body": "County bureau", "reference": "A-1"}});
        let path = format!("/v1/plans/{plan}/submit");
        let submitted = self.world.done(&self.both, &path, &submission).await;
        let stop = submitted["orders"][0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/plans/{plan}/approve");
        self.world.done(&self.approver, &path, &json!({})).await;
        self.executed(&stop, Some(100_000)).await;
        assert_eq!(self.state(&stop).await["state"], "active");
        stop
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_prolonged_once_then_frozen_then_released() {
    let desk = Desk::start().await;
    let stop = desk.stopped().await;

    let extension = desk.drafted("stop_extension", &stop).await;
    let own = format!("/v1/orders/{extension}/approve");
    let own = desk.world.post(&desk.both, &own, &json!({})).await;
    assert_eq!(World::code(own).await, "order.same_person");
    desk.approved(&extension).await;
    desk.executed(&extension, None).await;
    assert_eq!(desk.state(&stop).await["extensions"], 1);
    assert_eq!(
        desk.refused("stop_extension", &stop).await,
        "order.stop_limit"
    );

    let freeze = desk.drafted("freeze", &stop).await;
    desk.approved(&freeze).await;
    desk.executed(&freeze, Some(100_000)).await;
    let converted = desk.state(&stop).await;
    assert_eq!(converted["state"], "converted");
    assert_eq!(converted["into"], freeze);
    assert_eq!(desk.refused("stop_release", &stop).await, "order.state");

    let renewal = desk.drafted("freeze_extension", &freeze).await;
    desk.approved(&renewal).await;
    desk.executed(&renewal, None).await;
    assert_eq!(desk.state(&freeze).await["extensions"], 1);

    let release = desk.drafted("freeze_release", &freeze).await;
    desk.approved(&release).await;
    desk.executed(&release, None).await;
    let listed = desk.world.get(&desk.both, "/v1/orders").await;
    assert_eq!(listed["items"][0]["id"], release, "newest first: {listed}");
    let released = desk.state(&freeze).await;
    assert_eq!(released["state"], "released");
    assert_eq!(released["by"], release);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_up_needs_an_authority_and_can_be_taken_back() {
    let desk = Desk::start().await;
    let stop = desk.stopped().await;
    let mut bare = Desk::follow("stop_release", &stop);
    bare["authority"] = Value::Null;
    let bare = desk.world.post(&desk.both, "/v1/orders", &bare).await;
    assert_eq!(World::code(bare).await, "order.no_authority");

    let release = desk.drafted("stop_release", &stop).await;
    let path = format!("/v1/orders/{release}/withdraw");
    let because = json!({"reason": "the wrong account"});
    let withdrawn = desk.world.done(&desk.approver, &path, &because).await;
    assert_eq!(withdrawn["state"]["state"], "withdrawn");
    assert_eq!(desk.state(&stop).await["state"], "active");
}
