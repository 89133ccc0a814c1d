//! The desk: teams and shifts, the queue of cases nobody has, notes, tasks, operations, timelines.

use stanch_types::case::Case;
use stanch_types::desk::{Note, Operation, Shift, Task, Team};
use stanch_types::{CaseId, NoteId, OperationId, ShiftId, TaskId, TeamId, Timestamp, UserId};

use crate::audit::AuditRecord;
use crate::db::{Row, Sql, args, to_json};
use crate::error::StoreError;
use crate::page::{Page, PageRequest};
use crate::tx::Tx;

const UPSERT_TEAM: Sql = Sql(
    "team.upsert",
    "INSERT INTO teams (org_id, id, name, body) VALUES ($1, $2, $3, $4)
     ON CONFLICT (org_id, id) DO UPDATE SET name = excluded.name, body = excluded.body",
);
const TEAM: Sql = Sql(
    "team.lookup",
    "SELECT body FROM teams WHERE org_id = $1 AND id = $2",
);
const TEAMS: Sql = Sql(
    "team.list",
    "SELECT body FROM teams WHERE org_id = $1 ORDER BY name LIMIT $2",
);
const INSERT_SHIFT: Sql = Sql(
    "shift.insert",
    "INSERT INTO shifts (org_id, id, team_id, state, started_at, body) VALUES ($1, $2, $3, $4, $5, $6)",
);
const UPDATE_SHIFT: Sql = Sql(
    "shift.update",
    "UPDATE shifts SET state = $3, body = $4 WHERE org_id = $1 AND id = $2",
);
const LOCK_SHIFT: Sql = Sql(
    "shift.lock",
    "UPDATE shifts SET state = state WHERE org_id = $1 AND id = $2 RETURNING body",
);
const SHIFTS: Sql = Sql(
    "shift.list",
    "SELECT body FROM shifts WHERE org_id = $1 AND team_id = $2 ORDER BY started_at DESC, id DESC LIMIT $3",
);
const URGENT_OF: Sql = Sql(
    "case.urgent_of",
    "SELECT body FROM cases WHERE org_id = $1 AND assigned_to = $2 AND state IN ('open', 'filed')
       AND priority IN ('p0', 'p1') ORDER BY priority, opened_at, id LIMIT $3",
);
const MOST_URGENT: Sql = Sql(
    "case.most_urgent",
    "SELECT id FROM cases WHERE org_id = $1 AND assigned_to IS NULL AND state IN ('open', 'filed')
     ORDER BY priority, opened_at, id LIMIT 1",
);
/// Who comes second waits for the row, finds it taken and gets none: nobody else's case.
const CLAIM: Sql = Sql(
    "case.claim",
    "UPDATE cases SET assigned_to = $3 WHERE org_id = $1 AND id = $2 AND assigned_to IS NULL
       AND state IN ('open', 'filed') RETURNING body",
);
const WAITING: Sql = Sql(
    "case.waiting",
    "SELECT body, escalated_at FROM cases
     WHERE org_id = $1 AND assigned_to IS NULL AND state IN ('open', 'filed')
       AND ($2 IS NULL OR priority > $2
            OR (priority = $2 AND (opened_at > $3 OR (opened_at = $3 AND id > $4))))
     ORDER BY priority, opened_at, id LIMIT $5",
);
const ESCALATE: Sql = Sql(
    "case.escalate",
    "UPDATE cases SET escalated_at = $3 WHERE org_id = $1 AND id = $2 AND escalated_at IS NULL
       AND assigned_to IS NULL AND state IN ('open', 'filed')",
);
const INSERT_NOTE: Sql = Sql(
    "note.insert",
    "INSERT INTO notes (org_id, id, case_id, at, body) VALUES ($1, $2, $3, $4, $5)",
);
const LOCK_NOTE: Sql = Sql(
    "note.lock",
    "UPDATE notes SET body = body WHERE org_id = $1 AND id = $2 RETURNING body",
);
const UPDATE_NOTE: Sql = Sql(
    "note.update",
    "UPDATE notes SET body = $3 WHERE org_id = $1 AND id = $2",
);
const INSERT_MENTION: Sql = Sql(
    "note.mention",
    "INSERT INTO note_mentions (org_id, user_id, note_id, at) VALUES ($1, $2, $3, $4)",
);
const NOTES: Sql = Sql(
    "note.list",
    "SELECT body FROM notes WHERE org_id = $1 AND case_id = $2
       AND ($3 IS NULL OR at < $3 OR (at = $3 AND id < $4))
     ORDER BY at DESC, id DESC LIMIT $5",
);
const MENTIONS: Sql = Sql(
    "note.mentions",
    "SELECT n.body FROM note_mentions m JOIN notes n ON n.org_id = m.org_id AND n.id = m.note_id
     WHERE m.org_id = $1 AND m.user_id = $2 AND m.read_at IS NULL ORDER BY m.at, m.note_id LIMIT $3",
);
const READ_MENTION: Sql = Sql(
    "note.read_mention",
    "UPDATE note_mentions SET read_at = $4 WHERE org_id = $1 AND user_id = $2 AND note_id = $3 AND read_at IS NULL",
);
const INSERT_TASK: Sql = Sql(
    "task.insert",
    "INSERT INTO tasks (org_id, id, case_id, assignee, state, due_at, body) VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
const LOCK_TASK: Sql = Sql(
    "task.lock",
    "UPDATE tasks SET state = state WHERE org_id = $1 AND id = $2 RETURNING body",
);
const UPDATE_TASK: Sql = Sql(
    "task.update",
    "UPDATE tasks SET state = $3, assignee = $4, body = $5 WHERE org_id = $1 AND id = $2",
);
const TASKS_OF_CASE: Sql = Sql(
    "task.of_case",
    "SELECT body FROM tasks WHERE org_id = $1 AND case_id = $2 ORDER BY id LIMIT $3",
);
const TASKS_OF: Sql = Sql(
    "task.of_person",
    "SELECT body FROM tasks WHERE org_id = $1 AND assignee = $2 AND state = 'open' ORDER BY due_at, id LIMIT $3",
);
const INSERT_OPERATION: Sql = Sql(
    "operation.insert",
    "INSERT INTO operations (org_id, id, name, started_at, body) VALUES ($1, $2, $3, $4, $5)",
);
const UPDATE_OPERATION: Sql = Sql(
    "operation.update",
    "UPDATE operations SET body = $3 WHERE org_id = $1 AND id = $2",
);
const LOCK_OPERATION: Sql = Sql(
    "operation.lock",
    "UPDATE operations SET name = name WHERE org_id = $1 AND id = $2 RETURNING body",
);
const OPERATION: Sql = Sql(
    "operation.lookup",
    "SELECT body FROM operations WHERE org_id = $1 AND id = $2",
);
const OPERATIONS: Sql = Sql(
    "operation.list",
    "SELECT body FROM operations WHERE org_id = $1 ORDER BY started_at DESC, id DESC LIMIT $2",
);
const ADD_TO_OPERATION: Sql = Sql(
    "operation.add_case",
    "INSERT INTO operation_cases (org_id, operation_id, case_id) VALUES ($1, $2, $3)
     ON CONFLICT (org_id, operation_id, case_id) DO NOTHING",
);
const CASES_OF_OPERATION: Sql = Sql(
    "operation.cases",
    "SELECT c.body FROM operation_cases o JOIN cases c ON c.org_id = o.org_id AND c.id = o.case_id
     WHERE o.org_id = $1 AND o.operation_id = $2 ORDER BY c.priority, c.opened_at, c.id LIMIT $3",
);
/// What was done to the case and all that belongs to it, as one list. The cross join (SQLite keeps its order) and the
/// unary plus keep planners from reading the whole record backwards until they have found enough: few entries are of one
/// case.
const TIMELINE: Sql = Sql(
    "case.timeline",
    "SELECT a.seq, a.body, a.leaf_hash FROM (
       SELECT $2 AS id
       UNION SELECT l.id FROM leads l WHERE l.org_id = $1 AND l.case_id = $2
       UNION SELECT r.id FROM reports r WHERE r.org_id = $1 AND r.case_id = $2
       UNION SELECT p.id FROM plans p WHERE p.org_id = $1 AND p.case_id = $2
       UNION SELECT o.id FROM orders o WHERE o.org_id = $1 AND o.case_id = $2
       UNION SELECT t.id FROM tasks t WHERE t.org_id = $1 AND t.case_id = $2
       UNION SELECT z.id FROM seizures z WHERE z.org_id = $1 AND z.case_id = $2
     ) s CROSS JOIN audit_entries a
     WHERE a.org_id = $1 AND a.subject = s.id AND +a.seq < $3 ORDER BY +a.seq DESC LIMIT $4",
);
const WAITING_LIST: &str = "queue";
const NOTES_LIST: &str = "notes";
const TIMELINE_LIST: &str = "timeline";
/// Most teams, shifts, operations, mentions and tasks that are listed at once.
const LIST_MAX: i64 = 500;
/// How often a claim that lost its race tries the next case.
const CLAIM_TRIES: u32 = 50;

