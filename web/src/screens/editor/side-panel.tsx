/** What the server says about the draft: problems, outline, changes, tests. */

import { useMutation } from '@tanstack/react-query';
import { App, Button } from 'antd';
import { useState } from 'react';
import { policyApi } from '../../api/policy-endpoints';
import { sayError } from '../../api/problem';
import type { PolicyCheck, PolicyDiagnostic, PolicyLanguage } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { bodyOf, type Draft } from '../../policy/draft';
import { DifferenceList } from '../policies/difference-list';
import { TestRun } from '../policies/test-run';
import { OutlineList } from './outline-list';
import { ProblemList } from './problem-list';

const TABS = ['problems', 'outline', 'changes', 'tests'] as const;
type Tab = (typeof TABS)[number];

interface SidePanelProps {
  readonly draft: Draft;
  readonly check: PolicyCheck | null;
  readonly language: PolicyLanguage | undefined;
  readonly onGo: (place: { readonly path: string; readonly line: number }) => void;
  readonly onMend: (item: PolicyDiagnostic) => void;
}

function Tests({ draft, onGo }: Pick<SidePanelProps, 'draft' | 'onGo'>) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const run = useMutation({
    mutationFn: () => policyApi.test(bodyOf(draft)),
    onError: (error) => void message.error(sayError(error, t)),
  });
  return (
    <>
      <div className="panel-body row spread">
        <span className="small quiet">{t.editor.testsHint}</span>
        <Button size="small" data-run-tests loading={run.isPending} onClick={() => run.mutate()}>
          {t.policies.runTests}
        </Button>
      </div>
      {run.data && <TestRun key={run.submittedAt} run={run.data} onGo={onGo} />}
    </>
  );
}

export function SidePanel({ draft, check, language, onGo, onMend }: SidePanelProps) {
  const { t } = useSpeech();
  const [tab, setTab] = useState<Tab>('problems');
  const counts: Partial<Record<Tab, number>> = {
    problems: check?.diagnostics.length ?? 0,
    changes: check?.difference?.changes.length ?? 0,
  };
  return (
    <section className="panel editor-side" aria-label={t.editor[tab]}>
      <div className="tabs" role="tablist">
        {TABS.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`side-${name}`}
            aria-selected={name === tab}
            onClick={() => setTab(name)}
          >
            {t.editor[name]}
            {(counts[name] ?? 0) > 0 && <span className="num small"> {counts[name]}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" aria-labelledby={`side-${tab}`} className="side-body" tabIndex={0}>
        {tab !== 'tests' && !check && <Blank text={t.editor.checking} />}
        {tab === 'problems' && check && (
          <ProblemList check={check} language={language} onGo={onGo} onMend={onMend} />
        )}
        {tab === 'outline' && check && <OutlineList outline={check.outline} onGo={onGo} />}
        {tab === 'changes' && check && (
          <DifferenceList
            difference={check.difference ?? { old: '', new: '', changes: [] }}
            none={t.editor.noChanges}
          />
        )}
        {tab === 'tests' && <Tests draft={draft} onGo={onGo} />}
      </div>
    </section>
  );
}
