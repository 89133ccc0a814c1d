/** Lists as people saved them, and a form to save this one. */

import { useMutation, useQuery } from '@tanstack/react-query';
import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { sayError } from '../../api/problem';
import { queryClient, useMe } from '../../api/queries';
import { searchApi } from '../../api/search-endpoints';
import type { SavedView } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { pathOfSearch, type SearchAsked } from './search-query';

const KEY = ['views'];

function View({ view }: { view: SavedView }) {
  const { t } = useSpeech();
  const own = useMe().user?.id === view.user_id;
  const remove = useMutation({
    mutationFn: () => searchApi.removeView(view.id),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <li>
      <a href={view.path}>{view.name}</a>{' '}
      {view.shared && <span className="small quiet">{t.search.shared}</span>}{' '}
      {own && (
        <Button size="small" loading={remove.isPending} onClick={() => remove.mutate()}>
          {t.search.remove} <span className="visually-hidden">{view.name}</span>
        </Button>
      )}
    </li>
  );
}

export function SavedViews({ asked }: { asked: SearchAsked }) {
  const { t } = useSpeech();
  const views = useQuery({ queryKey: KEY, queryFn: searchApi.views });
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const save = useMutation({
    mutationFn: () => searchApi.saveView(name.trim(), pathOfSearch(asked), shared),
    onSuccess: () => {
      setName('');
      void queryClient.invalidateQueries({ queryKey: KEY });
    },
  });
  const items = views.data?.items ?? [];
  return (
    <section aria-labelledby="saved-views">
      <h2 id="saved-views">{t.search.views}</h2>
      {views.isSuccess && items.length === 0 && <p className="quiet">{t.search.noViews}</p>}
      <ul className="views">
        {items.map((view) => (
          <View key={view.id} view={view} />
        ))}
      </ul>
      {asked.q && (
        <form
          className="search-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== '') save.mutate();
          }}
        >
          <label htmlFor="view-name">{t.search.viewName}</label>
          <input
            id="view-name"
            maxLength={64}
            required
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <Checkbox checked={shared} onChange={(event) => setShared(event.target.checked)}>
            {t.search.share}
          </Checkbox>
          <Button htmlType="submit" loading={save.isPending}>
            {t.search.save}
          </Button>
        </form>
      )}
      <div role="alert">{save.isError && <div className="alert red">{sayError(save.error, t)}</div>}</div>
    </section>
  );
}
