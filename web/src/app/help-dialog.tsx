/** The list of keys, opened with `?`. */

import { Modal } from 'antd';
import { useSpeech } from '../i18n/language';

export function HelpDialog({ onClose }: { onClose: () => void }) {
  const { t } = useSpeech();
  const rows: [string, string[][]][] = [
    [t.help.next, [['J']]],
    [t.help.previous, [['K']]],
    [t.help.open, [['Enter'], ['O']]],
    [t.help.submit, [['S']]],
    [t.help.approve, [['A']]],
    [t.help.toggle, [['T']]],
    [t.help.newMeasure, [['N']]],
    [t.help.goDesk, [['G', 'D']]],
    [t.help.goDuty, [['G', 'Q']]],
    [t.help.goReports, [['G', 'T']]],
    [t.help.goHotline, [['G', 'H']]],
    [t.help.goLeads, [['G', 'F']]],
    [t.help.goNumbers, [['G', 'U']]],
    [t.help.claim, [['C']]],
    [t.help.choose, [['X']]],
    [t.help.goOrders, [['G', 'O']]],
    [t.help.goMeasures, [['G', 'X']]],
    [t.help.goBatches, [['G', 'N']]],
    [t.help.goAppeals, [['G', 'R']]],
    [t.help.goDecisions, [['G', 'C']]],
    [t.help.goPolicies, [['G', 'P']]],
    [t.help.goBacktests, [['G', 'B']]],
    [t.help.goScan, [['G', 'S']]],
    [t.help.goLabels, [['G', 'L']]],
    [t.help.goModels, [['G', 'M']]],
    [t.help.goEditor, [['G', 'E']]],
    [t.help.goInstitutions, [['G', 'I']]],
    [t.help.goAccess, [['G', 'Y']]],
    [t.help.goAudit, [['G', 'A']]],
    [
      t.help.palette,
      [
        ['Ctrl', 'K'],
        ['⌘', 'K'],
      ],
    ],
    [t.help.help, [['?']]],
  ];
  return (
    <Modal
      open
      footer={null}
      onCancel={onClose}
      title={t.help.title}
      width={460}
      closable={{ 'aria-label': t.app.close }}
    >
      <dl className="shortcut-list">
        {rows.map(([label, ways]) => (
          <div key={label} style={{ display: 'contents' }}>
            <dt>{label}</dt>
            <dd>
              {ways.map((keys, index) => (
                <span key={keys.join('')}>
                  {index > 0 && <span className="quiet small"> {t.help.or} </span>}
                  {keys.map((key) => (
                    <kbd key={key} style={{ marginInlineStart: 3 }}>
                      {key}
                    </kbd>
                  ))}
                </span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
