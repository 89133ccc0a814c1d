//! Every route with every role: who is let in is what the table says, and nobody else.

use reqwest::Method;
use stanch_server::access::{Access, TABLE};
use stanch_types::user::Role;

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
async fn every_route_lets_in_only_the_roles_of_the_table() {
    let world = World::start().await;
    let roles = [
        Role::Analyst,
        Role::Approver,
        Role::Liaison,
        Role::Auditor,
        Role::RiskEngineer,
        Role::Source,
        Role::Reviewer,
        Role::Admin,
    ];
    let mut tokens = Vec::new();
    for role in roles {
        tokens.push((role, world.token(role.as_str()).await));
    }
    for rule in TABLE {
        let Access::Roles(allowed) = rule.access else {
            continue;
        };
        let method: Method = rule.method.parse().unwrap();
        let path = filled(rule.path);
        let bare = world.request(method.clone(), &path).send().await.unwrap();
        assert_eq!(World::code(bare).await, "auth.sign_in_required", "{rule:?}");
        if rule.method == "DELETE" {
            continue;
        }
        for (role, token) in &tokens {
            let request = world.request(method.clone(), &path).bearer_auth(token);
            let response = request.send().await.unwrap();
            let forbidden = response.status() == 403;
            let by_subject = rule.path == "/v1/audit/entries" && *role != Role::Auditor;
            assert_eq!(
                forbidden,
                !allowed.contains(role) || by_subject,
                "{role} {rule:?}"
            );
            assert!(
                response.status().as_u16() < 500,
                "{role} {rule:?} {}",
                response.status()
            );
        }
    }
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
