/** What a reader has made of the picture: folding, pins, time, path; every step can be taken back. */

/** How accounts are folded: the rest below the top by recoverable amount, by institution, or not at all. */
export type FoldBy = 'top' | 'institution' | 'none';
export const FOLDS: readonly FoldBy[] = ['top', 'institution', 'none'];
/** Accounts shown per tier; `null`: as many as there is room for. */
export const TOPS: readonly (number | null)[] = [null, 5, 10, 20, 50, 100];

/** What decides which accounts have a box of their own. */
export interface Folding {
  readonly foldBy: FoldBy;
  readonly top: number | null;
  /** Keys of folds that are open. */
  readonly open: ReadonlySet<string>;
  /** Accounts that always keep a box of their own. */
  readonly pinned: ReadonlySet<number>;
}

export interface FlowState extends Folding {
  /** The moment shown, in milliseconds since 1970; `null`: the end of the trace. */
  readonly until: number | null;
  /** The account whose money path is marked. */
  readonly pathTo: number | null;
}

export const FIRST: FlowState = {
  foldBy: 'top',
  top: null,
  open: new Set(),
  pinned: new Set(),
  until: null,
  pathTo: null,
};

export type FlowStep =
  | { readonly do: 'fold'; readonly by: FoldBy }
  | { readonly do: 'top'; readonly top: number | null }
  | { readonly do: 'toggle'; readonly fold: string }
  | { readonly do: 'close-all' }
  | { readonly do: 'pin'; readonly node: number }
  | { readonly do: 'until'; readonly at: number | null }
  | { readonly do: 'path'; readonly to: number | null }
  | { readonly do: 'reset' };

export type FlowAction =
  | FlowStep
  | { readonly do: 'undo' }
  | { readonly do: 'redo' }
  /** The case was traced anew and accounts have other numbers; those that are gone are left out. */
  | { readonly do: 'renumber'; readonly numbers: ReadonlyMap<number, number> };

export interface FlowHistory {
  readonly past: readonly FlowState[];
  readonly now: FlowState;
  readonly future: readonly FlowState[];
  /** What made `now`: steps of the time scrubber in a row are one step. */
  readonly last: FlowStep['do'] | null;
}

export const BEGINNING: FlowHistory = { past: [], now: FIRST, future: [], last: null };
/** Steps that can be taken back. */
export const STEPS_KEPT = 200;

function toggled<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
}

/** The state after `step`; the same object when nothing changes. */
function after(state: FlowState, step: FlowStep): FlowState {
  switch (step.do) {
    case 'fold':
      return step.by === state.foldBy ? state : { ...state, foldBy: step.by, open: new Set() };
    case 'top':
      return step.top === state.top && state.foldBy === 'top'
        ? state
        : { ...state, foldBy: 'top', top: step.top, open: new Set() };
    case 'toggle':
      return { ...state, open: toggled(state.open, step.fold) };
    case 'close-all':
      return state.open.size === 0 ? state : { ...state, open: new Set() };
    case 'pin':
      return { ...state, pinned: toggled(state.pinned, step.node) };
    case 'until':
      return step.at === state.until ? state : { ...state, until: step.at };
    case 'path':
      return step.to === state.pathTo ? state : { ...state, pathTo: step.to };
    case 'reset':
      return FIRST;
  }
}

function renumbered(state: FlowState, numbers: ReadonlyMap<number, number>): FlowState {
  const pinned = [...state.pinned].flatMap((node) => numbers.get(node) ?? []);
  const pathTo = state.pathTo === null ? null : (numbers.get(state.pathTo) ?? null);
  return { ...state, pinned: new Set(pinned), pathTo };
}

/** Takes a step, or one back or forth. */
export function flowReducer(history: FlowHistory, action: FlowAction): FlowHistory {
  const { past, now, future } = history;
  if (action.do === 'renumber') {
    const translate = (state: FlowState) => renumbered(state, action.numbers);
    return { ...history, past: past.map(translate), now: translate(now), future: future.map(translate) };
  }
  if (action.do === 'undo') {
    const before = past.at(-1);
    if (!before) return history;
    return { past: past.slice(0, -1), now: before, future: [now, ...future], last: null };
  }
  if (action.do === 'redo') {
    const [next, ...rest] = future;
    if (!next) return history;
    return { past: [...past, now], now: next, future: rest, last: null };
  }
  const next = after(now, action);
  if (next === now) return history;
  const isSameDrag = action.do === 'until' && history.last === 'until';
  return {
    past: isSameDrag ? past : [...past, now].slice(-STEPS_KEPT),
    now: next,
    future: [],
    last: action.do,
  };
}
