/** What scripts say of a decision's event, as it is stored with the decision: stage, card, acts, evidence. */

export interface Both {
  readonly zh: string;
  readonly en: string;
}

/** A place in a text of the event: bytes of its UTF-8 form. */
export interface CueSpan {
  readonly field: string;
  readonly span: readonly [number, number];
  readonly says: string;
}

export interface CueSight {
  readonly cue: string;
  readonly stage: number;
  readonly weight: number;
  readonly first: string;
  readonly here: boolean;
  readonly spans: readonly CueSpan[];
}

export interface ScriptSight {
  readonly script: string;
  readonly title: Both;
  readonly stage: number;
  readonly stages: number;
  readonly stageTitle: Both;
  readonly confidence: number;
  readonly entered: string;
  readonly inStageSecs: number;
  readonly acts: readonly string[];
  readonly card: Both;
  readonly evidence: readonly CueSight[];
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
const both = (value: unknown): Both => {
  const texts = isObject(value) ? value : {};
  return { zh: text(texts['zh']), en: text(texts['en']) };
};

function spansOf(value: unknown): CueSpan[] {
  return objects(value).map((span) => {
    const [start, end] = Array.isArray(span['span']) ? span['span'].map(number) : [];
    return { field: text(span['field']), span: [start ?? 0, end ?? 0] as const, says: text(span['says']) };
  });
}

/** The scripts that stand at a stage. */
export function scriptSights(explanation: unknown): ScriptSight[] {
  return objects(isObject(explanation) ? explanation['scripts'] : null).map((sight) => ({
    script: text(sight['script']),
    title: both(sight['title']),
    stage: number(sight['stage']),
    stages: number(sight['stages']),
    stageTitle: both(sight['stage_title']),
    confidence: number(sight['confidence']),
    entered: text(sight['entered']),
    inStageSecs: number(sight['in_stage_secs']),
    acts: Array.isArray(sight['acts']) ? sight['acts'].map(text) : [],
    card: both(sight['card']),
    evidence: objects(sight['evidence']).map((cue) => ({
      cue: text(cue['cue']),
      stage: number(cue['stage']),
      weight: number(cue['weight']),
      first: text(cue['first']),
      here: cue['here'] === true,
      spans: spansOf(cue['spans']),
    })),
  }));
}

/** A length of time in its largest unit, rounded down: people ask how many days, not how many seconds. */
export function roughly(seconds: number): {
  readonly unit: 'day' | 'hour' | 'minute' | 'second';
  readonly n: number;
} {
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const;
  const found = units.find(([, size]) => seconds >= size);
  return found
    ? { unit: found[0], n: Math.floor(seconds / found[1]) }
    : { unit: 'second', n: Math.max(0, seconds) };
}
