/** The time of the picture: a slider from payment to payment, with what was paid when above it. */

import { Button } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { useSpeech } from '../i18n/language';
import type { FlowGraph } from './graph';
import { binsOf, momentAt, placeOf } from './time';

const BINS = 96;
const PLAY_STEP_MS = 80;
/** A whole trace plays in about this many steps. */
const PLAY_STEPS = 120;

interface ScrubberProps {
  readonly graph: FlowGraph;
  readonly until: number | null;
  readonly onChange: (at: number | null) => void;
}

export function FlowScrubber({ graph, until, onChange }: ScrubberProps) {
  const { t, moment } = useSpeech();
  const { moments } = graph;
  const [playing, setPlaying] = useState(false);
  const place = placeOf(moments, until);
  const bins = useMemo(() => binsOf(graph, BINS), [graph]);
  const shown = moment(new Date(until ?? moments.at(-1) ?? 0).toISOString());
  useEffect(() => {
    if (!playing) return undefined;
    const timer = setTimeout(() => {
      const next = place + Math.max(1, Math.ceil(moments.length / PLAY_STEPS));
      onChange(momentAt(moments, next));
      if (next >= moments.length) setPlaying(false);
    }, PLAY_STEP_MS);
    return () => clearTimeout(timer);
  }, [playing, place, moments, onChange]);
  const togglePlay = () => {
    if (!playing && until === null) onChange(momentAt(moments, 0));
    setPlaying(!playing);
  };
  return (
    <div className="flow-scrubber">
      <Button size="small" onClick={togglePlay} aria-pressed={playing}>
        {playing ? t.flow.pause : t.flow.play}
      </Button>
      <div className="flow-track">
        <svg viewBox={`0 0 ${BINS} 20`} preserveAspectRatio="none" aria-hidden="true">
          {bins.map((share, index) => (
            <rect
              // The bins are places, not things.
              key={index}
              className={index <= (place / moments.length) * BINS ? 'past' : 'ahead'}
              x={index + 0.1}
              width={0.8}
              y={20 - share * 20}
              height={share * 20}
            />
          ))}
        </svg>
        <input
          type="range"
          aria-label={t.flow.scrubber}
          aria-valuetext={until === null ? `${t.flow.scrubEnd}, ${shown}` : shown}
          min={0}
          max={moments.length}
          value={place}
          onChange={(event) => {
            setPlaying(false);
            onChange(momentAt(moments, Number(event.target.value)));
          }}
        />
      </div>
      <Button size="small" disabled={until === null} onClick={() => onChange(null)}>
        {t.flow.scrubEnd}
      </Button>
      <span className="num small flow-now">{shown}</span>
    </div>
  );
}
