/** When somebody may come: a usual answer as one choice, anything else as two times. */
import { momentAt, now, wallTime } from '@/kit/clock'

export const WHENS = [
  'soon',
  'this_afternoon',
  'this_evening',
  'tomorrow_morning',
  'tomorrow_afternoon',
  'own',
] as const
export type When = (typeof WHENS)[number]

const PRESETS: Partial<Record<When, [days: number, from: number, to: number]>> = {
  this_afternoon: [0, 13, 17],
  this_evening: [0, 17, 20],
  tomorrow_morning: [1, 8, 12],
  tomorrow_afternoon: [1, 13, 17],
}

/** Return the local time this many days from today at this hour: 2026-11-25T14:00. */
function wallTimeOn(days: number, hour: number): string {
  const midnight = new Date(`${wallTime(now()).slice(0, 10)}T00:00Z`)
  midnight.setUTCDate(midnight.getUTCDate() + days)
  return `${midnight.toISOString().slice(0, 10)}T${String(hour).padStart(2, '0')}:00`
}

/** Return the choices that are not over yet. */
export function whensNow(): When[] {
  return WHENS.filter((when) => {
    const preset = PRESETS[when]
    return !preset || wallTimeOn(preset[0], preset[2]) > wallTime(now())
  })
}

export interface Window {
  wanted_from?: string
  wanted_to?: string
}

/** Return the wanted window; {} if the caller left it open or it is incomplete. */
export function windowOf(when: When, from: string, to: string): Window {
  const preset = PRESETS[when]
  if (preset) [from, to] = [wallTimeOn(preset[0], preset[1]), wallTimeOn(preset[0], preset[2])]
  if (when === 'soon' || !from || !to) return {}
  return { wanted_from: momentAt(from), wanted_to: momentAt(to) }
}
