//! The desk's workflows: teams and shifts, the queue, notes, tasks, operations, and steps with many cases at once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::json;
use stanch_store::{FeedEvent, NewJob, StoreError, Tx};
use stanch_types::case::Case;
use stanch_types::desk::{
    HandOver, HandedCase, Note, Operation, Shift, ShiftState, Task, TaskState, Team, take_within,
};
use stanch_types::user::{Actor, Role};
use stanch_types::{
    CaseId, Ctx, Duration, OperationId, ShiftId, TaskId, TeamId, Timestamp, UserId,
};

use crate::assign::{assign_case, assign_case_to};
use crate::case::{CaseStep, step_case};
use crate::error::CaseworkError;
use crate::record::{audit, feed_case};
use crate::wording::Wording;

/// Looks whether a case still waits for somebody to take it.
pub const JOB_WAITING: &str = "case.waiting";
/// Longest name of a team or operation, in characters.
const NAME_CHARS_MAX: usize = 128;
/// Longest reason or word on one case, in characters.
const WORDS_CHARS_MAX: usize = 500;
/// Longest note, task or purpose, in characters.
const TEXT_CHARS_MAX: usize = 5_000;
/// Most members of a team, people mentioned in a note.
const PEOPLE_MAX: usize = 200;
/// Most cases of one step with many.
pub const BULK_CASES_MAX: usize = 200;

/// A hand-over note as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverWish {
    /// What the next shift must know, 1 to 5,000 characters.
    pub note: String,
    /// Each open P0 and P1 case of the team, and where it stands.
    pub cases: Vec<HandedCase>,
}

/// What is done with many cases.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BulkAction {
    /// Give them to a person.
    Assign {
        /// To whom.
        to: UserId,
    },
    /// Take a step with each.
    Step {
        /// Which.
        step: CaseStep,
    },
    /// Put them into an operation.
    Group {
        /// Which.
        operation_id: OperationId,
    },
}

/// What became of one of many cases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct BulkResult {
    /// The case.
    pub case_id: CaseId,
    /// Why it was left as it is; null if it was done.
    #[schema(required = true)]
    pub refused: Option<String>,
}

/// Makes a team, or changes its name and members.
///
/// # Errors
/// [`CaseworkError::StepInvalid`]; [`stanch_store::StoreError::Exists`] if another team has the name.
pub async fn set_team(
    tx: &mut Tx,
    ctx: &Ctx,
    id: Option<TeamId>,
    name: String,
    mut members: Vec<UserId>,
    by: UserId,
) -> Result<Team, CaseworkError> {
    let mut wording = Wording::default();
    wording.text("/name", &name, NAME_CHARS_MAX);
    if members.len() > PEOPLE_MAX {
        wording.add("/members", "a team has at most 200 members");
    }
    wording.found()?;
    members.sort_unstable();
    members.dedup();
    for member in &members {
        tx.get_user(*member).await?;
    }
    let before = match id {
        Some(id) => Some(tx.get_team(id).await?),
        None => None,
    };
    let team = Team {
        id: id.unwrap_or_else(|| ctx.new_id()),
        name,
        created_at: before.map_or(ctx.now(), |team| team.created_at),
        members,
    };
    tx.upsert_team(&team).await?;
    let facts = json!({ "name": team.name, "members": team.members });
    let actor = Actor::User { id: by };
    audit(tx, ctx, actor, "team.set", team.id.to_string(), facts).await?;
    Ok(team)
}

