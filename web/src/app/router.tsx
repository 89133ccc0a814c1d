/** The addresses of the console. Every screen is a chunk of its own. */

import { Link, createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import type { MeasureStateWord, OrderStateWord } from '../api/types';
import { useSpeech } from '../i18n/language';
import { Blank } from '../parts/blank';
import { readSearch } from '../screens/decisions/decision-search';
import { readLeadSearch } from '../screens/leads/lead-list';
import { readReportSearch } from '../screens/reports/report-list';
import { readPeriodSearch } from '../screens/numbers/period';
import { readEditorSearch, readPolicySearch } from '../screens/policies/policy-search';
import { readSearchAsked } from '../screens/search/search-query';
import { Frame } from './frame';

function NotFound() {
  const { t } = useSpeech();
  return (
    <Blank text={t.app.notFound}>
      <p>
        <Link to="/">{t.app.toDesk}</Link>
      </p>
    </Blank>
  );
}

const rootRoute = createRootRoute({ notFoundComponent: NotFound });

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/sign-in',
  validateSearch: (search: Record<string, unknown>): { next?: string; problem?: string } => ({
    // Only a path of this console, never another site.
    ...(typeof search['next'] === 'string' && /^\/(?!\/)/.test(search['next'])
      ? { next: search['next'] }
      : {}),
    ...(typeof search['problem'] === 'string' ? { problem: search['problem'] } : {}),
  }),
  component: lazyRouteComponent(() => import('../screens/sign-in/sign-in-screen'), 'SignInScreen'),
});
const frameRoute = createRoute({ getParentRoute: () => rootRoute, id: 'frame', component: Frame });
const deskRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/',
  component: lazyRouteComponent(() => import('../screens/desk/desk-screen'), 'DeskScreen'),
});
const caseRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/cases/$caseId',
  component: lazyRouteComponent(() => import('../screens/case/case-screen'), 'CaseScreen'),
});
const evidenceRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/cases/$caseId/evidence',
  component: lazyRouteComponent(() => import('../screens/evidence/evidence-screen'), 'EvidenceScreen'),
});
const numbersRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/numbers',
  validateSearch: readPeriodSearch,
  component: lazyRouteComponent(() => import('../screens/numbers/numbers-screen'), 'NumbersScreen'),
});
const reportRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/reports/$reportId',
  component: lazyRouteComponent(() => import('../screens/reports/report-screen'), 'ReportScreen'),
});
const reportsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/reports',
  validateSearch: readReportSearch,
  component: lazyRouteComponent(() => import('../screens/reports/reports-screen'), 'ReportsScreen'),
});
const hotlineRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/reports/new',
  component: lazyRouteComponent(() => import('../screens/reports/hotline-screen'), 'HotlineScreen'),
});
const leadsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/leads',
  validateSearch: readLeadSearch,
  component: lazyRouteComponent(() => import('../screens/leads/leads-screen'), 'LeadsScreen'),
});
const leadRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/leads/$leadId',
  component: lazyRouteComponent(() => import('../screens/leads/lead-screen'), 'LeadScreen'),
});
const queueRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/duty',
  component: lazyRouteComponent(() => import('../screens/duty/queue-screen'), 'QueueScreen'),
});
const mineRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/duty/mine',
  component: lazyRouteComponent(() => import('../screens/duty/mine-screen'), 'MineScreen'),
});
const shiftsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/duty/shifts',
  component: lazyRouteComponent(() => import('../screens/duty/shifts-screen'), 'ShiftsScreen'),
});
const operationsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/duty/operations',
  component: lazyRouteComponent(() => import('../screens/duty/operations-screen'), 'OperationsScreen'),
});
const operationRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/duty/operations/$operationId',
  component: lazyRouteComponent(() => import('../screens/duty/operation-screen'), 'OperationScreen'),
});
const ordersRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/orders',
  validateSearch: (search: Record<string, unknown>): { state?: OrderStateWord } =>
    typeof search['state'] === 'string' ? { state: search['state'] as OrderStateWord } : {},
  component: lazyRouteComponent(() => import('../screens/orders/orders-screen'), 'OrdersScreen'),
});
const orderRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/orders/$orderId',
  component: lazyRouteComponent(() => import('../screens/orders/order-screen'), 'OrderScreen'),
});
const institutionsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/institutions',
  component: lazyRouteComponent(
    () => import('../screens/institutions/institutions-screen'),
    'InstitutionsScreen',
  ),
});
const decisionsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/decisions',
  validateSearch: readSearch,
  component: lazyRouteComponent(() => import('../screens/decisions/decisions-screen'), 'DecisionsScreen'),
});
const decisionRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/decisions/$eventId',
  component: lazyRouteComponent(() => import('../screens/decisions/decision-screen'), 'DecisionScreen'),
});
const policiesRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/policies',
  component: lazyRouteComponent(() => import('../screens/policies/policies-screen'), 'PoliciesScreen'),
});
const policyRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/policies/$hash',
  validateSearch: readPolicySearch,
  component: lazyRouteComponent(() => import('../screens/policies/policy-screen'), 'PolicyScreen'),
});
const editorRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/editor',
  validateSearch: readEditorSearch,
  component: lazyRouteComponent(() => import('../screens/editor/editor-screen'), 'EditorScreen'),
});
const backtestsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/backtests',
  component: lazyRouteComponent(() => import('../screens/backtests/backtests-screen'), 'BacktestsScreen'),
});
const backtestRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/backtests/$id',
  component: lazyRouteComponent(() => import('../screens/backtests/backtest-screen'), 'BacktestScreen'),
});
const scanRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/scan',
  component: lazyRouteComponent(() => import('../screens/scan/scan-screen'), 'ScanScreen'),
});
const labelsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/labels',
  component: lazyRouteComponent(() => import('../screens/labels/labels-screen'), 'LabelsScreen'),
});
const modelsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/models',
  component: lazyRouteComponent(() => import('../screens/models/models-screen'), 'ModelsScreen'),
});
const searchRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/search',
  validateSearch: readSearchAsked,
  component: lazyRouteComponent(() => import('../screens/search/search-screen'), 'SearchScreen'),
});
const measuresRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/measures',
  validateSearch: (search: Record<string, unknown>): { state?: MeasureStateWord; reexamine?: boolean } => ({
    ...(typeof search['state'] === 'string' ? { state: search['state'] as MeasureStateWord } : {}),
    ...(search['reexamine'] === true ? { reexamine: true } : {}),
  }),
  component: lazyRouteComponent(() => import('../screens/measures/measures-screen'), 'MeasuresScreen'),
});
const imposeRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/measures/new',
  validateSearch: (search: Record<string, unknown>): { case?: string; operation?: string } => ({
    ...(typeof search['case'] === 'string' ? { case: search['case'] } : {}),
    ...(typeof search['operation'] === 'string' ? { operation: search['operation'] } : {}),
  }),
  component: lazyRouteComponent(() => import('../screens/measures/impose-screen'), 'ImposeScreen'),
});
const measureRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/measures/$measureId',
  component: lazyRouteComponent(() => import('../screens/measures/measure-screen'), 'MeasureScreen'),
});
const appealsRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/appeals',
  component: lazyRouteComponent(() => import('../screens/appeals/appeals-screen'), 'AppealsScreen'),
});
const appealRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/appeals/$appealId',
  component: lazyRouteComponent(() => import('../screens/appeals/appeal-screen'), 'AppealScreen'),
});
const batchesRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/batches',
  component: lazyRouteComponent(() => import('../screens/batches/batches-screen'), 'BatchesScreen'),
});
const batchRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/batches/$batchId',
  component: lazyRouteComponent(() => import('../screens/batches/batch-screen'), 'BatchScreen'),
});
const accessRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/access',
  component: lazyRouteComponent(() => import('../screens/access/access-screen'), 'AccessScreen'),
});
const auditRoute = createRoute({
  getParentRoute: () => frameRoute,
  path: '/audit',
  validateSearch: (search: Record<string, unknown>): { subject?: string; seq?: number } => ({
    ...(typeof search['subject'] === 'string' ? { subject: search['subject'] } : {}),
    ...(typeof search['seq'] === 'number' ? { seq: search['seq'] } : {}),
  }),
  component: lazyRouteComponent(() => import('../screens/audit/audit-screen'), 'AuditScreen'),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    signInRoute,
    frameRoute.addChildren([
      deskRoute,
      caseRoute,
      evidenceRoute,
      numbersRoute,
      reportsRoute,
      hotlineRoute,
      reportRoute,
      leadsRoute,
      leadRoute,
      queueRoute,
      mineRoute,
      shiftsRoute,
      operationsRoute,
      operationRoute,
      ordersRoute,
      orderRoute,
      decisionsRoute,
      decisionRoute,
      policiesRoute,
      policyRoute,
      editorRoute,
      backtestsRoute,
      backtestRoute,
      scanRoute,
      labelsRoute,
      modelsRoute,
      searchRoute,
      measuresRoute,
      imposeRoute,
      measureRoute,
      appealsRoute,
      appealRoute,
      batchesRoute,
      batchRoute,
      institutionsRoute,
      accessRoute,
      auditRoute,
    ]),
  ]),
  defaultPreload: 'intent',
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
