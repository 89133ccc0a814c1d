/** Light and dark. The page's own colours are CSS variables; Ant Design gets tokens that match them. */

import { ConfigProvider, App as AntApp, theme as antTheme } from 'antd';
import enGB from 'antd/locale/en_GB';
import zhCN from 'antd/locale/zh_CN';
import { createContext, useContext, useLayoutEffect, useMemo, useState, type ReactNode } from 'react';
import { useSpeech } from '../i18n/language';

export type Theme = 'light' | 'dark';
const STORED = 'stanch.theme';

interface ThemeChoice {
  readonly theme: Theme;
  readonly toggle: () => void;
}
const ThemeContext = createContext<ThemeChoice | null>(null);

function firstTheme(): Theme {
  const stored = localStorage.getItem(STORED);
  if (stored === 'light' || stored === 'dark') return stored;
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

const TOKENS = {
  light: {
    colorPrimary: '#1d4f91',
    colorTextBase: '#16191d',
    colorBgBase: '#ffffff',
    colorBorder: '#b9c0c9',
    colorError: '#b3121d',
    colorTextPlaceholder: '#626b76',
    colorTextDisabled: '#626b76',
  },
  dark: {
    colorPrimary: '#5b94de',
    colorTextBase: '#e8ebee',
    colorBgBase: '#181c21',
    colorBgContainer: '#12161a',
    colorBorder: '#48525e',
    colorError: '#e5565e',
    colorTextPlaceholder: '#98a2ad',
    colorTextDisabled: '#98a2ad',
  },
} as const;

export function ThemeProvider({ children }: { children: ReactNode }) {
  const { language } = useSpeech();
  const [theme, setTheme] = useState<Theme>(firstTheme);
  useLayoutEffect(() => {
    document.documentElement.dataset['theme'] = theme;
    localStorage.setItem(STORED, theme);
  }, [theme]);
  const choice = useMemo(
    () => ({ theme, toggle: () => setTheme((old) => (old === 'light' ? 'dark' : 'light')) }),
    [theme],
  );
  return (
    <ThemeContext value={choice}>
      <ConfigProvider
        locale={language === 'zh' ? zhCN : enGB}
        button={{ autoInsertSpace: false }}
        wave={{ disabled: true }}
        theme={{
          algorithm: theme === 'dark' ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm,
          token: {
            ...TOKENS[theme],
            fontFamily: 'var(--font)',
            fontSize: 14,
            borderRadius: 4,
            motion: false,
            colorLink: 'var(--accent)',
          },
          components: {
            Button: {
              primaryShadow: 'none',
              defaultShadow: 'none',
              primaryColor: theme === 'dark' ? '#0b1220' : '#fff',
            },
          },
        }}
      >
        <AntApp message={{ maxCount: 3, top: 56 }}>{children}</AntApp>
      </ConfigProvider>
    </ThemeContext>
  );
}

export function useTheme(): ThemeChoice {
  const choice = useContext(ThemeContext);
  if (!choice) throw new Error('no theme around this component');
  return choice;
}
