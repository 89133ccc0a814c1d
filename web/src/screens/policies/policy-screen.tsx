/** One version of the policy: its rules, files, differences from another version, tests. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { App, Button } from 'antd';
import { useEffect, useState } from 'react';
import { policyApi } from '../../api/policy-endpoints';
import {
  changesQuery,
  deploymentQuery,
  differenceQuery,
  outlineQuery,
  policiesQuery,
  policyQuery,
} from '../../api/policy-queries';
import { sayError } from '../../api/problem';
import { useMe } from '../../api/queries';
import type { PolicyBundle } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank, Failure } from '../../parts/blank';
import { VersionStateWord } from '../../parts/policy-words';
import { CodeText } from '../../policy/code';
import { shortHash, statesOf } from '../../policy/version-state';
import { DifferenceList } from './difference-list';
import { usePushedBy } from './policies-screen';
import { PolicyRules } from './policy-rules';
import { TABS, type PolicySearch, type Tab } from './policy-search';
import { ProposeForm } from './propose-form';
import { TestRun } from './test-run';

/** Bytes as people count them. */
export function bytesText(bytes: number, locale: string): string {
  const [unit, size] = bytes < 1 << 20 ? (['kilobyte', 1 << 10] as const) : (['megabyte', 1 << 20] as const);
  return new Intl.NumberFormat(locale, { style: 'unit', unit, maximumFractionDigits: 1 }).format(
    bytes / size,
  );
}

function Files({
  bundle,
  file,
  line,
}: {
  bundle: PolicyBundle;
  file: string | undefined;
  line: number | undefined;
}) {
  const { t, locale } = useSpeech();
  const navigate = useNavigate();
  const shown = bundle.files.find(({ path }) => path === file) ?? bundle.files[0];
  useEffect(() => {
    if (line) document.getElementById('marked-line')?.scrollIntoView({ block: 'center' });
  }, [line, shown?.path]);
  if (!shown) return null;
  return (
    <div className="files">
      <label className="row panel-body">
        <span className="quiet small">{t.policies.file}</span>
        <select
          className="select mono"
          value={shown.path}
          onChange={(event) =>
            void navigate({
              to: '/policies/$hash',
              params: { hash: bundle.version.hash },
              search: { tab: 'files', file: event.target.value },
            })
          }
        >
          {bundle.files.map(({ path }) => (
            <option key={path}>{path}</option>
          ))}
        </select>
      </label>
      {shown.text === null || shown.text === undefined ? (
        <p className="panel-body quiet">{t.policies.large(bytesText(shown.bytes, locale))}</p>
      ) : (
        <CodeText text={shown.text} mark={line} label={shown.path} />
      )}
    </div>
  );
}

