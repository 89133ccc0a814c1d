import { describe, expect, it } from 'vitest';
import {
  decimalOf,
  formatMoney,
  formatMoneyShort,
  formatPlain,
  minorToJson,
  parseMinor,
  sumMinor,
} from './money';

const cny = (minor: number | bigint) => ({ minor, currency: 'CNY' });

describe('money', () => {
  it('writes minor units exactly, beyond what a float holds', () => {
    expect(decimalOf(cny(5))).toBe('0.05');
    expect(decimalOf(cny(-123450))).toBe('-1234.50');
    expect(decimalOf(cny(9_223_372_036_854_775_807n))).toBe('92233720368547758.07');
    expect(decimalOf({ minor: 1234, currency: 'JPY' })).toBe('1234');
    expect(decimalOf({ minor: 1234, currency: 'KWD' })).toBe('1.234');
  });
  it('follows the language', () => {
    expect(formatMoney(cny(123456789), 'zh-CN')).toBe('¥1,234,567.89');
    expect(formatMoney(cny(9_223_372_036_854_775_807n), 'en')).toBe('¥92,233,720,368,547,758.07');
    expect(formatMoneyShort(cny(4800000), 'zh-CN')).toBe('¥48,000');
    expect(formatMoneyShort(cny(4800001), 'zh-CN')).toBe('¥48,000.01');
  });
  it('groups digits in fields, and reads them back', () => {
    expect(formatPlain(cny(123456789))).toBe('1,234,567.89');
    expect(formatPlain({ minor: 1234567, currency: 'JPY' })).toBe('1,234,567');
    expect(parseMinor(formatPlain(cny(123456789)), 'CNY')).toBe(123456789n);
  });
  it('reads what people type and refuses what is not an amount', () => {
    expect(parseMinor('1,234.5', 'CNY')).toBe(123450n);
    expect(parseMinor('１２', 'CNY')).toBe(1200n);
    expect(parseMinor('¥ 12.00', 'CNY')).toBe(1200n);
    expect(parseMinor('1.234', 'CNY')).toBeNull();
    expect(parseMinor('-1', 'CNY')).toBeNull();
    expect(parseMinor('1e3', 'CNY')).toBeNull();
    expect(parseMinor('', 'CNY')).toBeNull();
    expect(parseMinor('1.5', 'JPY')).toBeNull();
  });
  it('gives JSON only what JSON carries', () => {
    expect(minorToJson(12n)).toBe(12);
    expect(minorToJson(9_007_199_254_740_993n)).toBeNull();
  });
  it('adds up', () => {
    expect(sumMinor([cny(1), cny(2n)])).toBe(3n);
  });
});
