/** Calls about leads, reports, and the joint desk: queue, shifts, tasks, notes, operations. */

import { PAGE_MAX, client, need } from './client';
import type {
  BulkWish,
  LeadStateWord,
  LeadStep,
  NoteWish,
  OperationWish,
  Priority,
  SeizureContent,
  SeizureStep,
  Shift,
  ShiftEnd,
  TaskStep,
  TaskWish,
  TeamWish,
} from './types';

const at = (id: string) => ({ params: { path: { id } } });
const paged = (cursor: string | undefined) => ({ limit: PAGE_MAX, ...(cursor ? { cursor } : {}) });

/** What leads are narrowed by. */
export interface LeadFilter {
  readonly state?: LeadStateWord | undefined;
  readonly priority?: Priority | undefined;
  readonly unit?: string | undefined;
  readonly owner?: string | undefined;
  readonly overdue?: boolean | undefined;
}

export const caseworkApi = {
  leads: ({ state, priority, unit, owner, overdue }: LeadFilter, cursor: string | undefined) =>
    need(
      client.GET('/v1/leads', {
        params: {
          query: {
            ...paged(cursor),
            ...(state ? { state } : {}),
            ...(priority ? { priority } : {}),
            ...(unit ? { unit } : {}),
            ...(owner ? { owner } : {}),
            ...(overdue ? { overdue } : {}),
          },
        },
      }),
    ),
  lead: (id: string) => need(client.GET('/v1/leads/{id}', at(id))),
  stepLead: (id: string, body: LeadStep) => need(client.POST('/v1/leads/{id}/steps', { ...at(id), body })),
  related: (caseId: string) => need(client.GET('/v1/cases/{id}/related', at(caseId))),
  report: (id: string) => need(client.GET('/v1/reports/{id}', at(id))),

  queue: (cursor: string | undefined) => need(client.GET('/v1/queue', { params: { query: paged(cursor) } })),
  claim: () => need(client.POST('/v1/queue/claim', { body: {} })),
  inBulk: (body: BulkWish) => need(client.POST('/v1/cases/bulk', { body })),
  /** Open cases of one person and priority, for the hand-over. */
  casesOf: (person: string, priority: Priority) =>
    need(client.GET('/v1/cases', { params: { query: { limit: PAGE_MAX, assigned_to: person, priority } } })),

  teams: () => need(client.GET('/v1/teams')),
  addTeam: (body: TeamWish) => need(client.POST('/v1/teams', { body })),
  setTeam: (id: string, body: TeamWish) => need(client.PUT('/v1/teams/{id}', { ...at(id), body })),
  shifts: async (teamId: string) =>
    // The description gives the note of a shift the form of a hand-over of evidence, whose name is the same.
    (await need(client.GET('/v1/teams/{id}/shifts', at(teamId)))).items as unknown as Shift[],
  /** `acknowledges` is the shift before, whose note was read; none for a team's first. */
  startShift: (teamId: string, acknowledges: string | null) =>
    need(client.POST('/v1/teams/{id}/shifts', { ...at(teamId), body: { acknowledges } })),
  endShift: (id: string, body: ShiftEnd) =>
    need(client.POST('/v1/shifts/{id}/hand-over', { ...at(id), body })),

  myTasks: () => need(client.GET('/v1/tasks')),
  tasks: (caseId: string) => need(client.GET('/v1/cases/{id}/tasks', at(caseId))),
  addTask: (caseId: string, body: TaskWish) =>
    need(client.POST('/v1/cases/{id}/tasks', { ...at(caseId), body })),
  stepTask: (id: string, body: TaskStep) => need(client.POST('/v1/tasks/{id}/steps', { ...at(id), body })),
  /** What happened to a case and all that belongs to it, newest first: one page. */
  timeline: (caseId: string) =>
    need(
      client.GET('/v1/cases/{id}/timeline', { params: { path: { id: caseId }, query: { limit: PAGE_MAX } } }),
    ),
  seizures: (caseId: string) => need(client.GET('/v1/cases/{id}/seizures', at(caseId))),
  addSeizure: (caseId: string, body: SeizureContent) =>
    need(client.POST('/v1/cases/{id}/seizures', { ...at(caseId), body })),
  stepSeizure: (id: string, body: SeizureStep) =>
    need(client.POST('/v1/seizures/{id}/steps', { ...at(id), body })),
  notes: (caseId: string, cursor: string | undefined) =>
    need(client.GET('/v1/cases/{id}/notes', { params: { path: { id: caseId }, query: paged(cursor) } })),
  addNote: (caseId: string, body: NoteWish) =>
    need(client.POST('/v1/cases/{id}/notes', { ...at(caseId), body })),
  mentions: () => need(client.GET('/v1/mentions')),
  readNote: (id: string) => need(client.POST('/v1/notes/{id}/read', { ...at(id), body: {} })),

  operations: () => need(client.GET('/v1/operations')),
  operation: (id: string) => need(client.GET('/v1/operations/{id}', at(id))),
  addOperation: (body: OperationWish) => need(client.POST('/v1/operations', { body })),
  endOperation: (id: string) => need(client.POST('/v1/operations/{id}/end', { ...at(id), body: {} })),
};
