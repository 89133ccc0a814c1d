/** What the server finds in the draft, asked a moment after the last key. */

import { useEffect, useState } from 'react';
import { policyApi } from '../../api/policy-endpoints';
import type { PolicyCheck } from '../../api/types';
import { bodyOf, type Draft } from '../../policy/draft';

/** Rest after the last key before the draft is checked. */
const REST_MS = 300;

export interface Checked {
  /** The draft that was checked; findings point into its texts. */
  readonly draft: Draft;
  readonly check: PolicyCheck;
}

export function useCheck(draft: Draft): { checked: Checked | null; isStale: boolean; error: unknown } {
  const [checked, setChecked] = useState<Checked | null>(null);
  const [failed, setFailed] = useState<{ draft: Draft; error: unknown } | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    const timer = window.setTimeout(() => {
      policyApi.check(bodyOf(draft), abort.signal).then(
        (check) => setChecked({ draft, check }),
        (error: unknown) => {
          if (!abort.signal.aborted) setFailed({ draft, error });
        },
      );
    }, REST_MS);
    return () => {
      window.clearTimeout(timer);
      abort.abort();
    };
  }, [draft]);
  const error = failed?.draft === draft ? failed.error : null;
  return { checked, isStale: checked?.draft !== draft && error === null, error };
}
