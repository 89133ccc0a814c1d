/** The state of the hotline page: what is typed, what is wrong with it, and the call that makes one report of it. */

import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { refreshCasework } from '../../api/casework-queries';
import { intakeApi } from '../../api/intake-endpoints';
import { refusedFields, sayError } from '../../api/problem';
import type { Report } from '../../api/types';
import { serverNow } from '../../clock/ticker';
import { useSpeech } from '../../i18n/language';
import {
  NEW_HOTLINE,
  contentOf,
  fieldOfPointer,
  hotlineProblems,
  idOf,
  type HotlineDraft,
  type HotlineField,
  type PaymentDraft,
  type PaymentField,
} from './hotline-draft';

export interface TakenReport {
  readonly report: Report;
  /** `null`: the report is on record, but its code was not given. */
  readonly code: string | null;
}

const WORD_OF: Readonly<Record<PaymentField, 'at' | 'amount' | 'institution' | 'account' | 'txId' | 'name'>> =
  {
    at: 'at',
    amount: 'amount',
    fromInstitution: 'institution',
    toInstitution: 'institution',
    fromAccount: 'account',
    toAccount: 'account',
    toName: 'name',
    txId: 'txId',
    channel: 'institution',
  };

/** The first field at fault has the focus: the keyboard is where the work is. */
function focusOn(field: HotlineField | undefined) {
  if (field) document.getElementById(idOf(field))?.focus();
}

function useTaking(draft: HotlineDraft, onTaken: (taken: TakenReport) => void) {
  const sent = useRef({ text: '', key: '' });
  const [refused, setRefused] = useState<readonly HotlineField[]>([]);
  const send = useMutation({
    mutationFn: async (): Promise<TakenReport> => {
      const content = contentOf(draft);
      const text = JSON.stringify(content);
      // Another text is another report; the same one sent again is taken once.
      if (sent.current.text !== text) sent.current = { text, key: crypto.randomUUID() };
      const report = await intakeApi.takeReport(content, sent.current.key);
      const claim = await intakeApi.giveClaim(report.id).catch(() => null);
      return { report, code: claim?.claim_code ?? null };
    },
    onSuccess: (taken) => {
      refreshCasework();
      onTaken(taken);
    },
    onError: (error) => {
      const fields = refusedFields(error).flatMap(({ pointer }) => fieldOfPointer(pointer) ?? []);
      setRefused(fields);
      focusOn(fields[0]);
    },
  });
  return { send, refused, forget: () => setRefused([]) };
}

export function useHotline(onTaken: (taken: TakenReport) => void) {
  const { t } = useSpeech();
  const [draft, setDraft] = useState(NEW_HOTLINE);
  const [tried, setTried] = useState(false);
  const { send, refused, forget } = useTaking(draft, onTaken);
  const own = hotlineProblems(draft, serverNow());
  const textOf = (field: HotlineField): string => {
    const part = /^p\d+-(\w+)$/.exec(field)?.[1];
    const word = part
      ? WORD_OF[part as PaymentField]
      : (field as Exclude<HotlineField, `p${number}-${PaymentField}`>);
    return t.hotline.wrong[word];
  };
  const change = (part: Partial<HotlineDraft>) => {
    setDraft({ ...draft, ...part });
    forget();
  };
  return {
    draft,
    busy: send.isPending,
    /** Whether anything would be lost. */
    dirty: draft !== NEW_HOTLINE && !send.isSuccess,
    /** What is wrong with a field; nothing before the first try. */
    wrong: (field: HotlineField): string | null =>
      (tried && own.includes(field)) || refused.includes(field) ? textOf(field) : null,
    /** What the server said that belongs to no field. */
    failure: send.isError && refused.length === 0 ? sayError(send.error, t) : null,
    change,
    changePayment: (nth: number, part: Partial<PaymentDraft>) =>
      change({
        payments: draft.payments.map((payment, at) => (at === nth ? { ...payment, ...part } : payment)),
      }),
    submit: () => {
      setTried(true);
      if (own.length > 0) focusOn(own[0]);
      else if (!send.isPending) send.mutate();
    },
  };
}

export type Hotline = ReturnType<typeof useHotline>;
