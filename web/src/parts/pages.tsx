/** A list that is read page by page: waiting, failed, empty, or its rows and a way to more. */

import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { sayError } from '../api/problem';
import { useSpeech } from '../i18n/language';
import { Blank } from './blank';

interface PagesProps {
  readonly query: Pick<
    UseInfiniteQueryResult,
    | 'isPending'
    | 'isError'
    | 'error'
    | 'isSuccess'
    | 'hasNextPage'
    | 'isFetchingNextPage'
    | 'fetchNextPage'
    | 'refetch'
  >;
  readonly count: number;
  readonly empty: string;
  readonly children: ReactNode;
}

export function Pages({ query, count, empty, children }: PagesProps) {
  const { t } = useSpeech();
  return (
    <>
      {query.isPending && <Blank text={t.app.loading} />}
      {query.isError && <Blank text={sayError(query.error, t)} onRetry={() => void query.refetch()} />}
      {query.isSuccess && count === 0 && <Blank text={empty} />}
      {count > 0 && children}
      {query.hasNextPage && (
        <div className="more-row">
          <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t.app.more}
          </Button>
        </div>
      )}
    </>
  );
}
