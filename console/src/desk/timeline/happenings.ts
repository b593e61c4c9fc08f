/** Puts an event of the history into words: its name, reasons, amounts and times. */
import type { Schemas } from '@/kit/api'
import { money, recently } from '@/kit/format'
import { i18n, locale, t, term } from '@/kit/locale'
import type { Terms } from '@/kit/terms'

import { dangerName } from '../reference'

export type Happening = Schemas['Happening']

/** Return a code's words; the code itself if it has none. */
function coded(under: string, code: unknown): string {
  const key = `desk.${under}.${String(code)}`
  return i18n.global.te(key, 'zh-CN') ? t(key) : String(code)
}

const word = (name: keyof Terms) => (code: never) => term(name, code)
const listed = (words: string[]) => new Intl.ListFormat(locale(), { type: 'unit' }).format(words)
const said = (value: unknown): value is string | number | boolean => value !== null && value !== undefined

/** Return the facts of the event that a reader needs, in reading order. */
export function factsOf({ kind, data }: Happening, number: number): string[] {
  const facts: string[] = []
  const add = (name: string, show: (value: never) => string) => {
    if (said(data[name])) facts.push(show(data[name] as never))
  }
  const sum = (label: string) => (fen: number) => t(`desk.fact.${label}`, { sum: money(fen) })
  const until = (moment: string) => t('desk.fact.until', { time: recently(moment) })

  if (kind === 'request.contacted') add('purpose', (purpose) => coded('purpose', purpose))
  add('about_number', (about: number) => (about === number ? '' : t('desk.fact.about', { number: about })))
  if (kind === 'request.danger_relayed') add('line', String)
  if (kind.startsWith('request.danger')) add('danger', (one: Schemas['DangerKind']) => dangerName(one))
  if (kind === 'request.relayed') add('to', String)
  if (kind === 'request.corrected')
    add('fields', (names: string[]) => listed([...new Set(names.map((one) => coded('corrected', one)))]))
  if (kind === 'request.joined') add('joined_number', (one) => t('desk.fact.about', { number: one }))
  if (kind === 'request.tier_consented') add('tier', word('Tier'))
  if (kind === 'request.tier_changed') add('to', word('Tier'))
  if (kind === 'request.unmatched') add('reason', (reason) => coded('reason', reason))
  if (kind === 'offer.declined') add('reason', word('DeclineReason'))
  if (kind === 'offer.withdrawn') add('reason', (reason) => coded('withdrawn', reason))
  if (kind === 'job.returned') add('reason', word('ReturnReason'))
  if (kind === 'job.arbitrated') add('fault', word('Fault'))
  add('amount_fen', sum('billed'))
  add('payout_fen', (fen: number) => (fen ? sum('payout')(fen) : ''))
  if (kind === 'job.quoted') add('quote_fen', sum('quoted'))
  add('agreed_fen', sum('agreed'))
  if (kind === 'job.appointment_moved') {
    add('appointment_from', (from: string) => recently(from))
    add('agreed_by', (who) => t('desk.fact.agreedBy', { who }))
  }
  add('until', until)
  add('deferred_until', until)
  add('solved', (solved: boolean) => t(`desk.solvedIs.${solved ? 'yes' : 'no'}`))
  add('satisfaction', word('Satisfaction'))
  add('paid_fen', sum('paid'))
  add('attempt', (n) => t('desk.fact.attempt', { n }))
  if (kind === 'complaint.decided') add('upheld', (yes: boolean) => t(`desk.fact.upheld.${yes ? 'yes' : 'no'}`))
  if (kind.startsWith('clock.')) add('clock', word('Clock'))
  add('happened_at', (moment: string) => t('desk.fact.happenedAt', { time: recently(moment) }))
  return facts.filter(Boolean)
}

/** Return what was said or noted. */
export function wordsOf({ words }: Happening): string {
  return words ?? ''
}

/** Return who did it, and on whose behalf; '' for the system. */
export function byWhom({ actor_kind, actor_name, on_behalf, provider_name }: Happening): string {
  if (actor_kind === 'system') return ''
  const who = actor_name ?? ''
  return on_behalf && provider_name ? t('desk.fact.for', { who, provider: provider_name }) : who
}

/** Return the event's name. */
export function nameOf({ kind }: Happening): string {
  return coded('happened', kind)
}
