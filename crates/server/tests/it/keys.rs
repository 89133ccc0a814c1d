//! The public keys that are given out are those that checkpoints and orders are signed with.

use reqwest::Method;
use serde_json::{Value, json};
use stanch_store::audit::note::{Checkpoint, Verifier};

use crate::world::{BANK_SECRET, World};

#[tokio::test(flavor = "multi_thread")]
async fn the_key_given_out_verifies_the_checkpoint() {
    let world = World::start().await;
    let approver = world.token("approver").await;
    let keys = world.get(&approver, "/v1/keys").await;
    let verifier = Verifier::parse(keys["audit"].as_str().unwrap()).unwrap();
    let proof = world.get(&approver, "/v1/audit/entries/0/proof").await;
    let note = proof["checkpoint"].as_str().unwrap();
    let checkpoint = Checkpoint::verify(note, &verifier).unwrap();
    assert_eq!(checkpoint.size, proof["size"].as_u64().unwrap());
    assert_eq!(checkpoint.root.to_string(), proof["root_hash"]);
    assert!(keys["orders"].as_str().unwrap().starts_with("whpk_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_known_by_its_fingerprint_only() {
    let world = World::start().await;
    let liaison = world.token("liaison").await;
    let put = async |body: Value| {
        let request = world.request(Method::PUT, "/v1/institutions/BK01");
        let response = request.bearer_auth(&liaison).json(&body).send().await;
        let text = response.unwrap().text().await.unwrap();
        assert!(!text.contains("whsec_"), "{text}");
        serde_json::from_str::<Value>(&text).unwrap()["webhook_secret_fingerprint"].clone()
    };
    let bank = json!({"name": "First Bank", "kind": "bank", "order_latency_ms": 0});
    assert_eq!(put(bank.clone()).await, Value::Null);
    let mut with_secret = bank.clone();
    with_secret["webhook_secret"] = json!(BANK_SECRET);
    // printf whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw | sha256sum | cut -c1-16
    assert_eq!(put(with_secret).await, "96ad2ccd81462a76");
    assert_eq!(put(bank).await, "96ad2ccd81462a76", "left out: it stays");
}
