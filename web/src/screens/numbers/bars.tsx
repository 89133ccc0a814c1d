/** Bars beside the table that has their figures: a picture for the eye alone, told to others by its name. */

import { barLength } from './period';

const WIDTH = 320;
const HEIGHT = 18;
const GAP = 10;

export interface Bar {
  readonly key: string;
  readonly value: bigint;
  /** The name of a colour: green for what is held, plain otherwise. */
  readonly tone: 'held' | 'plain';
}

export function Bars({ name, bars }: { name: string; bars: readonly Bar[] }) {
  const largest = bars.reduce((most, { value }) => (value > most ? value : most), 0n);
  const height = bars.length * (HEIGHT + GAP) - GAP;
  return (
    <svg className="bars" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={name}>
      {bars.map(({ key, value, tone }, index) => {
        const y = index * (HEIGHT + GAP);
        return (
          <g key={key}>
            <rect className="bar-ground" x="0" y={y} width={WIDTH} height={HEIGHT} rx="2" />
            <rect
              className={`bar-${tone}`}
              x="0"
              y={y}
              // What is not nothing is seen.
              width={value > 0n ? Math.max(2, barLength(value, largest) * WIDTH) : 0}
              height={HEIGHT}
              rx="2"
            />
          </g>
        );
      })}
    </svg>
  );
}
