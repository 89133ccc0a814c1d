/** The JSON forms of the API as the console uses them. */

import type { CaseClock } from '../clock/golden';
import type { Money } from '../format/money';

export type Role = 'analyst' | 'approver' | 'liaison' | 'auditor';
export type Priority = 'p0' | 'p1' | 'p2' | 'p3';
export type TraceMethod = 'fifo' | 'pro_rata';
export type InstitutionKind = 'bank' | 'wallet' | 'fund_company';
export type AccountKind = 'person' | 'merchant' | 'business' | 'fund_holding' | 'cash' | 'unknown';
export type Channel =
  | 'transfer'
  | 'qr_pay'
  | 'pos'
  | 'b2b'
  | 'bill'
  | 'salary'
  | 'atm_withdraw'
  | 'atm_deposit'
  | 'payout'
  | 'fund_purchase'
  | 'fund_redeem'
  | 'other';
export type OrderKind =
  | 'stop_payment'
  | 'stop_extension'
  | 'stop_release'
  | 'freeze'
  | 'freeze_extension'
  | 'freeze_release'
  | 'redemption_hold'
  | 'redemption_release';
export type OrderStateWord =
  | 'draft'
  | 'withdrawn'
  | 'approved'
  | 'signed'
  | 'sent'
  | 'acked'
  | 'executing'
  | 'executed'
  | 'partially_executed'
  | 'refused'
  | 'failed'
  | 'active'
  | 'expired'
  | 'released'
  | 'converted'
  | 'returned';
export type RefusalReason =
  | 'mismatch'
  | 'account_not_found'
  | 'not_authorised'
  | 'bad_format'
  | 'quota_exceeded'
  | 'stop_limit'
  | 'no_funds'
  | 'not_held';
export type CaseStateWord = 'open' | 'filed' | 'solved' | 'suspended' | 'withdrawn' | 'closed';
export type LeadStateWord =
  'new' | 'assigned' | 'investigating' | 'referred' | 'no_action' | 'merged' | 'outcome_recorded';
export type PlanStateWord = 'proposed' | 'submitted' | 'approved' | 'superseded';
export type Relation = 'victim' | 'family' | 'bystander' | 'institution';

export interface AccountRef {
  institution: string;
  account: string;
}
export interface PersonRef {
  id: string;
  name: string;
}
export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}
export interface User {
  id: string;
  login: string;
  name: string;
  roles: Role[];
}
export interface Session {
  user: User;
  csrf_token: string;
  expires_at: string;
}
export interface CaseSummary {
  id: string;
  number: string;
  priority: Priority;
  state: { state: CaseStateWord; reference?: string; reason?: string; outcome?: string };
  opened_at: string;
  assigned_to?: PersonRef | null;
  loss: Money;
  held: Money;
  clock: CaseClock;
  victim?: { account: AccountRef } | null;
  orders: { total: number; awaiting: number; active: number; refused: number };
  plan_state?: PlanStateWord | null;
}
export interface ReportedPayment {
  tx_id?: string | null;
  occurred_at: string;
  amount: Money;
  from: AccountRef;
  to: AccountRef;
  to_name?: string | null;
  channel?: Channel | null;
}
export interface ReportContent {
  reporter: { name?: string | null; phone?: string | null; relation: Relation };
  contacted_at?: string | null;
  contact_channel?: string | null;
  counterpart?: string | null;
  narrative: string;
  payments: ReportedPayment[];
  still_in_contact?: boolean;
  still_paying?: boolean;
  remote_controlled?: boolean;
  consent: 'this_case' | 'matching';
}
export interface Report {
  id: string;
  received_at: string;
  content: ReportContent;
}
export type PlanReason =
  | { code: 'first_recipient'; payments: number }
  | { code: 'passed_on'; from: AccountRef; last_arrival_at: string }
  | { code: 'fund_units'; from: AccountRef };
