/** How the tests of a policy ended; failures first, each with what was found and how near a rule came. */

import { useState } from 'react';
import type { PolicyPlace, PolicyTest, PolicyTestRun } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { CodePiece } from '../../policy/code';

type Go = (place: PolicyPlace) => void;

function Place({ at, onGo }: { at: PolicyPlace; onGo: Go }) {
  return (
    <button type="button" className="plain-button mono place" onClick={() => onGo(at)}>
      {`${at.path}:${at.line}`}
    </button>
  );
}

function TestRow({ test, onGo }: { test: PolicyTest; onGo: Go }) {
  const { t } = useSpeech();
  const passed = test.failures.length === 0;
  return (
    <li data-passed={passed}>
      <div className="row">
        <span className={passed ? 'green' : 'red'} aria-hidden="true">
          {passed ? '✓' : '✗'}
        </span>
        <span className="test-name">{test.name}</span>
        <Place at={test.at} onGo={onGo} />
      </div>
      {test.failures.map((failure, index) => (
        <div key={index} className="failure">
          <p lang="en">{failure.message}</p>
          <Place at={failure.at} onGo={onGo} />
          {failure.conditions.length > 0 && (
            <>
              <p className="small quiet">{t.policies.nearest}</p>
              <ul className="because">
                {failure.conditions.map((condition) => (
                  <li key={condition.condition}>
                    <CodePiece text={condition.condition} />{' '}
                    <span className={condition.held === true ? 'small green' : 'small red'}>
                      {t.policies.held[`${condition.held ?? null}`]}
                    </span>
                  </li>
                ))}
              </ul>
            </>
          )}
        </div>
      ))}
    </li>
  );
}

export function TestRun({ run, onGo }: { run: PolicyTestRun; onGo: Go }) {
  const { t } = useSpeech();
  const [onlyFailed, setOnlyFailed] = useState(run.failed > 0);
  if (!run.ok) return <p className="panel-body red">{t.policies.notTestable}</p>;
  if (run.tests.length === 0) return <p className="panel-body quiet">{t.policies.noTests}</p>;
  const shown = onlyFailed ? run.tests.filter((test) => test.failures.length > 0) : run.tests;
  return (
    <div data-failed={run.failed}>
      <div className="panel-body row spread" role="status">
        <strong className={run.failed > 0 ? 'red' : 'green'}>
          {run.failed > 0
            ? t.policies.testsFail(run.failed, run.tests.length)
            : t.policies.testsPass(run.tests.length)}
        </strong>
        {run.failed > 0 && (
          <label className="small">
            <input
              type="checkbox"
              checked={onlyFailed}
              onChange={(event) => setOnlyFailed(event.target.checked)}
            />{' '}
            {t.policies.onlyFailed}
          </label>
        )}
      </div>
      <ul className="test-list">
        {shown.map((test) => (
          <TestRow key={`${test.at.path}:${test.at.line}`} test={test} onGo={onGo} />
        ))}
      </ul>
    </div>
  );
}
