/** The explanation that is stored with a decision, read with care: older decisions may lack parts. */

import { formatMoney } from '../format/money';

export interface Operand {
  readonly operand: string;
  readonly value: unknown;
}
export interface Because {
  readonly condition: string;
  readonly saw: readonly Operand[];
}
export interface Flip {
  readonly operand: string;
  readonly text: { readonly zh: string; readonly en: string };
}
export interface FiredRule {
  readonly rule: string;
  readonly decision: string;
  readonly score: number;
  readonly owner: string;
  readonly typologies: readonly string[];
  readonly reason: { readonly zh: string; readonly en: string };
  readonly because: readonly Because[];
  readonly flips: readonly Flip[];
}
export interface Measure {
  readonly kind: string;
  readonly lasts_secs: number;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
const texts = (value: unknown): { zh: string; en: string } => {
  const both = isObject(value) ? value : {};
  return { zh: text(both['zh']), en: text(both['en']) };
};

/** The rules that fired, with their reasons. */
export function firedRules(explanation: unknown): FiredRule[] {
  return objects(isObject(explanation) ? explanation['rules'] : null).map((rule) => ({
    rule: text(rule['rule']),
    decision: text(rule['decision']),
    score: number(rule['score']),
    owner: text(rule['owner']),
    typologies: Array.isArray(rule['typologies']) ? rule['typologies'].map(text) : [],
    reason: texts(rule['reason']),
    because: objects(rule['because']).map((because) => ({
      condition: text(because['condition']),
      saw: objects(because['saw']).map((saw) => ({ operand: text(saw['operand']), value: saw['value'] })),
    })),
    flips: objects(rule['flips']).map((flip) => ({
      operand: text(flip['operand']),
      text: texts(flip['text']),
    })),
  }));
}

/** The measures asked for. */
export function measuresOf(measures: unknown): Measure[] {
  return objects(measures).map((measure) => ({
    kind: text(measure['kind']),
    lasts_secs: number(measure['lasts_secs']),
  }));
}

interface Words {
  readonly yes: string;
  readonly no: string;
  readonly missing: string;
}

/** A value as the policy knows it, as text: money, numbers, truth, texts, lists, maps; null is missing. */
export function valueText(value: unknown, locale: string, words: Words): string {
  if (value === null || value === undefined) return words.missing;
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  if (typeof value === 'number') return numberText(value, locale);
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((item) => valueText(item, locale, words)).join(', ');
  if (!isObject(value)) return JSON.stringify(value);
  const { currency, minor, amount } = value;
  if (typeof currency === 'string' && typeof minor === 'number')
    return formatMoney({ minor, currency }, locale);
  if (typeof currency === 'string' && typeof amount === 'string') return `${currency} ${amount}`;
  return Object.entries(value)
    .map(([key, item]) => `${key}: ${valueText(item, locale, words)}`)
    .join(', ');
}

function numberText(value: number, locale: string): string {
  if (Number.isInteger(value))
    return value.toLocaleString(locale, { useGrouping: Math.abs(value) >= 10_000 });
  return value.toLocaleString(locale, { maximumSignificantDigits: 6 });
}

/** A length of time in the largest units that it is whole in: `2 d`, `36 h`, `90 min`. */
export function lengthText(seconds: number, locale: string): string {
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const;
  const [unit, size] = units.find(([, length]) => seconds >= length && seconds % length === 0) ?? [
    'second',
    1,
  ];
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / size);
}

export interface FeatureText {
  readonly name: string;
  /** The key as it is shown: whole, or with personal values hidden. */
  readonly keys: string;
  readonly value: unknown;
}

/** Features by name; of `paid_1h(A-1)` the key is `A-1`. Values in `hidden` are masked unless `reveal`. */
export function featureTexts(
  features: unknown,
  hidden: readonly string[],
  reveal: boolean,
  mask: (value: string) => string,
): FeatureText[] {
  return Object.entries(isObject(features) ? features : {}).map(([whole, value]) => {
    const open = whole.indexOf('(');
    const name = open < 0 ? whole : whole.slice(0, open);
    let keys = open < 0 ? '' : whole.slice(open + 1, -1);
    // Longest first: one value may be a part of another.
    const values = [...hidden].filter((item) => item !== '').sort((a, b) => b.length - a.length);
    if (!reveal) for (const item of values) keys = keys.replaceAll(item, mask(item));
    return { name, keys, value };
  });
}
