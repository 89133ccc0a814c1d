import { useState } from 'react';
import { useInstitutionName } from '../api/queries';
import type { AccountRef } from '../api/types';
import { maskAccount } from '../format/mask';
import { useSpeech } from '../i18n/language';

/** Where an account is whose institution is not connected: the word that the public form uses. */
export const OTHER_INSTITUTION = 'OTHER';

/** Names of institutions, and what stands for those that are not connected. */
function useBankName(): (code: string) => string {
  const { t } = useSpeech();
  const institution = useInstitutionName();
  return (code) => (code === OTHER_INSTITUTION ? t.hotline.otherInstitution : institution(code));
}

/** `Institution ••1234` as plain text, for sentences and labels. */
export function useAccountText(): (account: AccountRef) => string {
  const institution = useBankName();
  return (account) => `${institution(account.institution)} ${maskAccount(account.account)}`;
}

function EyeIcon({ open }: { open: boolean }) {
  return (
    <svg
      width="14"
      height="14"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.3"
      aria-hidden="true"
    >
      <path d="M1 8s2.6-4.5 7-4.5S15 8 15 8s-2.6 4.5-7 4.5S1 8 1 8Z" />
      <circle cx="8" cy="8" r="2" />
      {open && <path d="M2.5 13.5 13.5 2.5" />}
    </svg>
  );
}

/** An account: institution and number, masked until the reader asks. */
export function Account({ value, stacked = false }: { value: AccountRef; stacked?: boolean }) {
  const { t } = useSpeech();
  const institution = useBankName();
  const [shown, setShown] = useState(false);
  const name = institution(value.institution);
  return (
    <span className={stacked ? 'account stacked' : 'account'}>
      <span>{name}</span>
      <span className="row" style={{ gap: 2, flexWrap: 'nowrap' }}>
        <span className="number">{shown ? value.account : maskAccount(value.account)}</span>
        <button
          type="button"
          className="plain-button reveal"
          aria-label={`${shown ? t.app.hide : t.app.reveal}: ${name} ${maskAccount(value.account)}`}
          aria-pressed={shown}
          onClick={(event) => {
            event.stopPropagation();
            setShown(!shown);
          }}
        >
          <EyeIcon open={shown} />
        </button>
      </span>
    </span>
  );
}
