import { describe, expect, it } from 'vitest';
import { contextAt } from './context';

/** What is wanted at `|`. */
function at(text: string) {
  const pos = text.indexOf('|');
  const { wanted, events, field, from } = contextAt(text.replace('|', ''), pos);
  return { wanted, events, field, typed: text.slice(from, pos) };
}

const RULE = 'rule r on payment, withdrawal {\n  ';

describe('what can be written', () => {
  it('at the top are declarations', () => {
    expect(at('ru|').wanted).toBe('declaration');
    expect(at('list a exact { "x" }\n|').wanted).toBe('declaration');
    expect(at('// ru|').wanted).toBe('nothing');
  });
  it('in a rule are clauses, and fields of its events', () => {
    expect(at(`${RULE}wh|`)).toMatchObject({ wanted: 'clause', typed: 'wh' });
    expect(at(`${RULE}when event.am|`)).toEqual({
      wanted: 'field',
      events: ['payment', 'withdrawal'],
      field: null,
      typed: 'am',
    });
    expect(at(`${RULE}when event.amount > 3 && pa|`).wanted).toBe('expression');
    expect(at(`${RULE}when event.note.con|`)).toMatchObject({ wanted: 'method', field: 'note' });
    expect(at(`${RULE}when a > 1\n  then ho|`).wanted).toBe('decision');
    expect(at(`${RULE}measure |`).wanted).toBe('measure');
    expect(at('rule r on pay|').wanted).toBe('event');
    expect(at('rule r on payment, wi|').wanted).toBe('event');
    expect(at(`${RULE}when event.channel == "ba|`)).toMatchObject({
      wanted: 'enumWord',
      field: 'channel',
      typed: 'ba',
    });
    expect(at(`${RULE}when event.note == "x" |`).wanted).toBe('expression');
    expect(at(`${RULE}typology "lo|`).wanted).toBe('typology');
    expect(at(`${RULE}reason zh "你|`).wanted).toBe('nothing');
  });
  it('in a condition that goes on in the next line is an expression', () => {
    expect(at(`${RULE}when a > 1 &&\n    b|`).wanted).toBe('expression');
    expect(at(`${RULE}when a > 1\n    && b|`).wanted).toBe('expression');
  });
  it('in features are sources and their fields', () => {
    expect(at('feature f = sum(event.amount) of pay|').wanted).toBe('event');
    expect(at('feature f = count() of payment by event.|')).toMatchObject({
      wanted: 'field',
      events: ['payment'],
    });
  });
  it('in events are types, in tests kinds, fields and rules', () => {
    expect(at('event e {\n  payer str|').wanted).toBe('type');
    expect(at('test "t" {\n  given pay|').wanted).toBe('event');
    expect(at('test "t" {\n  when payment { pa|')).toMatchObject({
      wanted: 'fieldName',
      events: ['payment'],
    });
    expect(at('test "t" {\n  when payment { a: "{" } at 2026-01-01\n  expect fired man|').wanted).toBe(
      'rule',
    );
    expect(at('ruleset s on payment { mode all use a, b|').wanted).toBe('rule');
  });
});
