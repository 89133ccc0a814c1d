//! Institutions show a signature; who signed in is no institution. Every route with every role is in `matrix`.

use reqwest::Method;
use stanch_server::access::{Access, TABLE};

use crate::world::World;

fn filled(path: &str) -> String {
    let id = "0198f0c0a0007000800000000000002a";
    let kind = path.split('/').nth(2).unwrap_or_default();
    let singular = kind.trim_end_matches('s');
    path.replace("{id}", &format!("{singular}_{id}"))
        .replace("{code}", "BK01")
        .replace("{seq}", "0")
}

#[tokio::test(flavor = "multi_thread")]
async fn institutions_are_known_by_their_signature_only() {
    let world = World::start().await;
    let token = world.token("liaison").await;
    for rule in TABLE {
        if rule.access != Access::InstitutionSignature {
            continue;
        }
        let media_type = if rule.path.ends_with("payments") {
            "application/x-ndjson"
        } else {
            "application/json"
        };
        let request = world
            .request(Method::POST, &filled(rule.path))
            .bearer_auth(&token)
            .header("content-type", media_type)
            .body("{}");
        let response = request.send().await.unwrap();
        assert_eq!(World::code(response).await, "auth.signature_invalid");
    }
}