function Differences({ hash, from }: { hash: string; from: string | undefined }) {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { data: versions } = useQuery(policiesQuery);
  const others = (versions?.items ?? []).filter((version) => version.hash !== hash);
  const at = versions?.items.findIndex((version) => version.hash === hash) ?? -1;
  const base = from ?? versions?.items[at + 1]?.hash ?? others[0]?.hash ?? null;
  const query = useQuery(differenceQuery(hash, base));
  if (versions && others.length === 0) return <p className="panel-body quiet">{t.policies.noOther}</p>;
  return (
    <>
      <label className="row panel-body">
        <span className="quiet small">{t.policies.from}</span>
        <select
          className="select"
          value={base ?? ''}
          onChange={(event) =>
            void navigate({
              to: '/policies/$hash',
              params: { hash },
              search: { tab: 'diff', from: event.target.value },
            })
          }
        >
          {others.map((version) => (
            <option key={version.hash} value={version.hash}>
              {`${shortHash(version.hash)} ${version.note}`}
            </option>
          ))}
        </select>
      </label>
      {query.isPending && <Blank text={t.app.loading} />}
      {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
      {query.data && <DifferenceList difference={query.data} none={t.policies.sameVersions} />}
    </>
  );
}

function Tests({ hash }: { hash: string }) {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const { approvesPolicies } = useMe();
  const run = useMutation({
    mutationFn: () => policyApi.test({ base: hash, files: [], removed: [] }),
    onError: (error) => void message.error(sayError(error, t)),
  });
  return (
    <>
      <div className="panel-body row">
        {approvesPolicies ? (
          <Button loading={run.isPending} onClick={() => run.mutate()}>
            {t.policies.runTests}
          </Button>
        ) : (
          <span className="quiet">{t.error['auth.forbidden']}</span>
        )}
      </div>
      {run.data && (
        <TestRun
          run={run.data}
          onGo={({ path, line }) =>
            void navigate({
              to: '/policies/$hash',
              params: { hash },
              search: { tab: 'files', file: path, line },
            })
          }
        />
      )}
    </>
  );
}

function TabBody({ bundle, search, tab }: { bundle: PolicyBundle; search: PolicySearch; tab: Tab }) {
  const { t } = useSpeech();
  const { hash } = bundle.version;
  const outline = useQuery(outlineQuery(hash));
  switch (tab) {
    case 'rules':
      if (outline.isPending) return <Blank text={t.app.loading} />;
      if (outline.isError) return <Blank text={sayError(outline.error, t)} />;
      return <PolicyRules key={search.rule} hash={hash} outline={outline.data} rule={search.rule} />;
    case 'files':
      return <Files bundle={bundle} file={search.file} line={search.line} />;
    case 'diff':
      return <Differences hash={hash} from={search.from} />;
    case 'tests':
      return <Tests hash={hash} />;
  }
}

function Version({ bundle }: { bundle: PolicyBundle }) {
  const { t, moment } = useSpeech();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const pushedBy = usePushedBy();
  const { writesPolicies } = useMe();
  const search = useSearch({ from: '/frame/policies/$hash' });
  const { data: deployment } = useQuery(deploymentQuery);
  const { data: changes } = useQuery(changesQuery);
  const [proposing, setProposing] = useState(false);
  const { version } = bundle;
  const tab = search.tab ?? 'rules';
  const copy = async () => {
    await navigator.clipboard.writeText(version.hash);
    void message.success(t.app.copied);
  };
  return (
    <>
      <div className="page-head">
        <h1>
          {t.policies.version} <span className="mono">{shortHash(version.hash)}</span>
        </h1>
        {statesOf(version.hash, deployment, changes?.items ?? []).map((state) => (
          <VersionStateWord key={state} value={state} />
        ))}
        {writesPolicies && (
          <>
            <Button onClick={() => void navigate({ to: '/editor', search: { base: version.hash } })}>
              {t.policies.edit}
            </Button>
            <Button type="primary" onClick={() => setProposing(true)}>
              {t.policies.propose}
            </Button>
          </>
        )}
      </div>
      {proposing && <ProposeForm hash={version.hash} onClose={() => setProposing(false)} />}
      <dl className="panel facts version-facts">
        <dt>{t.policies.note}</dt>
        <dd>{version.note || <span className="quiet">{t.policies.noNote}</span>}</dd>
        <dt>{t.policies.pushed}</dt>
        <dd className="num">{`${moment(version.pushed_at)} · ${pushedBy(version)}`}</dd>
        <dt>{t.policies.hash}</dt>
        <dd>
          <span className="mono">{version.hash}</span>{' '}
          <Button size="small" type="text" aria-label={t.policies.copyHash} onClick={() => void copy()}>
            {t.app.copy}
          </Button>
        </dd>
      </dl>
      <section className="panel" aria-label={t.policies.tabs[tab]}>
        <div className="tabs" role="tablist">
          {TABS.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              id={`tab-${name}`}
              aria-selected={name === tab}
              onClick={() =>
                void navigate({
                  to: '/policies/$hash',
                  params: { hash: version.hash },
                  search: { tab: name },
                })
              }
            >
              {t.policies.tabs[name]}
            </button>
          ))}
        </div>
        <div role="tabpanel" aria-labelledby={`tab-${tab}`}>
          <TabBody bundle={bundle} search={search} tab={tab} />
        </div>
      </section>
    </>
  );
}

export function PolicyScreen() {
  const { t } = useSpeech();
  const { hash } = useParams({ from: '/frame/policies/$hash' });
  const query = useQuery(policyQuery(hash));
  if (query.isPending) return <Blank text={t.app.loading} />;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  return <Version key={hash} bundle={query.data} />;
}
