/** Decides whether an offer may vibrate: by day while the provider is open, at night only if urgent. */
import type { Schemas } from '@/kit/api'
import { now, wallTime } from '@/kit/clock'

const RINGS_AT_NIGHT = ['emergency', 'urgent']

export function mayRing({ urgency, ask_from }: Pick<Schemas['OfferOut'], 'urgency' | 'ask_from'>): boolean {
  if (RINGS_AT_NIGHT.includes(urgency)) return true
  const hour = Number(wallTime(now()).slice(11, 13))
  return hour >= 8 && hour < 20 && (!ask_from || Date.parse(ask_from) <= now())
}
