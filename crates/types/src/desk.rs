//! The desk: teams, their shifts with hand-over, tasks, notes, and operations that group cases.

use serde::{Deserialize, Serialize};

use crate::id::{CaseId, NoteId, OperationId, ShiftId, TaskId, TeamId, UserId};
use crate::report::Priority;
use crate::step::InvalidStep;
use crate::time::{Duration, Timestamp};

/// A team of the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Team {
    /// Identifier.
    pub id: TeamId,
    /// Name, 1 to 128 characters, unique in the organisation.
    pub name: String,
    /// Who is in it, sorted, without repeats.
    pub members: Vec<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A shift of a team. It ends only with a hand-over note, which the next one acknowledges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Shift {
    /// Identifier.
    pub id: ShiftId,
    /// Of which team.
    pub team_id: TeamId,
    /// When it began.
    pub started_at: Timestamp,
    /// Who began it, and by that acknowledged what the shift before handed over.
    pub started_by: UserId,
    /// The shift before.
    pub after: Option<ShiftId>,
    /// Where it stands.
    pub state: ShiftState,
}

/// Where a shift stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum ShiftState {
    /// At work.
    Running,
    /// Ended with a note that nobody has acknowledged yet.
    HandedOver {
        /// The note.
        hand_over: HandOver,
    },
    /// The next shift read the note.
    Acknowledged {
        /// The note.
        hand_over: HandOver,
        /// Who read it.
        by: UserId,
        /// When.
        at: Timestamp,
    },
}

/// What a shift leaves to the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandOver {
    /// When the shift ended.
    pub at: Timestamp,
    /// Who ended it.
    pub by: UserId,
    /// What the next shift must know, in words.
    pub note: String,
    /// Each open P0 and P1 case of the team, and where it stands.
    pub cases: Vec<HandedCase>,
}

/// A case in a hand-over note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandedCase {
    /// The case.
    pub case_id: CaseId,
    /// Where it stands and what comes next, 1 to 500 characters.
    pub note: String,
}

impl ShiftState {
    /// The state's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::HandedOver { .. } => "handed_over",
            Self::Acknowledged { .. } => "acknowledged",
        }
    }
}

impl Shift {
    /// The shift, ended with `hand_over`.
    ///
    /// # Errors
    /// [`InvalidStep`] if it ended before.
    pub fn handed_over(&self, hand_over: HandOver) -> Result<Self, InvalidStep> {
        match self.state {
            ShiftState::Running => Ok(Self {
                state: ShiftState::HandedOver { hand_over },
                ..self.clone()
            }),
            ShiftState::HandedOver { .. } | ShiftState::Acknowledged { .. } => {
                Err(self.refusal("handed_over"))
            }
        }
    }

    /// The shift, whose note `by` has read.
    ///
    /// # Errors
    /// [`InvalidStep`] if it is still at work or was acknowledged before.
    pub fn acknowledged(&self, by: UserId, at: Timestamp) -> Result<Self, InvalidStep> {
        match &self.state {
            ShiftState::HandedOver { hand_over } => Ok(Self {
                state: ShiftState::Acknowledged {
                    hand_over: hand_over.clone(),
                    by,
                    at,
                },
                ..self.clone()
            }),
            ShiftState::Running | ShiftState::Acknowledged { .. } => {
                Err(self.refusal("acknowledged"))
            }
        }
    }

    const fn refusal(&self, to: &'static str) -> InvalidStep {
        InvalidStep {
            what: "shift",
            from: self.state.as_str(),
            to,
        }
    }
}

/// Within which time somebody must have taken a case, by its urgency ([default]; no rule prescribes it).
#[must_use]
pub const fn take_within(priority: Priority) -> Duration {
    match priority {
        Priority::P0 => Duration::from_mins(5),
        Priority::P1 => Duration::from_mins(30),
        Priority::P2 => Duration::from_hours(4),
        Priority::P3 => Duration::from_hours(24),
    }
}

/// A note on a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Note {
    /// Identifier.
    pub id: NoteId,
    /// The case.
    pub case_id: CaseId,
    /// When it was written.
    pub at: Timestamp,
    /// By whom.
    pub by: UserId,
    /// The words; they may hold personal data.
    pub text: String,
    /// Who is asked to read it.
    pub mentions: Vec<UserId>,
}

