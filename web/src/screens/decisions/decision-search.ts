/** What decisions are searched by: the part in the address, and the part that must not be there. */

import type { DecisionQuery } from '../../api/types';
import { DECISIONS } from '../../policy/tokens';

export const PERIODS = { hour: 3_600, day: 86_400, week: 604_800, month: 2_592_000 } as const;
export type Period = keyof typeof PERIODS;

/** The filter in the address. The value of a key field may name a person: it is in the history's state only. */
export interface DecisionSearch {
  readonly decision?: string;
  readonly kind?: string;
  readonly rule?: string;
  readonly period?: Period;
  readonly field?: string;
}

/** A key field and its value. */
export interface Entity {
  readonly field: string;
  readonly value: string;
}

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** The value of the key field that decisions are searched by. */
    entityValue?: string;
  }
}

const NAME_MAX = 128;

/** What of an address is a filter. */
export function readSearch(raw: Record<string, unknown>): DecisionSearch {
  const name = (key: string) => {
    const value = raw[key];
    return typeof value === 'string' && value !== '' && value.length <= NAME_MAX ? { [key]: value } : {};
  };
  const { decision, period } = raw;
  return {
    ...(DECISIONS.some((word) => word === decision) ? { decision: decision as string } : {}),
    ...(typeof period === 'string' && Object.hasOwn(PERIODS, period) ? { period: period as Period } : {}),
    ...name('kind'),
    ...name('rule'),
    ...name('field'),
  };
}

/** The filter as the API takes it, at `now` (milliseconds). Periods begin on a full minute, so that pages fit together. */
export function queryOf({ decision, kind, rule, period }: DecisionSearch, now: number): DecisionQuery {
  const minute = Math.floor(now / 60_000) * 60_000;
  return {
    decision,
    kind,
    rule,
    from: period ? new Date(minute - PERIODS[period] * 1000).toISOString() : undefined,
  };
}

export const isFiltered = (search: DecisionSearch): boolean => Object.keys(search).length > 0;
