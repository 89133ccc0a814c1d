import { describe, expect, it } from 'vitest';
import { ApiError, problemOf, refusedFields } from './problem';

const refused = (more: object) =>
  new ApiError(problemOf(422, { code: 'measure.invalid', title: '', detail: '', status: 422, ...more }));

describe('fields that are refused', () => {
  it('are those that the server points at', () => {
    const errors = [{ pointer: '/kind', detail: 'no' }];
    expect(refusedFields(refused({ errors }))).toEqual(errors);
  });
  it('are told in the text where there is but one', () => {
    expect(refusedFields(refused({ detail: '/ground/reference: it has 1 to 500 characters' }))).toEqual([
      { pointer: '/ground/reference', detail: 'it has 1 to 500 characters' },
    ]);
  });
  it('are none where something else is wrong', () => {
    expect(refusedFields(refused({ detail: 'another appeal is open' }))).toEqual([]);
    expect(refusedFields(new Error('/kind: x'))).toEqual([]);
  });
});
