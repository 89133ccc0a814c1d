import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { api } from '../../api/endpoints';
import { sayError } from '../../api/problem';
import type { AuditEntry, InclusionProof } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { verifyInclusion, type ProofResult } from '../../proof/merkle';
import { parseVerifierKey, verifyNote, type SignatureVerdict } from '../../proof/note';

interface Checked {
  readonly proof: InclusionProof;
  readonly result: ProofResult | null;
  readonly verifierKey: string;
  readonly signature: SignatureVerdict;
}

/** Fetches the proof and checks it here; the server's word alone is not taken. */
async function check(entry: AuditEntry): Promise<Checked> {
  const [proof, keys] = await Promise.all([api.auditProof(entry.seq), api.keys()]);
  const verifierKey = keys.audit;
  let signature: SignatureVerdict = 'bad';
  try {
    signature = await verifyNote(proof.checkpoint, await parseVerifierKey(verifierKey));
    // The leaf hash of the entry shown, not the one that came with the proof.
    const result = await verifyInclusion({ ...proof, index: entry.seq, leaf_hash: entry.leaf_hash });
    return { proof, result, verifierKey, signature };
  } catch {
    return { proof, result: null, verifierKey, signature };
  }
}

function Verdict({ result }: { result: ProofResult | null }) {
  const { t } = useSpeech();
  const good = result !== null && result.rootMatches && result.checkpointMatches;
  return (
    <p
      className={`alert ${good ? 'green' : 'red'}`}
      role="status"
      data-verdict={good ? 'verified' : 'failed'}
    >
      <strong className={good ? 'green' : 'red'}>{good ? '✓ ' : '✗ '}</strong>
      {good ? t.audit.verified : result === null ? t.audit.broken : t.audit.failed}
    </p>
  );
}

/** Whether the key signed the checkpoint, and how far that key is to be believed. */
function SignatureCheck({ signature, verifierKey }: Pick<Checked, 'signature' | 'verifierKey'>) {
  const { t } = useSpeech();
  const tone = signature === 'good' ? 'green' : signature === 'unavailable' ? 'amber' : 'red';
  const mark = { good: '✓ ', unavailable: '', bad: '✗ ', unsigned: '✗ ' }[signature];
  return (
    <>
      <p className={`alert ${tone}`} role="status" data-signature={signature}>
        <strong className={tone}>{mark}</strong>
        {t.audit.signature[signature]}
      </p>
      <div>
        <h3>{t.audit.key}</h3>
        <pre className="mono note">{verifierKey}</pre>
        <p className="small quiet">{t.audit.keyNote}</p>
      </div>
    </>
  );
}

function Steps({ result }: { result: ProofResult }) {
  const { t } = useSpeech();
  return (
    <details>
      <summary>
        {t.audit.steps} <span className="quiet num">{result.steps.length}</span>
      </summary>
      <ol className="proof-steps">
        {result.steps.map((step) => (
          <li key={step.result}>
            <span className="quiet small">
              {t.audit.sibling} ({t.audit[step.side]})
            </span>
            <span className="mono">{step.sibling}</span>
            <span className="quiet small">{t.audit.result}</span>
            <span className="mono">{step.result}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}

export function InclusionProofPanel({ entry }: { entry: AuditEntry }) {
  const { t } = useSpeech();
  const panel = useRef<HTMLElement>(null);
  // On a narrow screen the panel stands above the list that it was asked from.
  useEffect(() => panel.current?.scrollIntoView({ block: 'nearest' }), []);
  // Browsers offer WebCrypto in secure contexts only (HTTPS or loopback).
  const able = window.isSecureContext;
  const query = useQuery({
    queryKey: ['proof', entry.seq, entry.leaf_hash],
    queryFn: () => check(entry),
    enabled: able,
  });
  const result = query.data?.result;
  const facts: [string, string][] = query.data
    ? [
        [t.audit.leaf, entry.leaf_hash],
        [t.audit.computed, result?.computedRoot ?? '—'],
        [t.audit.server, query.data.proof.root_hash],
        [t.audit.size, `${query.data.proof.size}`],
        [t.audit.signer, result?.checkpoint.signatures.map((signature) => signature.name).join(', ') ?? '—'],
        [t.audit.keyId, result?.checkpoint.signatures.map((signature) => signature.keyId).join(', ') ?? '—'],
      ]
    : [];
  return (
    <section ref={panel} className="panel proof-panel" aria-label={t.audit.proofOf(entry.seq)}>
      <header>
        <h2>{t.audit.proofOf(entry.seq)}</h2>
      </header>
      <div className="panel-body stack">
        {!able && <p className="alert amber">{t.audit.insecure}</p>}
        {able && query.isPending && <Blank text={t.app.loading} />}
        {query.isError && <Blank text={sayError(query.error, t)} />}
        {query.data && (
          <>
            <Verdict result={query.data.result} />
            <SignatureCheck signature={query.data.signature} verifierKey={query.data.verifierKey} />
            <dl className="facts proof-facts">
              {facts.map(([label, value]) => (
                <div key={label} style={{ display: 'contents' }}>
                  <dt>{label}</dt>
                  <dd className="mono">{value}</dd>
                </div>
              ))}
            </dl>
            {result && <Steps result={result} />}
            <div>
              <h3>{t.audit.checkpoint}</h3>
              <pre className="mono note">{query.data.proof.checkpoint}</pre>
            </div>
            <div>
              <h3>{t.audit.detail}</h3>
              <pre className="mono note">{JSON.stringify(entry.detail, null, 2)}</pre>
            </div>
          </>
        )}
      </div>
    </section>
  );
}
