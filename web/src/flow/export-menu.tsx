/** The menu of forms a flow can be saved in. */

import { useRef } from 'react';
import { useSpeech } from '../i18n/language';

export type ExportForm = 'png' | 'svg' | 'accounts' | 'transfers' | 'accounts-whole' | 'transfers-whole';

interface ExportMenuProps {
  readonly onExport: (form: ExportForm) => void;
  readonly hasPicture: boolean;
}

export function ExportMenu({ onExport, hasPicture }: ExportMenuProps) {
  const { t } = useSpeech();
  const menu = useRef<HTMLDetailsElement>(null);
  const pictures: [ExportForm, string][] = [
    ['png', t.flow.exportPng],
    ['svg', t.flow.exportSvg],
  ];
  const tables: [ExportForm, string][] = [
    ['accounts', t.flow.exportAccounts],
    ['transfers', t.flow.exportTransfers],
    ['accounts-whole', t.flow.exportAccountsWhole],
    ['transfers-whole', t.flow.exportTransfersWhole],
  ];
  const close = () => {
    if (menu.current) menu.current.open = false;
    menu.current?.querySelector('summary')?.focus();
  };
  return (
    <details
      ref={menu}
      className="flow-menu"
      data-flow="export"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !menu.current?.open) return;
        event.stopPropagation();
        close();
      }}
      onBlur={(event) => {
        if (menu.current && !menu.current.contains(event.relatedTarget)) menu.current.open = false;
      }}
    >
      <summary>{t.flow.export}</summary>
      <ul>
        {[...(hasPicture ? pictures : []), ...tables].map(([form, name]) => (
          <li key={form}>
            <button
              type="button"
              className="plain-button"
              data-export={form}
              onClick={() => {
                close();
                onExport(form);
              }}
            >
              {name}
            </button>
          </li>
        ))}
      </ul>
    </details>
  );
}
