/** Versions of the policy, what is at work, and the changes that put them there. */

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Button } from 'antd';
import { useState } from 'react';
import { changesQuery, deploymentQuery, policiesQuery } from '../../api/policy-queries';
import { sayError } from '../../api/problem';
import { useMe, usePersonName } from '../../api/queries';
import type { PolicyVersion } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { VersionStateWord } from '../../parts/policy-words';
import { shortHash, statesOf, type VersionState } from '../../policy/version-state';
import { AtWork } from './at-work';
import { ChangeList } from './change-list';
import { ProposeForm } from './propose-form';

/** Who stored a version, by name where it was a person. */
export function usePushedBy(): (version: PolicyVersion) => string {
  const { t } = useSpeech();
  const person = usePersonName();
  return ({ pushed_by: by }) => {
    switch (by.kind) {
      case 'user':
        return person(by.id);
      case 'institution':
        return by.code;
      case 'system':
      case 'reporter':
        return t.actor[by.kind];
    }
  };
}

interface VersionTableProps {
  readonly versions: readonly PolicyVersion[];
  readonly states: (hash: string) => VersionState[];
  readonly onPropose: ((hash: string) => void) | null;
}

function VersionTable({ versions, states, onPropose }: VersionTableProps) {
  const { t, moment } = useSpeech();
  const pushedBy = usePushedBy();
  return (
    <table className="grid cards version-table">
      <thead>
        <tr>
          <th scope="col">{t.policies.version}</th>
          <th scope="col">{t.policies.state}</th>
          <th scope="col">{t.policies.note}</th>
          <th scope="col" className="end">
            {t.policies.rules}
          </th>
          <th scope="col" className="end">
            {t.policies.features}
          </th>
          <th scope="col">{t.policies.pushed}</th>
          <th scope="col">{t.policies.by}</th>
          {onPropose && (
            <th scope="col">
              <span className="visually-hidden">{t.policies.propose}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {versions.map((version) => (
          <tr key={version.hash} data-version={version.hash}>
            <td className="lead">
              <Link
                to="/policies/$hash"
                params={{ hash: version.hash }}
                className="mono"
                title={version.hash}
              >
                {shortHash(version.hash)}
              </Link>
            </td>
            <td data-label={t.policies.state}>
              <span className="row" style={{ gap: 4 }}>
                {states(version.hash).map((state) => (
                  <VersionStateWord key={state} value={state} />
                ))}
              </span>
            </td>
            <td data-label={t.policies.note}>
              {version.note || <span className="quiet">{t.policies.noNote}</span>}
            </td>
            <td data-label={t.policies.rules} className="end num">
              {version.rules}
            </td>
            <td data-label={t.policies.features} className="end num">
              {version.features}
            </td>
            <td data-label={t.policies.pushed} className="num quiet small">
              {moment(version.pushed_at)}
            </td>
            <td data-label={t.policies.by}>{pushedBy(version)}</td>
            {onPropose && (
              <td className="bare end">
                <Button
                  size="small"
                  aria-label={`${t.policies.propose} ${shortHash(version.hash)}`}
                  onClick={() => onPropose(version.hash)}
                >
                  {t.policies.propose}
                </Button>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function PoliciesScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { writesPolicies } = useMe();
  const versions = useQuery(policiesQuery);
  const deployment = useQuery(deploymentQuery);
  const changes = useQuery(changesQuery);
  const [proposing, setProposing] = useState<string | null>(null);
  const items = versions.data?.items ?? [];
  const propose = (hash: string) => {
    setProposing(hash);
    window.scrollTo({ top: 0 });
  };
  return (
    <>
      <div className="page-head">
        <h1>{t.policies.title}</h1>
        {writesPolicies && (
          <Button
            onClick={() =>
              void navigate({ to: '/editor', search: deployment.data?.live ? {} : { base: '' } })
            }
          >
            {t.nav.editor}
          </Button>
        )}
      </div>
      {proposing && <ProposeForm key={proposing} hash={proposing} onClose={() => setProposing(null)} />}
      <div className="case-columns policy-columns">
        <div className="case-work">
          {deployment.isError && (
            <Blank text={sayError(deployment.error, t)} onRetry={() => void deployment.refetch()} />
          )}
          {deployment.data && <AtWork deployment={deployment.data} />}
          <section className="panel" aria-label={t.policies.versions}>
            <header>
              <h2>{t.policies.versions}</h2>
              <span className="small quiet num">{items.length}</span>
            </header>
            {versions.isPending && <Blank text={t.app.loading} />}
            {versions.isError && (
              <Blank text={sayError(versions.error, t)} onRetry={() => void versions.refetch()} />
            )}
            {versions.isSuccess && items.length === 0 && <Blank text={t.policies.empty} />}
            {items.length > 0 && (
              <VersionTable
                versions={items}
                states={(hash) => statesOf(hash, deployment.data, changes.data?.items ?? [])}
                onPropose={writesPolicies ? propose : null}
              />
            )}
          </section>
        </div>
        <div className="case-side">{changes.data && <ChangeList changes={changes.data.items} />}</div>
      </div>
    </>
  );
}
