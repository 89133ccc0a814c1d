/** The JSON forms of the API under the names the console uses; all from the generated description. */

import type { components, operations } from './schema';

type Schemas = components['schemas'];

export type Role = Schemas['Role'];
export type Purpose = Schemas['Purpose'];
export type SearchKind = Schemas['SearchKind'];
export type SearchHit = Schemas['HitView'];
export type SavedView = Schemas['SavedView'];
export type Priority = Schemas['Priority'];
export type TraceMethod = Schemas['TraceMethod'];
export type OrderKind = Schemas['OrderKind'];
export type OrderState = Schemas['OrderState'];
export type OrderStateWord = OrderState['state'];
export type SubmittedState = Extract<Schemas['PlanState'], { state: 'submitted' }>;
export type PlanStateWord = Schemas['PlanStateWord'];
export type AccountRef = Schemas['AccountRef'];
export type Actor = Schemas['ActorView'];
export type PersonRef = Schemas['PersonView'];
export type User = Schemas['UserView'];
export type Session = Schemas['SessionView'];
export type CaseSummary = Schemas['CaseSummary'];
export type CaseDetail = Schemas['CaseView'];
export type Report = Schemas['ReportView'];
export type Plan = Schemas['Plan'];
export type PlanLine = Schemas['PlanLine'];
export type ExitKind = Schemas['ExitKind'];
export type TraceNode = Schemas['TraceNode'];
export type TraceEdge = Schemas['TraceEdge'];
export type CaseTrace = Schemas['TraceView'];
export type HoldScope = Schemas['HoldScope'];
export type OrderSummary = Schemas['OrderSummary'];
export type OrderDetail = Schemas['OrderView'];
export type OrderTransition = Schemas['TransitionView'];
export type AnswerOutcome = Schemas['AnswerOutcome'];
export type NewOrder = Schemas['NewOrder'];
export type Institution = Schemas['InstitutionView'];
export type InstitutionForm = Schemas['InstitutionForm'];
export type InstitutionKind = Schemas['InstitutionKind'];
export type PublicKeys = Schemas['KeysView'];
export type AuditEntry = Schemas['AuditEntryView'];
export type InclusionProof = Schemas['InclusionView'];
export type PlanSubmission = Schemas['Submission'];
export type PlanOutcome = Schemas['PlanWithOrders'];
/** Problem details (RFC 9457). */
export type Problem = Schemas['Problem'];

export type StoredDecision = Schemas['StoredDecision'];
/** What a list of decisions is narrowed by. */
export interface DecisionQuery {
  readonly decision?: string | undefined;
  readonly kind?: string | undefined;
  readonly rule?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}
export type EventLabel = Schemas['EventLabel'];
export type Truth = Schemas['Truth'];
export type NewLabel = Schemas['NewLabel'];
export type LabelPick = Schemas['PickView'];
export type TextModel = Schemas['ModelView'];
export type ScannedText = Schemas['ScannedText'];
export type ScannedContact = Schemas['ScannedContact'];
export type ScannedUrl = Schemas['ScannedUrl'];
export type PolicyVersion = Schemas['PolicyVersion'];
export type PolicyBundle = Schemas['PolicyBundle'];
export type PolicyOutline = Schemas['PolicyOutline'];
export type EventOutline = Schemas['EventOutline'];
export type RuleOutline = Schemas['RuleOutline'];
export type PolicyDifference = Schemas['PolicyDifference'];
export type DeclarationChange = Schemas['DeclarationChange'];
export type PolicyDraftBody = Schemas['PolicyDraft'];
export type PolicyCheck = Schemas['PolicyCheck'];
export type PolicyDiagnostic = Schemas['PolicyDiagnostic'];
export type PolicyPlace = Schemas['PolicyPlace'];
export type PolicyTestRun = Schemas['PolicyTestRun'];
export type PolicyTest = Schemas['PolicyTest'];
export type PolicyLanguage = Schemas['PolicyLanguage'];
export type Deployment = Schemas['DeploymentView'];
export type PolicyChange = Schemas['PolicyChange'];
export type PolicyStage = Schemas['PolicyStage'];
export type NewPolicyChange = Schemas['NewPolicyChange'];

