/** A day's sheet with the two days compared, kept up to date. Its choices are in the address, so it can be shared. */
import { computed, onScopeDispose, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import { answer, api } from '@/kit/api'
import { now, useNow, zone } from '@/kit/clock'
import { useFetched } from '@/kit/fetched'

import { type Cut, daysFrom, wallClock } from './figures'

/** The filters; also their names in the address and the API. */
export const FILTERS = ['kind', 'category', 'township', 'tier', 'channel'] as const
export type Filter = (typeof FILTERS)[number]

const GATHER_MS = 5_000
const TIME_PASSES_MS = 60_000

/** The day and the filters of the address. */
export function useSelection() {
  const route = useRoute()
  const router = useRouter()
  const clock = useNow()
  const today = computed(() => wallClock(clock.value, zone).day)
  const text = (name: string) => String(route.query[name] ?? '')
  const filters = computed(
    () => Object.fromEntries(FILTERS.map((name) => [name, text(name)])) as Record<Filter, string>,
  )
  const day = computed(() => text('day') || today.value)

  /** Return the address with these parameters changed, without empty ones and without today's day. */
  function to(changed: Partial<Record<Filter | 'day' | 'hours', string>>) {
    const query = Object.entries({ ...route.query, ...changed })
    const kept = query.filter(([name, value]) => value && !(name === 'day' && value === today.value))
    return { path: route.path, query: Object.fromEntries(kept) }
  }

  /** Return the URL of these figures as CSV. */
  function csv(cut: Cut): string {
    const only = Object.entries(filters.value).filter(([, value]) => value)
    const asked = { from: day.value, to: day.value, by: cut, format: 'csv', ...Object.fromEntries(only) }
    return `/api/v1/metrics/volumes?${new URLSearchParams(asked)}`
  }

  return {
    today,
    day,
    filters,
    filtered: computed(() => Object.values(filters.value).some(Boolean)),
    isToday: computed(() => day.value === today.value),
    hours: computed(() => text('hours')),
    /** All choices in one string, to compare them. */
    selected: computed(() => JSON.stringify([day.value, filters.value])),
    csv,
    to,
    go: (changed: Parameters<typeof to>[0]) => router.replace(to(changed)),
  }
}

export type Selection = ReturnType<typeof useSelection>

/** Read the day with the two days compared, up to the same time if it is today, and the state now. */
export function useSheet({ day, filters, isToday, selected }: Selection) {
  const paused = ref(false)

  async function load() {
    const asked = selected.value
    const only = Object.fromEntries(Object.entries(filters.value).filter(([, value]) => value))
    const until = isToday.value ? wallClock(now(), zone).time : undefined
    const read = (of: string, until?: string) =>
      answer(api.GET('/api/v1/metrics/day', { params: { query: { ...only, until, day: of } } }))
    const standing = isToday.value ? answer(api.GET('/api/v1/metrics/now', { params: { query: only } })) : undefined
    const [shown, before, week, atPresent] = await Promise.all([
      read(day.value),
      read(daysFrom(day.value, -1), until),
      read(daysFrom(day.value, -7), until),
      standing,
    ])
    return { selected: asked, days: [shown, before, week] as const, present: atPresent }
  }

  const sheet = useFetched(load, { watch: selected, gatherMs: GATHER_MS, paused })
  const passing = setInterval(() => paused.value || document.hidden || void sheet.reload(), TIME_PASSES_MS)
  onScopeDispose(() => clearInterval(passing))
  watch(paused, (stopped) => stopped || void sheet.reload())
  return { ...sheet, paused }
}
