/** The frame around every signed-in screen: navigation, live state, palette, shortcuts. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, Navigate, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { Button } from 'antd';
import { Suspense, lazy, useEffect, useRef, useState } from 'react';
import { api } from '../api/endpoints';
import { useFeed } from '../api/feed';
import { queryClient, sessionQuery, useMe } from '../api/queries';
import type { Role } from '../api/types';
import { useSpeech } from '../i18n/language';
import { Blank } from '../parts/blank';
import { PurposeStrip } from './purpose';
import { sayPurpose } from './purpose-cookie';
import { useShortcuts } from './shortcuts';
import { useTheme } from './theme';

const CommandPalette = lazy(() => import('./palette').then((module) => ({ default: module.CommandPalette })));
const HelpDialog = lazy(() => import('./help-dialog').then((module) => ({ default: module.HelpDialog })));

/** Switches of language and light, on the sign-in screen too. */
export function AppearanceSwitches() {
  const { t, language, setLanguage } = useSpeech();
  const { theme, toggle } = useTheme();
  return (
    <>
      <Button
        size="small"
        type="text"
        lang={language === 'zh' ? 'en' : 'zh-CN'}
        onClick={() => setLanguage(language === 'zh' ? 'en' : 'zh')}
      >
        {t.app.language}
      </Button>
      <Button size="small" type="text" onClick={toggle}>
        {theme === 'light' ? t.app.dark : t.app.light}
      </Button>
    </>
  );
}

/** Keeps the name of the shown screen in view where not all names fit. */
function useCurrentInView() {
  const nav = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    nav.current?.querySelector('[aria-current=page]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
  }, [path]);
  return nav;
}

export function Frame() {
  const { t } = useSpeech();
  const session = useQuery(sessionQuery);
  const path = useRouterState({ select: (state) => state.location.pathname });
  if (session.isPending) return <Blank text={t.app.loading} />;
  if (session.isError) return <Blank text={t.error.network} onRetry={() => void session.refetch()} />;
  if (!session.data)
    return (
      <Navigate to="/sign-in" search={path === '/' || path === '/sign-in' ? {} : { next: path }} replace />
    );
  return <SignedInFrame name={session.data.user.name} roles={session.data.user.roles} />;
}

