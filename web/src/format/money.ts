/** Money as text, exact: integer minor units in, no floating point anywhere. */

export interface Money {
  readonly minor: number | bigint;
  readonly currency: string;
}

const EXPONENT_ZERO = new Set([
  'BIF',
  'CLP',
  'DJF',
  'GNF',
  'ISK',
  'JPY',
  'KMF',
  'KRW',
  'PYG',
  'RWF',
  'UGX',
  'VND',
  'VUV',
  'XAF',
  'XOF',
  'XPF',
]);
const EXPONENT_THREE = new Set(['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND']);

/** Digits after the decimal point of `currency` (ISO 4217). */
export function exponentOf(currency: string): number {
  if (EXPONENT_ZERO.has(currency)) return 0;
  return EXPONENT_THREE.has(currency) ? 3 : 2;
}

/** The amount as a plain decimal such as `-1234.50`. */
export function decimalOf(money: Money): string {
  const exponent = exponentOf(money.currency);
  const minor = BigInt(money.minor);
  const negative = minor < 0n;
  const digits = (negative ? -minor : minor).toString().padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const fraction = exponent === 0 ? '' : `.${digits.slice(-exponent)}`;
  return `${negative ? '-' : ''}${whole}${fraction}`;
}

const formats = new Map<string, Intl.NumberFormat>();

function formatOf(locale: string, currency: string, digits: number): Intl.NumberFormat {
  const key = `${locale}/${currency}/${digits}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    formats.set(key, format);
  }
  return format;
}

/** The amount in the reader's language, all decimals shown: `¥1,234.50`. */
export function formatMoney(money: Money, locale: string): string {
  const decimal = decimalOf(money) as Intl.StringNumericLiteral;
  return formatOf(locale, money.currency, exponentOf(money.currency)).format(decimal);
}

/** As `formatMoney`, but without decimals when they are all zero: for narrow places such as the flow view. */
export function formatMoneyShort(money: Money, locale: string): string {
  const exponent = exponentOf(money.currency);
  if (BigInt(money.minor) % 10n ** BigInt(exponent) !== 0n) return formatMoney(money, locale);
  return formatOf(locale, money.currency, 0).format(decimalOf(money) as Intl.StringNumericLiteral);
}

/** The amount as people write it in a field: `1,234.50`, without a sign of the currency. */
export function formatPlain(money: Money): string {
  const [whole = '', fraction] = decimalOf(money).split('.');
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** Reads what a person typed (`12`, `1,234.5`, `¥ 12.00`) into minor units; `null` when it is not an amount. */
export function parseMinor(text: string, currency: string): bigint | null {
  const exponent = exponentOf(currency);
  const plain = text.normalize('NFKC').replace(/[\s,¥$€£]/g, '');
  const match = /^(\d{1,16})(?:\.(\d*))?$/.exec(plain);
  const whole = match?.[1];
  if (whole === undefined) return null;
  const fraction = match?.[2] ?? '';
  if (fraction.length > exponent) return null;
  return BigInt(whole + fraction.padEnd(exponent, '0'));
}

/** Minor units as the JSON number that the API takes; `null` beyond what JSON carries exactly. */
export function minorToJson(minor: bigint): number | null {
  const value = Number(minor);
  return Number.isSafeInteger(value) ? value : null;
}

/** Sum of amounts of one currency. */
export function sumMinor(amounts: readonly Money[]): bigint {
  return amounts.reduce((sum, amount) => sum + BigInt(amount.minor), 0n);
}
