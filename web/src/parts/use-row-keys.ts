import { useState } from 'react';
import { useShortcuts, type Shortcuts } from '../app/shortcuts';

/** The row of a list that the keyboard is at: j and k walk, Enter and o open it. */
export function useRowKeys<T extends { readonly id: string }>(
  rows: readonly T[],
  open: (row: T) => void,
  more: (row: T | undefined) => Shortcuts = () => ({}),
) {
  const [id, setId] = useState<string | null>(null);
  const at = Math.max(
    0,
    rows.findIndex((row) => row.id === id),
  );
  const current = rows[at];
  const move = (step: number) => {
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
    if (!next) return;
    setId(next.id);
    document.querySelector(`tr[data-row="${next.id}"]`)?.scrollIntoView({ block: 'nearest' });
  };
  const show = () => {
    if (current) open(current);
  };
  useShortcuts({ j: () => move(1), k: () => move(-1), o: show, Enter: show, ...more(current) });
  return { current, select: setId };
}
