/** What training reported of the model in the program: texts of each source, worth of each label on texts that it had not seen. */

export interface Worth {
  readonly recall: number;
  readonly falsePositiveRate: number;
}

export interface ModelReport {
  readonly sources: readonly (readonly [source: string, texts: number])[];
  readonly labels: ReadonlyMap<string, Worth>;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Reads a report; what is not of its form is left out. */
export function reportOf(report: unknown): ModelReport {
  if (!isRecord(report)) return { sources: [], labels: new Map() };
  const texts = isRecord(report['texts']) ? report['texts'] : {};
  const sources = Object.entries(texts).flatMap(([source, count]) =>
    typeof count === 'number' ? [[source, count] as const] : [],
  );
  const listed = Array.isArray(report['labels']) ? (report['labels'] as unknown[]) : [];
  const labels = new Map<string, Worth>();
  for (const label of listed) {
    if (!isRecord(label) || typeof label['name'] !== 'string' || !isRecord(label['unseen'])) continue;
    const { recall, false_positive_rate: falsePositiveRate } = label['unseen'];
    if (typeof recall === 'number' && typeof falsePositiveRate === 'number')
      labels.set(label['name'], { recall, falsePositiveRate });
  }
  return { sources, labels };
}

/** A share in percent; a dash where it is not known. */
export const percentOf = (share: number | undefined): string =>
  share === undefined ? '—' : `${(share * 100).toFixed(1)} %`;
