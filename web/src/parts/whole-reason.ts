/** The recorded reason that holding a whole account needs (the rule of the orders, checked again by the server). */

const CHARACTERS_MIN = 10;
export const WHOLE_REASON_MAX = 500;

/** Whether `reason` is long enough for a whole account. */
export function isWholeReason(reason: string): boolean {
  const length = Array.from(reason.trim()).length;
  return length >= CHARACTERS_MIN && length <= WHOLE_REASON_MAX;
}
