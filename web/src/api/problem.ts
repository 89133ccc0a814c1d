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
