/** Where an analyst on the phone writes a victim's report down, and reads the claim code out. */

import { useQuery } from '@tanstack/react-query';
import { Link, useBlocker } from '@tanstack/react-router';
import { Button } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { reportQuery } from '../../api/casework-queries';
import { useMe } from '../../api/queries';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { Facts } from '../../parts/facts';
import { PriorityWord } from '../../parts/words';
import { AttachForm } from './attach-form';
import { ClaimCode } from './claim-code';
import { GiveClaim } from './give-claim';
import { HotlineForm } from './hotline-form';
import { useHotline, type TakenReport } from './use-hotline';

/** What the report became, and what the caller is told. */
function Taken({ taken, onNext }: { taken: TakenReport; onNext: () => void }) {
  const { t, moment } = useSpeech();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { report, code } = taken;
  const { data } = useQuery(reportQuery(report.id));
  return (
    <div className="stack" data-taken={report.id}>
      <div className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {t.hotline.done}
        </h1>
        <Button type="primary" onClick={onNext}>
          {t.hotline.next}
        </Button>
      </div>
      <section className="panel" aria-label={t.hotline.code}>
        <div className="panel-body stack">
          {code === null ? (
            <>
              <p className="alert amber">{t.hotline.codeFailed}</p>
              <GiveClaim reportId={report.id} />
            </>
          ) : (
            <>
              <p className="ask">{t.hotline.doneHint}</p>
              <ClaimCode code={code} />
            </>
          )}
        </div>
      </section>
      <section className="panel" aria-label={t.reports.title}>
        <div className="panel-body stack">
          <Facts
            facts={[
              [
                t.reports.title,
                <Link key="report" to="/reports/$reportId" params={{ reportId: report.id }}>
                  {moment(report.received_at)}
                </Link>,
              ],
              [
                t.hotline.priority,
                <span key="priority">
                  <PriorityWord value={report.priority} /> {t.priorityMeaning[report.priority]}
                </span>,
              ],
              [
                t.reports.case,
                report.case_id ? (
                  <Link key="case" to="/cases/$caseId" params={{ caseId: report.case_id }} className="num">
                    {report.case_number}
                  </Link>
                ) : null,
              ],
            ]}
          />
          <AttachForm reportId={report.id} count={data?.attachments.length ?? 0} />
        </div>
      </section>
    </div>
  );
}

function Call({ onTaken }: { onTaken: (taken: TakenReport) => void }) {
  const { t } = useSpeech();
  const form = useHotline(onTaken);
  useBlocker({
    shouldBlockFn: () => form.dirty && !window.confirm(t.hotline.leave),
    enableBeforeUnload: () => form.dirty,
  });
  return (
    <>
      <div className="page-head hotline-head">
        <h1>{t.hotline.title}</h1>
        <p className="small quiet">{t.hotline.hint}</p>
      </div>
      <HotlineForm form={form} />
    </>
  );
}

export function HotlineScreen() {
  const { t } = useSpeech();
  const { has } = useMe();
  const [taken, setTaken] = useState<TakenReport | null>(null);
  if (!has('analyst')) return <Blank text={t.error['auth.forbidden']} />;
  return taken ? <Taken taken={taken} onNext={() => setTaken(null)} /> : <Call onTaken={setTaken} />;
}
