/** The draft that is being written, kept in the browser until it is saved as a version or discarded. */

import { useEffect, useState } from 'react';
import { emptyDraft, isClean, type Draft } from '../../policy/draft';

const STORED = 'stanch.policy-draft';
/** Rest after the last key before the draft is written down. */
const REST_MS = 500;

/** The draft that was kept for this base, if there is one. */
function stored(base: string | null): Draft | null {
  try {
    const draft = JSON.parse(localStorage.getItem(STORED) ?? 'null') as Draft | null;
    return draft && draft.base === base && !isClean(draft) ? draft : null;
  } catch {
    return null;
  }
}

/** The base of the draft that was kept last; undefined when there is none. */
export function storedBase(): string | null | undefined {
  try {
    const draft = JSON.parse(localStorage.getItem(STORED) ?? 'null') as Draft | null;
    return draft && !isClean(draft) ? draft.base : undefined;
  } catch {
    return undefined;
  }
}

function keep(draft: Draft): void {
  try {
    if (isClean(draft)) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, JSON.stringify(draft));
  } catch {
    // A draft larger than the browser keeps lives as long as its page.
  }
}

/** The draft on top of `base`; whether it was restored from an earlier visit. */
export function useDraft(base: string | null) {
  const [restored] = useState(() => stored(base));
  const [draft, setDraft] = useState<Draft>(restored ?? emptyDraft(base));
  useEffect(() => {
    const timer = window.setTimeout(() => keep(draft), REST_MS);
    return () => window.clearTimeout(timer);
  }, [draft]);
  const discard = () => {
    keep(emptyDraft(base));
    setDraft(emptyDraft(base));
  };
  return { draft, setDraft, discard, wasRestored: restored !== null };
}
