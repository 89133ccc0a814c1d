import type { CaseTrace, TraceEdge, TraceNode } from '../api/types';
import { useSpeech } from '../i18n/language';
import { Account, useAccountText } from '../parts/account';

interface FlowDetailsProps {
  readonly trace: CaseTrace;
  readonly selected: number | null;
  readonly onSelect: (node: number | null) => void;
}

const SHOWN_MAX = 40;

interface Side {
  readonly title: string;
  readonly edges: TraceEdge[];
  readonly other: (edge: TraceEdge) => TraceNode | undefined;
}

function TransferList({ side, onSelect }: { side: Side; onSelect: (node: number | null) => void }) {
  const accountText = useAccountText();
  const { t, money, moment } = useSpeech();
  if (side.edges.length === 0) return null;
  return (
    <div>
      <h3>
        {side.title} <span className="quiet num">{side.edges.length}</span>
      </h3>
      <ul className="transfers">
        {side.edges.slice(0, SHOWN_MAX).map((edge) => {
          const node = side.other(edge);
          return (
            <li key={edge.tx_id}>
              <span className="num quiet small">{moment(edge.occurred_at)}</span>
              <button type="button" className="plain-button" onClick={() => onSelect(node?.id ?? null)}>
                {node?.exit ? t.exit[node.exit] : node ? accountText(node) : '—'}
              </button>
              <span className="quiet small">{t.channel[edge.channel]}</span>
              <strong className="num">{money(edge.stolen)}</strong>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** The selected account: where its money came from and went. */
export function FlowDetails({ trace, selected, onSelect }: FlowDetailsProps) {
  const { t, money, moment } = useSpeech();
  const node = trace.nodes.find((item) => item.id === selected);
  if (!node) return <p className="flow-select small quiet">{t.flow.selectHint}</p>;
  const byId = new Map(trace.nodes.map((item) => [item.id, item]));
  const facts: [string, string][] = [
    [t.flow.level, t.flow.tier(node.tier)],
    [t.flow.received, money(node.received_stolen)],
    [t.flow.present, money(node.stolen)],
    [t.flow.balance, money(node.balance)],
    [t.flow.firstArrival, moment(node.first_arrival_at)],
    [t.flow.lastArrival, moment(node.last_arrival_at)],
  ];
  if (node.held.minor > 0) facts.splice(4, 0, [t.flow.heldAmount, money(node.held)]);
  const sides: Side[] = [
    {
      title: t.flow.from,
      edges: trace.edges.filter((edge) => edge.to === node.id),
      other: (edge) => byId.get(edge.from),
    },
    {
      title: t.flow.to,
      edges: trace.edges.filter((edge) => edge.from === node.id),
      other: (edge) => byId.get(edge.to),
    },
  ];
  return (
    <section className="flow-details" aria-label={t.flow.details}>
      <div>
        <h3>
          <Account value={node} />
        </h3>
        <p className="small quiet">{node.exit ? t.exit[node.exit] : t.accountKind[node.kind]}</p>
        <dl className="facts">
          {facts.map(([label, value]) => (
            <div key={label} style={{ display: 'contents' }}>
              <dt>{label}</dt>
              <dd className="num">{value}</dd>
            </div>
          ))}
        </dl>
      </div>
      {sides.map((side) => (
        <TransferList key={side.title} side={side} onSelect={onSelect} />
      ))}
    </section>
  );
}
