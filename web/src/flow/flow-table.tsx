/** The money flow as tables: the same accounts and transfers as the picture, the same marks, nothing folded. */

import { Button } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { TraceNode } from '../api/types';
import { useSpeech } from '../i18n/language';
import { Account } from '../parts/account';
import { exact, figuresAt, type FlowEdge, type FlowGraph } from './graph';
import type { Flow } from './use-flow';

/** Rows shown at first, and more each time. */
const ROWS = 250;

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

function Marks({ node, flow }: { node: TraceNode; flow: Flow }) {
  const { t } = useSpeech();
  const { dispatch, history, selected, onSelect } = flow;
  const { pinned, pathTo } = history.now;
  return (
    <span className="row flow-marks">
      <button
        type="button"
        className="plain-button"
        aria-pressed={selected === node.id}
        onClick={() => onSelect(selected === node.id ? null : node.id)}
      >
        {t.flow.showInGraph}
      </button>
      <button
        type="button"
        className="plain-button"
        aria-pressed={pinned.has(node.id)}
        onClick={() => dispatch({ do: 'pin', node: node.id })}
      >
        {t.flow.pin}
      </button>
      <button
        type="button"
        className="plain-button"
        aria-pressed={pathTo === node.id}
        onClick={() => dispatch({ do: 'path', to: pathTo === node.id ? null : node.id })}
      >
        {t.flow.path}
      </button>
    </span>
  );
}

/** Accounts reached by the moment shown: nearest the victim first, then the most stolen money there. */
function accountsOf(graph: FlowGraph, until: number | null) {
  return graph.trace.nodes
    .map((node) => ({ node, figures: figuresAt(graph, node.id, until) }))
    .filter(({ figures }) => until === null || figures.received > 0n)
    .sort((a, b) => {
      if (a.node.tier !== b.node.tier) return a.node.tier - b.node.tier;
      const [left, right] = [a.figures.present, b.figures.present];
      return left === right ? a.node.id - b.node.id : left < right ? 1 : -1;
    });
}

function AccountRows({ flow, accounts }: { flow: Flow; accounts: ReturnType<typeof accountsOf> }) {
  const { t, money, moment } = useSpeech();
  const { currency } = flow.graph;
  const { until } = flow.history.now;
  return (
    <tbody>
      {accounts.map(({ node, figures }) => {
        const isHeld = figures.held > 0n;
        return (
          <tr key={node.id} data-node={node.id} className={flow.selected === node.id ? 'selected' : ''}>
            <td className="lead">
              <NodeName node={node} />
            </td>
            <td data-label={t.flow.level}>{t.flow.tier(node.tier)}</td>
            <td data-label={t.flow.received} className="end num">
              {money({ minor: node.is_victim ? exact(node.received_stolen) : figures.received, currency })}
            </td>
            <td data-label={t.flow.present} className="end num">
              {money({ minor: figures.present, currency })}
            </td>
            <td data-label={t.flow.heldAmount} className={`end num ${isHeld ? 'green' : 'quiet'}`}>
              {isHeld ? money({ minor: figures.held, currency }) : '—'}
            </td>
            <td data-label={t.flow.balance} className="end num">
              {until === null ? money(node.balance) : '—'}
            </td>
            <td data-label={t.flow.firstArrival} className="num">
              {moment(node.first_arrival_at)}
            </td>
            <td data-label={t.flow.actions}>
              <Marks node={node} flow={flow} />
            </td>
          </tr>
        );
      })}
    </tbody>
  );
}

function TransferRows({ flow, edges }: { flow: Flow; edges: readonly FlowEdge[] }) {
  const { t, money, moment } = useSpeech();
  const { byId } = flow.graph;
  const onPath = useMemo(() => new Set(flow.path), [flow.path]);
  return (
    <tbody>
      {edges.map((flowEdge) => {
        const { edge } = flowEdge;
        return (
          <tr key={edge.tx_id} className={onPath.has(flowEdge) ? 'selected' : ''}>
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
        );
      })}
    </tbody>
  );
}

function Head({ labels }: { labels: readonly (readonly [string, boolean])[] }) {
  return (
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
}

function More({ shown, all, onMore }: { shown: number; all: number; onMore: () => void }) {
  const { t } = useSpeech();
  if (shown >= all) return null;
  return (
    <p className="more-row">
      <span className="small quiet">{t.flow.shownOf(shown, all)} </span>
      <Button size="small" onClick={onMore}>
        {t.flow.showMore}
      </Button>
    </p>
  );
}

function Accounts({ flow }: { flow: Flow }) {
  const { t } = useSpeech();
  const [rows, setRows] = useState(ROWS);
  const { until } = flow.history.now;
  const accounts = useMemo(() => accountsOf(flow.graph, until), [flow.graph, until]);
  // The selected account is always among the rows, however far down it is.
  const place = accounts.findIndex(({ node }) => node.id === flow.selected);
  const shown = Math.min(accounts.length, Math.max(rows, place + 1));
  return (
    <>
      <table className="grid cards" data-flow="accounts" data-total={accounts.length}>
        <caption>{t.flow.accounts}</caption>
        <Head
          labels={[
            [t.flow.account, false],
            [t.flow.level, false],
            [t.flow.received, true],
            [t.flow.present, true],
            [t.flow.heldAmount, true],
            [t.flow.balance, true],
            [t.flow.firstArrival, false],
            [t.flow.actions, false],
          ]}
        />
        <AccountRows flow={flow} accounts={accounts.slice(0, shown)} />
      </table>
      <More shown={shown} all={accounts.length} onMore={() => setRows(shown + ROWS)} />
    </>
  );
}

/** All payments, or those of the marked path when there is one. */
function Transfers({ flow }: { flow: Flow }) {
  const { t } = useSpeech();
  const [rows, setRows] = useState(ROWS);
  const { until, pathTo } = flow.history.now;
  const edges = useMemo(() => {
    const listed = pathTo === null ? flow.graph.edges : flow.path;
    return listed.filter(({ at }) => until === null || at <= until);
  }, [flow.graph, flow.path, until, pathTo]);
  const shown = Math.min(rows, edges.length);
  return (
    <>
      <table className="grid cards" data-flow="transfers" data-total={edges.length}>
        <caption>{pathTo === null ? t.flow.transfers : t.flow.path}</caption>
        <Head
          labels={[
            [t.flow.time, false],
            [t.flow.from, false],
            [t.flow.to, false],
            [t.flow.channel, false],
            [t.flow.amount, true],
            [t.flow.stolen, true],
          ]}
        />
        <TransferRows flow={flow} edges={edges.slice(0, shown)} />
      </table>
      <More shown={shown} all={edges.length} onMore={() => setRows(shown + ROWS)} />
    </>
  );
}

export function FlowTable({ flow }: { flow: Flow }) {
  const { t } = useSpeech();
  const region = useRef<HTMLDivElement>(null);
  const { selected } = flow;
  useEffect(() => {
    const row = selected === null ? null : region.current?.querySelector(`[data-node="${selected}"]`);
    row?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  return (
    <div ref={region} className="scroll-y" tabIndex={0} role="region" aria-label={t.flow.table}>
      <Accounts flow={flow} />
      <Transfers flow={flow} />
    </div>
  );
}
