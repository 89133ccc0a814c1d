import type { zhSearch } from './zh-search';

/** English texts of search, saved lists and purposes. */
export const enSearch: typeof zhSearch = {
  purpose: {
    case_work: 'Working on a case',
    measure: 'Measures and appeals',
    evidence: 'Collecting evidence',
    data_subject: 'Answering the person',
    quality: 'Quality of detection',
  },
  search: {
    title: 'Search',
    words: 'Words',
    hint: 'Names, accounts, phones, group numbers, words of statements, identifiers; all words must be there',
    go: 'Search',
    kinds: 'In',
    empty: 'Nothing found',
    needsPurpose: 'A search is of personal data: say what for at the top of the page first',
    behind: 'The index is catching up; the latest changes may not be found yet',
    found: 'Stands in',
    save: 'Save this search',
    views: 'Saved lists',
    viewName: 'Name',
    share: 'Everybody sees it',
    saved: 'Saved',
    remove: 'Remove',
    noViews: 'Nothing saved yet',
    shared: 'shared',
  },
  searchKind: {
    report: 'Reports',
    lead: 'Leads',
    case: 'Cases',
    order: 'Orders',
    measure: 'Measures',
    appeal: 'Appeals',
    evidence: 'Evidence',
    note: 'Notes',
    task: 'Tasks',
    operation: 'Operations',
  },
};
