/** Formats money, times and durations in the screen's language and the centre's time zone. */
import { now, zone } from './clock'
import { locale } from './locale'

/** Return fen as yuan, without .00. */
export function money(fen: number): string {
  const digits = fen % 100 ? 2 : 0
  return new Intl.NumberFormat(locale(), {
    style: 'currency',
    currency: 'CNY',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(fen / 100)
}

type Moment = string | number | Date

function moment(value: Moment, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale(), { timeZone: zone, hourCycle: 'h23', ...options }).format(new Date(value))
}

/** 10:32 */
export function clockTime(value: Moment): string {
  return moment(value, { hour: '2-digit', minute: '2-digit' })
}

/** 10:32:05 */
export function clockSeconds(value: Moment): string {
  return moment(value, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

/** 11月24日周二 */
export function day(value: Moment): string {
  return moment(value, { month: 'short', day: 'numeric', weekday: 'short' })
}

/** 2026年11月, from 2026-11. */
export function monthName(month: string): string {
  return new Intl.DateTimeFormat(locale(), { timeZone: 'UTC', year: 'numeric', month: 'long' }).format(new Date(month))
}

/** 11月24日 10:32 */
export function dayTime(value: Moment): string {
  return moment(value, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })
}

/** 10:32 today, 11月24日 10:32 on another day. */
export function recently(value: Moment): string {
  return day(value) === day(now()) ? clockTime(value) : dayTime(value)
}

/** Return milliseconds as 4:05, or as 1:04:05 from an hour on; with a minus if the time is over. */
export function span(ms: number): string {
  const seconds = Math.ceil(Math.abs(ms) / 1_000)
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return (ms < 0 && seconds ? '−' : '') + (h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`)
}
