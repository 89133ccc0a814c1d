/** The live feed (server-sent events): marks what changed as stale, so that the screen follows by itself. */

import { useEffect, useState } from 'react';
import { queryClient } from './queries';

export type FeedState = 'connecting' | 'live' | 'reconnecting' | 'offline';

const KINDS = [
  'case.opened',
  'case.updated',
  'plan.ready',
  'plan.updated',
  'order.changed',
  'payments.arrived',
] as const;
/** Bursts of events are gathered for this long before anything is read again. */
const GATHER_MS = 150;

interface FeedMessage {
  subject?: string;
  case_id?: string | null;
}

function keysOf(kind: (typeof KINDS)[number], message: FeedMessage): string[][] {
  const caseId = message.case_id ?? (message.subject?.startsWith('case_') ? message.subject : undefined);
  const keys: string[][] = [['cases']];
  if (caseId) keys.push(['case', caseId], ['trace', caseId], ['audit', caseId]);
  if (kind === 'order.changed') {
    keys.push(['orders']);
    if (message.subject) keys.push(['order', message.subject], ['audit', message.subject]);
  }
  return keys;
}

/** Keeps the feed open while the caller is on screen. The browser itself resumes with `Last-Event-ID`. */
export function useFeed(enabled: boolean): FeedState {
  const [state, setState] = useState<FeedState>('connecting');
  useEffect(() => {
    if (!enabled) return undefined;
    const source = new EventSource('/v1/feed');
    const pending = new Map<string, string[]>();
    let timer: number | undefined;
    const flush = () => {
      timer = undefined;
      for (const queryKey of pending.values()) void queryClient.invalidateQueries({ queryKey });
      pending.clear();
    };
    const onMessage = (kind: (typeof KINDS)[number]) => (event: MessageEvent<string>) => {
      let message: FeedMessage = {};
      try {
        message = JSON.parse(event.data) as FeedMessage;
      } catch {
        // An event without readable data still says that something changed.
      }
      for (const key of keysOf(kind, message)) pending.set(key.join('/'), key);
      timer ??= window.setTimeout(flush, GATHER_MS);
    };
    source.onopen = () => setState('live');
    source.onerror = () => setState(source.readyState === EventSource.CLOSED ? 'offline' : 'reconnecting');
    for (const kind of KINDS) source.addEventListener(kind, onMessage(kind));
    return () => {
      source.close();
      if (timer !== undefined) window.clearTimeout(timer);
    };
  }, [enabled]);
  return enabled ? state : 'offline';
}