export interface PlanLine {
  rank: number;
  target: AccountRef;
  account_kind: AccountKind;
  tier: number;
  stolen: Money;
  balance: Money;
  hold: Money;
  /** Ten-thousandths. */
  survival: number;
  expected: Money;
  redemption_product?: string | null;
  settlement?: AccountRef | null;
  reason: PlanReason;
}
export interface Plan {
  id: string;
  case_id: string;
  version: number;
  created_at: string;
  as_of: string;
  method: TraceMethod;
  lines: PlanLine[];
  out_of_reach: Money;
  state: { state: PlanStateWord; by?: string; at?: string };
}
export interface CaseDetail extends CaseSummary {
  report: Report;
  lead: { id: string; state: { state: LeadStateWord } | LeadStateWord };
  victim_payments: string[];
  plan?: Plan | null;
  totals: { loss: Money; traced: Money; held: Money; out_of_reach: Money };
}
export type ExitKind = 'cash' | 'fund' | 'pos';
export interface TraceNode {
  id: number;
  institution: string;
  account: string;
  kind: AccountKind;
  tier: number;
  stolen: Money;
  balance: Money;
  received_stolen: Money;
  first_arrival_at?: string | null;
  last_arrival_at?: string | null;
  is_victim: boolean;
  exit?: ExitKind | null;
  held?: Money | null;
}
export interface TraceEdge {
  tx_id: string;
  from: number;
  to: number;
  occurred_at: string;
  amount: Money;
  stolen: Money;
  channel: Channel;
}
export interface CaseTrace {
  method: TraceMethod;
  as_of: string;
  horizon_ends_at?: string | null;
  nodes: TraceNode[];
  edges: TraceEdge[];
  totals: { loss: Money; still_there: Money; cash_out: Money; fund_units: Money };
}
export type HoldScope =
  | { mode: 'limited_amount'; amount: Money }
  | { mode: 'whole_account'; reason: string }
  | { mode: 'fund_units'; product: string; units_centi: number; amount: Money };
export interface OrderState {
  state: OrderStateWord;
  at?: string;
  since?: string;
  by?: string;
  reason?: string;
  detail?: string;
  receipt?: string;
  document_sha256?: string;
  held?: Money | null;
  expires_at?: string;
  extensions?: number;
  into?: string;
  amount?: Money;
}
export interface OrderSummary {
  id: string;
  application_id: string;
  kind: OrderKind;
  case_id: string;
  case_number: string;
  plan_id?: string | null;
  parent?: string | null;
  target: AccountRef;
  scope: HoldScope;
  reason: string;
  authority?: { body: string; reference: string } | null;
  emergency: boolean;
  created_by: PersonRef;
  created_at: string;
  state: OrderState;
}
export interface Actor {
  kind: 'user' | 'institution' | 'system' | 'reporter';
  name?: string | null;
}
export interface OrderTransition {
  seq: number;
  from?: OrderStateWord | null;
  to: OrderState | OrderStateWord;
  at: string;
  actor: Actor;
  reason: string;
  document_sha256?: string | null;
}
export type OutcomeWord = 'acked' | 'executing' | 'executed' | 'partially_executed' | 'refused' | 'failed';
export interface AnswerOutcome {
  outcome: OutcomeWord;
  receipt?: string;
  held?: Money | null;
  reason?: RefusalReason;
  detail?: string;
}
export interface OrderAnswer {
  id: string;
  occurred_at: string;
  received_at: string;
  outcome: AnswerOutcome;
  applied: boolean;
}
export interface OrderDetail extends OrderSummary {
  transitions: OrderTransition[];
  answers: OrderAnswer[];
  document_sha256?: string | null;
}
export interface Institution {
  code: string;
  name: string;
  kind: InstitutionKind;
  endpoint?: string | null;
  order_latency_ms: number;
}
export interface AuditEntry {
  seq: number;
  at: string;
  actor: Actor;
  action: string;
  subject: string;
  detail: unknown;
  leaf_hash: string;
}
export interface InclusionProof {
  seq: number;
  size: number;
  leaf_hash: string;
  root_hash: string;
  path: string[];
  checkpoint: string;
}
export interface PlanSubmission {
  lines: { rank: number; hold?: { minor: number; currency: string }; whole_account_reason?: string }[];
  authority: { body: string; reference: string } | null;
  emergency: boolean;
  reason: string;
}
export interface PlanOutcome {
  plan: Plan;
  orders: OrderSummary[];
}
/** Problem details (RFC 9457). */
export interface Problem {
  status: number;
  code: string;
  title: string;
  detail?: string | null;
  errors?: { pointer: string; detail: string }[] | null;
}
