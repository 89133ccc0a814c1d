/** One second hand for the whole console, on the server's time, so that every clock on screen turns together. */

import { useSyncExternalStore } from 'react';

const TICK_MS = 1000;
/** Smaller differences are the whole-second precision of the `Date` header. */
const SKEW_MIN_MS = 2000;

let skewMs = 0;
let now = Date.now();
let timer: number | undefined;
const listeners = new Set<() => void>();

/** Learns how far this machine's clock is from the server's. */
export function noteServerDate(header: string | null): void {
  const server = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(server)) return;
  const skew = server - Date.now();
  skewMs = Math.abs(skew) < SKEW_MIN_MS ? 0 : skew;
}

function tick(): void {
  now = Date.now() + skewMs;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    now = Date.now() + skewMs;
    timer = window.setInterval(tick, TICK_MS);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && timer !== undefined) {
      window.clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The server's time in milliseconds, renewed every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}

/** The server's time in milliseconds at this moment, for what is worked out once. */
export function serverNow(): number {
  return Date.now() + skewMs;
}
