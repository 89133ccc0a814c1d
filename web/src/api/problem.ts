/** What goes wrong in a call, as problem details (RFC 9457). */

import type { Texts } from '../i18n/zh';
import type { Problem } from './types';

export class ApiError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.title);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

/** A problem from whatever body came with a failed answer. */
export function problemOf(status: number, body: unknown): Problem {
  if (typeof body === 'object' && body !== null && 'code' in body) return body as Problem;
  return {
    type: 'about:blank',
    status,
    code: 'unexpected',
    title: `HTTP ${status}`,
    detail: '',
    instance: '',
  };
}

/** What to tell the reader, in the language of `t`. */
export function sayError(error: unknown, t: Texts): string {
  if (!(error instanceof ApiError)) return t.error.network;
  const { code, detail, title } = error.problem;
  const known: Readonly<Record<string, string>> = t.error;
  return known[code] ?? `${t.error.unexpected}: ${detail || title}`;
}

/** The fields that the server says are wrong, by JSON pointer, with its word on each. */
export function refusedFields(error: unknown): { pointer: string; detail: string }[] {
  if (!(error instanceof ApiError)) return [];
  const { errors, detail } = error.problem;
  if (errors && errors.length > 0) return errors;
  // One rule is told in the text alone: `/says: it has 1 to 5,000 characters`.
  const told = /^(\/[a-z_/0-9]+): (.+)$/s.exec(detail);
  return told?.[1] && told[2] ? [{ pointer: told[1], detail: told[2] }] : [];
}