/// Begins a shift of a team. Who begins it acknowledges the note of the shift before by naming it: a team whose last
/// shift did not hand over, or whose note is not named, begins none.
///
/// # Errors
/// [`CaseworkError::StepInvalid`]; [`CaseworkError::Step`].
pub async fn start_shift(
    tx: &mut Tx,
    ctx: &Ctx,
    team_id: TeamId,
    acknowledges: Option<ShiftId>,
    by: UserId,
) -> Result<Shift, CaseworkError> {
    let now = ctx.now();
    must_be_member(&tx.get_team(team_id).await?, by)?;
    let last = tx.list_shifts(team_id, 1).await?.pop();
    if acknowledges != last.as_ref().map(|last| last.id) {
        let why = "name the shift before: its hand-over note must be read first";
        return Err(Wording::refusal("/acknowledges", why));
    }
    // Shifts are in the order of their begin, also when the clock was set back in between.
    let mut started_at = now;
    if let Some(last) = last {
        started_at = now.max(last.started_at.plus(Duration::from_micros(1)));
        let last = tx.lock_shift(last.id).await?.acknowledged(by, now)?;
        tx.update_shift(&last).await?;
        let (actor, action) = (Actor::User { id: by }, "shift.acknowledged");
        audit(tx, ctx, actor, action, last.id.to_string(), json!({})).await?;
    }
    let shift = Shift {
        id: ctx.new_id(),
        team_id,
        started_at,
        started_by: by,
        after: acknowledges,
        state: ShiftState::Running,
    };
    tx.insert_shift(&shift).await?;
    keep_shift(tx, ctx, &shift, by, "shift.started").await?;
    Ok(shift)
}

/// Ends a shift with its hand-over note, which must name each open P0 and P1 case of the team.
///
/// # Errors
/// [`CaseworkError::StepInvalid`] names the cases that are missing; [`CaseworkError::Step`].
pub async fn hand_over(
    tx: &mut Tx,
    ctx: &Ctx,
    id: ShiftId,
    wish: HandOverWish,
    by: UserId,
) -> Result<Shift, CaseworkError> {
    let shift = tx.lock_shift(id).await?;
    let team = tx.get_team(shift.team_id).await?;
    must_be_member(&team, by)?;
    let mut wording = Wording::default();
    wording.text("/note", &wish.note, TEXT_CHARS_MAX);
    for (nth, case) in wish.cases.iter().enumerate() {
        wording.text(&format!("/cases/{nth}/note"), &case.note, WORDS_CHARS_MAX);
    }
    let named: BTreeSet<CaseId> = wish.cases.iter().map(|case| case.case_id).collect();
    for member in &team.members {
        for case in tx.urgent_cases_of(*member).await? {
            if !named.contains(&case.id) {
                wording.add("/cases", &format!("it does not name {}", case.number));
            }
        }
    }
    wording.found()?;
    let shift = shift.handed_over(HandOver {
        at: ctx.now(),
        by,
        note: wish.note,
        cases: wish.cases,
    })?;
    tx.update_shift(&shift).await?;
    keep_shift(tx, ctx, &shift, by, "shift.handed_over").await?;
    Ok(shift)
}

fn must_be_member(team: &Team, by: UserId) -> Result<(), CaseworkError> {
    if team.members.contains(&by) {
        Ok(())
    } else {
        Err(Wording::refusal("/team_id", "you are not in this team"))
    }
}

async fn keep_shift(
    tx: &mut Tx,
    ctx: &Ctx,
    shift: &Shift,
    by: UserId,
    action: &'static str,
) -> Result<(), CaseworkError> {
    let facts = json!({ "team_id": shift.team_id });
    let (actor, subject) = (Actor::User { id: by }, shift.id.to_string());
    audit(tx, ctx, actor, action, subject.clone(), facts).await?;
    let event = FeedEvent {
        kind: "shift.updated".to_owned(),
        subject,
        at: ctx.now(),
        data: json!({ "team_id": shift.team_id, "state": shift.state.as_str() }),
    };
    tx.append_feed(&event).await?;
    Ok(())
}

/// Takes the most urgent case that nobody has; no two people ever get the same one. None if nothing waits.
///
/// # Errors
/// Those of the record.
pub async fn claim_next(tx: &mut Tx, ctx: &Ctx, by: UserId) -> Result<Option<Case>, CaseworkError> {
    let Some(case) = tx.claim_case(by).await? else {
        return Ok(None);
    };
    assign_case(tx, ctx, case.id, by).await.map(Some)
}

