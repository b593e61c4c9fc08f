/** The screen's language: the one chosen here before, else the browser's, else Chinese. */
import { createI18n } from 'vue-i18n'

import messages from './messages'
import terms, { type Terms } from './terms'

/** The languages, each with its code in the API, its own name, and what ends a sentence before the next one. */
const LANGUAGES = {
  'zh-CN': { code: 'zh', name: '中文', stop: '。' },
  en: { code: 'en', name: 'English', stop: '. ' },
} as const
export type Locale = keyof typeof LANGUAGES
type Language = (typeof LANGUAGES)[Locale]['code']
/** Words in each language. */
export type Both<T = string> = Record<Locale, T>
/** What the API says in each language, with Chinese at least. */
type Said = { zh: string } & Partial<Record<Language, string | null>>

const KEPT = 'hotline.locale'
const LOCALES = Object.keys(LANGUAGES) as Locale[]

function first(): Locale {
  const kept = localStorage.getItem(KEPT)
  for (const wanted of kept ? [kept] : navigator.languages) {
    const code = wanted.toLowerCase().split('-')[0]
    const known = LOCALES.find((one) => LANGUAGES[one].code === code)
    if (known) return known
  }
  return 'zh-CN'
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
export function language(): Language {
  return LANGUAGES[locale()].code
}

/** What ends a sentence before the next one; reactive. */
export function stop(): string {
  return LANGUAGES[locale()].stop
}

/** The language to change to, and its own name; reactive. */
export function nextLocale(): { locale: Locale; name: string } {
  const next = LOCALES[LOCALES.indexOf(locale()) + 1] ?? 'zh-CN'
  return { locale: next, name: LANGUAGES[next].name }
}

/** Return the language in which `named` gives the text: the screen's, or Chinese if it has no translation. */
export function shownIn(said: Said): Language {
  return said[language()] ? language() : 'zh'
}

/** Return the text in the screen's language, in Chinese if it has no translation, `otherwise` if there is none. */
export function named(said: Said | null | undefined, otherwise = ''): string {
  return said ? said[shownIn(said)] || said.zh : otherwise
}

document.documentElement.lang = locale()
