/** What the ledger of leads is narrowed by, as it stands in the address: pure, so that it can be tested. */

import type { Lead, LeadStateWord, Priority } from '../../api/types';
import { msOf } from '../../format/time';
import { PRIORITIES } from '../../parts/priorities';

export interface LeadSearch {
  readonly state?: LeadStateWord;
  readonly priority?: Priority;
  readonly unit?: string;
  readonly mine?: boolean;
  readonly overdue?: boolean;
}

export const LEAD_STATES: readonly LeadStateWord[] = [
  'new',
  'assigned',
  'investigating',
  'referred',
  'no_action',
  'merged',
  'outcome_recorded',
];

/** Reads an address; what it does not know is left out. */
export function readLeadSearch(search: Record<string, unknown>): LeadSearch {
  const state = LEAD_STATES.find((word) => word === search['state']);
  const priority = PRIORITIES.find((word) => word === search['priority']);
  const unit = search['unit'];
  return {
    ...(state ? { state } : {}),
    ...(priority ? { priority } : {}),
    ...(typeof unit === 'string' && unit.trim() !== '' ? { unit: unit.trim() } : {}),
    ...(search['mine'] === true ? { mine: true } : {}),
    ...(search['overdue'] === true ? { overdue: true } : {}),
  };
}

/** By when another unit must have answered, in milliseconds; `null` where nobody is waited for. */
export function answerDue({ state }: Pick<Lead, 'state'>): number | null {
  return state.state === 'referred' ? msOf(state.due_at) : null;
}

/** Whether a lead has ended: only an outcome ends it. */
export const hasEnded = ({ state }: Pick<Lead, 'state'>): boolean => state.state === 'outcome_recorded';
