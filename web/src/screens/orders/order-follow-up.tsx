/** What follows a hold in force: the orders drafted after it, and the steps that may be asked for now. */

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button } from 'antd';
import { useState } from 'react';
import { ordersQuery, useMe } from '../../api/queries';
import type { OrderDetail } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { StateFacts } from '../../parts/outcome';
import { OrderStateLabel, momentOf } from '../../parts/words';
import { FollowUpForm } from './follow-up-form';
import { followUps, type FollowKind } from './order-steps';

export function OrderFollowUp({ order }: { order: OrderDetail }) {
  const { t, moment } = useSpeech();
  const { has } = useMe();
  const [asked, setAsked] = useState<FollowKind | null>(null);
  const query = useQuery(ordersQuery({ caseId: order.case_id }));
  const children = (query.data?.items ?? []).filter((other) => other.parent === order.id);
  const kinds = has('analyst') && query.isSuccess ? followUps(order, children) : [];
  // The step may be taken by somebody else while the form is open.
  const open = asked !== null && kinds.includes(asked) ? asked : null;
  if (children.length === 0 && kinds.length === 0) return null;
  return (
    <section className="panel order-due" aria-label={t.orders.followUps}>
      <header>
        <h2>{t.orders.followUps}</h2>
        <div className="row">
          {kinds.map((kind) => (
            <Button
              key={kind}
              size="small"
              aria-expanded={open === kind}
              data-follow={kind}
              onClick={() => setAsked(open === kind ? null : kind)}
            >
              {t.orders.ask[kind]}
            </Button>
          ))}
        </div>
      </header>
      {open && (
        <div className="panel-body">
          <FollowUpForm key={open} order={order} kind={open} onClose={() => setAsked(null)} />
        </div>
      )}
      {children.length > 0 && (
        <ul className="answers followers">
          {children.map((child) => (
            <li key={child.id} data-order={child.id} data-state={child.state.state}>
              <span className="row">
                <Link to="/orders/$orderId" params={{ orderId: child.id }}>
                  {t.orderKind[child.kind]}
                </Link>
                <OrderStateLabel state={child.state.state} />
                <StateFacts state={child.state} />
              </span>
              <span className="small quiet num">
                {child.created_by.name} · {moment(momentOf(child.state) ?? child.created_at)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
