/** Instants and lengths of time as text, in the reader's zone. */

const formats = new Map<string, Intl.DateTimeFormat>();

function cached(locale: string, key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = `${locale}/${key}`;
  let format = formats.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, { hourCycle: 'h23', ...options });
    formats.set(name, format);
  }
  return format;
}

/** Time of day with seconds: `14:02:11`. */
export function formatClock(ms: number, locale: string): string {
  return cached(locale, 'clock', { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(ms);
}

/** Day and month: `11/21` in Chinese, `21 Nov` in English, where numbers mislead. */
export function formatDay(ms: number, locale: string): string {
  const month = locale.startsWith('zh') ? '2-digit' : 'short';
  return cached(locale, 'day', { month, day: '2-digit' }).format(ms);
}

/** Day, month and time of day: `11/21 14:02:11` or its like in the language. */
export function formatMoment(ms: number, locale: string): string {
  return `${formatDay(ms, locale)} ${formatClock(ms, locale)}`;
}

/** The whole instant with its zone, for titles and proofs. */
export function formatInstant(ms: number, locale: string): string {
  return cached(locale, 'instant', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).format(ms);
}

/** A running length of time: `3:07`, `1:02:03`, `2d 03:04:05`. Negative lengths (clocks differ) show as zero. */
export function formatElapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const days = Math.floor(total / 86_400);
  const hours = Math.floor((total % 86_400) / 3_600);
  const minutes = Math.floor((total % 3_600) / 60);
  const two = (value: number) => value.toString().padStart(2, '0');
  const seconds = two(total % 60);
  if (days > 0) return `${days}d ${two(hours)}:${two(minutes)}:${seconds}`;
  if (hours > 0) return `${hours}:${two(minutes)}:${seconds}`;
  return `${minutes}:${seconds}`;
}

/** Milliseconds since the epoch of an RFC 3339 instant; `null` for none. */
export function msOf(instant: string | null | undefined): number | null {
  if (instant === null || instant === undefined) return null;
  const ms = Date.parse(instant);
  return Number.isNaN(ms) ? null : ms;
}
