/** What a liaison officer types about an institution: pure, so that it can be tested without a screen. */

import type { Institution, InstitutionForm, InstitutionKind } from '../../api/types';

/** Longest time to effect that can be set, in seconds: a day. */
const LATENCY_S_MAX = 86_400;
const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;

export interface InstitutionDraft {
  readonly code: string;
  readonly name: string;
  readonly kind: InstitutionKind;
  readonly endpoint: string;
  /** Empty: the stored one stays. */
  readonly secret: string;
  readonly latency: string;
}

export type DraftField = keyof InstitutionDraft;

export function draftOf(item: Institution | null): InstitutionDraft {
  return {
    code: item?.code ?? '',
    name: item?.name ?? '',
    kind: item?.kind ?? 'bank',
    endpoint: item?.endpoint ?? '',
    secret: '',
    latency: item ? `${item.order_latency_ms / 1000}` : '60',
  };
}

function isSecret(text: string): boolean {
  const match = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text);
  if (!match?.[1]) return false;
  try {
    const bytes = atob(match[1]).length;
    return bytes >= SECRET_BYTES_MIN && bytes <= SECRET_BYTES_MAX;
  } catch {
    return false;
  }
}

/** Milliseconds of a text in seconds with at most three decimals; `null` when it is none or out of range. */
export function latencyMs(text: string): number | null {
  const match = /^(\d{1,5})(?:\.(\d{1,3}))?$/.exec(text.normalize('NFKC').trim());
  if (!match?.[1]) return null;
  const ms = Number(match[1]) * 1000 + Number((match[2] ?? '').padEnd(3, '0'));
  return ms <= LATENCY_S_MAX * 1000 ? ms : null;
}

/** The fields at fault. Whether an address is allowed is for the server to say. */
export function draftProblems(draft: InstitutionDraft, taken: ReadonlySet<string>): DraftField[] {
  const problems: DraftField[] = [];
  if (!/^[A-Z0-9-]{1,34}$/.test(draft.code.trim()) || taken.has(draft.code.trim())) problems.push('code');
  if (draft.name.trim() === '') problems.push('name');
  if (draft.endpoint.trim() !== '' && !URL.canParse(draft.endpoint.trim())) problems.push('endpoint');
  if (draft.secret.trim() !== '' && !isSecret(draft.secret.trim())) problems.push('secret');
  if (latencyMs(draft.latency) === null) problems.push('latency');
  return problems;
}

/** The request for a draft without problems. */
export function requestOf(draft: InstitutionDraft): InstitutionForm {
  const endpoint = draft.endpoint.trim();
  const secret = draft.secret.trim();
  return {
    name: draft.name.trim(),
    kind: draft.kind,
    endpoint: endpoint === '' ? null : endpoint,
    order_latency_ms: latencyMs(draft.latency) ?? 0,
    ...(secret === '' ? {} : { webhook_secret: secret }),
  };
}

/** A new shared secret of 32 random bytes (Standard Webhooks). */
export function newSecret(): string {
  return `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
}

/** The fields that a JSON pointer of the server's answer names. */
export function fieldOfPointer(pointer: string): DraftField | null {
  switch (pointer) {
    case '/name':
      return 'name';
    case '/kind':
      return 'kind';
    case '/endpoint':
      return 'endpoint';
    case '/webhook_secret':
      return 'secret';
    case '/order_latency_ms':
      return 'latency';
    default:
      return null;
  }
}
