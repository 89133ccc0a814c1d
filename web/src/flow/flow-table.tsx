/** The money flow as tables: the same accounts and transfers as the picture, nothing folded. */

import type { CaseTrace, TraceNode } from '../api/types';
import { useSpeech } from '../i18n/language';
import { Account } from '../parts/account';

function NodeName({ node }: { node: TraceNode | undefined }) {
  const { t } = useSpeech();
  if (!node) return <>—</>;
  return (
    <span className="row" style={{ gap: 6 }}>
      {node.exit && <span className="word">{t.exit[node.exit]}</span>}
      <Account value={node} />
    </span>
  );
}

function AccountRows({ trace }: { trace: CaseTrace }) {
  const { t, money, moment } = useSpeech();
  const nodes = [...trace.nodes].sort(
    (a, b) => a.tier - b.tier || b.stolen.minor - a.stolen.minor || a.id - b.id,
  );
  return (
    <tbody>
      {nodes.map((node) => (
        <tr key={node.id}>
          <td className="lead">
            <NodeName node={node} />
          </td>
          <td data-label={t.flow.level}>{t.flow.tier(node.tier)}</td>
          <td data-label={t.flow.received} className="end num">
            {money(node.received_stolen)}
          </td>
          <td data-label={t.flow.present} className="end num">
            {money(node.stolen)}
          </td>
          <td data-label={t.flow.heldAmount} className={`end num ${node.held.minor > 0 ? 'green' : 'quiet'}`}>
            {node.held.minor > 0 ? money(node.held) : '—'}
          </td>
          <td data-label={t.flow.balance} className="end num">
            {money(node.balance)}
          </td>
          <td data-label={t.flow.firstArrival} className="num">
            {moment(node.first_arrival_at)}
          </td>
        </tr>
      ))}
    </tbody>
  );
}

function TransferRows({ trace }: { trace: CaseTrace }) {
  const { t, money, moment } = useSpeech();
  const byId = new Map(trace.nodes.map((node) => [node.id, node]));
  const edges = [...trace.edges].sort((a, b) => a.occurred_at.localeCompare(b.occurred_at));
  return (
    <tbody>
      {edges.map((edge) => (
        <tr key={edge.tx_id}>
          <td data-label={t.flow.time} className="num">
            {moment(edge.occurred_at)}
          </td>
          <td data-label={t.flow.from}>
            <NodeName node={byId.get(edge.from)} />
          </td>
          <td data-label={t.flow.to}>
            <NodeName node={byId.get(edge.to)} />
          </td>
          <td data-label={t.flow.channel}>{t.channel[edge.channel]}</td>
          <td data-label={t.flow.amount} className="end num">
            {money(edge.amount)}
          </td>
          <td data-label={t.flow.stolen} className="end num">
            {money(edge.stolen)}
          </td>
        </tr>
      ))}
    </tbody>
  );
}

export function FlowTable({ trace }: { trace: CaseTrace }) {
  const { t } = useSpeech();
  const head = (labels: [string, boolean][]) => (
    <thead>
      <tr>
        {labels.map(([label, isAmount]) => (
          <th key={label} scope="col" className={isAmount ? 'end' : ''}>
            {label}
          </th>
        ))}
      </tr>
    </thead>
  );
  return (
    <div className="scroll-y" tabIndex={0} role="region" aria-label={t.flow.table}>
      <table className="grid cards" data-flow="accounts">
        <caption>{t.flow.accounts}</caption>
        {head([
          [t.flow.account, false],
          [t.flow.level, false],
          [t.flow.received, true],
          [t.flow.present, true],
          [t.flow.heldAmount, true],
          [t.flow.balance, true],
          [t.flow.firstArrival, false],
        ])}
        <AccountRows trace={trace} />
      </table>
      <table className="grid cards" data-flow="transfers">
        <caption>{t.flow.transfers}</caption>
        {head([
          [t.flow.time, false],
          [t.flow.from, false],
          [t.flow.to, false],
          [t.flow.channel, false],
          [t.flow.amount, true],
          [t.flow.stolen, true],
        ])}
        <TransferRows trace={trace} />
      </table>
    </div>
  );
}
