import { useMemo } from 'react';
import { useInstitutionName } from '../api/queries';
import { useSpeech, wordOf } from '../i18n/language';
import type { ExportWords } from './export';

/** Heads and values of exports in the reader's language. */
export function useExportWords(): ExportWords {
  const { t } = useSpeech();
  const institution = useInstitutionName();
  return useMemo(
    () => ({
      accountHeads: [
        t.flow.level,
        t.flow.institution,
        t.flow.institutionName,
        t.flow.account,
        t.flow.kind,
        t.flow.received,
        t.flow.present,
        t.flow.heldAmount,
        t.flow.recoverable,
        t.flow.balance,
        t.flow.currency,
        t.flow.firstArrival,
        t.flow.lastArrival,
      ],
      transferHeads: [
        t.flow.transaction,
        t.flow.time,
        t.flow.fromInstitution,
        t.flow.fromAccount,
        t.flow.toInstitution,
        t.flow.toAccount,
        t.flow.channel,
        t.flow.amount,
        t.flow.stolen,
        t.flow.currency,
      ],
      kind: (node) => (node.exit ? t.exit[node.exit] : t.accountKind[node.kind]),
      channel: (channel) => wordOf(t.channel, channel),
      institution,
    }),
    [t, institution],
  );
}
