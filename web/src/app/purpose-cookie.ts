/** The cookie that says what personal data is read for. */

import type { Purpose } from '../api/types';

const COOKIE = 'stanch_purpose';

/** The purpose that the cookies of the page say. */
export function purposeIn(cookies: string, known: readonly string[]): Purpose | null {
  const pairs = cookies.split(';').map((pair) => pair.trim().split('='));
  const value = pairs.find(([name]) => name === COOKIE)?.[1];
  return value !== undefined && known.includes(value) ? (value as Purpose) : null;
}

/** Says it from now on, until the browser is closed; null says nothing any more. */
export function sayPurpose(purpose: Purpose | null) {
  const secure = window.location.protocol === 'https:' ? '; Secure' : '';
  const age = purpose === null ? '; Max-Age=0' : '';
  document.cookie = `${COOKIE}=${purpose ?? ''}; Path=/; SameSite=Strict${age}${secure}`;
}
