/** What a text says under its disguise and where it leads. Nothing is stored. */

import { useMutation } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { useState } from 'react';
import { policyApi } from '../../api/policy-endpoints';
import { sayError } from '../../api/problem';
import { useSpeech } from '../../i18n/language';
import { ScanAnswer } from './scan-answer';

/** Characters that may be put in; the API takes more. */
const CHARACTERS_MAX = 20_000;

export function ScanScreen() {
  const { t } = useSpeech();
  const [text, setText] = useState('');
  const scan = useMutation({
    mutationFn: async (asked: string) => ({ text: asked, answer: await policyApi.scan(asked) }),
  });
  const isEmpty = text.trim() === '';
  const submit = () => {
    if (!isEmpty && !scan.isPending) scan.mutate(text);
  };
  return (
    <>
      <div className="page-head">
        <h1>{t.scan.title}</h1>
      </div>
      <form
        className="panel panel-body stack scan-form"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <label htmlFor="scan-text">{t.scan.text}</label>
        <Input.TextArea
          id="scan-text"
          value={text}
          rows={5}
          maxLength={CHARACTERS_MAX}
          autoFocus
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
          }}
        />
        <div className="row spread">
          <span className="small quiet">{t.scan.hint}</span>
          <Button type="primary" htmlType="submit" loading={scan.isPending} disabled={isEmpty}>
            {t.scan.submit} <kbd aria-hidden="true">Ctrl ↵</kbd>
          </Button>
        </div>
        {scan.isError && (
          <p className="alert red" role="alert">
            {sayError(scan.error, t)}
          </p>
        )}
      </form>
      {scan.data && <ScanAnswer text={scan.data.text} answer={scan.data.answer} />}
    </>
  );
}
