/** Words of states with the colour that their meaning has. */

import type { CaseSummary, OrderState, OrderStateWord, PlanStateWord, Priority } from '../api/types';
import { useSpeech } from '../i18n/language';

export function PriorityWord({ value }: { value: Priority }) {
  const { t } = useSpeech();
  return (
    <span className={value === 'p0' ? 'word p0' : 'word'} title={t.priorityMeaning[value]}>
      {t.priority[value]}
    </span>
  );
}

function orderTone(state: OrderStateWord): '' | 'red' | 'amber' | 'green' {
  switch (state) {
    case 'active':
    case 'executed':
    case 'partially_executed':
      return 'green';
    case 'refused':
    case 'failed':
      return 'red';
    case 'sent':
    case 'acked':
    case 'executing':
    case 'approved':
    case 'signed':
      return 'amber';
    case 'draft':
    case 'withdrawn':
    case 'expired':
    case 'released':
    case 'converted':
    case 'returned':
      return '';
  }
}

export function OrderStateLabel({ state }: { state: OrderStateWord }) {
  const { t } = useSpeech();
  return (
    <span className={`word ${orderTone(state)}`} data-state={state}>
      {t.orderState[state]}
    </span>
  );
}

export function PlanStateLabel({ state }: { state: PlanStateWord }) {
  const { t } = useSpeech();
  return <span className={state === 'submitted' ? 'word amber' : 'word'}>{t.planState[state]}</span>;
}

export function CaseStateLabel({ state }: { state: CaseSummary['state'] }) {
  const { t } = useSpeech();
  return <span className="word">{t.caseState[state.state]}</span>;
}

/** The latest moment an order's state carries. */
export function momentOf(state: OrderState): string | null {
  if ('at' in state) return state.at;
  return 'since' in state ? state.since : null;
}
