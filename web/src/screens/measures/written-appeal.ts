/** An appeal that a caller tells an agent: pure, so that it can be tested without a screen. */

import type { Livelihood, MeasureDetail, WrittenAppeal } from '../../api/types';
import { isClosed } from '../appeals/appeal-queue';

export interface AppealDraft {
  readonly by: WrittenAppeal['by'];
  readonly livelihood: Livelihood | '';
  readonly says: string;
}

export const NEW_APPEAL: AppealDraft = { by: 'phone', livelihood: '', says: '' };

/** Why nobody can appeal now; `null` when they can. */
export type NoAppeal = 'open' | 'late' | 'lifted';

export function whyNoAppeal(
  measure: Pick<MeasureDetail, 'appeals' | 'state'> & { readonly notice: { readonly appeal_until: string } },
  now: number,
): NoAppeal | null {
  if (measure.state.state === 'lifted') return 'lifted';
  if (measure.appeals.some((appeal) => !isClosed(appeal))) return 'open';
  return Date.parse(measure.notice.appeal_until) <= now ? 'late' : null;
}

/** The request, or `null` while nothing is said. */
export function writtenAppeal({ by, livelihood, says }: AppealDraft): WrittenAppeal | null {
  if (says.trim() === '') return null;
  return { by, says: says.trim(), ...(livelihood === '' ? {} : { livelihood }) };
}
