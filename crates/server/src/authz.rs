//! Who may do what, in Cedar: `authz/policies.cedar` over `authz/schema.cedarschema`.
//!
//! A route names its [`Action`] ([`crate::access`]); the guard asks before any handler. Whoever gives the second word on
//! a record is asked once more when it is read, with everybody who had a hand in it. Denied is whatever no policy permits,
//! and whatever could not be evaluated.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid,
    PolicySet, Request, RestrictedExpression, Schema, ValidationMode, Validator,
};
use stanch_types::UserId;
use stanch_types::user::Role;

use crate::error::ServeError;

/// What may be asked for; the actions of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Give the second word on plans and orders.
    ApproveOrders,
    /// Give the second word on changes of policy.
    ApprovePolicies,
    /// Ask what happened to somebody or something.
    AskTimelines,
    /// Prove that the audit tree only grew.
    AuditRecord,
    /// Give the second word on measures and batches.
    ConfirmMeasures,
    /// Review an appeal to its decision.
    DecideAppeals,
    /// Put plans and orders forward.
    DraftOrders,
    /// Write down an appeal that came by phone or on paper.
    FileAppeals,
    /// Claim, assign, plan and end cases and leads.
    HandleCases,
    /// Make and revoke keys of programs.
    KeepApiKeys,
    /// Keep the register of institutions.
    KeepInstitutions,
    /// Make and remove one's own passkeys.
    KeepPasskeys,
    /// See and end one's own sessions.
    KeepSession,
    /// Save lists.
    KeepViews,
    /// Say what events turned out to be.
    Label,
    /// Lift measures, roll batches back.
    LiftMeasures,
    /// Read what appellants handed in.
    ReadAppealMaterials,
    /// Read reports, leads, cases, queues, numbers, the audit tree.
    ReadCases,
    /// Read decisions and policies.
    ReadDecisions,
    /// Read attachments and files of evidence.
    ReadFiles,
    /// Read measures, batches, appeals.
    ReadMeasures,
    /// Read signed documents of orders.
    ReadOrderDocuments,
    /// Read orders and institutions.
    ReadOrders,
    /// Read who works here.
    ReadPeople,
    /// Look again at a measure like one that was lifted.
    ReexamineMeasures,
    /// Test policies, return to the one before.
    RunPolicies,
    /// Have texts scanned.
    ScanTexts,
    /// Search the whole record.
    SearchRecord,
    /// See personal data unmasked.
    SeePersonalData,
    /// Send events to be decided.
    SendEvents,
    /// Send payments.
    SendPayments,
    /// Make and change teams.
    SetTeams,
    /// Take measures, ask for batches.
    TakeMeasures,
    /// Take reports and what is added to them.
    TakeReports,
    /// Trace payments that are no case yet.
    TraceMoney,
    /// Take back what is not signed.
    WithdrawOrders,
    /// Write notes, tasks, shifts, operations, evidence.
    WorkOnCases,
    /// Write policies, ask for their change, run backtests.
    WritePolicies,
}

stanch_types::words! { Action {
    ApproveOrders = "approve_orders",
    ApprovePolicies = "approve_policies",
    AskTimelines = "ask_timelines",
    AuditRecord = "audit_record",
    ConfirmMeasures = "confirm_measures",
    DecideAppeals = "decide_appeals",
    DraftOrders = "draft_orders",
    FileAppeals = "file_appeals",
    HandleCases = "handle_cases",
    KeepApiKeys = "keep_api_keys",
    KeepInstitutions = "keep_institutions",
    KeepPasskeys = "keep_passkeys",
    KeepSession = "keep_session",
    KeepViews = "keep_views",
    Label = "label",
    LiftMeasures = "lift_measures",
    ReadAppealMaterials = "read_appeal_materials",
    ReadCases = "read_cases",
    ReadDecisions = "read_decisions",
    ReadFiles = "read_files",
    ReadMeasures = "read_measures",
    ReadOrderDocuments = "read_order_documents",
    ReadOrders = "read_orders",
    ReadPeople = "read_people",
    ReexamineMeasures = "reexamine_measures",
    RunPolicies = "run_policies",
    ScanTexts = "scan_texts",
    SearchRecord = "search_record",
    SeePersonalData = "see_personal_data",
    SendEvents = "send_events",
    SendPayments = "send_payments",
    SetTeams = "set_teams",
    TakeMeasures = "take_measures",
    TakeReports = "take_reports",
    TraceMoney = "trace_money",
    WithdrawOrders = "withdraw_orders",
    WorkOnCases = "work_on_cases",
    WritePolicies = "write_policies",
} }

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// Identifier.
    pub id: UserId,
    /// Roles.
    pub roles: &'a [Role],
}

