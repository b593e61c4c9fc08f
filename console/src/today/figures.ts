/** Computes and formats a manager's figures: shares with their denominators, and their change. */
import type { Schemas } from '@/kit/api'
import { locale, t } from '@/kit/locale'

export type Day = Schemas['DayOut']
export type Row = Schemas['ReceivedRow']
export type Rate = Schemas['Rate']
export type Cut = 'hour' | 'kind' | 'category' | 'township' | 'tier' | 'channel'

export const NONE = '–'

/** 12,345 */
export function count(value: number): string {
  return new Intl.NumberFormat(locale()).format(value)
}

/** Return a share as 70.1%; a dash if the whole is 0. */
export function percent(part: number, whole: number): string {
  if (!whole) return NONE
  return new Intl.NumberFormat(locale(), { style: 'percent', maximumFractionDigits: 1 }).format(part / whole)
}

/** Return a share's numerator and denominator: 2,253/3,214. */
export function ofWhole(part: number, whole: number): string {
  return `${count(part)}/${count(whole)}`
}

/** Return the change in per cent: +3.7%; undefined if it was 0 before. */
export function growth(now: number, before: number): string | undefined {
  if (!before) return undefined
  return signed(now / before - 1, { style: 'percent', maximumFractionDigits: 1 })
}

/** Return the difference of two shares in percentage points; undefined if either has no denominator. */
export function points(now: Rate, before: Rate): string | undefined {
  if (!now.denominator || !before.denominator) return undefined
  const difference = now.numerator / now.denominator - before.numerator / before.denominator
  return t('today.points', { n: signed(difference * 100, { minimumFractionDigits: 1, maximumFractionDigits: 1 }) })
}

function signed(value: number, options: Intl.NumberFormatOptions): string {
  return new Intl.NumberFormat(locale(), { signDisplay: 'exceptZero', ...options }).format(value)
}

/** Return seconds as 45 s, 12 min, 1 h 5 min or 2 d 3 h; a dash if unknown. */
export function duration(seconds: number | null | undefined): string {
  if (seconds == null) return NONE
  if (seconds < 60) return t('today.seconds', { s: Math.round(seconds) })
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return t('today.minutes', { m: minutes })
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return t('today.hours', { h: hours, m: minutes % 60 })
  return t('today.days', { d: Math.floor(hours / 24), h: hours % 24 })
}

/** Return the calendar day this many days after another; both as 2026-11-24. */
export function daysFrom(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** Return a moment's day and time in a zone: 2026-11-24 and 10:35:07. */
export function wallClock(moment: number, zone: string): { day: string; time: string } {
  const written = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
  const [day = '', time = ''] = written.format(moment).split(' ')
  return { day, time }
}

/** Return a calendar day as 11月24日周二. */
export function dayName(day: string): string {
  const words = { month: 'short', day: 'numeric', weekday: 'short', timeZone: 'UTC' } as const
  return Number.isNaN(Date.parse(day)) ? day : new Intl.DateTimeFormat(locale(), words).format(Date.parse(day))
}

/** Return the share answered in the call: of the whole day so far, or up to the time compared. */
export function answered({ received }: Day, whole: boolean): Rate {
  const { requests, answered_in_call, requests_until, answered_in_call_until } = received
  return whole
    ? { numerator: answered_in_call, denominator: requests, rate: null }
    : { numerator: answered_in_call_until, denominator: requests_until, rate: null }
}

export interface Line {
  key: string
  now?: Row
  before: (Row | undefined)[]
}

/** Return one dimension's rows for several days side by side: in the order of `keys`, else the largest first. */
export function sideBySide(cut: Cut, days: readonly (Day | undefined)[], keys?: readonly string[]): Line[] {
  const rows = days.map((day) => new Map((day?.cuts[cut] ?? []).map((row) => [row.key, row])))
  const found = keys ?? [...new Set(rows.flatMap((of) => [...of.keys()]))]
  const lines = found.map((key) => ({ key, now: rows[0]?.get(key), before: rows.slice(1).map((of) => of.get(key)) }))
  return keys ? lines : lines.sort((a, b) => size(b) - size(a))
}

function size({ now, before }: Line): number {
  return (now?.requests ?? 0) + Math.max(0, ...before.map((row) => row?.requests ?? 0)) / 1e6
}
