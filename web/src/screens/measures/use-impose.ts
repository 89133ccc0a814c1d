/** The state of the form that takes a measure: what is typed, what is wrong with it, and the call. */

import { useMutation } from '@tanstack/react-query';
import { App } from 'antd';
import { useRef, useState } from 'react';
import { fairnessApi } from '../../api/fairness-endpoints';
import { refreshFairness } from '../../api/fairness-queries';
import { refusedFields, sayError } from '../../api/problem';
import { serverNow } from '../../clock/ticker';
import { useSpeech } from '../../i18n/language';
import { localOf } from '../backtests/backtest-figures';
import {
  HOURS_MAX,
  draftProblems,
  fieldOfPointer,
  idOf,
  newDraft,
  wishOf,
  type Belongs,
  type ImposeDraft,
  type ImposeField,
} from './impose-draft';

/** What the server's code says about a field that it does not point at. */
const FIELD_OF_CODE: Readonly<Record<string, ImposeField>> = {
  'institution.unknown': 'partners',
  'case.not_found': 'caseId',
};

export function useImpose(belongs: Belongs, onDone: (measureId: string) => void) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const [draft, setDraft] = useState<ImposeDraft>(() => newDraft(localOf(serverNow()), belongs));
  const [tried, setTried] = useState(false);
  const [refused, setRefused] = useState<readonly ImposeField[]>([]);
  const sent = useRef({ text: '', key: '' });
  const send = useMutation({
    mutationFn: () => {
      const wish = wishOf(draft);
      const text = JSON.stringify(wish);
      // Another wish is another request; the same one sent again is taken once.
      if (sent.current.text !== text) sent.current = { text, key: crypto.randomUUID() };
      return fairnessApi.impose(wish, sent.current.key);
    },
    onSuccess: (measure) => {
      void message.success(t.measures.imposed);
      refreshFairness();
      onDone(measure.id);
    },
    onError: (error) => {
      const pointed = refusedFields(error).flatMap(({ pointer }) => fieldOfPointer(pointer) ?? []);
      const coded = FIELD_OF_CODE[(error as { problem?: { code?: string } }).problem?.code ?? ''];
      const fields = pointed.length > 0 ? pointed : coded ? [coded] : [];
      setRefused(fields);
      focusOn(fields[0]);
    },
  });
  const own = draftProblems(draft);
  const textOf = (field: ImposeField): string => {
    if (field === 'hours') return t.measures.wrong.hours(HOURS_MAX[draft.kind]);
    if (field in t.measures.wrong)
      return t.measures.wrong[field as Exclude<ImposeField, 'hours' | `signal${number}`>];
    return t.measures.wrong.signal;
  };
  return {
    draft,
    busy: send.isPending,
    /** What is wrong with a field; nothing before the first try. */
    wrong: (field: ImposeField): string | null =>
      (tried && own.includes(field)) || refused.includes(field) ? textOf(field) : null,
    /** What the server said that belongs to no field. */
    failure: send.isError && refused.length === 0 ? sayError(send.error, t) : null,
    change: (part: Partial<ImposeDraft>) => {
      setDraft({ ...draft, ...part });
      setRefused([]);
    },
    submit: () => {
      setTried(true);
      if (own.length > 0) focusOn(own[0]);
      else if (!send.isPending) send.mutate();
    },
  };
}

/** The first field at fault has the focus: the keyboard is where the work is. */
function focusOn(field: ImposeField | undefined) {
  if (field) document.getElementById(idOf(field))?.focus();
}

export type Impose = ReturnType<typeof useImpose>;
