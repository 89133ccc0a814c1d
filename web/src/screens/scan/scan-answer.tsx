/** The answer to a scanned text: score, labels, the text with what speaks for them, contacts and links. */

import type { ScannedContact, ScannedText, ScannedUrl } from '../../api/types';
import { formatScore } from '../../format/score';
import { useSpeech, wordOf } from '../../i18n/language';
import { piecesOf, type Mark } from './scan-text';

/** The point of decision, in ten-thousandths. */
const DECISION = 5_000;
/** Labels below this are not shown. */
const SHOWN = 1_000;
/** The label that sums up the others. */
const OVERALL = 'unwanted';

function ScoreWord({ score }: { score: number }) {
  const { t } = useSpeech();
  const isFound = score >= DECISION;
  return (
    <p className="scan-score">
      <meter
        min={0}
        max={10_000}
        low={2_500}
        high={DECISION}
        optimum={0}
        value={score}
        aria-label={t.scan.score}
      />
      <strong className="num">{formatScore(score)}</strong>
      <span
        className={`word ${isFound ? 'red' : 'quiet-word'}`}
        data-verdict={isFound ? 'unwanted' : 'ordinary'}
      >
        {isFound ? t.scan.unwanted : t.scan.ordinary}
      </span>
    </p>
  );
}

function marksOf(answer: ScannedText): Mark[] {
  const place = ({ start, end }: { start: number; end: number }, word: string): Mark => ({
    start,
    end,
    word,
  });
  return [
    ...answer.spans.map((span) => place(span, span.reason)),
    ...answer.contacts.map((contact) => place(contact, 'contact')),
    ...answer.urls.map((url) => place(url, 'url')),
  ];
}

function MarkedText({ text, answer }: { text: string; answer: ScannedText }) {
  const { t } = useSpeech();
  const say = (word: string) => wordOf({ ...t.scanLabel, contact: t.scan.contact, url: t.scan.url }, word);
  return (
    <p className="scan-marked">
      {piecesOf(text, marksOf(answer)).map((piece) => {
        if (piece.words.length === 0) return <span key={piece.start}>{piece.text}</span>;
        const leads = piece.words.some((word) => word === 'contact' || word === 'url');
        const speaks = piece.words.some((word) => word !== 'contact' && word !== 'url');
        const classes = [leads ? 'leads' : '', speaks ? 'speaks' : ''].filter(Boolean).join(' ');
        return (
          <mark key={piece.start} className={classes} title={piece.words.map(say).join(' · ')}>
            {piece.text}
          </mark>
        );
      })}
    </p>
  );
}

function Contacts({ contacts }: { contacts: readonly ScannedContact[] }) {
  const { t } = useSpeech();
  return (
    <table className="grid">
      <caption>{t.scan.contacts}</caption>
      <thead>
        <tr>
          <th scope="col">{t.scan.kind}</th>
          <th scope="col">{t.scan.platform}</th>
          <th scope="col">{t.scan.value}</th>
          <th scope="col">{t.scan.disguised}</th>
        </tr>
      </thead>
      <tbody>
        {contacts.map((contact) => (
          <tr key={`${contact.start}-${contact.kind}`} data-contact={contact.kind}>
            <td>{wordOf(t.contactKind, contact.kind)}</td>
            <td>{contact.platform ?? '—'}</td>
            <td className="mono">{contact.value}</td>
            <td>{contact.disguised ? t.app.yes : t.app.no}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Links({ urls }: { urls: readonly ScannedUrl[] }) {
  const { t } = useSpeech();
  return (
    <table className="grid">
      <caption>{t.scan.urls}</caption>
      <thead>
        <tr>
          <th scope="col">{t.scan.url}</th>
          <th scope="col" className="num">
            {t.scan.score}
          </th>
          <th scope="col">{t.scan.reasons}</th>
        </tr>
      </thead>
      <tbody>
        {urls.map((url) => (
          <tr key={`${url.start}-${url.url}`} data-url={url.host}>
            {/* Shown and not linked: nobody should open it from here. */}
            <td className="mono scan-address">{url.url}</td>
            <td className="num">{formatScore(url.score)}</td>
            <td>
              {url.reasons
                .map(
                  (reason) => wordOf(t.urlReason, reason.reason) + (reason.says ? ` (${reason.says})` : ''),
                )
                .join(' · ') || '—'}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function ScanAnswer({ text, answer }: { text: string; answer: ScannedText }) {
  const { t } = useSpeech();
  const labels = answer.labels
    .filter((label) => label.label !== OVERALL && label.score >= SHOWN)
    .sort((one, other) => other.score - one.score);
  return (
    <section
      className="panel panel-body stack"
      aria-label={t.scan.answer}
      aria-live="polite"
      data-scan-score={answer.score}
    >
      <ScoreWord score={answer.score} />
      {labels.length > 0 && (
        <ul className="scan-labels">
          {labels.map((label) => (
            <li
              key={label.label}
              className={`word ${label.score >= DECISION ? 'amber' : ''}`}
              data-label={label.label}
            >
              {wordOf(t.scanLabel, label.label)} <span className="num">{formatScore(label.score)}</span>
            </li>
          ))}
        </ul>
      )}
      <MarkedText text={text} answer={answer} />
      {answer.contacts.length > 0 && <Contacts contacts={answer.contacts} />}
      {answer.urls.length > 0 && <Links urls={answer.urls} />}
      {answer.is_cut && <p className="alert amber">{t.scan.cut}</p>}
    </section>
  );
}