export type Backtest = Schemas['BacktestView'];
export type BacktestDetail = Schemas['BacktestDetail'];
export type BacktestProgress = Schemas['ProgressView'];
export type BacktestReport = Schemas['BacktestReport'];
export type BacktestComparison = Schemas['Comparison'];
export type NewBacktest = Schemas['NewBacktest'];
export type RuleReport = Schemas['RuleReport'];
export type Hits = Schemas['Hits'];
export type BacktestExamples = Schemas['Examples'];
export type RuleOverlap = Schemas['Overlap'];

export type Measure = Schemas['MeasureView'];
export type MeasureDetail = Schemas['MeasureDetail'];
export type MeasureWish = Schemas['MeasureWish'];
export type MeasureKind = Schemas['MeasureKind'];
export type SubjectKind = Schemas['SubjectKind'];
export type SignalKind = Schemas['SignalKind'];
export type WrittenAppeal = Schemas['WrittenDown'];
export type Livelihood = Schemas['Livelihood'];
export type MeasureStateWord = Measure['state']['state'];
export type MeasureEffect = Schemas['EffectView'];
export type MeasureNotice = Schemas['Notice'];
export type Appeal = Schemas['AppealView'];
export type AppealStateWord = Appeal['stands']['state'];
export type ReviewOutcome = Schemas['ReviewOutcome'];
export type MeasureBatch = Schemas['BatchView'];
export type BatchWish = Schemas['BatchWish'];
export type BatchSubject = Schemas['SubjectView'];
export type SubjectResultWord = BatchSubject['result'];
export type DryRun = Schemas['DryRun'];

export type Lead = Schemas['LeadLine'];
export type LeadState = Schemas['LeadState'];
export type LeadStateWord = LeadState['state'];
export type LeadStep = Schemas['LeadStep'];
export type LeadStepWord = LeadStep['step'];
export type OutcomeKind = Schemas['OutcomeKind'];
export type RelatedCase = Schemas['RelatedCase'];
export type DeskCase = Schemas['DeskCase'];
export type BulkWish = Schemas['BulkWish'];
export type BulkResult = Schemas['BulkResult'];
export type Team = Schemas['Team'];
export type TeamWish = Schemas['TeamWish'];
export type ShiftEnd = Schemas['HandOverWish'];
/** What a shift leaves to the next. */
export interface ShiftNote {
  readonly at: string;
  readonly by: string;
  readonly note: string;
  readonly cases: readonly Schemas['HandedCase'][];
}
export type ShiftState =
  | { readonly state: 'running' }
  | { readonly state: 'handed_over'; readonly hand_over: ShiftNote }
  | {
      readonly state: 'acknowledged';
      readonly hand_over: ShiftNote;
      readonly by: string;
      readonly at: string;
    };
export type Shift = Omit<Schemas['Shift'], 'state'> & { readonly state: ShiftState };
export type Seizure = Schemas['Seizure'];
export type SeizureContent = Schemas['SeizureContent'];
export type SeizureStep = Schemas['SeizureStep'];
export type Task = Schemas['Task'];
export type TaskWish = Schemas['TaskWish'];
export type TaskStep = Schemas['TaskStep'];
export type Note = Schemas['Note'];
export type NoteWish = Schemas['NoteWish'];
export type Operation = Schemas['Operation'];
export type OperationWish = Schemas['OperationWish'];

export type EvidenceItem = Schemas['EvidenceView'];
export type CustodyLink = Schemas['CustodyView'];
/** The record of a collection as it is sent with the bytes. */
export type CollectionForm = operations['collect_evidence']['parameters']['query'];
export type Numbers = Schemas['Numbers'];
export type OrganisationNumbers = Schemas['OrganisationNumbers'];
export type MoneyNumbers = Schemas['MoneyNumbers'];
export type Funnel = Schemas['FunnelView'];
export type FunnelRow = Schemas['FunnelRow'];

export type ReportContent = Schemas['ReportContent'];
export type ReportSummary = Schemas['ReportSummary'];
export type ReportStateWord = ReportSummary['state']['state'];
export type ReportStep = Schemas['ReportStep'];
export type Relation = Schemas['Relation'];
export type Consent = Schemas['Consent'];
export type PaymentChannel = Schemas['Channel'];
export type CaseStep = Schemas['CaseStep'];

export type OpenSession = Schemas['OpenSession'];
export type Passkey = Schemas['PasskeyView'];
export type ApiKey = Schemas['KeyView'];
export type ApiKeyMade = Schemas['KeyMade'];
export type KeyWish = Schemas['KeyWish'];
export type ApiScope = Schemas['Scope'];
