import { useMutation } from '@tanstack/react-query';
import { App } from 'antd';
import { refreshFairness } from '../api/fairness-queries';
import { sayError } from '../api/problem';
import { useSpeech } from '../i18n/language';

interface Step {
  readonly call: () => Promise<unknown>;
  /** What to say once it is done. */
  readonly done: string;
}

/** Steps that are taken one at a time: what came of each is said, and what may follow from it read again. */
export function useStep(refresh: () => void = refreshFairness) {
  const { t } = useSpeech();
  const { message } = App.useApp();
  const mutation = useMutation({
    mutationFn: ({ call }: Step) => call(),
    onSuccess: (_, { done }) => void message.success(done),
    onError: (error) => void message.error(sayError(error, t)),
    onSettled: refresh,
  });
  return {
    busy: mutation.isPending,
    run: (call: () => Promise<unknown>, done: string, after?: () => void) => {
      if (!mutation.isPending) mutation.mutate({ call, done }, { onSuccess: () => after?.() });
    },
  };
}
