/** The payments as a caller reads them out: when, how much, from where, to where. */

import { useQuery } from '@tanstack/react-query';
import { Button } from 'antd';
import { useEffect, useRef } from 'react';
import { institutionsQuery } from '../../api/queries';
import type { PaymentChannel } from '../../api/types';
import { serverNow } from '../../clock/ticker';
import { useSpeech } from '../../i18n/language';
import { OTHER_INSTITUTION } from '../../parts/account';
import { ChoiceField, TextField } from '../../parts/form-field';
import { localOf } from '../backtests/backtest-figures';
import {
  PAYMENTS_MAX,
  idOf,
  minorOf,
  totalMinor,
  withPayment,
  type PaymentDraft,
  type PaymentField,
} from './hotline-draft';
import type { Hotline } from './use-hotline';

const MINUTE_MS = 60_000;
/** What people say instead of a time, in minutes before now. */
const AGO = [0, 10, 30, 60, 120] as const;
const NAME_MAX = 140;
/** Spaces may stand between the digits of an account. */
const ACCOUNT_MAX = 64;

interface PartProps {
  readonly form: Hotline;
  readonly nth: number;
  readonly payment: PaymentDraft;
}

function AgoButtons({ form, nth }: { form: Hotline; nth: number }) {
  const { t } = useSpeech();
  const textOf = (minutes: number) =>
    minutes === 0
      ? t.hotline.now
      : t.hotline.ago(minutes < 60 ? t.hotline.minutes(minutes) : t.hotline.hours(minutes / 60));
  return (
    <div className="row ago-row" role="group" aria-label={t.hotline.at}>
      {AGO.map((minutes) => (
        <Button
          key={minutes}
          size="small"
          onClick={() => form.changePayment(nth, { at: localOf(serverNow() - minutes * MINUTE_MS) })}
        >
          {textOf(minutes)}
        </Button>
      ))}
    </div>
  );
}

function AccountFields({ form, nth, payment, side }: PartProps & { side: 'from' | 'to' }) {
  const { t } = useSpeech();
  const { data } = useQuery(institutionsQuery);
  const institutions = (data?.items ?? []).map(({ code, name }) => [code, `${name} ${code}`] as const);
  const [institution, account] = [`${side}Institution`, `${side}Account`] as const;
  return (
    <>
      <ChoiceField
        id={idOf(`p${nth}-${institution}`)}
        label={t.hotline[institution]}
        none={t.hotline.choose}
        wrong={form.wrong(`p${nth}-${institution}`)}
        value={payment[institution]}
        choices={[...institutions, [OTHER_INSTITUTION, t.hotline.otherInstitution] as const]}
        onChange={(code) => form.changePayment(nth, { [institution]: code })}
      />
      <TextField
        id={idOf(`p${nth}-${account}`)}
        label={t.hotline[account]}
        wrong={form.wrong(`p${nth}-${account}`)}
        mono
        max={ACCOUNT_MAX}
        value={payment[account]}
        onChange={(text) => form.changePayment(nth, { [account]: text })}
      />
    </>
  );
}

/** What is known of few payments, and helps to find them. */
function FurtherFields({ form, nth, payment }: PartProps) {
  const { t } = useSpeech();
  const text = (name: 'toName' | 'txId', max: number, mono: boolean, hint?: string) => (
    <TextField
      id={idOf(`p${nth}-${name}`)}
      label={t.hotline[name]}
      hint={hint}
      wrong={form.wrong(`p${nth}-${name}`)}
      mono={mono}
      max={max}
      value={payment[name]}
      onChange={(value) => form.changePayment(nth, { [name]: value })}
    />
  );
  return (
    <div className="institution-fields three">
      {text('toName', NAME_MAX, false)}
      {text('txId', ACCOUNT_MAX, true, t.hotline.txIdHint)}
      <ChoiceField<PaymentChannel | ''>
        id={idOf(`p${nth}-channel`)}
        label={t.hotline.channel}
        none={t.hotline.unknown}
        wrong={form.wrong(`p${nth}-channel`)}
        value={payment.channel}
        choices={Object.entries(t.channel) as [PaymentChannel, string][]}
        onChange={(channel) => form.changePayment(nth, { channel })}
      />
    </div>
  );
}

function PaymentPart({ form, nth, payment }: PartProps) {
  const { t, money } = useSpeech();
  const { currency, payments } = form.draft;
  const field = (name: PaymentField) => idOf(`p${nth}-${name}`);
  const minor = minorOf(payment.amount, currency);
  return (
    <fieldset className="signal-fields payment-part" data-payment={nth}>
      <legend>{t.hotline.payment(nth + 1)}</legend>
      <div className="institution-fields">
        <div>
          <TextField
            id={field('at')}
            label={t.hotline.at}
            wrong={form.wrong(`p${nth}-at`)}
            type="datetime-local"
            max={32}
            value={payment.at}
            onChange={(at) => form.changePayment(nth, { at })}
          />
          <AgoButtons form={form} nth={nth} />
        </div>
        <TextField
          id={field('amount')}
          label={t.hotline.amount}
          hint={minor === null ? undefined : money({ minor, currency })}
          wrong={form.wrong(`p${nth}-amount`)}
          inputMode="decimal"
          max={32}
          value={payment.amount}
          onChange={(amount) => form.changePayment(nth, { amount })}
        />
        <AccountFields form={form} nth={nth} payment={payment} side="from" />
        <AccountFields form={form} nth={nth} payment={payment} side="to" />
      </div>
      <FurtherFields form={form} nth={nth} payment={payment} />
      {payments.length > 1 && (
        <div className="row end-row">
          <Button
            size="small"
            onClick={() => form.change({ payments: payments.filter((_, at) => at !== nth) })}
          >
            {t.hotline.removePayment(nth + 1)}
          </Button>
        </div>
      )}
    </fieldset>
  );
}

export function HotlinePayments({ form }: { form: Hotline }) {
  const { t, money } = useSpeech();
  const { draft } = form;
  const total = totalMinor(draft);
  const count = draft.payments.length;
  const known = useRef(count);
  useEffect(() => {
    // A payment that was added is where the work goes on.
    if (count > known.current) document.getElementById(idOf(`p${count - 1}-at`))?.focus();
    known.current = count;
  }, [count]);
  return (
    <>
      {draft.payments.map((payment, nth) => (
        <PaymentPart key={nth} form={form} nth={nth} payment={payment} />
      ))}
      <div className="row spread payments-end">
        <Button disabled={count >= PAYMENTS_MAX} onClick={() => form.change(withPayment(draft))}>
          {t.hotline.addPayment}
        </Button>
        <TextField
          id={idOf('currency')}
          label={t.hotline.currency}
          hint={t.hotline.currencyHint}
          wrong={form.wrong('currency')}
          mono
          max={3}
          value={draft.currency}
          onChange={(currency) => form.change({ currency: currency.toUpperCase() })}
        />
        <p>
          <span className="quiet">{t.hotline.total}</span>{' '}
          <strong className="num">
            {total === null ? '—' : money({ minor: total, currency: draft.currency })}
          </strong>
        </p>
      </div>
    </>
  );
}
