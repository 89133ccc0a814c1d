import type { LabelTexts } from './zh';

/** English texts of labelling and of the page of models. */
export const enLabels: LabelTexts = {
  labels: {
    title: 'Labelling',
    hint: 'It tells most to ask about these: first what was let pass although the model is sure that it is fraud, then what the model cannot tell. Labels are for training and backtests; they can be corrected at any time, and the last one counts.',
    left: (n) => `${n} left`,
    asked: 'To be judged',
    empty: 'Nothing worth asking about at the moment',
    skip: 'Skip',
    open: 'See the decision',
    decided: 'Decided then',
    score: 'Score of fraud',
    scenes: 'Scenes that fit',
    otherScene: 'Another scene…',
    note: 'Note (optional)',
    fraud: 'Fraud',
    good: 'Nothing wrong',
    turnedOut: 'What it turned out to be',
  },
  labelWhy: {
    contradiction: 'Let pass; the model is sure of fraud',
    uncertain: 'The model cannot tell',
  },
  labelSource: {
    decision: 'Decision looked at',
    case: 'Case',
    appeal: 'Appeal',
  },
  models: {
    title: 'Models and themes',
    hint: 'The columns “record” are computed now from the latest 2,000 labelled texts; those of “training” are on texts that training had not seen. Put a challenger into a policy and let it run in shadow or as a canary: it stands here beside the champion.',
    program: 'In this program',
    main: 'Main model',
    theme: 'Theme',
    themes: 'Theme packs',
    noThemes:
      'The policies at work have no themes. Make one from a few examples with stanch theme new and put it into a policy with its rule.',
    unused: 'No policy asks it',
    label: 'Label',
    recallRecord: 'Record: found',
    falseRecord: 'Record: false alarms',
    recallTraining: 'Training: recall',
    falseTraining: 'Training: false alarm rate',
    card: 'Model card',
    whole: 'The whole card',
    texts: (n) => `${n} texts`,
  },
};
