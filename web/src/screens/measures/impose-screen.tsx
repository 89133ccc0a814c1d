/** Where an analyst takes a measure: on whom, what, on which ground, and what speaks against this very subject. */

import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMe } from '../../api/queries';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { ImposeForm } from './impose-form';

export function ImposeScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { has } = useMe();
  const search = useSearch({ from: '/frame/measures/new' });
  if (!has('analyst')) return <Blank text={t.error['auth.forbidden']} />;
  return (
    <>
      <div className="page-head">
        <h1>{t.measures.impose}</h1>
      </div>
      <ImposeForm
        belongs={{ caseId: search.case ?? '', operation: search.operation ?? '' }}
        onDone={(measureId) => void navigate({ to: '/measures/$measureId', params: { measureId } })}
        onClose={() => void navigate({ to: '/measures' })}
      />
    </>
  );
}