/// A case that nobody has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingCase {
    /// The case.
    pub case: Case,
    /// When it was found to wait too long.
    pub escalated_at: Option<Timestamp>,
}

fn body<T: serde::de::DeserializeOwned>(row: &Row) -> Result<T, StoreError> {
    row.json(0, "desk")
}

fn not_found(what: &'static str, id: impl ToString) -> StoreError {
    StoreError::NotFound {
        what,
        id: id.to_string(),
    }
}

impl Tx {
    async fn bodies<T: serde::de::DeserializeOwned>(
        &mut self,
        sql: Sql,
        rest: &[crate::db::Arg<'_>],
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.many(sql, rest).await?;
        rows.iter().map(body).collect()
    }

    async fn changed(
        &mut self,
        sql: Sql,
        rest: &[crate::db::Arg<'_>],
        what: &'static str,
        id: String,
    ) -> Result<(), StoreError> {
        match self.change(sql, rest).await? {
            0 => Err(not_found(what, id)),
            _ => Ok(()),
        }
    }

    /// Stores a team or replaces it.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if another team has the name.
    pub async fn upsert_team(&mut self, team: &Team) -> Result<(), StoreError> {
        let (id, text) = (team.id.to_string(), to_json(team, "team")?);
        self.change(UPSERT_TEAM, args![&id, &team.name, &text])
            .await
            .map(drop)
    }

    /// The team `id`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_team(&mut self, id: TeamId) -> Result<Team, StoreError> {
        let row = self.one(TEAM, args![&id.to_string()]).await?;
        row.as_ref()
            .map(body)
            .ok_or_else(|| not_found("team", id))?
    }

    /// The teams by name, at most 500.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn list_teams(&mut self) -> Result<Vec<Team>, StoreError> {
        self.bodies(TEAMS, args![LIST_MAX]).await
    }