/// How it is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asking {
    /// With the key of a program.
    pub by_key: bool,
    /// The key's scopes name the route; true without a key.
    pub in_scope: bool,
    /// The caller says what personal data is read for.
    pub has_purpose: bool,
}

/// What is acted on.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Its identifier.
    pub id: &'a str,
    /// Who put it forward, decided on it or entered it.
    pub hands: &'a [UserId],
}

/// A record before it is read.
pub const ANY: Record<'static> = Record {
    id: "any",
    hands: &[],
};

/// The policies, read once.
struct Policies {
    policies: PolicySet,
    /// The actions and what they are part of.
    actions: Entities,
    action: BTreeMap<Action, EntityUid>,
    role: BTreeMap<Role, EntityUid>,
    person: EntityTypeName,
    record: EntityTypeName,
}

static POLICIES: LazyLock<Result<Policies, String>> = LazyLock::new(Policies::read);

/// Whether the policies are sound and speak of nothing unknown.
///
/// # Errors
/// [`ServeError::Access`].
pub fn check() -> Result<(), ServeError> {
    match &*POLICIES {
        Ok(_) => Ok(()),
        Err(why) => Err(ServeError::Access(why.clone())),
    }
}

/// Whether `person` may do `action` on `record`.
#[must_use]
pub fn permits(person: Person<'_>, asking: Asking, action: Action, record: Record<'_>) -> bool {
    let Ok(policies) = &*POLICIES else {
        return false;
    };
    policies
        .permit(person, asking, action, record)
        .unwrap_or_else(|why| {
            tracing::error!(%action, error = why, "the policies could not be evaluated; denied");
            false
        })
}

fn text(why: impl std::fmt::Display) -> String {
    why.to_string()
}