/// By when somebody must have taken a case.
#[must_use]
pub fn take_by(case: &Case) -> Timestamp {
    case.opened_at.plus(take_within(case.priority))
}

/// Has it looked at, when its time is over, whether somebody took the case.
pub(crate) async fn watch_waiting(
    tx: &mut Tx,
    ctx: &Ctx,
    case: &Case,
) -> Result<(), CaseworkError> {
    let job = NewJob {
        id: ctx.new_id(),
        kind: JOB_WAITING.into(),
        payload: json!({ "case_id": case.id }),
        run_at: take_by(case),
        unique_key: Some(format!("{JOB_WAITING}:{}", case.id)),
    };
    tx.enqueue_job(&job).await?;
    Ok(())
}

/// Escalates a case that nobody took in time, once. Does nothing if somebody has it.
///
/// # Errors
/// Those of the record.
pub async fn escalate_waiting(tx: &mut Tx, ctx: &Ctx, id: CaseId) -> Result<bool, CaseworkError> {
    let case = tx.lock_case(id).await?;
    if ctx.now() < take_by(&case) || !tx.escalate_waiting(id, ctx.now()).await? {
        return Ok(false);
    }
    let facts = json!({ "priority": case.priority, "due_at": take_by(&case) });
    audit(
        tx,
        ctx,
        Actor::System,
        "case.escalated",
        id.to_string(),
        facts,
    )
    .await?;
    feed_case(tx, ctx, "case.overdue", id).await?;
    Ok(true)
}

/// Writes a note on a case and tells those it mentions.
///
/// # Errors
/// [`CaseworkError::StepInvalid`].
pub async fn add_note(
    tx: &mut Tx,
    ctx: &Ctx,
    case_id: CaseId,
    text: String,
    mut mentions: Vec<UserId>,
    by: UserId,
) -> Result<Note, CaseworkError> {
    let mut wording = Wording::default();
    wording.text("/text", &text, TEXT_CHARS_MAX);
    if mentions.len() > PEOPLE_MAX {
        wording.add("/mentions", "a note mentions at most 200 people");
    }
    wording.found()?;
    tx.get_case(case_id).await?;
    mentions.sort_unstable();
    mentions.dedup();
    for user in &mentions {
        let user = tx.get_user(*user).await?;
        let reads = [Role::Analyst, Role::Approver]
            .iter()
            .any(|role| user.has(*role));
        if user.disabled_at.is_some() || !reads {
            return Err(Wording::refusal("/mentions", "this person reads no cases"));
        }
    }
    let note = Note {
        id: ctx.new_id(),
        case_id,
        at: ctx.now(),
        by,
        text,
        mentions,
    };
    tx.insert_note(&note).await?;
    // The words stay out of the record of what was done: they may hold personal data.
    let facts = json!({ "note_id": note.id, "mentions": note.mentions });
    let actor = Actor::User { id: by };
    audit(tx, ctx, actor, "case.noted", case_id.to_string(), facts).await?;
    feed_case(tx, ctx, "case.updated", case_id).await?;
    Ok(note)
}

/// Gives somebody something to do on a case.
///
/// # Errors
/// [`CaseworkError::StepInvalid`].
pub async fn give_task(
    tx: &mut Tx,
    ctx: &Ctx,
    case_id: CaseId,
    text: String,
    assignee: UserId,
    due_at: Option<Timestamp>,
    by: UserId,
) -> Result<Task, CaseworkError> {
    let mut wording = Wording::default();
    wording.text("/text", &text, TEXT_CHARS_MAX);
    if due_at.is_some_and(|at| at <= ctx.now()) {
        wording.add("/due_at", "it lies in the future");
    }
    wording.found()?;
    tx.get_case(case_id).await?;
    must_sign_in(tx, assignee).await?;
    let task = Task {
        id: ctx.new_id(),
        case_id,
        text,
        assignee,
        due_at,
        created_at: ctx.now(),
        created_by: by,
        state: TaskState::Open,
    };
    tx.insert_task(&task).await?;
    keep_task(tx, ctx, &task, by, "task.given").await?;
    Ok(task)
}

