/** The record searched by what stands in it. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { ApiError } from '../../api/problem';
import { searchApi } from '../../api/search-endpoints';
import type { SearchHit, SearchKind } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { Blank } from '../../parts/blank';
import { Pages } from '../../parts/pages';
import { SavedViews } from './saved-views';
import { pathOfHit, type SearchAsked } from './search-query';

function Hit({ hit }: { hit: SearchHit }) {
  const { t, moment } = useSpeech();
  const path = pathOfHit(hit);
  const name = `${t.searchKind[hit.kind]} …${hit.id.slice(-6)}`;
  return (
    <li data-hit={hit.id}>
      <p>
        {path ? <Link to={path}>{name}</Link> : <strong>{name}</strong>}{' '}
        {hit.at && <span className="num small quiet">{moment(hit.at)}</span>}
      </p>
      {hit.excerpts.map((excerpt, index) => (
        <p key={index} className="small">
          <span className="quiet">{excerpt.field}</span> {excerpt.before}
          <mark>{excerpt.found}</mark>
          {excerpt.after}
        </p>
      ))}
    </li>
  );
}

function Hits({ q, kinds }: { q: string; kinds: readonly SearchKind[] }) {
  const { t } = useSpeech();
  const query = useInfiniteQuery({
    queryKey: ['search', q, kinds],
    queryFn: ({ pageParam }) => searchApi.search(q, kinds, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    retry: false,
  });
  const hits = query.data?.pages.flatMap((page) => page.items) ?? [];
  const behind = query.data?.pages[0]?.behind ?? 0;
  if (query.error instanceof ApiError && query.error.problem.code === 'auth.purpose_required')
    return <Blank text={t.search.needsPurpose} />;
  return (
    <>
      {/* The search itself is an entry that is not indexed yet. */}
      {behind > 10 && <div className="alert">{t.search.behind}</div>}
      <Pages query={query} count={hits.length} empty={t.search.empty}>
        <ul className="hits">
          {hits.map((hit) => (
            <Hit key={hit.id} hit={hit} />
          ))}
        </ul>
      </Pages>
    </>
  );
}

export function SearchScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const asked: SearchAsked = useSearch({ from: '/frame/search' });
  const [words, setWords] = useState(asked.q ?? '');
  const kinds = asked.kinds ?? [];
  const all = Object.keys(t.searchKind) as SearchKind[];
  const toggle = (kind: SearchKind) => {
    const next = kinds.includes(kind) ? kinds.filter((one) => one !== kind) : [...kinds, kind];
    void navigate({ to: '/search', search: { ...(asked.q ? { q: asked.q } : {}), kinds: next } });
  };
  return (
    <>
      <h1>{t.search.title}</h1>
      <form
        role="search"
        className="search-form"
        onSubmit={(event) => {
          event.preventDefault();
          const q = words.trim();
          void navigate({
            to: '/search',
            search: { ...(q ? { q } : {}), ...(kinds.length ? { kinds } : {}) },
          });
        }}
      >
        <label htmlFor="search-words">{t.search.words}</label>
        <input
          id="search-words"
          type="search"
          autoFocus
          maxLength={200}
          aria-describedby="search-hint"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <Button type="primary" htmlType="submit">
          {t.search.go}
        </Button>
      </form>
      <p id="search-hint" className="small quiet">
        {t.search.hint}
      </p>
      <fieldset className="search-kinds">
        <legend>{t.search.kinds}</legend>
        {all.map((kind) => (
          <Checkbox key={kind} checked={kinds.includes(kind)} onChange={() => toggle(kind)}>
            {t.searchKind[kind]}
          </Checkbox>
        ))}
      </fieldset>
      {asked.q && <Hits q={asked.q} kinds={kinds} />}
      <SavedViews asked={asked} />
    </>
  );
}