/// Something to be done on a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Task {
    /// Identifier.
    pub id: TaskId,
    /// The case.
    pub case_id: CaseId,
    /// What is to be done; the words may hold personal data.
    pub text: String,
    /// Who is to do it.
    pub assignee: UserId,
    /// By when.
    pub due_at: Option<Timestamp>,
    /// When it was given.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: UserId,
    /// Where it stands.
    pub state: TaskState,
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TaskState {
    /// To be done.
    Open,
    /// Done.
    Done {
        /// By whom.
        by: UserId,
        /// When.
        at: Timestamp,
    },
    /// Not needed any more.
    Dropped {
        /// By whom.
        by: UserId,
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

impl TaskState {
    /// The state's word.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done { .. } => "done",
            Self::Dropped { .. } => "dropped",
        }
    }
}

impl Task {
    /// The task with somebody else to do it.
    ///
    /// # Errors
    /// [`InvalidStep`] unless it is open.
    pub fn given_to(&self, assignee: UserId) -> Result<Self, InvalidStep> {
        match self.state {
            TaskState::Open => Ok(Self {
                assignee,
                ..self.clone()
            }),
            TaskState::Done { .. } | TaskState::Dropped { .. } => Err(InvalidStep {
                what: "task",
                from: self.state.as_str(),
                to: "reassigned",
            }),
        }
    }

    /// The task in the state `next`.
    ///
    /// # Errors
    /// [`InvalidStep`] unless it is open and `next` is not.
    pub fn moved(&self, next: TaskState) -> Result<Self, InvalidStep> {
        match (&self.state, &next) {
            (TaskState::Open, TaskState::Done { .. } | TaskState::Dropped { .. }) => Ok(Self {
                state: next,
                ..self.clone()
            }),
            (TaskState::Open | TaskState::Done { .. } | TaskState::Dropped { .. }, _) => {
                Err(InvalidStep {
                    what: "task",
                    from: self.state.as_str(),
                    to: next.as_str(),
                })
            }
        }
    }
}

/// A named campaign that groups cases and measures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Operation {
    /// Identifier.
    pub id: OperationId,
    /// Name, 1 to 128 characters, unique in the organisation.
    pub name: String,
    /// What it is for, at most 2,000 characters.
    pub purpose: String,
    /// When it began.
    pub started_at: Timestamp,
    /// Who began it.
    pub started_by: UserId,
    /// When it ended, if it did.
    pub ended_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn a_shift_ends_with_a_note_that_is_read_once() {
        let person = |n: u8| Id::from_digest([n; 16]);
        let at = Timestamp::from_secs(9);
        let running = Shift {
            id: Id::from_digest([1; 16]),
            team_id: Id::from_digest([2; 16]),
            started_at: at,
            started_by: person(3),
            after: None,
            state: ShiftState::Running,
        };
        let note = HandOver {
            at,
            by: person(3),
            note: "quiet".into(),
            cases: Vec::new(),
        };
        assert!(running.acknowledged(person(4), at).is_err());
        let ended = running.handed_over(note.clone()).unwrap();
        assert!(ended.handed_over(note.clone()).is_err());
        let read = ended.acknowledged(person(4), at).unwrap();
        assert!(read.acknowledged(person(5), at).is_err());
        assert!(read.handed_over(note).is_err());
        assert_eq!(read.state.as_str(), "acknowledged");
    }

    #[test]
    fn a_task_is_ended_once() {
        let (by, at) = (Id::from_digest([3; 16]), Timestamp::from_secs(9));
        let task = Task {
            id: Id::from_digest([1; 16]),
            case_id: Id::from_digest([2; 16]),
            text: "call".into(),
            assignee: by,
            due_at: None,
            created_at: at,
            created_by: by,
            state: TaskState::Open,
        };
        assert!(task.moved(TaskState::Open).is_err());
        let other = Id::from_digest([9; 16]);
        assert_eq!(task.given_to(other).unwrap().assignee, other);
        let done = task.moved(TaskState::Done { by, at }).unwrap();
        assert!(done.given_to(other).is_err());
        let reason = String::new();
        assert!(done.moved(TaskState::Dropped { by, at, reason }).is_err());
    }
}