/// Gives an open task to somebody else.
///
/// # Errors
/// [`CaseworkError::StepInvalid`]; [`CaseworkError::Step`] if it has ended.
pub async fn reassign_task(
    tx: &mut Tx,
    ctx: &Ctx,
    id: TaskId,
    assignee: UserId,
    by: UserId,
) -> Result<Task, CaseworkError> {
    must_sign_in(tx, assignee).await?;
    let task = tx.lock_task(id).await?.given_to(assignee)?;
    tx.update_task(&task).await?;
    keep_task(tx, ctx, &task, by, "task.reassigned").await?;
    Ok(task)
}

async fn must_sign_in(tx: &mut Tx, assignee: UserId) -> Result<(), CaseworkError> {
    if tx.get_user(assignee).await?.disabled_at.is_some() {
        return Err(Wording::refusal("/assignee", "this person cannot sign in"));
    }
    Ok(())
}

/// Ends a task: done, or with a reason not needed any more.
///
/// # Errors
/// [`CaseworkError::StepInvalid`]; [`CaseworkError::Step`] if it has ended.
pub async fn end_task(
    tx: &mut Tx,
    ctx: &Ctx,
    id: TaskId,
    dropped: Option<String>,
    by: UserId,
) -> Result<Task, CaseworkError> {
    let at = ctx.now();
    let (next, action) = match dropped {
        None => (TaskState::Done { by, at }, "task.done"),
        Some(reason) => {
            let mut wording = Wording::default();
            wording.text("/reason", &reason, WORDS_CHARS_MAX);
            wording.found()?;
            (TaskState::Dropped { by, at, reason }, "task.dropped")
        }
    };
    let task = tx.lock_task(id).await?.moved(next)?;
    tx.update_task(&task).await?;
    keep_task(tx, ctx, &task, by, action).await?;
    Ok(task)
}

async fn keep_task(
    tx: &mut Tx,
    ctx: &Ctx,
    task: &Task,
    by: UserId,
    action: &'static str,
) -> Result<(), CaseworkError> {
    let facts = json!({ "case_id": task.case_id, "assignee": task.assignee });
    let actor = Actor::User { id: by };
    audit(tx, ctx, actor, action, task.id.to_string(), facts).await?;
    feed_case(tx, ctx, "case.updated", task.case_id).await
}

/// Begins an operation: a named campaign that groups cases.
///
/// # Errors
/// [`CaseworkError::StepInvalid`]; [`stanch_store::StoreError::Exists`] if another has the name.
pub async fn start_operation(
    tx: &mut Tx,
    ctx: &Ctx,
    name: String,
    purpose: String,
    by: UserId,
) -> Result<Operation, CaseworkError> {
    let mut wording = Wording::default();
    wording.text("/name", &name, NAME_CHARS_MAX);
    wording.text("/purpose", &purpose, TEXT_CHARS_MAX);
    wording.found()?;
    let operation = Operation {
        id: ctx.new_id(),
        name,
        purpose,
        started_at: ctx.now(),
        started_by: by,
        ended_at: None,
    };
    tx.insert_operation(&operation).await?;
    let facts = json!({ "name": operation.name });
    let (actor, subject) = (Actor::User { id: by }, operation.id.to_string());
    audit(tx, ctx, actor, "operation.started", subject, facts).await?;
    Ok(operation)
}

/// Ends an operation; its cases go on.
///
/// # Errors
/// [`CaseworkError::StepInvalid`] if it has ended.
pub async fn end_operation(
    tx: &mut Tx,
    ctx: &Ctx,
    id: OperationId,
    by: UserId,
) -> Result<Operation, CaseworkError> {
    let mut operation = tx.lock_operation(id).await?;
    must_go_on(&operation)?;
    operation.ended_at = Some(ctx.now());
    tx.update_operation(&operation).await?;
    let (actor, subject) = (Actor::User { id: by }, id.to_string());
    audit(tx, ctx, actor, "operation.ended", subject, json!({})).await?;
    Ok(operation)
}

