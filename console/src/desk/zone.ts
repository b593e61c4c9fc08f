/** Wall-clock times in the centre's zone, whatever zone this machine is in. */
import { now, zone } from '@/kit/clock'

function parts(moment: number): Record<string, string> {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'longOffset',
  })
  return Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]))
}

/** 2026-11-24T10:05, as a datetime-local field has it. */
export function wallTime(moment: number): string {
  const { year, month, day, hour, minute } = parts(moment)
  return `${year}-${month}-${day}T${hour}:${minute}`
}

/** The moment of a wall-clock time, as RFC 3339 with the centre's offset. */
export function momentOf(wall: string): string {
  const offset = parts(Date.parse(`${wall}Z`)).timeZoneName?.replace('GMT', '') || '+00:00'
  return `${wall}:00${offset}`
}

/** The date so many days from today, at this hour: 2026-11-25T14:00. */
export function wallTimeOn(days: number, hour: number): string {
  const midnight = new Date(`${wallTime(now()).slice(0, 10)}T00:00Z`)
  midnight.setUTCDate(midnight.getUTCDate() + days)
  return `${midnight.toISOString().slice(0, 10)}T${String(hour).padStart(2, '0')}:00`
}
