/** A claim code as it is read out: in groups, large, once. */

import { useMe } from '../../api/queries';
import { useSpeech } from '../../i18n/language';

export function ClaimCode({ code }: { code: string }) {
  const { t } = useSpeech();
  const address = `${useMe().publicUrl}/status`;
  return (
    <div className="claim" role="group" aria-label={t.hotline.code}>
      <p className="claim-code mono" data-claim={code}>
        {code.split('-').map((group, nth) => (
          <span key={nth}>{group}</span>
        ))}
      </p>
      <p>
        {t.hotline.codeUse}
        <a href={address} target="_blank" rel="noreferrer">
          {address}
        </a>
      </p>
      <p className="small quiet">{t.hotline.codeHint}</p>
    </div>
  );
}