/// Whether the operation that something new is to belong to, if any, is there and goes on.
pub(crate) async fn must_be_running(
    tx: &mut Tx,
    id: Option<OperationId>,
) -> Result<(), CaseworkError> {
    let Some(id) = id else {
        return Ok(());
    };
    match tx.get_operation(id).await {
        Ok(operation) => must_go_on(&operation),
        Err(StoreError::NotFound { .. }) => {
            let why = "there is no such operation";
            Err(Wording::refusal("/operation_id", why))
        }
        Err(other) => Err(other.into()),
    }
}

fn must_go_on(operation: &Operation) -> Result<(), CaseworkError> {
    if operation.ended_at.is_some() {
        return Err(Wording::refusal("/operation_id", "the operation has ended"));
    }
    Ok(())
}

/// Does one thing with many cases, for one reason. What a case does not allow leaves that case as it is.
///
/// # Errors
/// [`CaseworkError::StepInvalid`] for the whole; those of the record.
pub async fn do_with_cases(
    tx: &mut Tx,
    ctx: &Ctx,
    case_ids: &[CaseId],
    action: &BulkAction,
    reason: &str,
    by: UserId,
) -> Result<Vec<BulkResult>, CaseworkError> {
    let mut wording = Wording::default();
    wording.text("/reason", reason, WORDS_CHARS_MAX);
    if case_ids.is_empty() || case_ids.len() > BULK_CASES_MAX {
        wording.add("/case_ids", "1 to 200 cases at once");
    }
    wording.found()?;
    match action {
        BulkAction::Assign { to } => {
            let user = tx.get_user(*to).await?;
            if user.disabled_at.is_some() || !user.has(Role::Analyst) {
                return Err(Wording::refusal("/to", "this person works on no cases"));
            }
        }
        BulkAction::Group { operation_id } => must_go_on(&tx.lock_operation(*operation_id).await?)?,
        BulkAction::Step { .. } => {}
    }
    let mut results = Vec::with_capacity(case_ids.len());
    // In the order of their ids, so that two such steps never wait for each other.
    let distinct: BTreeSet<CaseId> = case_ids.iter().copied().collect();
    for case_id in distinct {
        let refused = match one_of_many(tx, ctx, case_id, action, by).await {
            Ok(()) => None,
            Err(CaseworkError::Store(error)) => return Err(error.into()),
            Err(refused) => Some(refused.to_string()),
        };
        if refused.is_none() {
            let facts = json!({ "reason": reason, "of": case_ids.len() });
            let actor = Actor::User { id: by };
            audit(
                tx,
                ctx,
                actor,
                "case.done_with_others",
                case_id.to_string(),
                facts,
            )
            .await?;
        }
        results.push(BulkResult { case_id, refused });
    }
    Ok(results)
}

async fn one_of_many(
    tx: &mut Tx,
    ctx: &Ctx,
    case_id: CaseId,
    action: &BulkAction,
    by: UserId,
) -> Result<(), CaseworkError> {
    match action {
        BulkAction::Assign { to } => assign_case_to(tx, ctx, case_id, *to, by).await.map(drop),
        BulkAction::Step { step } => {
            let actor = Actor::User { id: by };
            step_case(tx, ctx, case_id, step.clone(), actor)
                .await
                .map(drop)
        }
        BulkAction::Group { operation_id } => {
            if tx.add_to_operation(*operation_id, case_id).await? {
                let facts = json!({ "operation_id": operation_id });
                let actor = Actor::User { id: by };
                audit(tx, ctx, actor, "case.grouped", case_id.to_string(), facts).await?;
            }
            Ok(())
        }
    }
}