function SignedInFrame({ name, roles }: { name: string; roles: readonly Role[] }) {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const {
    readsCases,
    readsOrders,
    readsDecisions,
    readsMeasures,
    mayScan,
    maySearch,
    takesReports,
    keepsKeys,
  } = useMe();
  const feed = useFeed(readsOrders);
  const nav = useCurrentInView();
  const [dialog, setDialog] = useState<'palette' | 'help' | null>(null);
  const signOut = useMutation({
    mutationFn: api.signOut,
    onSettled: () => {
      sayPurpose(null);
      queryClient.clear();
      queryClient.setQueryData(sessionQuery.queryKey, null);
      void navigate({ to: '/sign-in' });
    },
  });
  useShortcuts({
    ...(readsCases
      ? {
          'g d': () => void navigate({ to: '/' }),
          'g a': () => void navigate({ to: '/audit' }),
          'g t': () => void navigate({ to: '/reports' }),
          'g f': () => void navigate({ to: '/leads' }),
          'g q': () => void navigate({ to: '/duty' }),
          'g u': () => void navigate({ to: '/numbers' }),
        }
      : {}),
    ...(takesReports ? { 'g h': () => void navigate({ to: '/reports/new' }) } : {}),
    ...(readsOrders
      ? {
          'g o': () => void navigate({ to: '/orders' }),
          'g i': () => void navigate({ to: '/institutions' }),
        }
      : {}),
    ...(readsDecisions
      ? {
          'g c': () => void navigate({ to: '/decisions' }),
          'g p': () => void navigate({ to: '/policies' }),
          'g e': () => void navigate({ to: '/editor' }),
          'g b': () => void navigate({ to: '/backtests' }),
          'g m': () => void navigate({ to: '/models' }),
        }
      : {}),
    ...(readsMeasures
      ? {
          'g x': () => void navigate({ to: '/measures' }),
          'g n': () => void navigate({ to: '/batches' }),
          'g r': () => void navigate({ to: '/appeals' }),
        }
      : {}),
    ...(mayScan
      ? {
          'g s': () => void navigate({ to: '/scan' }),
          'g l': () => void navigate({ to: '/labels' }),
        }
      : {}),
    ...(maySearch ? { 'g k': () => void navigate({ to: '/search' }) } : {}),
    'g y': () => void navigate({ to: '/access' }),
    '?': () => setDialog('help'),
    'mod+k': () => setDialog('palette'),
  });
  const feedText = {
    connecting: t.app.connecting,
    live: t.app.live,
    reconnecting: t.app.reconnecting,
    offline: t.app.offline,
  }[feed];
  const close = () => setDialog(null);
  return (
    <>
      <a className="skip" href="#content">
        {t.app.skip}
      </a>
      <header className="bar">
        <Link to="/" className="brand">
          {t.app.name}
        </Link>
        <nav ref={nav} aria-label={t.app.menu}>
          {readsCases && (
            <Link to="/" activeOptions={{ exact: true }}>
              {t.nav.desk}
            </Link>
          )}
          {readsCases && <Link to="/duty">{t.nav.duty}</Link>}
          {readsCases && <Link to="/reports">{t.nav.reports}</Link>}
          {readsCases && <Link to="/leads">{t.nav.leads}</Link>}
          {readsOrders && <Link to="/orders">{t.nav.orders}</Link>}
          {readsMeasures && <Link to="/measures">{t.nav.measures}</Link>}
          {readsMeasures && <Link to="/batches">{t.nav.batches}</Link>}
          {readsMeasures && <Link to="/appeals">{t.nav.appeals}</Link>}
          {readsDecisions && <Link to="/decisions">{t.nav.decisions}</Link>}
          {readsDecisions && <Link to="/policies">{t.nav.policies}</Link>}
          {readsDecisions && <Link to="/backtests">{t.nav.backtests}</Link>}
          {mayScan && <Link to="/scan">{t.nav.scan}</Link>}
          {mayScan && <Link to="/labels">{t.nav.labels}</Link>}
          {readsDecisions && <Link to="/models">{t.nav.models}</Link>}
          {readsOrders && <Link to="/institutions">{t.nav.institutions}</Link>}
          {readsCases && <Link to="/numbers">{t.nav.numbers}</Link>}
          {readsCases && <Link to="/audit">{t.nav.audit}</Link>}
          {maySearch && <Link to="/search">{t.nav.search}</Link>}
          {keepsKeys && <Link to="/access">{t.access.title}</Link>}
        </nav>
        <div className="bar-end">
          {readsOrders && (
            <span className={`feed-state ${feed}`} role="status">
              <i aria-hidden="true" />
              {feedText}
            </span>
          )}
          <button
            type="button"
            className="find"
            aria-label={`${t.app.palette} Ctrl K`}
            onClick={() => setDialog('palette')}
          >
            <svg
              width="14"
              height="14"
              viewBox="0 0 16 16"
              fill="none"
              stroke="currentColor"
              strokeWidth="1.6"
              aria-hidden="true"
            >
              <circle cx="7" cy="7" r="4.6" />
              <path d="M10.5 10.5 14 14" strokeLinecap="round" />
            </svg>
            <span>{t.app.palette}</span> <kbd>Ctrl K</kbd>
          </button>
          <AppearanceSwitches />
          <span className="person" title={t.app.me}>
            <Link to="/access">{name}</Link>{' '}
            <span className="small quiet">{roles.map((role) => t.role[role]).join(' · ')}</span>
          </span>
          <Button size="small" type="text" onClick={() => signOut.mutate()}>
            {t.app.signOut}
          </Button>
        </div>
      </header>
      <PurposeStrip />
      <main id="content" className="page" tabIndex={-1}>
        <Suspense fallback={<Blank text={t.app.loading} />}>
          <Outlet />
        </Suspense>
      </main>
      <Suspense>
        {dialog === 'palette' && <CommandPalette onClose={close} />}
        {dialog === 'help' && <HelpDialog onClose={close} />}
      </Suspense>
    </>
  );
}
