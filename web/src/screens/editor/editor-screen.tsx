/** The rule editor: a draft on top of a version, with live findings, completion, tests, and saving as a new version. */

import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { deploymentQuery, policiesQuery, policyQuery } from '../../api/policy-queries';
import { useMe } from '../../api/queries';
import type { PolicyBundle } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank, Failure } from '../../parts/blank';
import { shortHash } from '../../policy/version-state';
import { Workbench } from './workbench';
import { storedBase } from './use-draft';

/** Which version to start from, when the address does not say. */
function Start() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { data: versions } = useQuery(policiesQuery);
  const items = versions?.items ?? [];
  return (
    <section className="panel start" aria-label={t.editor.pickBase}>
      <header>
        <h2>{t.editor.pickBase}</h2>
      </header>
      <ul className="plain-list panel-body">
        {items.map((version) => (
          <li key={version.hash}>
            <button
              type="button"
              className="plain-button"
              onClick={() => void navigate({ to: '/editor', search: { base: version.hash } })}
            >
              <span className="mono">{shortHash(version.hash)}</span> {version.note}
            </button>
          </li>
        ))}
        <li>
          <button
            type="button"
            className="plain-button"
            onClick={() => void navigate({ to: '/editor', search: { base: '' } })}
          >
            {t.editor.nothing}
          </button>
        </li>
      </ul>
    </section>
  );
}

const NOTHING: PolicyBundle['files'] = [];

/** The files of a version, then the workbench on top of them. */
function OnVersion({ hash }: { hash: string }) {
  const { t } = useSpeech();
  const query = useQuery(policyQuery(hash));
  if (query.isPending) return <Blank text={t.app.loading} />;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return <Workbench key={hash} base={hash} files={query.data.files} />;
}

export function EditorScreen() {
  const { t } = useSpeech();
  const { writesPolicies } = useMe();
  const search = useSearch({ from: '/frame/editor' });
  const deployment = useQuery(deploymentQuery);
  if (!writesPolicies) return <Blank text={t.editor.notEngineer} />;
  // An address that names no version goes on with what was being written, else with what is live.
  const base = search.base ?? storedBase() ?? deployment.data?.live;
  if (base === undefined && deployment.isPending) return <Blank text={t.app.loading} />;
  if (base === null || base === undefined)
    return (
      <>
        <div className="page-head">
          <h1>{t.editor.title}</h1>
        </div>
        <Start />
      </>
    );
  if (base === '') return <Workbench key="" base={null} files={NOTHING} />;
  return <OnVersion hash={base} />;
}
