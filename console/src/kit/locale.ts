/** The language of the screen: as chosen here before, else the browser's; Chinese if it asks for neither. */
import { createI18n } from 'vue-i18n'

import messages from './messages'

export type Locale = 'zh-CN' | 'en'
/** Words in both languages. */
export type Both<T = string> = Record<Locale, T>

const KEPT = 'hotline.locale'

function first(): Locale {
  const kept = localStorage.getItem(KEPT)
  const wanted = kept ? [kept] : navigator.languages
  return wanted
    .find((one) => /^(zh|en)\b/i.test(one))
    ?.toLowerCase()
    .startsWith('en')
    ? 'en'
    : 'zh-CN'
}

export const i18n = createI18n({
  legacy: false,
  locale: first(),
  fallbackLocale: 'zh-CN',
  messages,
})

export const { t } = i18n.global

/** The language now; reactive. */
export function locale(): Locale {
  return i18n.global.locale.value as Locale
}

export function setLocale(chosen: Locale): void {
  i18n.global.locale.value = chosen
  localStorage.setItem(KEPT, chosen)
  document.documentElement.lang = chosen
}

/** A screen's own words, which come with its code. */
export function addMessages(words: Both<object>): void {
  for (const [language, message] of Object.entries(words)) i18n.global.mergeLocaleMessage(language as Locale, message)
}

document.documentElement.lang = locale()
