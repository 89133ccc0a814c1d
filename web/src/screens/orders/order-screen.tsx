/** One order: what it says, every step it took, every answer, its document and proof. */

import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { orderQuery, useMe } from '../../api/queries';
import type { OrderDetail, OrderTransition } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { useActorText } from '../../parts/actor';
import { Account } from '../../parts/account';
import { Blank, Failure } from '../../parts/blank';
import { CaseLink } from '../../parts/case-link';
import { OutcomeText, StateFacts } from '../../parts/outcome';
import { Scope } from '../../parts/scope';
import { OrderStateLabel } from '../../parts/words';
import { OrderDecision } from './order-decision';
import { OrderFollowUp } from './order-follow-up';

/** The order that this one prolongs, converts or releases, by its kind once known. */
function ParentLink({ id }: { id: string }) {
  const { t } = useSpeech();
  const { data } = useQuery(orderQuery(id));
  return (
    <span className="row" style={{ gap: 8 }}>
      <Link to="/orders/$orderId" params={{ orderId: id }}>
        {data ? t.orderKind[data.kind] : <span className="mono">{id}</span>}
      </Link>
      {data && <OrderStateLabel state={data.state.state} />}
    </span>
  );
}

function OrderFacts({ order }: { order: OrderDetail }) {
  const { t, moment } = useSpeech();
  const authority = order.authority;
  const facts: [string, ReactNode][] = [
    [t.orders.target, <Account key="target" value={order.target} />],
    [t.orders.amount, <Scope key="scope" scope={order.scope} />],
    ...(order.scope.mode === 'whole_account'
      ? ([[t.plan.wholeReason, order.scope.reason]] satisfies [string, ReactNode][])
      : []),
    [t.orders.reason, order.reason],
    [
      t.orders.authority,
      authority ? `${authority.body} · ${authority.reference}` : order.emergency ? t.orders.noAuthority : '—',
    ],
    [t.orders.case, <CaseLink key="case" order={order} />],
    [t.orders.createdBy, `${order.created_by.name} · ${moment(order.created_at)}`],
    [
      t.orders.application,
      <span key="application" className="mono">
        {order.application_id}
      </span>,
    ],
  ];
  if (order.state.state === 'active') facts.push([t.orders.expires, moment(order.state.expires_at)]);
  if (order.parent) {
    facts.push([t.orders.parent, <ParentLink key="parent" id={order.parent} />]);
  }
  return (
    <dl className="facts">
      {facts.map(([label, value]) => (
        <div key={label} style={{ display: 'contents' }}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Transitions({ transitions }: { transitions: readonly OrderTransition[] }) {
  const { moment } = useSpeech();
  const actorText = useActorText();
  return (
    <ol className="steps">
      {transitions.map((step) => {
        const word = step.to.state;
        // Other steps carry the server's own words for what the state says already.
        const isSaid = word === 'draft' || word === 'withdrawn';
        return (
          <li key={step.seq}>
            <span className="num quiet">{step.seq}</span>
            <span className="row" style={{ gap: 8 }}>
              <OrderStateLabel state={word} />
              <StateFacts state={step.to} past />
            </span>
            <span className="num small quiet step-at">{moment(step.at)}</span>
            <span className="step-more small quiet">
              {actorText(step.actor)}
              {isSaid && step.reason && ` · ${step.reason}`}
              {step.document_sha256 && (
                <span className="mono" title={step.document_sha256}>
                  {' '}
                  {step.document_sha256.slice(0, 16)}…
                </span>
              )}
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function Answers({ order }: { order: OrderDetail }) {
  const { t, moment } = useSpeech();
  if (order.answers.length === 0) {
    const isSent = order.transitions.some((step) => step.to.state === 'sent');
    return <Blank text={isSent ? t.orders.noAnswers : t.orders.notSent} />;
  }
  return (
    <ul className="answers">
      {order.answers.map((answer) => (
        <li key={answer.id}>
          <span>
            <OutcomeText outcome={answer.outcome} />
            {!answer.applied && <span className="word late">{t.orders.late}</span>}
          </span>
          <span className="small quiet num">
            {t.orders.occurred} {moment(answer.occurred_at)} · {t.orders.received}{' '}
            {moment(answer.received_at)}
          </span>
        </li>
      ))}
    </ul>
  );
}

export function OrderScreen() {
  const { t } = useSpeech();
  const { orderId } = useParams({ from: '/frame/orders/$orderId' });
  const { has, readsCases } = useMe();
  const query = useQuery(orderQuery(orderId));
  if (query.isPending) return <Blank text={t.app.loading} />;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  const order = query.data;
  const documentUrl = `/v1/orders/${encodeURIComponent(order.id)}/document`;
  return (
    <>
      <div className="page-head">
        <div className="row case-name">
          <h1>{t.orderKind[order.kind]}</h1>
          <OrderStateLabel state={order.state.state} />
          <StateFacts state={order.state} />
        </div>
        {readsCases && (
          <Link to="/audit" search={{ subject: order.id }}>
            {t.orders.proof}
          </Link>
        )}
      </div>
      <div className="order-columns">
        <div className="stack">
          <OrderDecision order={order} />
          <OrderFollowUp order={order} />
          <section className="panel" aria-label={t.orders.detail}>
            <header>
              <h2>{t.orders.detail}</h2>
              <span className="mono quiet">{order.id}</span>
            </header>
            <div className="panel-body stack">
              <OrderFacts order={order} />
              {order.document_sha256 && (
                <div className="digest">
                  <h3>{t.orders.document}</h3>
                  <p className="small quiet">{t.orders.digest}</p>
                  <p className="mono">{order.document_sha256}</p>
                  {(has('analyst') || has('approver') || has('liaison')) && (
                    <a href={documentUrl} target="_blank" rel="noreferrer">
                      {t.orders.openDocument}
                    </a>
                  )}
                </div>
              )}
            </div>
          </section>
        </div>
        <div className="stack">
          <section className="panel" aria-label={t.orders.transitions}>
            <header>
              <h2>{t.orders.transitions}</h2>
            </header>
            <Transitions transitions={order.transitions} />
          </section>
          <section className="panel" aria-label={t.orders.answers}>
            <header>
              <h2>{t.orders.answers}</h2>
            </header>
            <Answers order={order} />
          </section>
        </div>
      </div>
    </>
  );
}
