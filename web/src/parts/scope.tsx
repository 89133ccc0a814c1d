import type { HoldScope } from '../api/types';
import { formatPlain } from '../format/money';
import { useSpeech } from '../i18n/language';

/** How much an order asks to hold. */
export function Scope({ scope }: { scope: HoldScope }) {
  const { t, money } = useSpeech();
  switch (scope.mode) {
    case 'limited_amount':
      return <span className="num">{money(scope.amount)}</span>;
    case 'whole_account':
      return <span>{t.orders.whole}</span>;
    case 'fund_units':
      return (
        <span className="cell-stack">
          <span className="num">{money(scope.amount)}</span>
          <span className="small quiet">
            {scope.product} · {t.orders.units(formatPlain({ minor: scope.units_centi, currency: 'CNY' }))}
          </span>
        </span>
      );
  }
}
