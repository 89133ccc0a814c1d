/** The models of texts at work, themes among them: what they tell and what they are worth. */

import { useQuery } from '@tanstack/react-query';
import { modelsQuery } from '../../api/policy-queries';
import type { TextModel } from '../../api/types';
import { useSpeech, wordOf } from '../../i18n/language';
import { Blank, Failure } from '../../parts/blank';
import { VersionLink, VersionStateWord } from '../../parts/policy-words';
import { percentOf, reportOf, type Worth } from './model-report';

function Uses({ model }: { model: TextModel }) {
  const { t } = useSpeech();
  // `stanch theme new` names the rule of a theme so.
  const rule = model.is_main ? undefined : `theme_${model.labels[0]?.label ?? ''}`;
  if (model.used_by.length === 0) return <span className="quiet">{t.models.unused}</span>;
  return (
    <span className="model-uses">
      {model.used_by.map((use) => (
        <span key={`${use.policy} ${use.stage}`}>
          <VersionStateWord value={use.stage} /> <VersionLink hash={use.policy} {...(rule ? { rule } : {})} />
        </span>
      ))}
    </span>
  );
}

function Labels({ model, trained }: { model: TextModel; trained: ReadonlyMap<string, Worth> }) {
  const { t } = useSpeech();
  return (
    <table className="grid cards">
      <thead>
        <tr>
          <th scope="col">{t.models.label}</th>
          <th scope="col">{t.models.recallRecord}</th>
          <th scope="col">{t.models.falseRecord}</th>
          <th scope="col">{t.models.recallTraining}</th>
          <th scope="col">{t.models.falseTraining}</th>
        </tr>
      </thead>
      <tbody>
        {model.labels.map((one) => {
          const unseen = trained.get(one.label);
          return (
            <tr key={one.label} data-label={one.label}>
              <td className="lead" title={one.label}>
                {wordOf(t.scanLabel, one.label)}
              </td>
              <td className="num" data-label={t.models.recallRecord}>
                {one.of_it > 0 ? `${one.found} / ${one.of_it}` : '—'}
              </td>
              <td className="num" data-label={t.models.falseRecord}>
                {one.others > 0 ? `${one.false_alarms} / ${one.others}` : '—'}
              </td>
              <td className="num" data-label={t.models.recallTraining}>
                {percentOf(unseen?.recall)}
              </td>
              <td className="num" data-label={t.models.falseTraining}>
                {percentOf(unseen?.falsePositiveRate)}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function ModelPanel({ model, trained }: { model: TextModel; trained: ReadonlyMap<string, Worth> }) {
  const { t } = useSpeech();
  const isTheirs = model.path === null;
  return (
    <section className="panel" aria-label={model.version} data-model={model.path ?? 'program'}>
      <header>
        <h2>
          <span className="mono">{model.version}</span>{' '}
          <span className="word quiet-word">{model.is_main ? t.models.main : t.models.theme}</span>
        </h2>
        <span className="small quiet">{model.path ?? t.models.program}</span>
      </header>
      <div className="panel-body">
        <Uses model={model} />
      </div>
      <Labels model={model} trained={isTheirs ? trained : new Map<string, Worth>()} />
    </section>
  );
}

export function ModelsScreen() {
  const { t } = useSpeech();
  const query = useQuery(modelsQuery);
  if (query.isPending) return <Blank text={t.app.loading} />;
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  const { models, card, report } = query.data;
  const { sources, labels } = reportOf(report);
  const themes = models.filter((model) => !model.is_main);
  return (
    <div className="models">
      <div className="page-head">
        <h1>{t.models.title}</h1>
      </div>
      <p className="quiet small">{t.models.hint}</p>
      {models
        .filter((model) => model.is_main)
        .map((model) => (
          <ModelPanel key={model.path ?? ''} model={model} trained={labels} />
        ))}
      <h2 className="models-themes">{t.models.themes}</h2>
      {themes.length === 0 && <p className="panel panel-body quiet">{t.models.noThemes}</p>}
      {themes.map((model) => (
        <ModelPanel
          key={`${model.path ?? ''} ${model.used_by[0]?.policy ?? ''}`}
          model={model}
          trained={labels}
        />
      ))}
      <section className="panel" aria-label={t.models.card}>
        <header>
          <h2>{t.models.card}</h2>
        </header>
        <dl className="pairs">
          {sources.map(([source, texts]) => (
            <div key={source}>
              <dt className="mono">{source}</dt>
              <dd className="num">{t.models.texts(texts)}</dd>
            </div>
          ))}
        </dl>
        <details className="panel-body">
          <summary>{t.models.whole}</summary>
          <pre className="model-card" lang="en">
            {card}
          </pre>
        </details>
      </section>
    </div>
  );
}
