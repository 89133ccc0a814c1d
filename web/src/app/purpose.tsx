/** What personal data is read for. Without it the server masks it; the choice goes with every request as a cookie. */

import { useState } from 'react';
import { queryClient, useMe } from '../api/queries';
import type { Purpose } from '../api/types';
import { purposeIn, sayPurpose } from './purpose-cookie';
import { useSpeech } from '../i18n/language';

/** The strip below the bar, for those who may see personal data. */
export function PurposeStrip() {
  const { t } = useSpeech();
  const { seesPersonalData } = useMe();
  const [purpose, setPurpose] = useState(() => purposeIn(document.cookie, Object.keys(t.purpose)));
  if (!seesPersonalData) return null;
  const choose = (chosen: Purpose | null) => {
    sayPurpose(chosen);
    setPurpose(chosen);
    void queryClient.invalidateQueries();
  };
  return (
    <section aria-label={t.app.purpose} className={purpose ? 'purpose-strip' : 'purpose-strip masked'}>
      <label htmlFor="purpose">{t.app.purpose}</label>
      <select
        id="purpose"
        value={purpose ?? ''}
        onChange={(event) => choose(event.target.value === '' ? null : (event.target.value as Purpose))}
      >
        <option value="">{t.app.noPurpose}</option>
        {(Object.keys(t.purpose) as Purpose[]).map((word) => (
          <option key={word} value={word}>
            {t.purpose[word]}
          </option>
        ))}
      </select>
      <span className="small quiet">{purpose ? t.app.purposeKept : t.app.purposeMasked}</span>
    </section>
  );
}
