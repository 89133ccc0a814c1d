/** What the list of reports is narrowed by, as it stands in the address: pure, so that it can be tested. */

import type { ReportFilter } from '../../api/intake-endpoints';
import type { ReportStateWord } from '../../api/types';
import { PRIORITIES } from '../../parts/priorities';

export const REPORT_STATES: readonly ReportStateWord[] = [
  'received',
  'triaged',
  'needs_info',
  'merged',
  'lead_opened',
  'not_fraud',
  'closed',
];

/** Reads an address; what it does not know is left out. */
export function readReportSearch(search: Record<string, unknown>): ReportFilter {
  const state = REPORT_STATES.find((word) => word === search['state']);
  const priority = PRIORITIES.find((word) => word === search['priority']);
  return { ...(state ? { state } : {}), ...(priority ? { priority } : {}) };
}
