/** Ctrl/Cmd-K: find a case or run a command by typing. */

import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Modal } from 'antd';
import { useMemo, useState } from 'react';
import { casesQuery, useMe } from '../api/queries';
import { useSpeech } from '../i18n/language';
import { hasShortcut, runShortcut } from './shortcuts';
import { useTheme } from './theme';

interface Choice {
  readonly key: string;
  readonly label: string;
  readonly hint: string;
  readonly run: () => void;
}

const SHOWN_MAX = 12;

export function CommandPalette({ onClose }: { onClose: () => void }) {
  const speech = useSpeech();
  const { t } = speech;
  const { toggle } = useTheme();
  const navigate = useNavigate();
  const { readsCases, readsOrders, readsDecisions, mayScan, maySearch, takesReports } = useMe();
  const { data } = useQuery({ ...casesQuery, enabled: readsCases });
  const [text, setText] = useState('');
  const [index, setIndex] = useState(0);

  const choices = useMemo((): Choice[] => {
    const go = (key: string, label: string, keys: string, to: string): Choice => ({
      key,
      label: `${t.palette.go} ${label}`,
      hint: keys,
      run: () => void navigate({ to }),
    });
    const commands: Choice[] = [];
    if (hasShortcut('s'))
      commands.push({ key: 's', label: t.palette.submit, hint: 'S', run: () => runShortcut('s') });
    if (hasShortcut('a'))
      commands.push({ key: 'a', label: t.palette.approve, hint: 'A', run: () => runShortcut('a') });
    if (readsCases)
      commands.push(
        go('desk', t.nav.desk, 'G D', '/'),
        go('duty', t.nav.duty, 'G Q', '/duty'),
        go('reports', t.nav.reports, 'G T', '/reports'),
        go('leads', t.nav.leads, 'G F', '/leads'),
        go('numbers', t.nav.numbers, 'G U', '/numbers'),
      );
    if (takesReports) commands.push(go('hotline', t.hotline.title, 'G H', '/reports/new'));
    if (readsOrders) commands.push(go('orders', t.nav.orders, 'G O', '/orders'));
    if (readsDecisions)
      commands.push(
        go('decisions', t.nav.decisions, 'G C', '/decisions'),
        go('policies', t.nav.policies, 'G P', '/policies'),
        go('backtests', t.nav.backtests, 'G B', '/backtests'),
        go('editor', t.nav.editor, 'G E', '/editor'),
      );
    if (mayScan)
      commands.push(go('scan', t.nav.scan, 'G S', '/scan'), go('labels', t.nav.labels, 'G L', '/labels'));
    if (readsDecisions) commands.push(go('models', t.nav.models, 'G M', '/models'));
    if (readsOrders) commands.push(go('institutions', t.nav.institutions, 'G I', '/institutions'));
    if (readsCases) commands.push(go('audit', t.nav.audit, 'G A', '/audit'));
    if (maySearch) commands.push(go('search', t.nav.search, 'G K', '/search'));
    commands.push(go('access', t.access.title, 'G Y', '/access'));
    commands.push(
      { key: 'theme', label: t.palette.theme, hint: '', run: toggle },
      {
        key: 'language',
        label: t.palette.language,
        hint: t.app.language,
        run: () => speech.setLanguage(speech.language === 'zh' ? 'en' : 'zh'),
      },
    );
    const cases = (data?.items ?? []).map((item): Choice => ({
      key: item.id,
      label: `${t.priority[item.priority]} ${item.number}`,
      hint: speech.money(item.loss),
      run: () => void navigate({ to: '/cases/$caseId', params: { caseId: item.id } }),
    }));
    const wanted = text.trim().toLowerCase();
    const matches = (choice: Choice) => choice.label.toLowerCase().includes(wanted);
    return [...(wanted ? cases : cases.slice(0, 5)), ...commands].filter(matches).slice(0, SHOWN_MAX);
  }, [
    data,
    text,
    t,
    speech,
    navigate,
    toggle,
    readsCases,
    readsOrders,
    readsDecisions,
    mayScan,
    maySearch,
    takesReports,
  ]);

  const current = choices[Math.min(index, choices.length - 1)];
  const choose = (choice: Choice | undefined) => {
    onClose();
    // After the dialog is gone, so that focus does not return into it.
    if (choice) window.setTimeout(choice.run);
  };
  return (
    <Modal
      open
      footer={null}
      closable={false}
      onCancel={onClose}
      width={560}
      title={<span className="visually-hidden">{t.app.palette}</span>}
    >
      <div className="palette">
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={current ? `palette-${current.key}` : undefined}
          aria-label={t.app.palette}
          placeholder={t.palette.placeholder}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setIndex(0);
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') setIndex(Math.min(index + 1, choices.length - 1));
            else if (event.key === 'ArrowUp') setIndex(Math.max(index - 1, 0));
            else if (event.key === 'Enter') choose(current);
            else return;
            event.preventDefault();
          }}
        />
        <ul id="palette-list" role="listbox" aria-label={t.app.palette}>
          {choices.map((choice) => (
            <li
              key={choice.key}
              id={`palette-${choice.key}`}
              role="option"
              aria-selected={choice === current}
              onClick={() => choose(choice)}
            >
              <span>{choice.label}</span>
              <span className="quiet num small">{choice.hint}</span>
            </li>
          ))}
        </ul>
        {choices.length === 0 && <p className="blank">{t.palette.empty}</p>}
      </div>
    </Modal>
  );
}
