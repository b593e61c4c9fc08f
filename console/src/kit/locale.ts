/** The screen's language: the one chosen here before, else the browser's, else Chinese. */
import { createI18n } from 'vue-i18n'

import messages from './messages'
import terms, { type Terms } from './terms'

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
  // A word that is missing shows as its key: the browser's tests fail on the warning.
  missing: (_, key) => console.warn(`There is no word for ${key}`),
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

/** Add a screen's own words, which load with its code. */
export function addMessages(words: Both<object>): void {
  for (const [language, message] of Object.entries(words)) i18n.global.mergeLocaleMessage(language as Locale, message)
}

addMessages(terms)

/** Return a code's word for use inside a sentence: `term('Tier', offer.tier)`. A code without a word fails the build. */
export function term<Name extends keyof Terms>(name: Name, code: keyof Terms[Name] & string): string {
  const key = `term.${name}.${code}`
  return i18n.global.te(key) ? t(key) : code // a newer server knows more codes
}

/** Return a code's word with a capital, for use on its own. */
export function label<Name extends keyof Terms>(name: Name, code: keyof Terms[Name] & string): string {
  const word = term(name, code)
  return word.charAt(0).toUpperCase() + word.slice(1)
}

/** Return all codes of an enum. */
export function codes<Name extends keyof Terms>(name: Name): (keyof Terms[Name] & string)[] {
  return Object.keys(terms.en.term[name]) as (keyof Terms[Name] & string)[]
}

/** The language now, as the API calls it; reactive. */
export function language(): 'zh' | 'en' {
  return locale() === 'en' ? 'en' : 'zh'
}

/** Return the text in the screen's language, in Chinese if it has no translation, `otherwise` if there is none. */
export function named(both: { zh: string; en?: string | null } | null | undefined, otherwise = ''): string {
  return both ? both[language()] || both.zh : otherwise
}

document.documentElement.lang = locale()
