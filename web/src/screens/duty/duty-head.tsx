/** The head of every page of the duty desk: its name, and the ways to its other pages. */

import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMe } from '../../api/queries';
import { useSpeech } from '../../i18n/language';

export function DutyHead({ children }: { children?: ReactNode }) {
  const { t } = useSpeech();
  const { has } = useMe();
  const works = has('analyst') || has('approver');
  return (
    <div className="page-head">
      <h1>{t.duty.title}</h1>
      {children}
      <nav className="sub-nav" aria-label={t.duty.parts}>
        <Link to="/duty" activeOptions={{ exact: true }}>
          {t.duty.queue}
        </Link>
        {works && <Link to="/duty/mine">{t.duty.mine}</Link>}
        <Link to="/duty/shifts">{t.duty.shifts}</Link>
        <Link to="/duty/operations">{t.duty.operations}</Link>
      </nav>
    </div>
  );
}
