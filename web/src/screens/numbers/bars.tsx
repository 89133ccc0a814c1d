/** A bar in the row of its figure: a picture for the eye alone, which says no more than the figure beside it. */

import { barLength } from './period';

const WIDTH = 240;
const HEIGHT = 16;

interface BarProps {
  readonly value: bigint;
  /** What a whole bar stands for. */
  readonly largest: bigint;
  /** Green for what is held, plain otherwise. */
  readonly tone: 'held' | 'plain';
}

export function Bar({ value, largest, tone }: BarProps) {
  // What is not nothing is seen.
  const length = value > 0n ? Math.max(2, barLength(value, largest) * WIDTH) : 0;
  return (
    <svg
      className="bar-picture"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect className="bar-ground" width={WIDTH} height={HEIGHT} rx="2" />
      <rect className={`bar-${tone}`} width={length} height={HEIGHT} rx="2" />
    </svg>
  );
}

export const largestOf = (values: readonly bigint[]): bigint =>
  values.reduce((most, value) => (value > most ? value : most), 0n);
