/** The institutions taking part, whether orders can reach them, and the keys both sides know each other by. */

import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { sayError } from '../../api/problem';
import { institutionsQuery, keysQuery, useMe } from '../../api/queries';
import type { Institution } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { InstitutionForm } from './institution-form';

/** Groups of four, easier to read out over the telephone. */
const grouped = (hex: string): string => hex.replace(/(.{4})(?=.)/g, '$1 ');

interface InstitutionTableProps {
  readonly items: readonly Institution[];
  readonly editing: string | null;
  readonly onEdit: ((code: string) => void) | null;
}

function InstitutionTable({ items, editing, onEdit }: InstitutionTableProps) {
  const { t, locale } = useSpeech();
  const seconds = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  return (
    <table className="grid cards">
      <thead>
        <tr>
          <th scope="col">{t.institutions.name}</th>
          <th scope="col">{t.institutions.code}</th>
          <th scope="col">{t.institutions.kind}</th>
          <th scope="col">{t.institutions.endpoint}</th>
          <th scope="col">{t.institutions.fingerprint}</th>
          <th scope="col" className="end">
            {t.institutions.latency}
          </th>
          {onEdit && (
            <th scope="col">
              <span className="visually-hidden">{t.institutions.change}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr
            key={item.code}
            data-institution={item.code}
            className={item.code === editing ? 'selected' : ''}
          >
            <td className="lead">
              <strong>{item.name}</strong>
            </td>
            <td data-label={t.institutions.code}>
              <span className="mono">{item.code}</span>
            </td>
            <td data-label={t.institutions.kind}>{t.institutionKind[item.kind]}</td>
            <td data-label={t.institutions.endpoint}>
              {item.endpoint ? (
                <span className="mono">{item.endpoint}</span>
              ) : (
                <span className="quiet">{t.institutions.none}</span>
              )}
            </td>
            <td data-label={t.institutions.fingerprint}>
              {item.webhook_secret_fingerprint ? (
                <span className="mono">{grouped(item.webhook_secret_fingerprint)}</span>
              ) : (
                <span className="red">{t.institutions.noSecret}</span>
              )}
            </td>
            <td data-label={t.institutions.latency} className="end num">
              {t.institutions.seconds(seconds.format(item.order_latency_ms / 1000))}
            </td>
            {onEdit && (
              <td className="bare end">
                <Button
                  size="small"
                  aria-label={t.institutions.edit(item.name)}
                  onClick={() => onEdit(item.code)}
                >
                  {t.institutions.change}
                </Button>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The key that institutions check our orders with. */
function OrderKey() {
  const { t } = useSpeech();
  const { data } = useQuery(keysQuery);
  if (!data) return null;
  return (
    <section className="panel order-key" aria-label={t.institutions.orderKey}>
      <div className="panel-body">
        <h2>{t.institutions.orderKey}</h2>
        <p className="small quiet">{t.institutions.orderKeyHint}</p>
        <p className="mono">{data.orders}</p>
      </div>
    </section>
  );
}

export function InstitutionsScreen() {
  const { t } = useSpeech();
  const { has } = useMe();
  const query = useQuery(institutionsQuery);
  const [editing, setEditing] = useState<string | null>(null);
  const items = [...(query.data?.items ?? [])].sort((a, b) => a.code.localeCompare(b.code));
  const mayEdit = has('liaison');
  const edited = items.find((item) => item.code === editing) ?? null;
  const edit = (code: string) => {
    setEditing(code);
    window.scrollTo({ top: 0 });
  };
  return (
    <>
      <div className="page-head">
        <h1>
          {t.institutions.title} <span className="quiet num head-count">{items.length}</span>
        </h1>
        {mayEdit && <Button onClick={() => edit('')}>{t.institutions.add}</Button>}
      </div>
      {mayEdit && editing !== null && (
        <InstitutionForm
          key={editing}
          item={edited}
          taken={new Set(items.map((item) => item.code))}
          onClose={() => setEditing(null)}
        />
      )}
      <section className="panel" aria-label={t.institutions.title}>
        {query.isPending && <Blank text={t.app.loading} />}
        {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
        {query.isSuccess && items.length === 0 && <Blank text={t.institutions.empty} />}
        {items.length > 0 && (
          <InstitutionTable items={items} editing={editing} onEdit={mayEdit ? edit : null} />
        )}
      </section>
      <OrderKey />
    </>
  );
}