    /// Stores a new shift.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if the team has one that was not taken over.
    pub async fn insert_shift(&mut self, shift: &Shift) -> Result<(), StoreError> {
        let (id, team) = (shift.id.to_string(), shift.team_id.to_string());
        let text = to_json(shift, "shift")?;
        let state = shift.state.as_str();
        self.change(
            INSERT_SHIFT,
            args![&id, &team, state, shift.started_at, &text],
        )
        .await
        .map(drop)
    }

    /// The shift `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn lock_shift(&mut self, id: ShiftId) -> Result<Shift, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK_SHIFT, args![&id.to_string()]).await?;
        row.as_ref()
            .map(body)
            .ok_or_else(|| not_found("shift", id))?
    }

    /// Replaces a stored shift.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_shift(&mut self, shift: &Shift) -> Result<(), StoreError> {
        let (id, text) = (shift.id.to_string(), to_json(shift, "shift")?);
        let rest = args![&id, shift.state.as_str(), &text];
        self.changed(UPDATE_SHIFT, rest, "shift", id.clone()).await
    }

    /// The shifts of a team, newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn list_shifts(
        &mut self,
        team: TeamId,
        limit: i64,
    ) -> Result<Vec<Shift>, StoreError> {
        self.bodies(SHIFTS, args![&team.to_string(), limit.clamp(1, LIST_MAX)])
            .await
    }

    /// The open P0 and P1 cases that a person has, at most 500.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn urgent_cases_of(&mut self, user: UserId) -> Result<Vec<Case>, StoreError> {
        self.bodies(URGENT_OF, args![&user.to_string(), LIST_MAX])
            .await
    }

    /// Gives the most urgent case that nobody has to `user`; no two ever get the same one. None if nothing waits. The
    /// case must be stored again with the person in it, in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Contended`] if many claim at once.
    pub async fn claim_case(&mut self, user: UserId) -> Result<Option<Case>, StoreError> {
        self.must_write()?;
        let user = user.to_string();
        for _ in 0..CLAIM_TRIES {
            let Some(waiting) = self.one(MOST_URGENT, args![]).await? else {
                return Ok(None);
            };
            let id = waiting.text(0)?;
            if let Some(row) = self.one(CLAIM, args![&id, &user]).await? {
                return body(&row).map(Some);
            }
        }
        Ok(None)
    }

    /// Cases that nobody has, most urgent first, then longest open first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn list_waiting(
        &mut self,
        page: &PageRequest,
    ) -> Result<Page<WaitingCase>, StoreError> {
        let after = page.keys::<3>(WAITING_LIST)?;
        let (priority, at, id) = match &after {
            Some([priority, at, id]) => (
                Some(priority.as_str()),
                Some(page.number(at)?),
                Some(id.as_str()),
            ),
            None => (None, None, None),
        };
        let rows = self
            .many(WAITING, args![priority, at, id, page.fetch_limit()])
            .await?;
        let read = |row: &Row| {
            Ok(WaitingCase {
                case: body(row)?,
                escalated_at: row.opt_at(1)?,
            })
        };
        let items = rows
            .iter()
            .map(read)
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(page.page(WAITING_LIST, items, |one| {
            vec![
                one.case.priority.as_str().to_owned(),
                one.case.opened_at.as_micros().to_string(),
                one.case.id.to_string(),
            ]
        }))
    }

    /// Marks a case that nobody has as having waited too long; `false` if somebody has it, or it is marked.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn escalate_waiting(
        &mut self,
        id: CaseId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(self.change(ESCALATE, args![&id.to_string(), now]).await? != 0)
    }

    /// Stores a note and tells whom it mentions.
    ///
    /// # Errors
    /// [`StoreError::Reference`] if there is no such case.
    pub async fn insert_note(&mut self, note: &Note) -> Result<(), StoreError> {
        let (id, case) = (note.id.to_string(), note.case_id.to_string());
        let text = self.sealed(note, "note")?;
        self.change(INSERT_NOTE, args![&id, &case, note.at, &text])
            .await?;
        for user in &note.mentions {
            self.change(INSERT_MENTION, args![&user.to_string(), &id, note.at])
                .await?;
        }
        Ok(())
    }

    /// The note `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn lock_note(&mut self, id: NoteId) -> Result<Note, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK_NOTE, args![&id.to_string()]).await?;
        row.as_ref()
            .map(body)
            .ok_or_else(|| not_found("note", id))?
    }

    /// Replaces a stored note; who is asked to read it stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_note(&mut self, note: &Note) -> Result<(), StoreError> {
        let (id, text) = (note.id.to_string(), self.sealed(note, "note")?);
        self.changed(UPDATE_NOTE, args![&id, &text], "note", id.clone())
            .await
    }

    /// The notes of a case, newest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn list_notes(
        &mut self,
        case: CaseId,
        page: &PageRequest,
    ) -> Result<Page<Note>, StoreError> {
        let after = page.keys::<2>(NOTES_LIST)?;
        let (at, id) = match &after {
            Some([at, id]) => (Some(page.number(at)?), Some(id.as_str())),
            None => (None, None),
        };
        let case = case.to_string();
        let rest = args![&case, at, id, page.fetch_limit()];
        let notes: Vec<Note> = self.bodies(NOTES, rest).await?;
        Ok(page.page(NOTES_LIST, notes, |note| {
            vec![note.at.as_micros().to_string(), note.id.to_string()]
        }))
    }

    /// The notes that mention a person and were not read, oldest first, at most 500.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn unread_mentions(&mut self, user: UserId) -> Result<Vec<Note>, StoreError> {
        self.bodies(MENTIONS, args![&user.to_string(), LIST_MAX])
            .await
    }

    /// Marks a note that mentions a person as read; `false` if it does not, or was read.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn read_mention(
        &mut self,
        user: UserId,
        note: NoteId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (user, note) = (user.to_string(), note.to_string());
        let rest = args![&user, &note, now];
        Ok(self.change(READ_MENTION, rest).await? != 0)
    }

    /// Stores a new task.
    ///
    /// # Errors
    /// [`StoreError::Reference`] if there is no such case.
    pub async fn insert_task(&mut self, task: &Task) -> Result<(), StoreError> {
        let (id, case) = (task.id.to_string(), task.case_id.to_string());
        let (assignee, text) = (task.assignee.to_string(), to_json(task, "task")?);
        // Those without a date come last.
        let due = task.due_at.map_or(i64::MAX, Timestamp::as_micros);
        let state = task.state.as_str();
        self.change(INSERT_TASK, args![&id, &case, &assignee, state, due, &text])
            .await
            .map(drop)
    }

    /// The task `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn lock_task(&mut self, id: TaskId) -> Result<Task, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK_TASK, args![&id.to_string()]).await?;
        row.as_ref()
            .map(body)
            .ok_or_else(|| not_found("task", id))?
    }

    /// Replaces a stored task.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_task(&mut self, task: &Task) -> Result<(), StoreError> {
        let (id, text) = (task.id.to_string(), to_json(task, "task")?);
        let assignee = task.assignee.to_string();
        let rest = args![&id, task.state.as_str(), &assignee, &text];
        self.changed(UPDATE_TASK, rest, "task", id.clone()).await
    }

    /// The tasks of a case, oldest first, at most 500.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn tasks_of_case(&mut self, case: CaseId) -> Result<Vec<Task>, StoreError> {
        self.bodies(TASKS_OF_CASE, args![&case.to_string(), LIST_MAX])
            .await
    }

    /// The open tasks of a person, the most pressing first, at most 500.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn open_tasks_of(&mut self, user: UserId) -> Result<Vec<Task>, StoreError> {
        self.bodies(TASKS_OF, args![&user.to_string(), LIST_MAX])
            .await
    }

    /// Stores a new operation.
    ///
    /// # Errors
    /// [`StoreError::Exists`] if another has the name.
    pub async fn insert_operation(&mut self, operation: &Operation) -> Result<(), StoreError> {
        let (id, text) = (operation.id.to_string(), to_json(operation, "operation")?);
        let rest = args![&id, &operation.name, operation.started_at, &text];
        self.change(INSERT_OPERATION, rest).await.map(drop)
    }

    /// The operation `id`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn get_operation(&mut self, id: OperationId) -> Result<Operation, StoreError> {
        let row = self.one(OPERATION, args![&id.to_string()]).await?;
        row.as_ref()
            .map(body)
            .ok_or_else(|| not_found("operation", id))?
    }

    /// The operation `id`, held against changes by others until this transaction ends.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn lock_operation(&mut self, id: OperationId) -> Result<Operation, StoreError> {
        self.must_write()?;
        let row = self.one(LOCK_OPERATION, args![&id.to_string()]).await?;
        row.as_ref()
            .map(body)
            .ok_or_else(|| not_found("operation", id))?
    }

    /// Replaces a stored operation.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn update_operation(&mut self, operation: &Operation) -> Result<(), StoreError> {
        let (id, text) = (operation.id.to_string(), to_json(operation, "operation")?);
        let rest = args![&id, &text];
        self.changed(UPDATE_OPERATION, rest, "operation", id.clone())
            .await
    }

    /// Operations, newest first, at most 500.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn list_operations(&mut self) -> Result<Vec<Operation>, StoreError> {
        self.bodies(OPERATIONS, args![LIST_MAX]).await
    }

    /// Puts a case into an operation; `false` if it was in it.
    ///
    /// # Errors
    /// [`StoreError::Reference`] if either does not exist.
    pub async fn add_to_operation(
        &mut self,
        operation: OperationId,
        case: CaseId,
    ) -> Result<bool, StoreError> {
        let (operation, case) = (operation.to_string(), case.to_string());
        let rest = args![&operation, &case];
        Ok(self.change(ADD_TO_OPERATION, rest).await? != 0)
    }

    /// The cases of an operation, most urgent first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn cases_of_operation(
        &mut self,
        operation: OperationId,
        limit: i64,
    ) -> Result<Vec<Case>, StoreError> {
        self.bodies(CASES_OF_OPERATION, args![&operation.to_string(), limit])
            .await
    }

    /// What happened to a case, its leads, reports, plans, orders, tasks and seizures, newest first.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    pub async fn case_timeline(
        &mut self,
        case: CaseId,
        page: &PageRequest,
    ) -> Result<Page<AuditRecord>, StoreError> {
        let before = match page.keys::<1>(TIMELINE_LIST)? {
            Some([seq]) => page.number(&seq)?,
            None => i64::MAX,
        };
        let case = case.to_string();
        let rest = args![&case, before, page.fetch_limit()];
        let rows = self.many(TIMELINE, rest).await?;
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            records.push(self.read_audit(row).await?);
        }
        Ok(page.page(TIMELINE_LIST, records, |record| {
            vec![record.seq.to_string()]
        }))
    }
}

#[cfg(test)]
mod tests {
    use stanch_types::Ctx;

    use super::*;
    use crate::config::StoreConfig;
    use crate::store::Store;

    #[tokio::test]
    async fn the_timeline_is_found_by_what_belongs_to_the_case() {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig::sqlite(folder.path());
        let store = Store::open(&config, &Ctx::system()).await.unwrap();
        let explain = format!("EXPLAIN QUERY PLAN {}", TIMELINE.1).leak();
        let mut tx = store.read().await.unwrap();
        let plan = tx
            .many(Sql("explain", explain), args!["case_1", 9, 9])
            .await
            .unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.text(3).unwrap()).collect();
        let entries: Vec<&String> = plan.iter().filter(|step| step.contains(" a ")).collect();
        assert_eq!(
            entries,
            ["SEARCH a USING INDEX audit_entries_by_subject (org_id=? AND subject=?)"]
        );
    }
}
