/** Says what an event turned out to be: fraud or nothing wrong, with the scenes that fit. */

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Button, Checkbox, Input } from 'antd';
import { useState } from 'react';
import { policyApi } from '../api/policy-endpoints';
import { modelsQuery, picksQuery } from '../api/policy-queries';
import { sayError } from '../api/problem';
import type { EventLabel, Truth } from '../api/types';
import { useShortcuts } from '../app/shortcuts';
import { useSpeech, wordOf } from '../i18n/language';

const NOTE_MAX = 1_000;
const SCENES_MAX = 8;
/** How long themes are taken as known. */
const THEMES_MS = 300_000;
/** Labels that sum up others: no scenes. */
const SUMS = ['unwanted', 'fraud', 'diversion_or_illegal', 'abuse'];

export function LabelForm({
  eventId,
  suggested,
  onGiven,
}: {
  eventId: string;
  /** Scenes that the model sees, offered first. */
  suggested: readonly string[];
  onGiven?: (label: EventLabel) => void;
}) {
  const { t } = useSpeech();
  const client = useQueryClient();
  const [scenes, setScenes] = useState<readonly string[]>([]);
  const [note, setNote] = useState('');
  const [wantsMore, setWantsMore] = useState(false);
  const give = useMutation({
    mutationFn: (truth: Truth) =>
      policyApi.giveLabel({ event_id: eventId, truth, scenes: [...scenes], note: note.trim() }),
    onSuccess: (label) => {
      setScenes([]);
      setNote('');
      void client.invalidateQueries({ queryKey: ['labels'] });
      // It is not asked about again, whichever screen it was labelled on.
      client.setQueryData(picksQuery.queryKey, (old) =>
        old ? { ...old, items: old.items.filter((pick) => pick.event_id !== label.event_id) } : old,
      );
      onGiven?.(label);
    },
  });
  const submit = (truth: Truth) => {
    if (!give.isPending) give.mutate(truth);
  };
  useShortcuts({ f: () => submit('fraud'), n: () => submit('good') });
  const toggle = (scene: string) =>
    setScenes((before) =>
      before.includes(scene)
        ? before.filter((one) => one !== scene)
        : [...before, scene].slice(0, SCENES_MAX),
    );
  const offered = [...new Set([...suggested.filter((scene) => !SUMS.includes(scene)), ...scenes])];
  // Themes of the policies at work are scenes too; they are asked for when somebody looks for one.
  const models = useQuery({ ...modelsQuery, enabled: wantsMore, staleTime: THEMES_MS });
  const themes = (models.data?.models ?? []).flatMap((model) => model.labels.map((one) => one.label));
  const others = [...new Set([...Object.keys(t.scanLabel), ...themes])].filter(
    (scene) => !SUMS.includes(scene) && !offered.includes(scene),
  );
  return (
    <div className="stack label-form">
      <fieldset className="label-scenes">
        <legend>{t.labels.scenes}</legend>
        {offered.map((scene) => (
          <Checkbox key={scene} checked={scenes.includes(scene)} onChange={() => toggle(scene)}>
            {wordOf(t.scanLabel, scene)}
          </Checkbox>
        ))}
        <select
          aria-label={t.labels.otherScene}
          value=""
          onFocus={() => setWantsMore(true)}
          onChange={(event) => toggle(event.target.value)}
        >
          <option value="">{t.labels.otherScene}</option>
          {others.map((scene) => (
            <option key={scene} value={scene}>
              {wordOf(t.scanLabel, scene)}
            </option>
          ))}
        </select>
      </fieldset>
      <Input
        aria-label={t.labels.note}
        placeholder={t.labels.note}
        value={note}
        maxLength={NOTE_MAX}
        onChange={(event) => setNote(event.target.value)}
      />
      <div className="row">
        <Button danger type="primary" loading={give.isPending} onClick={() => submit('fraud')}>
          {t.labels.fraud} <kbd aria-hidden="true">F</kbd>
        </Button>
        <Button loading={give.isPending} onClick={() => submit('good')}>
          {t.labels.good} <kbd aria-hidden="true">N</kbd>
        </Button>
      </div>
      {give.isError && (
        <p className="alert red" role="alert">
          {sayError(give.error, t)}
        </p>
      )}
    </div>
  );
}
