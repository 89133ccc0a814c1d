/** The ledger of leads: what came in, who has it, what is waited for; no lead ends without an outcome. */

import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Checkbox, Input } from 'antd';
import { leadsQuery } from '../../api/casework-queries';
import { useMe } from '../../api/queries';
import type { Lead } from '../../api/types';
import { useSpeech } from '../../i18n/language';
import { NarrowBy } from '../../parts/narrow-by';
import { Pages } from '../../parts/pages';
import { PRIORITIES } from '../../parts/priorities';
import { useRowKeys } from '../../parts/use-row-keys';
import { PriorityWord } from '../../parts/words';
import { LEAD_STATES, readLeadSearch, type LeadSearch } from './lead-list';
import { LeadClock, LeadStateMark } from './lead-words';

interface NarrowProps {
  readonly search: LeadSearch;
  readonly onNarrow: (part: { [K in keyof LeadSearch]?: LeadSearch[K] | undefined }) => void;
}

function Narrow({ search, onNarrow }: NarrowProps) {
  const { t } = useSpeech();
  return (
    <div className="row narrow-row">
      <NarrowBy
        label={t.leads.state}
        value={search.state}
        words={LEAD_STATES}
        texts={t.leadState}
        onChoose={(state) => onNarrow({ state })}
      />
      <NarrowBy
        label={t.leads.priority}
        value={search.priority}
        words={PRIORITIES}
        texts={t.priority}
        onChoose={(priority) => onNarrow({ priority })}
      />
      <label className="row">
        <span className="quiet small">{t.leads.unitFilter}</span>
        <Input.Search
          key={search.unit ?? ''}
          id="lead-unit"
          className="unit-filter"
          placeholder={t.leads.unitAny}
          defaultValue={search.unit ?? ''}
          allowClear
          onSearch={(unit) => onNarrow({ unit: unit.trim() || undefined })}
        />
      </label>
      <Checkbox
        checked={search.mine === true}
        onChange={(event) => onNarrow({ mine: event.target.checked || undefined })}
      >
        {t.leads.mine}
      </Checkbox>
      <Checkbox
        checked={search.overdue === true}
        onChange={(event) => onNarrow({ overdue: event.target.checked || undefined })}
      >
        {t.leads.overdueOnly}
      </Checkbox>
    </div>
  );
}

function LeadRow({ lead, selected }: { lead: Lead; selected: boolean }) {
  const { t, moment } = useSpeech();
  const { state } = lead;
  return (
    <tr className={selected ? 'selected' : ''} data-row={lead.id}>
      <td className="lead">
        <PriorityWord value={lead.priority} />{' '}
        <Link to="/leads/$leadId" params={{ leadId: lead.id }} className="num case-number">
          {lead.case_number}
        </Link>
      </td>
      <td data-label={t.leads.state}>
        <LeadStateMark state={state.state} />
      </td>
      <td data-label={t.leads.due}>
        <LeadClock lead={lead} />
      </td>
      <td data-label={t.leads.unit}>{state.state === 'referred' ? state.to : '—'}</td>
      <td data-label={t.leads.owner}>
        {lead.owner?.name ?? <span className="quiet">{t.leads.noOwner}</span>}
      </td>
      <td data-label={t.leads.opened} className="num small">
        {moment(lead.opened_at)}
      </td>
    </tr>
  );
}

export function LeadsScreen() {
  const { t } = useSpeech();
  const navigate = useNavigate();
  const { user } = useMe();
  const search = useSearch({ from: '/frame/leads' });
  const { mine, ...rest } = search;
  const query = useInfiniteQuery(leadsQuery({ ...rest, owner: mine ? user?.id : undefined }));
  const leads = query.data?.pages.flatMap((page) => page.items) ?? [];
  const { current } = useRowKeys(
    leads,
    (lead) => void navigate({ to: '/leads/$leadId', params: { leadId: lead.id } }),
  );
  const heads = [t.leads.case, t.leads.state, t.leads.due, t.leads.unit, t.leads.owner, t.leads.opened];
  return (
    <>
      <div className="page-head">
        <h1>{t.leads.title}</h1>
        <Narrow
          search={search}
          onNarrow={(part) => void navigate({ to: '/leads', search: readLeadSearch({ ...search, ...part }) })}
        />
      </div>
      <section className="panel" aria-label={t.leads.title}>
        <Pages query={query} count={leads.length} empty={t.leads.empty}>
          <table className="grid cards lead-table">
            <thead>
              <tr>
                {heads.map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {leads.map((lead) => (
                <LeadRow key={lead.id} lead={lead} selected={lead.id === current?.id} />
              ))}
            </tbody>
          </table>
        </Pages>
      </section>
    </>
  );
}
