/** Finds an account in the flow: a field with a list of answers, by mouse or by keyboard alone. */

import { useId, useState } from 'react';
import type { KeyboardEvent, Ref } from 'react';
import type { TraceNode } from '../api/types';
import { useSpeech } from '../i18n/language';
import { useAccountText } from '../parts/account';

const SHOWN_MAX = 8;

export interface SearchFieldProps {
  readonly find: (text: string) => readonly TraceNode[];
  readonly onPick: (node: TraceNode) => void;
  readonly ref: Ref<HTMLInputElement>;
}

export function SearchField({ find, onPick, ref }: SearchFieldProps) {
  const { t, money } = useSpeech();
  const accountText = useAccountText();
  const id = useId();
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const [open, setOpen] = useState(false);
  const found = open ? find(text) : [];
  const shown = found.slice(0, SHOWN_MAX);
  const pick = (node: TraceNode | undefined) => {
    if (!node) return;
    setOpen(false);
    onPick(node);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { key } = event;
    if (key === 'ArrowDown') setActive(Math.min(active + 1, shown.length - 1));
    else if (key === 'ArrowUp') setActive(Math.max(0, active - 1));
    else if (key === 'Enter') pick(shown[active]);
    else if (key === 'Escape' && open) setOpen(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const isListed = open && shown.length > 0;
  return (
    <div className="flow-search" onBlur={() => setOpen(false)}>
      <input
        ref={ref}
        type="search"
        role="combobox"
        aria-label={t.flow.search}
        aria-expanded={isListed}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={isListed ? `${id}-${active}` : undefined}
        placeholder={t.flow.searchHint}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
          setOpen(event.target.value.trim() !== '');
        }}
        onKeyDown={onKeyDown}
      />
      <ul id={`${id}-list`} role="listbox" aria-label={t.flow.search} hidden={!isListed}>
        {shown.map((node, index) => (
          <li
            key={node.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            onPointerDown={(event) => {
              event.preventDefault();
              pick(node);
            }}
          >
            <span>{node.exit ? `${t.exit[node.exit]} · ${accountText(node)}` : accountText(node)}</span>
            <span className="quiet">{t.flow.tier(node.tier)}</span>
            <span className="num">{money(node.received_stolen)}</span>
          </li>
        ))}
      </ul>
      <span className="visually-hidden" role="status">
        {open && text.trim() !== '' && (found.length > 0 ? t.flow.found(found.length) : t.flow.notFound)}
      </span>
      {open && text.trim() !== '' && found.length === 0 && (
        <span className="flow-none small" aria-hidden="true">
          {t.flow.notFound}
        </span>
      )}
    </div>
  );
}
