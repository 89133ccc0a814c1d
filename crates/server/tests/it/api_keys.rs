//! Keys of programs: role and scope, their ends, where they may be used from, what no key may; and sessions that are
//! seen and ended one by one.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use stanch_server::access::{Access, TABLE};
use stanch_server::authz::{self, Asking, Person};
use stanch_server::scopes::scope_of;
use stanch_store::{AuditFilter, PageRequest, VerifyOptions, verify_audit};
use stanch_types::credential::{ApiKey, Scope};
use stanch_types::user::Role;
use stanch_types::{ApiKeyId, Duration, UserId};

use crate::world::World;

const SIGN_IN: &str = "auth.sign_in_required";
const SCOPE: &str = "auth.scope_missing";

async fn user_id(world: &World, login: &str) -> UserId {
    let mut tx = world.store.read().await.unwrap();
    tx.lookup_user_by_login(login).await.unwrap().unwrap().id
}

/// A key of `login`, made by the administrator over HTTP: its text and its view.
async fn key(world: &World, login: &str, scopes: &[&str], networks: &[&str]) -> (String, Value) {
    let admin = world.token("admin").await;
    let wish = json!({
        "user_id": user_id(world, login).await, "name": "a program", "days": 90,
        "scopes": scopes, "networks": networks,
    });
    let made = world.done(&admin, "/v1/api-keys", &wish).await;
    (made["token"].as_str().unwrap().to_owned(), made)
}

async fn asked(world: &World, token: &str, method: Method, path: &str) -> Response {
    let request = world.request(method, path).bearer_auth(token);
    request.send().await.unwrap()
}

async fn code(world: &World, token: &str, method: Method, path: &str) -> String {
    World::code(asked(world, token, method, path).await).await
}

