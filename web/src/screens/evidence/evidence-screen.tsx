/** The evidence of a case: its items, collecting, the package, and how anybody verifies it offline. */

import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Button } from 'antd';
import { useState } from 'react';
import { evidenceQuery, refreshCasework } from '../../api/casework-queries';
import { sayError } from '../../api/problem';
import { caseQuery, keysQuery, useMe } from '../../api/queries';
import { recordApi } from '../../api/record-endpoints';
import { useSpeech } from '../../i18n/language';
import { Blank, Failure } from '../../parts/blank';
import { saveFile } from '../../parts/save-file';
import { useStep } from '../../parts/use-step';
import { CollectForm } from './collect-form';
import { EvidenceItemPanel } from './evidence-item';

function PackagePart({ caseId, number, mayExport }: { caseId: string; number: string; mayExport: boolean }) {
  const { t } = useSpeech();
  const { busy, run } = useStep(refreshCasework);
  const keys = useQuery(keysQuery);
  const file = `evidence-${number}.zip`;
  const exportIt = async () => saveFile(await recordApi.exportPackage(caseId), file);
  return (
    <section className="panel" aria-label={t.evidence.export}>
      <div className="panel-body stack">
        {mayExport && (
          <div className="row spread">
            <span className="small quiet package-hint">{t.evidence.exportHint}</span>
            <Button loading={busy} onClick={() => run(exportIt, t.evidence.exported)}>
              {t.evidence.export}
            </Button>
          </div>
        )}
        <details>
          <summary>{t.evidence.verify}</summary>
          <ol className="verify-steps">
            {t.evidence.verifySteps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <pre className="note mono">{`stanch evidence verify ${file}\nstanch evidence verify --key KEY ${file}`}</pre>
          {keys.isError && <p className="alert red">{sayError(keys.error, t)}</p>}
          {keys.data && (
            <p className="small">
              {t.evidence.key}: <span className="mono">{keys.data.audit}</span>
            </p>
          )}
        </details>
      </div>
    </section>
  );
}

export function EvidenceScreen() {
  const { caseId } = useParams({ from: '/frame/cases/$caseId/evidence' });
  const { t } = useSpeech();
  const { has } = useMe();
  const item = useQuery(caseQuery(caseId));
  const query = useQuery(evidenceQuery(caseId));
  const [collecting, setCollecting] = useState(false);
  const works = has('analyst') || has('approver');
  if (item.isPending || query.isPending) return <Blank text={t.app.loading} />;
  if (item.isError) return <Failure error={item.error} onRetry={() => void item.refetch()} />;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  const items = query.data;
  return (
    <div className="stack">
      <div className="page-head">
        <h1>{t.evidence.ofCase(item.data.number)}</h1>
        <Link to="/cases/$caseId" params={{ caseId }}>
          {t.evidence.toCase}
        </Link>
        {works && !collecting && (
          <Button type="primary" onClick={() => setCollecting(true)}>
            {t.evidence.collect}
          </Button>
        )}
      </div>
      {collecting && <CollectForm caseId={caseId} onClose={() => setCollecting(false)} />}
      {items.length > 0 && <PackagePart caseId={caseId} number={item.data.number} mayExport={works} />}
      {items.length === 0 && (
        <section className="panel">
          <Blank text={t.evidence.empty} />
        </section>
      )}
      {items.map((one) => (
        <EvidenceItemPanel key={one.id} item={one} />
      ))}
    </div>
  );
}