fn typed(name: &str) -> Result<EntityTypeName, String> {
    format!("Stanch::{name}").parse().map_err(text)
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

impl Policies {
    fn read() -> Result<Self, String> {
        let (schema, _) =
            Schema::from_cedarschema_str(include_str!("authz/schema.cedarschema")).map_err(text)?;
        let policies: PolicySet = include_str!("authz/policies.cedar").parse().map_err(text)?;
        let actions = schema.action_entities().map_err(text)?;
        let result = Validator::new(schema).validate(&policies, ValidationMode::Strict);
        if let Some(fault) = result.validation_errors().next() {
            return Err(text(fault));
        }
        let (action, role) = (typed("Action")?, typed("Role")?);
        let action: BTreeMap<Action, EntityUid> = Action::ALL
            .iter()
            .map(|it| (*it, uid(&action, it.as_str())))
            .collect();
        if let Some(unknown) = action.values().find(|it| actions.get(it).is_none()) {
            return Err(format!("the schema has no {unknown}"));
        }
        Ok(Self {
            policies,
            actions,
            action,
            role: Role::ALL
                .iter()
                .map(|it| (*it, uid(&role, it.as_str())))
                .collect(),
            person: typed("Person")?,
            record: typed("Record")?,
        })
    }

    fn permit(
        &self,
        person: Person<'_>,
        asking: Asking,
        action: Action,
        record: Record<'_>,
    ) -> Result<bool, String> {
        let principal = uid(&self.person, &person.id.to_string());
        let resource = uid(&self.record, record.id);
        let roles: HashSet<EntityUid> = person
            .roles
            .iter()
            .filter_map(|role| self.role.get(role).cloned())
            .collect();
        let hands = record.hands.iter();
        let hands = hands
            .map(|id| RestrictedExpression::new_entity_uid(uid(&self.person, &id.to_string())));
        let hands = RestrictedExpression::new_set(hands);
        let attributes = HashMap::from([("hands".to_owned(), hands)]);
        let record = Entity::new(resource.clone(), attributes, HashSet::new()).map_err(text)?;
        let person = Entity::new_no_attrs(principal.clone(), roles);
        let entities = self
            .actions
            .clone()
            .add_entities([person, record], None)
            .map_err(text)?;
        let context = [
            ("by_key", asking.by_key),
            ("in_scope", asking.in_scope),
            ("has_purpose", asking.has_purpose),
        ]
        .map(|(name, value)| (name.to_owned(), RestrictedExpression::new_bool(value)));
        let context = Context::from_pairs(context).map_err(text)?;
        let action = self
            .action
            .get(&action)
            .ok_or("an action without a name")?
            .clone();
        let request = Request::new(principal, action, resource, context, None).map_err(text)?;
        let response = Authorizer::new().is_authorized(&request, &self.policies, &entities);
        if let Some(error) = response.diagnostics().errors().next() {
            return Err(text(error));
        }
        Ok(response.decision() == Decision::Allow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED_IN: Asking = Asking {
        by_key: false,
        in_scope: true,
        has_purpose: false,
    };
    const SECOND_WORDS: &[Action] = &[
        Action::ApproveOrders,
        Action::ApprovePolicies,
        Action::ConfirmMeasures,
        Action::DecideAppeals,
        Action::ReexamineMeasures,
    ];

    fn somebody(nth: u8) -> UserId {
        UserId::from_digest([nth; 16])
    }

    fn may(roles: &[Role], asking: Asking, action: Action, hands: &[UserId]) -> bool {
        let person = Person {
            id: somebody(1),
            roles,
        };
        permits(
            person,
            asking,
            action,
            Record {
                id: "order_1",
                hands,
            },
        )
    }

    #[test]
    fn the_policies_are_sound() {
        check().unwrap();
    }

    #[test]
    fn nobody_gives_the_second_word_on_their_own() {
        for action in SECOND_WORDS {
            let all = Role::ALL;
            assert!(may(all, SIGNED_IN, *action, &[somebody(2)]), "{action}");
            assert!(
                !may(all, SIGNED_IN, *action, &[somebody(2), somebody(1)]),
                "{action}"
            );
            let by_key = Asking {
                by_key: true,
                ..SIGNED_IN
            };
            assert!(!may(all, by_key, *action, &[]), "{action}");
        }
    }

    #[test]
    fn a_key_needs_its_scope_for_everything() {
        for action in Action::ALL {
            let by_key = Asking {
                by_key: true,
                in_scope: false,
                has_purpose: true,
            };
            assert!(!may(Role::ALL, by_key, *action, &[]), "{action}");
        }
    }

    #[test]
    fn personal_data_needs_a_role_and_a_purpose() {
        let asking = Asking {
            has_purpose: true,
            ..SIGNED_IN
        };
        assert!(may(&[Role::Analyst], asking, Action::SeePersonalData, &[]));
        assert!(!may(
            &[Role::Analyst],
            SIGNED_IN,
            Action::SeePersonalData,
            &[]
        ));
        assert!(!may(
            &[Role::Auditor, Role::Admin, Role::Source],
            asking,
            Action::SeePersonalData,
            &[]
        ));
    }

    #[test]
    fn nobody_may_anything_without_a_role_but_end_their_session() {
        for action in Action::ALL {
            let asking = Asking {
                has_purpose: true,
                ..SIGNED_IN
            };
            assert_eq!(
                may(&[], asking, *action, &[]),
                *action == Action::KeepSession,
                "{action}"
            );
        }
    }
}