fn id_of(made: &Value) -> ApiKeyId {
    made["id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_opens_what_its_owner_may_and_its_scopes_name() {
    let world = World::start().await;
    let (text, made) = key(&world, "analyst", &["cases:read", "cases:read"], &[]).await;
    assert!(text.starts_with("stanch_") && text.len() == 79, "{made}");
    assert_eq!(made["scopes"], json!(["cases:read"]));
    let cases = world.get(&text, "/v1/cases").await;
    assert!(cases["items"].is_array());
    let reports = code(&world, &text, Method::GET, "/v1/reports").await;
    assert_eq!(reports, SCOPE, "the owner may, the scope is missing");
    // The scope is there, the owner may not.
    let (numbers, _) = key(&world, "liaison", &["cases:read"], &[]).await;
    let refused = code(&world, &numbers, Method::GET, "/v1/cases").await;
    assert_eq!(refused, "auth.forbidden");
    let mut cut = text.clone();
    cut.pop();
    for wrong in [cut, format!("{text}0"), text.to_uppercase()] {
        assert_eq!(
            code(&world, &wrong, Method::GET, "/v1/cases").await,
            SIGN_IN
        );
    }
    let cookie = format!("stanch_session={text}");
    let by_cookie = world.request(Method::GET, "/v1/cases");
    let by_cookie = by_cookie.header("cookie", cookie).send().await.unwrap();
    assert_eq!(World::code(by_cookie).await, SIGN_IN);
}

/// Every operation with a key that has every scope, of a person with the role for it, and with one that has every
/// scope but the one needed.
#[tokio::test(flavor = "multi_thread")]
async fn every_operation_needs_its_scope_and_some_are_open_to_no_key() {
    let world = World::start().await;
    let all: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    let mut cells = 0;
    for rule in TABLE {
        let Access::Person(action) = rule.access else {
            continue;
        };
        let asking = Asking {
            by_key: false,
            in_scope: true,
            has_purpose: false,
        };
        let role = Role::ALL.iter().find(|role| {
            let person = Person {
                id: world.ctx.new_id(),
                roles: &[**role],
            };
            authz::permits(person, asking, action, authz::ANY)
        });
        let role = role.unwrap();
        let scope = scope_of(rule.method, rule.path);
        let few: Vec<&str> = match scope {
            Some(scope) => all
                .iter()
                .copied()
                .filter(|it| *it != scope.as_str())
                .collect(),
            None => all.clone(),
        };
        let (method, path): (Method, String) = (
            rule.method.parse().unwrap(),
            rule.path.replace(['{', '}'], ""),
        );
        let (lacking, _) = stored(&world, role.as_str(), &few).await;
        let refused = code(&world, &lacking, method.clone(), &path).await;
        assert_eq!(refused, SCOPE, "{rule:?}");
        cells += 1;
        if scope.is_some() && rule.path != "/v1/feed" {
            let (full, _) = stored(&world, role.as_str(), &all).await;
            let response = asked(&world, &full, method, &path).await;
            let status = response.status().as_u16();
            let open =
                status < 400 || ![SCOPE, SIGN_IN].contains(&World::code(response).await.as_str());
            assert!(open && status < 500, "{rule:?} {status}");
            cells += 1;
        }
    }
    println!("operation x scope: {cells} cells");
    assert!(cells > 200, "{cells}");
}

/// A key put into the record without the route, as many are needed.
async fn stored(world: &World, login: &str, scopes: &[&str]) -> (String, ApiKeyId) {
    use stanch_server::auth::token::Token;
    let (token, owner) = (Token::new_key(&world.ctx), user_id(world, login).await);
    let now = world.ctx.now();
    let key = ApiKey {
        id: world.ctx.new_id(),
        user_id: owner,
        name: "a program".to_owned(),
        scopes: scopes.iter().map(|it| it.parse().unwrap()).collect(),
        networks: Vec::new(),
        created_at: now,
        created_by: owner,
        expires_at: now.plus(Duration::from_hours(1)),
        revoked: None,
    };
    let mut tx = world.store.begin().await.unwrap();
    tx.insert_api_key(&key, &token.digest()).await.unwrap();
    tx.commit().await.unwrap();
    (token.expose().to_owned(), key.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_at_once_when_revoked_and_with_its_owner() {
    let world = World::start().await;
    let admin = world.token("admin").await;
    let (text, made) = key(&world, "analyst", &["cases:read"], &[]).await;
    world.get(&text, "/v1/cases").await;
    let path = format!("/v1/api-keys/{}", id_of(&made));
    for _ in 0..2 {
        let revoked = asked(&world, &admin, Method::DELETE, &path).await;
        assert_eq!(revoked.status(), 204);
        assert_eq!(code(&world, &text, Method::GET, "/v1/cases").await, SIGN_IN);
    }
    let listed = world.get(&admin, "/v1/api-keys").await;
    let line = &listed["items"][0];
    assert_eq!(line["id"], made["id"]);
    assert!(line["revoked_at"].is_string() && line["last_used_at"].is_string());
    assert!(!listed.to_string().contains(&text), "shown once only");

    let (late, id) = stored(&world, "analyst", &["cases:read"]).await;
    let mut tx = world.store.begin().await.unwrap();
    let mut user = tx.lookup_user_by_login("analyst").await.unwrap().unwrap();
    user.disabled_at = Some(world.ctx.now());
    tx.update_user(&user).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(code(&world, &late, Method::GET, "/v1/cases").await, SIGN_IN);
    let wish = json!({"user_id": user.id, "name": "x", "days": 1, "scopes": ["cases:read"]});
    let refused = world.post(&admin, "/v1/api-keys", &wish).await;
    assert_eq!(World::code(refused).await, "resource.not_found");

    let mut tx = world.store.read().await.unwrap();
    let page = PageRequest::first();
    let entries = tx.list_audit(&AuditFilter::default(), &page).await.unwrap();
    let told: Vec<String> = entries
        .items
        .iter()
        .map(|it| format!("{} {}", it.action, it.subject))
        .collect();
    let revoked = format!("api_key.revoked {}", id_of(&made));
    assert_eq!(told.iter().filter(|it| **it == revoked).count(), 1);
    assert!(told.contains(&format!("api_key.created {}", id_of(&made))));
    assert!(!told.contains(&format!("api_key.created {id}")));
    drop(tx);
    let left = world.stop().await;
    let verdict = verify_audit(&left.store, &VerifyOptions::default(), &mut |_, _| {}).await;
    assert!(verdict.unwrap().is_whole());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_by_itself_and_works_from_its_networks_only() {
    let world = World::start().await;
    let (here, _) = key(&world, "analyst", &["cases:read"], &["127.0.0.0/8"]).await;
    world.get(&here, "/v1/cases").await;
    let (there, _) = key(&world, "analyst", &["cases:read"], &["192.0.2.0/24"]).await;
    assert_eq!(
        code(&world, &there, Method::GET, "/v1/cases").await,
        SIGN_IN
    );
    let (text, id) = stored(&world, "analyst", &["cases:read"]).await;
    let mut tx = world.store.begin().await.unwrap();
    let (mut over, digest) = tx.lock_api_key(id).await.unwrap();
    over.expires_at = world.ctx.now();
    tx.update_api_key(&over).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(digest.len(), 64);
    assert_eq!(code(&world, &text, Method::GET, "/v1/cases").await, SIGN_IN);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_within_bounds_and_seen_by_those_they_concern() {
    let world = World::start().await;
    let admin = world.token("admin").await;
    let owner = user_id(&world, "analyst").await;
    let good = json!({"user_id": owner, "name": "x", "days": 366, "scopes": ["cases:read"]});
    for (member, bad, pointer) in [
        ("name", json!(""), "/name"),
        ("days", json!(0), "/days"),
        ("days", json!(367), "/days"),
        ("scopes", json!([]), "/scopes"),
        ("scopes", json!(["cases:all"]), "/scopes/0"),
        ("networks", json!(["127.0.0.1/33"]), "/networks/0"),
        ("networks", json!(vec!["::/0"; 17]), "/networks"),
    ] {
        let mut wish = good.clone();
        wish[member] = bad;
        let refused = world.post(&admin, "/v1/api-keys", &wish).await;
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["code"], "request.invalid", "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    }
    for _ in 0..50 {
        world.done(&admin, "/v1/api-keys", &good).await;
    }
    let refused = world.post(&admin, "/v1/api-keys", &good).await;
    assert_eq!(World::code(refused).await, "resource.conflict");
    let first = world.get(&admin, "/v1/api-keys?limit=30").await;
    let next = first["next_cursor"].as_str().unwrap();
    let rest = world
        .get(&admin, &format!("/v1/api-keys?limit=30&cursor={next}"))
        .await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 20);
    for (login, seen) in [("analyst", 50), ("auditor", 50), ("approver", 0)] {
        let token = world.token(login).await;
        let listed = world.get(&token, "/v1/api-keys?limit=200").await;
        assert_eq!(listed["items"].as_array().unwrap().len(), seen, "{login}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_and_end_their_sessions_and_administrators_those_of_others() {
    let world = World::start().await;
    let (mine, other) = (world.token("analyst").await, world.token("analyst").await);
    let (stranger, admin) = (world.token("approver").await, world.token("admin").await);
    let listed = world.get(&mine, "/v1/sessions").await;
    let lines = listed["items"].as_array().unwrap().clone();
    assert_eq!(lines.len(), 2, "{listed}");
    assert!(lines.iter().all(|line| line["way"] == "token"));
    let that = lines.iter().find(|line| line["is_this"] == false).unwrap();
    let path = format!("/v1/sessions/{}", that["id"].as_str().unwrap());
    let refused = asked(&world, &stranger, Method::DELETE, &path).await;
    assert_eq!(World::code(refused).await, "resource.not_found");
    world.get(&other, "/v1/session").await;
    let ended = asked(&world, &mine, Method::DELETE, &path).await;
    assert_eq!(ended.status(), 204);
    assert_eq!(
        code(&world, &other, Method::GET, "/v1/session").await,
        SIGN_IN
    );

    let of = format!("/v1/sessions?user_id={}", user_id(&world, "analyst").await);
    let refused = code(&world, &stranger, Method::GET, &of).await;
    assert_eq!(refused, "auth.forbidden");
    let refused = code(&world, &stranger, Method::DELETE, &of).await;
    assert_eq!(refused, "auth.forbidden");
    let third = world.token("analyst").await;
    let ended = asked(&world, &third, Method::DELETE, "/v1/sessions").await;
    assert_eq!(ended.json::<Value>().await.unwrap()["sessions"], 1);
    assert_eq!(
        code(&world, &mine, Method::GET, "/v1/session").await,
        SIGN_IN
    );
    world.get(&third, "/v1/session").await;
    assert_eq!(
        world.get(&admin, &of).await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let ended = asked(&world, &admin, Method::DELETE, &of).await;
    assert_eq!(ended.json::<Value>().await.unwrap()["sessions"], 1);
    assert_eq!(
        code(&world, &third, Method::GET, "/v1/session").await,
        SIGN_IN
    );
    world.get(&admin, "/v1/session").await;
}
