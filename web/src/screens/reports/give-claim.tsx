/** A claim code for a reporter who has none, or lost it. */

import { useMutation } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { intakeApi } from '../../api/intake-endpoints';
import { sayError } from '../../api/problem';
import { useSpeech } from '../../i18n/language';
import { ClaimCode } from './claim-code';

export function GiveClaim({ reportId }: { reportId: string }) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const give = useMutation({
    mutationFn: () => intakeApi.giveClaim(reportId),
    onError: (error) => void message.error(sayError(error, t)),
  });
  if (give.data) return <ClaimCode code={give.data.claim_code} />;
  return (
    <div className="row spread">
      <p className="small quiet claim-again">{t.claim.again}</p>
      <Button data-give-claim loading={give.isPending} onClick={() => give.mutate()}>
        {t.claim.give}
      </Button>
    </div>
  );
}
