/** One operation with its cases and measures; analysts put more into it, and it ends by hand. */

import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { caseworkApi } from '../../api/casework-endpoints';
import { operationQuery, refreshCasework } from '../../api/casework-queries';
import { measuresQuery } from '../../api/fairness-queries';
import { sayError } from '../../api/problem';
import { casesQuery, useMe, usePersonName } from '../../api/queries';
import type { DeskCase, Operation } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank, Failure } from '../../parts/blank';
import { Facts } from '../../parts/facts';
import { MeasureTable } from '../../parts/measure-table';
import { Pages } from '../../parts/pages';
import { ReasonForm } from '../../parts/reason-form';
import { useStep } from '../../parts/use-step';
import { CaseStateLabel, PriorityWord } from '../../parts/words';
import { OperationState } from './operations-screen';
import { bulkSum } from './waiting';

/** Cases that the desk knows and that are not in the operation yet. */
function AddCases({
  operation,
  inIt,
  onClose,
}: {
  operation: Operation;
  inIt: readonly DeskCase[];
  onClose: () => void;
}) {
  const { t, money } = useSpeech();
  const { data } = useQuery(casesQuery);
  const known = new Set(inIt.map(({ id }) => id));
  const cases = (data?.items ?? []).filter(({ id }) => !known.has(id));
  const [chosen, setChosen] = useState<string[]>([]);
  const [tried, setTried] = useState(false);
  const send = useMutation({
    mutationFn: (reason: string) =>
      caseworkApi.inBulk({ case_ids: chosen, reason, action: { group: { operation_id: operation.id } } }),
    onSuccess: ({ items }) => {
      if (items.every((item) => item.refused === null)) onClose();
    },
    onSettled: refreshCasework,
  });
  const numbers = new Map(cases.map(({ id, number }) => [id, number]));
  const refused = send.data ? bulkSum(send.data.items, numbers).refused : [];
  return (
    <div className="panel-body">
      <ReasonForm
        id="operation-reason"
        label={t.queue.bulkReason}
        action={t.operations.addCases}
        busy={send.isPending}
        onTry={() => setTried(true)}
        onSend={(reason) => {
          if (chosen.length > 0) send.mutate(reason);
        }}
        onClose={onClose}
      >
        <fieldset className="signal-fields scroll-y" tabIndex={0}>
          <legend>{t.operations.cases}</legend>
          <Checkbox.Group
            className="case-choices"
            value={chosen}
            onChange={setChosen}
            options={cases.map((item) => ({
              value: item.id,
              label: `${t.priority[item.priority]} ${item.number} · ${money(item.loss)}`,
            }))}
          />
        </fieldset>
        <div role="alert">
          {tried && chosen.length === 0 && <p className="field-error">{t.operations.casesNeeded}</p>}
          {send.isError && <p className="alert red">{sayError(send.error, t)}</p>}
          {refused.map(({ number, why }) => (
            <p key={number} className="alert amber">
              {number}: {why}
            </p>
          ))}
        </div>
      </ReasonForm>
    </div>
  );
}

function Cases({ cases }: { cases: readonly DeskCase[] }) {
  const { t, money, moment } = useSpeech();
  return (
    <table className="grid cards">
      <thead>
        <tr>
          <th scope="col">{t.duty.case}</th>
          <th scope="col">{t.operations.state}</th>
          <th scope="col" className="end">
            {t.operations.loss}
          </th>
          <th scope="col">{t.operations.opened}</th>
        </tr>
      </thead>
      <tbody>
        {cases.map((item) => (
          <tr key={item.id}>
            <td className="lead">
              <PriorityWord value={item.priority} />{' '}
              <Link to="/cases/$caseId" params={{ caseId: item.id }} className="num case-number">
                {item.number}
              </Link>
            </td>
            <td data-label={t.operations.state}>
              <CaseStateLabel state={item.state} />
            </td>
            <td data-label={t.operations.loss} className="end num">
              {money(item.loss)}
            </td>
            <td data-label={t.operations.opened} className="num small">
              {moment(item.opened_at)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function EndPart({ operation }: { operation: Operation }) {
  const { t } = useSpeech();
  const { busy, run } = useStep(refreshCasework);
  const [asking, setAsking] = useState(false);
  if (!asking) return <Button onClick={() => setAsking(true)}>{t.operations.end}</Button>;
  return (
    <span className="row">
      <span className="small">{t.operations.endAsk}</span>
      <Button onClick={() => setAsking(false)}>{t.app.cancel}</Button>
      <Button
        danger
        type="primary"
        loading={busy}
        onClick={() => run(() => caseworkApi.endOperation(operation.id), t.duty.saved)}
      >
        {t.operations.end}
      </Button>
    </span>
  );
}

/** What was done to accounts and content in the operation. */
function Measures({ operation }: { operation: Operation }) {
  const { t } = useSpeech();
  const { has } = useMe();
  const query = useInfiniteQuery(measuresQuery({ operation: operation.id }));
  const measures = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="panel" aria-label={t.operations.measures}>
      <header>
        <h2>{t.operations.measures}</h2>
        {!operation.ended_at && has('analyst') && (
          <Link to="/measures/new" search={{ operation: operation.id }}>
            {t.measures.impose}
          </Link>
        )}
      </header>
      <Pages query={query} count={measures.length} empty={t.operations.noMeasures}>
        <MeasureTable measures={measures} />
      </Pages>
    </section>
  );
}

export function OperationScreen() {
  const { operationId } = useParams({ from: '/frame/duty/operations/$operationId' });
  const { t, moment } = useSpeech();
  const { has } = useMe();
  const person = usePersonName();
  const query = useQuery(operationQuery(operationId));
  const [adding, setAdding] = useState(false);
  if (query.isPending) return <Blank text={t.app.loading} />;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  const operation = query.data;
  const goesOn = !operation.ended_at;
  return (
    <div className="stack" data-operation={operation.id}>
      <div className="page-head">
        <h1>{operation.name}</h1>
        <OperationState operation={operation} />
        {goesOn && (has('analyst') || has('approver')) && <EndPart operation={operation} />}
      </div>
      <section className="panel">
        <div className="panel-body stack">
          <p className="said">{operation.purpose}</p>
          <Facts
            facts={[
              [t.operations.started, moment(operation.started_at)],
              [t.operations.by, person(operation.started_by)],
            ]}
          />
        </div>
      </section>
      <section className="panel" aria-label={t.operations.cases}>
        <header>
          <h2>
            {t.operations.cases} <span className="num quiet head-count">{operation.cases.length}</span>
          </h2>
          {goesOn && has('analyst') && !adding && (
            <Button onClick={() => setAdding(true)}>{t.operations.addCases}</Button>
          )}
        </header>
        {adding && <AddCases operation={operation} inIt={operation.cases} onClose={() => setAdding(false)} />}
        {operation.cases.length === 0 && !adding && <Blank text={t.operations.noCases} />}
        {operation.cases.length > 0 && <Cases cases={operation.cases} />}
      </section>
      <Measures operation={operation} />
    </div>
  );
}
