/** Pictures and documents added to a report, one after another. */

import { useMutation } from '@tanstack/react-query';
import { App } from 'antd';
import { useRef } from 'react';
import { refreshCasework } from '../../api/casework-queries';
import { intakeApi } from '../../api/intake-endpoints';
import { sayError } from '../../api/problem';
import { useSpeech } from '../../i18n/language';
import { FieldFrame } from '../../parts/form-field';
import { ATTACHMENTS_MAX, fileProblem, headerName } from './attachment-file';

interface AttachFormProps {
  readonly reportId: string;
  /** How many the report has. */
  readonly count: number;
}

export function AttachForm({ reportId, count }: AttachFormProps) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const input = useRef<HTMLInputElement>(null);
  const send = useMutation({
    mutationFn: async (files: readonly File[]) => {
      if (count + files.length > ATTACHMENTS_MAX) throw new Error(t.attach.many);
      for (const file of files) {
        const problem = fileProblem(file);
        if (problem) throw new Error(t.attach[problem](file.name));
      }
      for (const file of files) {
        try {
          await intakeApi.attach(reportId, file, headerName(file));
        } catch (error) {
          throw new Error(t.attach.refused(file.name, sayError(error, t)), { cause: error });
        }
      }
      return files.length;
    },
    onSuccess: (sent) => void message.success(t.attach.done(sent)),
    onSettled: () => {
      if (input.current) input.current.value = '';
      refreshCasework();
    },
  });
  const id = 'report-files';
  return (
    <FieldFrame
      id={id}
      label={t.attach.add}
      hint={send.isPending ? t.attach.sending : t.attach.hint}
      wrong={send.error?.message ?? null}
    >
      <input
        ref={input}
        id={id}
        type="file"
        multiple
        className="file-input"
        disabled={send.isPending || count >= ATTACHMENTS_MAX}
        aria-invalid={send.isError}
        aria-describedby={`${id}-hint`}
        onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          if (files.length > 0) send.mutate(files);
        }}
      />
    </FieldFrame>
  );
}
